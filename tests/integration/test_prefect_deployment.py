"""Test the deployments as a user meets them: a real Prefect server, a process worker, the prefect command.

tests/integration/test_prefect_deployment.py - v0.1.0

A bad pairing of Prefect with FastAPI stops the server, one with SQLAlchemy silently schedules nothing: both show here.
"""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from seedbed import wiring
from seedbed.api.app import create_app
from seedbed.api.tokens import mint
from seedbed.backup.archive import verify
from seedbed.settings import load_settings
from seedbed.stores.config import StoreConfig
from seedbed.stores.point import CollectionSpec
from seedbed.tracking.adapters.mlflow_archive import MlflowArchive
from seedbed.tracking.config import TrackingConfig
from tests.api_server import served
from tests.ner_model import small_model
from tests.repositories import git
from tools.check_log_lines import faults_of

ROOT = Path(__file__).parents[2]
PATIENCE_S = 300
"""For what takes 5-15 s on two idle cores."""

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

# every Python process below imports this first and writes down each address off this machine that it asks for
WATCH = """
import ipaddress, os, sys
def watch(event, args):
    if event not in ("socket.connect", "socket.getaddrinfo"):
        return
    host = args[0] if event == "socket.getaddrinfo" else args[1][0] if isinstance(args[1], tuple) else "127.0.0.1"
    host = host.decode() if isinstance(host, bytes) else host or "localhost"
    try:
        outside = not ipaddress.ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        outside = host not in ("localhost", {own_name!r})
    if outside and getattr(args[0], "type", None) != 2:  # connecting a datagram socket sends nothing
        with open({log!r}, "a") as file:
            file.write(f"{{event}} {{host}} {{sys.argv}}\\n")
sys.addaudithook(watch)
"""


