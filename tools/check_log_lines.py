"""Check that what every source of log lines really emits follows m2m/log-event.schema.json.

tools/check_log_lines.py - v0.1.0

Each source runs in a process of its own, set up as the programs set it up, because a library that is imported later may
put its own handlers back.

```mermaid
flowchart LR
    main --> SOURCES & faults_of
    faults_of --> jsonschema
```
"""

import json
import os
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from jsonschema import Draft202012Validator

from tools.project_files import ROOT

_CONFIGURE = """
import logging, sys
from seedbed.logging_config import bind_request, bind_run, configure
from seedbed.logging_section import LoggingConfig
configure(LoggingConfig(), service="api")
"""
SOURCES = {
    "ours": """
with bind_run("0123abcd"), bind_request("4567"):
    logging.getLogger("seedbed.check").info("line\\nbreak", extra={"n": 1, "f": float("nan"), "deep": {"a": [{1, 2}]}})
""",
    "traceback": """
try:
    {}["missing"]
except KeyError:
    logging.getLogger("seedbed.check").exception("failed")
""",
    "warnings": "import warnings\nwarnings.warn('two\\nlines')",
    "uncaught": "raise ValueError('two\\nlines')",
    "thread": "import threading\nthread = threading.Thread(target=lambda: 1 / 0)\nthread.start()\nthread.join()",
    "unraisable": "class Bad:\n    def __del__(self): raise ValueError\nbad = Bad()\ndel bad",
    "uvicorn": """
import uvicorn
uvicorn.Config(None, log_config=None)
logging.getLogger("uvicorn.access").info('%s - "%s %s HTTP/%s" %d', "127.0.0.1:1", "GET", "/", "1.1", 200)
""",
    "mlflow": "import mlflow\nlogging.getLogger('mlflow.store').warning('created %s', 'experiment')",
    "prefect": """
from prefect.logging import get_logger
import prefect.main
get_logger("check").warning("flow run %r is late", "calm-heron")
logging.getLogger("prefect.server").warning("served")
""",
    "worker": """
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from seedbed.logging_config import worker_initializer
start = worker_initializer(LoggingConfig(), service="api", home=None)
with ProcessPoolExecutor(1, get_context("spawn"), start) as pool:
    pool.submit(logging.warning, "from a worker").result()
""",
}


def emitted(program: str) -> tuple[str, list[str]]:
    """Return what goes wrong in the program itself, and the lines that it logs."""
    with tempfile.TemporaryDirectory() as folder:
        environment = os.environ | {
            "PREFECT_LOGGING_CONFIG_PATH": str(ROOT / "pipelines" / "prefect_logging.yml"),
            "PREFECT_HOME": folder,
            "PYTHONPATH": str(ROOT / "src"),
        }
        file = Path(folder, "program.py")
        file.write_text(f"{_CONFIGURE}if __name__ == '__main__':\n{_indented(program)}\n", encoding="utf-8")
        done = subprocess.run([sys.executable, str(file)], capture_output=True, text=True, env=environment, cwd=folder)
    return done.stderr, done.stdout.splitlines()


def _indented(program: str) -> str:
    return "\n".join(f"    {line}" for line in program.splitlines())


def faults_of(lines: list[str], schema: object) -> list[str]:
    """Return what is wrong with each line, nothing when all follow the schema."""
    validator = Draft202012Validator(schema)
    faults = [] if lines else ["nothing was logged"]
    for line in lines:
        try:
            event = json.loads(line)
        except ValueError as error:
            faults.append(f"{line[:200]!r} is no JSON: {error}")
        else:
            faults += [f"{line[:200]!r}: {fault.json_path}: {fault.message}" for fault in validator.iter_errors(event)]
    return faults


def main() -> int:
    """Run every source; return 1 when one of them emits anything but log events."""
    schema = json.loads((ROOT / "m2m" / "log-event.schema.json").read_text(encoding="utf-8"))
    num_lines, faults = 0, []
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for source, (errors, lines) in zip(SOURCES, pool.map(emitted, SOURCES.values()), strict=True):
            num_lines += len(lines)
            faults += [f"{source}: {fault}" for fault in faults_of(lines, schema)]
            faults += [f"{source}: wrote to stderr: {errors.strip()[-500:]!r}"] if errors.strip() else []
    print("\n".join(faults) or f"{num_lines} lines of {len(SOURCES)} sources follow the schema")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
