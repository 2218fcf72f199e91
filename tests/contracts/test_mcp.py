"""Hold the MCP server to its contract with the official client: over pipes and over HTTP, old protocol and new.

tests/contracts/test_mcp.py - v0.1.0
"""

import asyncio
import json
import os
import re
import subprocess
import sys
import time
from contextlib import asynccontextmanager
from pathlib import Path

import httpx2
import pytest
from mcp import Client, MCPError, StdioServerParameters
from mcp.client.streamable_http import streamable_http_client

from seedbed import wiring
from seedbed.api.tokens import mint
from seedbed.settings import load_settings
from tests.repositories import git
from tests.store_servers import free_port
from tools.check_log_lines import faults_of
from tools.project_files import ROOT

SEEDBED = str(Path(sys.executable).with_name("seedbed"))
READING = {
    "audit_runs", "compare_runs", "describe_experiment", "find_entities", "list_experiments", "list_runs",
    "run_provenance", "search", "show_history", "show_run",
}  # fmt: skip
COIN = '''
import os
import time

from pydantic import BaseModel, ConfigDict, Field

print("noise on import")


class Coin(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")
    throws: int = Field(10, ge=1, description="how often it is thrown")
    wait_s: float = 0.0


def coin(config: Coin, run):
    """Throw a coin."""
    os.system("echo noise of a child")
    time.sleep(config.wait_s)
    return {"heads": float(run.seeds.generator("coin").binomial(config.throws, 0.5))}
'''


class World:
    """A project with two recorded runs, and what a server of it needs."""

    def __init__(self, folder):
        self.folder = folder / "project"
        experiments = self.folder / "pipelines" / "experiments"
        experiments.mkdir(parents=True)
        (experiments / "coin.py").write_text(COIN)
        for package in (experiments, experiments.parent):
            (package / "__init__.py").touch()
        git(self.folder, "init", "-q")
        self.settings = load_settings({}, self.folder, {"api.key": "k" * 32})
        self.variables = {
            "SEEDBED_API__KEY": "k" * 32,
            "SEEDBED_HOME": str(self.settings.home),
        }
        self.runs = [self._recorded(throws) for throws in (10, 20)]
        self.port = 0

    def _recorded(self, throws):
        with wiring.tracked_run("coin", {"throws": throws}, seed=7, settings=self.settings) as run:
            run.log_metrics({"heads": throws / 2})
        return run.run_id

    def stdio(self, *options):
        arguments = ["mcp", "--project", str(self.folder), *options]
        return StdioServerParameters(command=SEEDBED, args=arguments, env=self.variables, cwd="/")

    @asynccontextmanager
    async def http(self, *scopes, mode="auto", **headers):
        if scopes:
            headers["Authorization"] = f"Bearer {mint(self.settings, 'ada', scopes, 60)}"
        async with httpx2.AsyncClient(headers=headers, timeout=60) as inner:
            transport = streamable_http_client(f"http://127.0.0.1:{self.port}/v1/mcp", http_client=inner)
            async with Client(transport, mode=mode, read_timeout_seconds=60) as client:
                yield client


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    return World(tmp_path_factory.mktemp("mcp"))


@pytest.fixture(scope="module")
def served(world):
    """The same world with a server on a port."""
    world.port = free_port()
    environment = {**os.environ, **world.variables}
    command = [SEEDBED, "mcp", "--http", "--port", str(world.port), "--project", str(world.folder)]
    log = world.folder / "log.jsonl"
    with log.open("w") as out, subprocess.Popen(command, env=environment, cwd="/", stdout=out) as process:
        try:
            _wait_for(world.port)
            yield world
        finally:
            process.terminate()
    assert process.returncode in (0, -15)
    lines = log.read_text().splitlines()
    events = [json.loads(line) for line in lines]
    assert "serving" in {event["message"] for event in events}
    assert not [event for event in events if event["level"] in ("ERROR", "CRITICAL")]
    of_commands = (world.settings.home / "logs" / "seedbed.jsonl").read_text().splitlines()
    schema = json.loads((ROOT / "m2m" / "log-event.schema.json").read_text())
    assert faults_of([*lines, *of_commands], schema) == []
    described = (ROOT / "m2m" / "README.md").read_text()
    kept = {re.sub("-(wal|shm)$", "", place.name) for place in world.settings.home.iterdir()}
    assert [name for name in kept if f"`{name}" not in described] == []


def _wait_for(port):
    for _ in range(300):
        try:
            return httpx2.get(f"http://127.0.0.1:{port}/", timeout=5)
        except httpx2.ConnectError:
            time.sleep(0.1)
    raise AssertionError("nobody listens")


