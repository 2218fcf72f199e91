"""Test that CI cannot go green without the parts of the operating system that tests use.

tests/unit/tools/test_system_parts.py - v0.1.0
"""

import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[3] / "tools" / "system-parts.sh"
PARTS = ["postgresql", "chromium", "redis-server"]


@pytest.fixture
def machine(tmp_path):
    """A machine whose programs do nothing, except that `apt-get install` brings what it names."""
    brings = 'echo "$@" >> "$0.log"\n[ "$1" = install ] || exit 0\nfor name in "$@"; do : > "${0%/*}/$name"; done\n'
    brings += '/bin/cp "$0" "${0%/*}/initdb"\n/bin/chmod +x "${0%/*}"/*\n'
    programs = {"find": "", "id": "echo 1000\n", "apt-get": brings, "sudo": 'shift; "$@"\n', "env": 'shift; "$@"\n'}
    for name, text in (programs | {"true": ""}).items():
        (tmp_path / name).write_text(f"#!/bin/sh\n{text}")
        (tmp_path / name).chmod(0o755)
    return tmp_path


def run(machine):
    return subprocess.run(["/bin/sh", SCRIPT], env={"PATH": str(machine)}, capture_output=True, text=True, timeout=30)


def test_who_may_use_sudo_gets_what_is_missing(machine):
    (machine / "chromium").write_text("#!/bin/sh\n")
    (machine / "chromium").chmod(0o755)
    done = run(machine)
    assert (done.returncode, done.stdout.split()) == (0, PARTS), done.stderr
    installed = (machine / "apt-get.log").read_text().splitlines()[1].split()
    assert set(installed) & set(PARTS) == {"postgresql", "redis-server"}


def test_root_needs_no_sudo(machine):
    (machine / "sudo").unlink()
    (machine / "id").write_text("#!/bin/sh\necho 0\n")
    assert run(machine).returncode == 0


@pytest.mark.parametrize("gone", ["sudo", "apt-get"])
def test_what_cannot_be_brought_is_a_failure_that_names_it(machine, gone):
    (machine / gone).unlink()
    done = run(machine)
    assert (done.returncode, done.stdout) == (1, "")
    assert "apt-get install postgresql chromium redis-server" in done.stderr


def test_an_installation_that_fails_is_a_failure(machine):
    (machine / "apt-get").write_text('#!/bin/sh\n[ "$1" = update ]\n')
    assert run(machine).returncode == 1
