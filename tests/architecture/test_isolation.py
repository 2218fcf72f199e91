"""Test that a test cannot leave this machine.

tests/architecture/test_isolation.py - v0.1.0
"""

import os
import socket

import pytest

pytest_plugins = ["pytester"]

LEAVES = """
    import contextlib, socket
    def test_leaves():
        with contextlib.suppress(OSError):
            socket.create_connection(("192.0.2.1", 80), timeout=1)
"""


def test_a_connection_out_of_this_machine_fails_the_test_even_when_swallowed(pytester, request):
    pytester.makeconftest((request.config.rootpath / "conftest.py").read_text())
    pytester.makepyfile(LEAVES)
    result = pytester.runpytest_inprocess("-p", "no:cacheprovider")
    result.stdout.fnmatch_lines(["*tried to leave this machine*192.0.2.1*"])
    assert result.ret == 1


def test_loopback_is_allowed():
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        with socket.create_connection(server.getsockname(), timeout=5) as client:
            assert client.getpeername() == server.getsockname()


def test_every_test_has_a_state_folder_of_its_own(home, tmp_path):
    assert os.environ["SEEDBED_HOME"] == str(home)
    assert home.is_relative_to(tmp_path)


@pytest.mark.parametrize("name", ["SEEDBED_STORE__KIND", "ENVIRONMENT", "SENTRY_DSN"])
def test_the_developers_settings_do_not_reach_the_tests(name):
    assert name not in os.environ
