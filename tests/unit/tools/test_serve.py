"""Test that serving the recorded runs either starts or says why not.

tests/unit/tools/test_serve.py - v0.1.0
"""

import socket

import pytest

from seedbed.errors import UserError, WorldError
from seedbed.tracking.config import TrackingConfig
from tools.serve import command, main


def test_the_local_store_is_served_on_loopback_only(tmp_path):
    (tmp_path / "mlflow.db").touch()
    program = command(TrackingConfig(), tmp_path, 0)
    assert program[program.index("--host") + 1] == "127.0.0.1"
    assert program[program.index("--backend-store-uri") + 1] == f"sqlite:///{tmp_path / 'mlflow.db'}"


def test_nothing_recorded_names_the_command_that_records(tmp_path):
    with pytest.raises(UserError, match="make demo"):
        command(TrackingConfig(), tmp_path, 0)


def test_a_tracking_server_is_named_instead_of_served_again(tmp_path):
    with pytest.raises(UserError, match="http://127.0.0.1:5000: open"):
        command(TrackingConfig(uri="http://127.0.0.1:5000"), tmp_path, 0)


def test_a_taken_port_is_named(tmp_path):
    (tmp_path / "mlflow.db").touch()
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        with pytest.raises(WorldError, match=f"port {other.getsockname()[1]} cannot be used"):
            command(TrackingConfig(), tmp_path, other.getsockname()[1])


@pytest.mark.parametrize(("port", "exit_code"), [("x", 2), ("5001", 2)])
def test_a_fault_is_one_line(port, exit_code, capsys):
    assert main([port]) == exit_code
    assert capsys.readouterr().err.count("\n") == 1