async def said(client, tool, **arguments):
    """Return what a tool answers; text and structure have to say the same."""
    result = await client.call_tool(tool, arguments)
    assert not result.is_error, result.content
    assert json.loads(result.content[0].text) == result.structured_content
    return result.structured_content


async def refused(client, tool, **arguments):
    """Return the one line of a refusal."""
    result = await client.call_tool(tool, arguments)
    [content] = result.content
    assert result.is_error
    assert "\n" not in content.text
    assert "Traceback" not in content.text
    return content.text


async def converse(client, world):
    """Ask for everything that can be read; the client checks each answer against the schema of its tool."""
    tools = {tool.name: tool for tool in (await client.list_tools()).tools}
    assert tools.keys() == READING
    assert all(tool.annotations.read_only_hint and tool.output_schema for tool in tools.values())
    first, second = world.runs
    listed = await said(client, "list_runs", experiment="coin", size=1)
    assert [run["run_id"] for run in listed["runs"]] == [second]
    older = await said(client, "list_runs", experiment="coin", size=1, token=listed["next_token"])
    assert [run["run_id"] for run in older["runs"]] == [first]
    assert (await said(client, "show_run", run_id=first[:8]))["metrics"]["heads"] == 5
    compared = await said(client, "compare_runs", run=[first, second])
    assert compared["params"] == {"throws": ["10", "20"]}
    assert (await said(client, "show_history", run_id=first, metric="heads"))["num_points"] == 1
    made = await said(client, "run_provenance", run_id=first)
    assert made["provenance"]["seed"] == "7"
    assert (made["missing"], made["reproduce"]) == ([], None)  # no recipe was run
    audited = await said(client, "audit_runs")
    assert (audited["num_runs"], audited["num_repeatable"]) == (2, 0)
    assert await said(client, "list_experiments") == {"experiments": {"coin": "Throw a coin."}}


async def read_what_takes_longer(client, world):
    """Ask what can be set for an experiment, as its file is now; find the page of a run and read it."""
    first, second = world.runs
    described = await said(client, "describe_experiment", experiment="coin")
    assert described["keys"]["throws"] == {"value": "10", "meaning": "how often it is thrown"}
    listed = (await client.list_resources()).resources
    assert f"seedbed://runs/{second}/report" in {str(resource.uri) for resource in listed}
    [page] = (await client.read_resource(f"seedbed://runs/{first[:8]}/report")).contents
    assert first in page.text
    assert page.text.startswith("<!doctype html>")


@pytest.mark.slow
def test_everything_that_can_be_read_is_read_over_pipes(world):
    async def talk():
        async with Client(world.stdio(), read_timeout_seconds=60) as client:
            await converse(client, world)

    asyncio.run(talk())


