"""Find programs that come from the operating system, not from the lock.

tests/system_parts.py - v0.1.0

Without them a test is skipped and says what is missing; .ci/run names in SEEDBED_TEST_REQUIRE what must be there.
"""

import os
import shutil
from pathlib import Path

import pytest

_FOLDERS = {"postgresql": "/usr/lib/postgresql/*/bin"}
"""Where a package puts its programs, unless it is on PATH."""


def program(part: str, name: str) -> str:
    """Return the path of a program of a Debian package, or skip the test."""
    folder = _FOLDERS.get(part, "/usr/bin").lstrip("/")
    found = sorted(Path("/").glob(f"{folder}/{name}"), key=lambda path: path.parts)
    if path := shutil.which(name) or (str(found[-1]) if found else None):
        return path
    why = f"{name} is not installed: apt-get install {part}"
    if part in os.environ.get("SEEDBED_TEST_REQUIRE", "").split():
        pytest.fail(why)
    pytest.skip(why)
