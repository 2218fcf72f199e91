"""Run every check that is not a test, each on one line with its verdict.

tools/check.py - v0.1.0

All run, whatever fails; the words of a failing check follow its line. Hooks and CI call this same program.

```mermaid
flowchart LR
    main --> CHECKS --> Check
    main --> run_check --> Outcome
```
"""

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tools.project_files import ROOT

BIN = Path(sys.executable).parent
MODULE = (sys.executable, "-m")
_WORKFLOWS = sorted(path.relative_to(ROOT).as_posix() for path in ROOT.glob(".github/workflows/*.yml"))
_STANDIN_FILES = ("deploy/standin/Dockerfile", "deploy/standin/llm.Dockerfile")
_STANDINS = ["deploy/standin/compose.yml", "deploy/standin/llm.yml"]
_COMPOSE = [*sorted(path.name for path in ROOT.glob("compose*.yml")), *_STANDINS]


@dataclass(frozen=True, slots=True)
class Check:
    """A name for `make check ARGS=…` and the program behind it."""

    name: str
    command: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a check said."""

    check: Check
    exit_code: int
    output: str
    seconds: float


CHECKS = (  # the slowest first: they run side by side
    Check("types", (*MODULE, "mypy")),
    Check("layers", (str(BIN / "lint-imports"), "--no-logo")),
    Check("log-lines", (*MODULE, "tools.check_log_lines")),
    Check("schemas", (*MODULE, "tools.schemas", "--check")),
    Check("api-breaks", (*MODULE, "tools.check_api_breaks")),
    Check("m2m", (*MODULE, "tools.check_m2m")),
    Check("schedules", (*MODULE, "pipelines.schedules", "--check")),
    Check("security", (*MODULE, "bandit", "-q", "-ll", "-c", "pyproject.toml", "-r", "src", "pipelines", "tools")),
    Check("format", (str(BIN / "ruff"), "format", "--check", ".")),
    Check("lint", (str(BIN / "ruff"), "check", ".")),
    Check("headers", (*MODULE, "tools.check_headers")),
    Check("classes", (*MODULE, "tools.check_classes")),
    Check("lock", (*MODULE, "tools.check_lock")),
    Check("index-hosts", (*MODULE, "tools.check_index_hosts")),
    Check("notebooks", (*MODULE, "tools.check_notebooks")),
    Check("links", (*MODULE, "tools.check_links")),
    Check("guide-map", (*MODULE, "tools.check_guide_map")),
    Check("workflows", (str(BIN / "check-jsonschema"), "--builtin-schema", "vendor.github-workflows", *_WORKFLOWS)),
    Check("compose-schema", (str(BIN / "check-jsonschema"), "--builtin-schema", "vendor.compose-spec", *_COMPOSE)),
    Check("compose", (*MODULE, "tools.check_compose")),
    Check("dockerfiles", (str(BIN / "hadolint"), "Dockerfile", "Dockerfile.gpu", *_STANDIN_FILES)),
)


def run_check(check: Check) -> Outcome:
    """Run one check from the root of the project."""
    start = time.perf_counter()
    done = subprocess.run(check.command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return Outcome(check, done.returncode, done.stdout, time.perf_counter() - start)


def main(names: Sequence[str], checks: Sequence[Check] = CHECKS) -> int:
    """Run the named checks, or all; return 1 when one failed and 2 when there is no such check."""
    known = [check.name for check in checks]
    if unknown := set(names) - set(known):
        sys.stderr.write(f"check: {sorted(unknown)} is unknown; choose from {known}. Example: make check ARGS=types\n")
        return 2
    chosen = [check for check in checks if not names or check.name in names]
    num_failed = 0
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for outcome in pool.map(run_check, chosen):
            verdict = "FAIL" if outcome.exit_code else "OK"
            said = outcome.output.strip().splitlines()
            last = "" if outcome.exit_code or not said else f"   {said[-1]}"
            print(f"{verdict:<5}{outcome.check.name:<15}{outcome.seconds:6.1f} s{last}", flush=True)
            if outcome.exit_code:
                num_failed += 1
                print("     " + outcome.output.strip().replace("\n", "\n     "), flush=True)
    print(f"check: {num_failed} of {len(chosen)} failed" if num_failed else f"check: {len(chosen)} passed")
    return 1 if num_failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
