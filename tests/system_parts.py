"""Find what comes from the machine and not from the lock, or say that it is not here.

tests/system_parts.py - v0.1.0

Without it a test is skipped and says what is missing; SEEDBED_TEST_REQUIRE names what must be there (.ci/run).
"""

import os
import shutil
from pathlib import Path
from typing import NoReturn

import pytest

_FOLDERS = {"postgresql": "/usr/lib/postgresql/*/bin"}
"""Where a package puts its programs, unless it is on PATH."""


def required(part: str) -> bool:
    """Return whether a test that needs the part must not be skipped."""
    return part in os.environ.get("SEEDBED_TEST_REQUIRE", "").split()


def missing(part: str, why: str) -> NoReturn:
    """Skip the test, or fail it where the part is required."""
    if required(part):
        pytest.fail(f"{why}, and SEEDBED_TEST_REQUIRE names {part}")
    pytest.skip(why)


def needs(part: str, here: bool, why: str) -> pytest.MarkDecorator:
    """Mark a test that is skipped without the part; where the part is required it runs, and fails."""
    return pytest.mark.skipif(not here and not required(part), reason=why)


def program(part: str, name: str) -> str:
    """Return the path of a program of a Debian package, or skip the test."""
    folder = _FOLDERS.get(part, "/usr/bin").lstrip("/")
    found = sorted(Path("/").glob(f"{folder}/{name}"), key=lambda path: path.parts)
    if path := shutil.which(name) or (str(found[-1]) if found else None):
        return path
    missing(part, f"{name} is not installed: apt-get install {part}")