@dataclass(frozen=True)
class Prefect:
    """A running server and what the commands need to reach it."""

    api: str
    env: dict[str, str]
    folder: Path

    def __call__(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run `prefect …` in the project folder, as a user does."""
        return self.python("-m", "prefect", "--no-prompt", *words)

    def python(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, *words],
            cwd=ROOT,
            env=self.env,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
        )

    def ask(self, what: str, **body: Any) -> Any:
        """Return what the server's API answers to a filter."""
        return httpx.post(f"{self.api}/{what}/filter", json=body, timeout=PATIENCE_S).raise_for_status().json()


@contextmanager
def service(prefect: Prefect, name: str, *words: str) -> Iterator[subprocess.Popen[bytes]]:
    """Keep a prefect process running, its output in a file, and end it as an operator would."""
    with (prefect.folder / f"{name}.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "prefect", "--no-prompt", *words],
            cwd=ROOT,
            env=prefect.env,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def wait_for(prefect: Prefect, path: str, process: subprocess.Popen[bytes], name: str) -> None:
    """Return when the API answers at `path`, which the process brings about."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if httpx.get(f"{prefect.api}/{path}", timeout=5).is_success:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.3)
    pytest.fail(f"the {name} brought no {path}:\n{(prefect.folder / f'{name}.log').read_text()[-4000:]}")


@pytest.fixture(scope="module")
def prefect(tmp_path_factory) -> Iterator[Prefect]:
    """A server with the project deployed to it and a worker at work, everything in one temporary folder."""
    folder = tmp_path_factory.mktemp("prefect")
    (folder / "watch").mkdir()
    watch = WATCH.format(log=str(folder / "outside.log"), own_name=socket.gethostname())
    (folder / "watch" / "sitecustomize.py").write_text(watch)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    # the project's own settings must be enough, so what conftest.py switches off does not count here;
    # and eight processes that each compile all of Prefect cost more than the test
    unwanted = ("DO_NOT_TRACK", "HF_HUB_OFFLINE", "PYTHONDONTWRITEBYTECODE")
    env = {name: value for name, value in os.environ.items() if name not in unwanted and "PREFECT" not in name}
    env |= {
        "PYTHONPATH": os.pathsep.join([str(folder / "watch"), str(ROOT / "src")]),
        "PREFECT_API_URL": f"http://127.0.0.1:{port}/api",
        "PREFECT_HOME": str(folder / "prefect"),
        "PREFECT_LOGGING_CONFIG_PATH": str(ROOT / "pipelines" / "prefect_logging.yml"),
        "PREFECT_PROFILES_PATH": str(folder / "profiles.toml"),
        "PREFECT_WORKER_QUERY_SECONDS": "2",
        "SEEDBED_BACKUP__FOLDER": str(folder / "backups"),
        "SEEDBED_HOME": str(folder / "home"),
        "SEEDBED_NER__MODEL": str(small_model(folder / "ner")),
        "SEEDBED_ROOT": str(ROOT),
    }
    prefect = Prefect(env["PREFECT_API_URL"], env, folder)
    with service(prefect, "server", "server", "start", "--host", "127.0.0.1", "--port", str(port)) as server:
        wait_for(prefect, "health", server, "server")
        with service(prefect, "worker", "worker", "start", "--pool", "local", "--type", "process") as worker:
            wait_for(prefect, "work_pools/local", worker, "worker")
            deployed = prefect("deploy", "--all")
            assert deployed.returncode == 0, deployed.stdout + deployed.stderr
            yield prefect


@pytest.fixture
def documents(tmp_path: Path) -> Path:
    folder = tmp_path / "documents"
    folder.mkdir()
    for name, text in {"a": "Parse a date.", "b": "Open a socket.", "c": "Sort a list."}.items():
        (folder / f"{name}.md").write_text(text)
    return folder


def test_cron_deployment_gets_scheduled_runs_within_70_s(prefect):
    nightly = {"name": {"any_": ["nightly"]}}
    deadline = time.monotonic() + 70
    times: set[str] = set()
    while len(times) < 2 and time.monotonic() < deadline:
        runs = prefect.ask("flow_runs", deployments=nightly)
        times = {str(run["expected_start_time"])[11:19] for run in runs}
        time.sleep(1)
    assert times == {"02:30:00", "04:30:00"}, "no scheduled run: does this SQLAlchemy go with this Prefect?"
    assert {run["state_type"] for run in runs} == {"SCHEDULED"}


def test_deployment_run_completes_and_the_store_has_the_documents(prefect, documents):
    ran = prefect(
        *("deployment", "run", "embed-corpus/dev", "--watch"),
        *("-p", "corpus_kind=folder", "-p", f"corpus_path={documents}", "-p", "collection=deployed"),
    )
    worker = (prefect.folder / "worker.log").read_text()
    assert ran.returncode == 0, ran.stdout + ran.stderr + worker
    [report] = [item["data"] for item in prefect.ask("artifacts") if item["key"] == "embed-corpus-report"]
    assert "| num_documents | 3 |" in report
    collection = report.partition("| collection | ")[2].partition(" |")[0]
    assert wiring.store(StoreConfig(), prefect.folder / "home").open(CollectionSpec(collection, 384)).count() == 3
    assert "shard-0000" in {run["name"] for run in prefect.ask("task_runs")}
    [run] = MlflowArchive(TrackingConfig(), prefect.folder / "home").find("embed-corpus")
    assert run.tags["seedbed.entry"] == "prefect worker"
    assert run.tags["seedbed.git.commit"] == git(ROOT, "rev-parse", "HEAD")
    lines = [line for line in worker.splitlines() if line.startswith("{")]
    assert faults_of(lines, json.loads((ROOT / "m2m" / "log-event.schema.json").read_text())) == []
    logged = {json.loads(line)["message"] for line in lines}
    assert {"shard_committed", "Running 1 deployment pull step(s)"} <= logged  # the run and its preparation: JSON lines


def test_deployed_backup_is_made_where_the_worker_was_told(prefect):
    (prefect.folder / "home" / "artifacts").mkdir(parents=True, exist_ok=True)
    (prefect.folder / "home" / "artifacts" / "kept.txt").write_text("kept")
    ran = prefect("deployment", "run", "back-up/nightly", "--watch")
    assert ran.returncode == 0, ran.stdout + ran.stderr + (prefect.folder / "worker.log").read_text()
    [archive] = (prefect.folder / "backups").glob("seedbed-*.tar")
    assert "artifacts/kept.txt" in verify(archive).files


def test_deployments_and_jobs_are_started_and_followed_over_http(prefect, caplog):
    settings = load_settings(prefect.env, prefect.folder)
    headers = {"Authorization": f"Bearer {mint(settings, 'ada', ['ner', 'pipelines:run'], 3600)}"}
    items = [{"id": str(number), "text": f"to Oslo {number}" if number else None} for number in range(300)]
    with served(create_app(settings)) as url, httpx.Client(base_url=url, headers=headers, timeout=60) as client:
        (prefect.folder / "home" / "artifacts").mkdir(parents=True, exist_ok=True)
        run = client.post("/v1/pipelines/back-up/nightly/runs", json={})
        job = client.post("/v1/ner", json={"items": items})
        reasons = [record.__dict__.get("reason") for record in caplog.records]
        assert (run.status_code, job.status_code) == (202, 202), (run.text, job.text, reasons)
        for started in (run, job):
            deadline = time.monotonic() + PATIENCE_S
            while (state := client.get(started.headers["location"]).json())["state"] != "COMPLETED":
                assert time.monotonic() < deadline, (state, (prefect.folder / "worker.log").read_text()[-4000:])
                time.sleep(1)
        assert (state["num_done"], state["num_items"]) == (300, 300)
        lines = [json.loads(line) for line in client.get(state["links"]["result"]).text.splitlines()]
    assert [line["id"] for line in lines] == [item["id"] for item in items]
    assert [line["error"] is None for line in lines] == [False] + [True] * 299
    assert lines[7]["entities"][0]["text"] == "Oslo"


def test_failing_run_exits_with_1_and_says_why(prefect, tmp_path):
    ran = prefect(
        *("deployment", "run", "embed-corpus/dev", "--watch"),
        *("-p", "corpus_kind=folder", "-p", f"corpus_path={tmp_path / 'nowhere'}"),
    )
    assert ran.returncode == 1, ran.stdout + ran.stderr
    assert "nowhere" in (prefect.folder / "worker.log").read_text()


def test_pruning_deletes_what_the_file_no_longer_has(prefect, tmp_path):
    def prune(text: str) -> str:
        (tmp_path / "schedules.yaml").write_text(text)
        main = "from pathlib import Path; from pipelines import schedules; schedules.SOURCE = Path(sys.argv[1]);"
        done = prefect.python("-c", f"import sys; {main} schedules.main(['--prune'])", str(tmp_path / "schedules.yaml"))
        assert done.returncode == 0, done.stderr
        return str(done.stdout)

    text = (ROOT / "pipelines" / "schedules.yaml").read_text()
    assert prune(text) == "nothing to delete\n"
    assert (
        prune(text.replace("slug: nightly", "slug: weekly", 1)) == "deleted schedule nightly of embed-corpus/nightly\n"
    )
    assert prune(text.partition("  - deployment: back-up/nightly")[0]) == "deleted deployment back-up/nightly\n"
    assert sorted(item["name"] for item in prefect.ask("deployments")) == ["dev", "nightly", "on-demand"]


def test_nothing_of_all_this_asked_for_an_address_off_this_machine(prefect):
    asked = prefect.folder / "outside.log"
    assert not asked.exists(), asked.read_text()
