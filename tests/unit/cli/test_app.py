"""Specify which exit code a command's end becomes.

tests/unit/cli/test_app.py - v0.1.0
"""

import errno
import os

import pytest
import typer

from seedbed.cli import app as module
from seedbed.errors import UserError, WorldError


@pytest.fixture
def ended(monkeypatch, capsys):
    def end(fault=None):
        app = typer.Typer(pretty_exceptions_enable=False)

        @app.command()
        def command():
            if fault is not None:
                raise fault

        monkeypatch.setattr(module, "app", app)
        monkeypatch.setattr("sys.argv", ["seedbed"])
        with pytest.raises(SystemExit) as caught:
            module.main()
        return caught.value.code or 0, capsys.readouterr().err

    return end


@pytest.mark.parametrize(
    ("fault", "exit_code", "told"),
    [
        (None, 0, ""),
        (typer.Exit(), 0, ""),
        (typer.Exit(1), 1, ""),
        (typer.Exit(5), 5, ""),
        (SystemExit(4), 4, ""),
        (UserError("wrong"), 2, "seedbed: wrong\n"),
        (WorldError("broken"), 1, "seedbed: broken\n"),
        (typer.BadParameter("too\nlong"), 2, "seedbed: Invalid value: too long. Next: seedbed --help\n"),
        (KeyboardInterrupt(), 130, "seedbed: interrupted\n"),
        (typer.Abort(), 130, "seedbed: interrupted\n"),
    ],
)
def test_every_end_has_its_exit_code_and_at_most_one_line(ended, fault, exit_code, told):
    assert ended(fault) == (exit_code, told)


@pytest.mark.parametrize("fault", [ValueError("ours"), PermissionError(errno.EACCES, os.strerror(errno.EACCES), "a")])
def test_a_fault_of_the_programmer_crashes(ended, fault):
    with pytest.raises(type(fault)):
        ended(fault)