def test_nothing_but_the_protocol_is_on_stdout_whatever_comes_in(world):
    hello = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "raw", "version": "1"}}
    asked = [
        {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": hello},
        {"jsonrpc": "2.0", "method": "notifications/initialized"},
        {"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": {"name": "list_experiments", "arguments": {}}},
        {"jsonrpc": "2.0", "id": 3, "method": "tools/delete"},
    ]
    lines = [json.dumps(asked[0]), "no JSON", "{}", *map(json.dumps, asked[1:])]
    command = [SEEDBED, "mcp", "--project", str(world.folder)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=os.environ | world.variables, cwd="/", text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write("".join(f"{line}\n" for line in lines))
        process.stdin.flush()
        answers = []
        while {answer.get("id") for answer in answers} < {1, 2, 3}:
            answers.append(json.loads(process.stdout.readline()))
        process.stdin.close()
        assert process.stdout.read() == ""
    assert process.returncode == 0
    by_id = {answer.get("id"): answer for answer in answers}
    assert by_id[1]["result"]["serverInfo"]["name"] == "seedbed"
    assert by_id[2]["result"]["structuredContent"] == {"experiments": {"coin": "Throw a coin."}}
    assert by_id[3]["error"]["code"] == -32601


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_everything_that_can_be_read_is_read_over_http(served, mode):
    async def talk():
        async with served.http("experiments:read", "ner", "search", mode=mode) as client:
            await converse(client, served)
            if mode == "auto":
                await read_what_takes_longer(client, served)

    asyncio.run(talk())


@pytest.mark.parametrize(
    ("tool", "arguments", "told"),
    [
        ("list_runs", {"size": 21}, "size: Input should be less than or equal to 20"),
        ("list_runs", {"limit": 5}, "limit: Extra inputs are not permitted"),
        ("list_runs", {"experiment": "none"}, "there is no experiment 'none'"),
        ("show_run", {"run_id": "abcd"}, "there is no run 'abcd'"),
        ("show_run", {"run_id": "../x"}, "run_id: String should match"),
        ("compare_runs", {"run": ["abcd"]}, "run: List should have at least 2 items"),
        ("audit_runs", {"since": "ever"}, "'ever' is no moment"),
        ("describe_experiment", {"experiment": "/tmp/x.py:f"}, "experiment '/tmp/x.py:f' is unknown"),
        ("find_entities", {"text": "x" * 20_001}, "text: String should have at most 20000 characters"),
        ("search", {"query": "x"}, "nothing has been indexed yet"),
        ("search", {"query": "x", "k": 21}, "k: Input should be less than or equal to 20"),
    ],
)
def test_what_cannot_be_answered_is_refused_in_one_line(served, tool, arguments, told):
    async def talk():
        async with served.http("experiments:read", "ner", "search") as client:
            assert told in await refused(client, tool, **arguments)

    asyncio.run(talk())


def test_a_tool_or_report_that_is_not_there_is_an_error_of_the_protocol(served):
    async def talk():
        async with served.http("experiments:read") as client:
            with pytest.raises(MCPError, match=r"tool 'delete_runs' is unknown.*; choose one of"):
                await client.call_tool("delete_runs", {})
            with pytest.raises(MCPError, match=r"tool 'start_experiment' is unknown"):
                await client.call_tool("start_experiment", {"experiment": "coin"})
            for address in ("seedbed://runs/abcd/report", "file:///etc/passwd", "seedbed://runs/../report"):
                with pytest.raises(MCPError, match=r"there is no run|is unknown"):
                    await client.read_resource(address)

    asyncio.run(talk())


def test_over_http_a_token_is_needed_and_its_scopes_count(served):
    async def talk():
        async with served.http("search") as client:
            for tool, scope in (("list_runs", "experiments:read"), ("find_entities", "ner")):
                told = await refused(client, tool, **({"text": "Oslo"} if scope == "ner" else {}))
                assert f"the token lacks the scope {scope}" in told
            with pytest.raises(MCPError, match="lacks the scope"):
                await client.list_resources()

    asyncio.run(talk())
    url = f"http://127.0.0.1:{served.port}/v1/mcp"
    question = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    accepting = {"Accept": "application/json, text/event-stream"}
    assert httpx2.post(url, json=question, headers=accepting).status_code == 401
    token = {"Authorization": f"Bearer {mint(served.settings, 'ada', ['search'], 60)}", **accepting}
    assert httpx2.post(url, json=question, headers=token).status_code == 200
    for name, value, status in (("Host", "evil.example", 421), ("Origin", "http://evil.example", 403)):
        assert httpx2.post(url, json=question, headers={**token, name: value}).status_code == status
    too_long = {**question, "params": {"x": "x" * 2_000_001}}
    assert httpx2.post(url, json=too_long, headers=token).status_code == 413
    # No stream is held open for what this server never says by itself.
    assert httpx2.get(url, headers=token, timeout=5).status_code == 405


@pytest.mark.slow
def test_an_experiment_is_started_only_where_that_was_allowed_and_one_at_a_time(world):
    async def talk():
        async with Client(world.stdio("--allow-run"), mode="legacy", read_timeout_seconds=120) as client:
            tools = {tool.name: tool for tool in (await client.list_tools()).tools}
            assert tools.keys() == READING | {"start_experiment"}
            assert not tools["start_experiment"].annotations.read_only_hint
            for arguments, told in (
                ({"experiment": "coin.py:coin"}, "experiment 'coin.py:coin' is unknown"),
                ({"experiment": "coin", "config": {"sides": "3"}}, "key 'sides' is unknown"),
            ):
                assert told in await refused(client, "start_experiment", **arguments)
            asked = {"experiment": "coin", "seed": 3, "config": {"wait_s": "60"}, "note": "an agent asked"}
            started = await said(client, "start_experiment", **asked)
            assert "still going on" in await refused(client, "start_experiment", experiment="coin")
            run = await said(client, "show_run", run_id=started["run_id"])
            assert (run["status"], run["seed"], run["params"]["wait_s"]) == ("RUNNING", "3", "60.0")
            assert "--parent" not in run["provenance"]["command"]
            return started["run_id"]

    run_id = asyncio.run(talk())
    archive = wiring.archive(world.settings.tracking, world.settings.home)
    for _ in range(100):
        if archive.get(run_id).status == "KILLED":  # it went with the server
            return
        time.sleep(0.2)
    raise AssertionError(archive.get(run_id).status)
