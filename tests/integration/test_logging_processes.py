"""Test logging where several processes, servers and foreign libraries take part.

tests/integration/test_logging_processes.py - v0.1.0
"""

import gzip
import json
import subprocess
import sys
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from tests.loopback import answering, say
from tools.check_log_lines import SOURCES, emitted, faults_of

ROOT = Path(__file__).parents[2]
SCHEMA = json.loads((ROOT / "m2m" / "log-event.schema.json").read_text())
SECRET = "correct-horse-battery"

WRITER = """
import logging, sys
from pathlib import Path
from seedbed.logging_config import configure
from seedbed.logging_section import LoggingConfig
configure(LoggingConfig(max_file_bytes=40_000, num_files=100), service="cli", home=Path(sys.argv[1]))
for number in range(200):
    extra = {"writer": sys.argv[2], "number": number, "pad": "x" * (number * 37 % 8000)}
    logging.getLogger("writer").info("line", extra=extra)
"""

REPORTER = f"""
import logging, sys
from seedbed.logging_config import configure
from seedbed.logging_redaction import remember_secrets
from seedbed.logging_section import LoggingConfig
remember_secrets(["{SECRET}"])
config = LoggingConfig(sentry_dsn=sys.argv[1], sentry_environment="staging")
configure(config, service="api")
password = "{SECRET}"
try:
    raise ValueError("it was {SECRET}")
except ValueError:
    logging.getLogger("seedbed.deep.child").exception("failed for %s", "{SECRET}", extra={{"api_key": "abcdefgh"}})
logging.getLogger("seedbed").info("not reported")
"""


def python(program, *arguments):
    """Run a program; return its process."""
    return subprocess.Popen(
        [sys.executable, "-W", "error", "-c", program, *arguments],
        env={"PYTHONPATH": str(ROOT / "src"), "PATH": "/usr/bin:/bin"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_processes_that_share_a_rotating_file_lose_and_mix_no_line(tmp_path):
    writers = [python(WRITER, str(tmp_path), str(writer)) for writer in range(4)]
    for writer in writers:
        assert writer.communicate(timeout=120)[1] == ""
    files = list((tmp_path / "logs").glob("seedbed.jsonl*"))
    lines = [json.loads(line) for file in files for line in file.read_text().splitlines()]
    assert len(files) > 20
    assert all(file.stat().st_size <= 50_000 for file in files)
    found = sorted((line["extra"]["writer"], line["extra"]["number"]) for line in lines)
    assert found == sorted((str(writer), number) for writer in range(4) for number in range(200))


@pytest.mark.parametrize("source", [name for name in SOURCES if name not in {"mlflow", "prefect", "uvicorn"}])
def test_every_source_of_lines_follows_the_schema(source):
    errors, lines = emitted(SOURCES[source])
    assert errors == ""
    assert faults_of(lines, SCHEMA) == []


@pytest.mark.slow
@pytest.mark.parametrize("source", ["mlflow", "prefect", "uvicorn"])
def test_libraries_that_are_imported_later_follow_the_schema(source):
    errors, lines = emitted(SOURCES[source])
    assert errors == ""
    assert faults_of(lines, SCHEMA) == []


def test_a_program_that_prints_text_is_found_out():
    assert "is no JSON" in faults_of(emitted("print('hello')")[1], SCHEMA)[0]
    assert faults_of([], SCHEMA) == ["nothing was logged"]
    assert any("Additional properties" in fault for fault in faults_of([json.dumps({"user": 1})], SCHEMA))


def test_an_uncaught_exception_still_exits_with_1():
    program = python(
        "from seedbed.logging_config import configure; from seedbed.logging_section import LoggingConfig\n"
        "configure(LoggingConfig(), service='api'); raise ValueError('why')"
    )
    output, errors = program.communicate(timeout=60)
    assert (program.returncode, errors) == (1, "")
    assert json.loads(output)["exc_info"].endswith("ValueError: why")


@pytest.fixture
def sentry():
    """A Sentry server: its DSN and the envelopes it received."""
    received = []

    class Sentry(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            received.append(gzip.decompress(body) if self.headers.get("Content-Encoding") == "gzip" else body)
            say(self, None)

    with answering(Sentry) as url:
        yield f"{url.replace('://', '://key@')}/1", received


def test_an_error_reaches_sentry_without_its_secrets(sentry):
    dsn, received = sentry
    program = python(REPORTER, dsn)
    _, errors = program.communicate(timeout=60)
    assert (program.returncode, errors) == (0, "")
    text = b"".join(received).decode()
    events = [json.loads(line) for line in text.splitlines() if '"exception"' in line]
    assert len(events) == 1
    assert (events[0]["environment"], events[0]["server_name"], events[0]["level"]) == ("staging", "api", "error")
    assert SECRET not in text
    assert "abcdefgh" not in text
    assert "not reported" not in json.dumps(events[0]["logentry"])


@pytest.mark.slow
def test_what_prefect_sends_to_its_server_is_masked():
    program = """
import logging, prefect.main
handler = next(each for each in logging.getLogger("prefect.flow_runs").handlers)
print(type(handler).__name__, handler.format(logging.makeLogRecord({"msg": "password=%s", "args": ("hunter2",)})))
"""
    _, lines = emitted(program)
    assert lines == ["APILogHandler password=***"]
