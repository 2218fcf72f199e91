"""Run a throwaway PostgreSQL for tests.

tests/postgres_server.py - v0.1.0
"""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import psycopg
from pydantic import SecretStr

from tests.store_servers import free_port
from tests.system_parts import program

_numbers = count()


@dataclass(frozen=True)
class PostgresServer:
    """A server on a loopback port that forgets everything when it stops."""

    port: int
    password: str

    def new_database(self) -> SecretStr:
        """Return the address of an empty database."""
        name = f"ledger{next(_numbers)}"
        self.execute(f"CREATE DATABASE {name}")
        return SecretStr(self._address(name))

    def execute(self, statement: str, database: str = "postgres") -> list[tuple[object, ...]]:
        """Run one statement as the superuser and return its rows."""
        with psycopg.connect(self._address(database), autocommit=True) as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    def _address(self, database: str) -> str:
        return f"postgresql://tester:{self.password}@127.0.0.1:{self.port}/{database}"


@contextmanager
def postgres_server() -> Iterator[PostgresServer]:
    """Make a cluster in a temporary folder, run it, remove both; skip the test where there is no PostgreSQL."""
    initdb, pg_ctl = program("postgresql", "initdb"), program("postgresql", "pg_ctl")
    folder = Path(tempfile.mkdtemp(prefix="seedbed-postgres-"))
    server = PostgresServer(free_port(), os.urandom(8).hex())
    password = folder / "password"
    password.write_text(server.password)
    if as_root := os.geteuid() == 0:  # which PostgreSQL refuses to run as
        for path in (folder, password):
            shutil.chown(path, "postgres", "postgres")

    def run(*command: str) -> None:
        switched = ("runuser", "-u", "postgres", "--", *command) if as_root else command
        log = folder.with_suffix(".log")
        with log.open("ab") as output:
            if subprocess.run(switched, stdout=output, stderr=output, cwd=folder, check=False).returncode:
                raise RuntimeError(f"{command[0]} failed: {log.read_text()[-2000:]}")

    data = str(folder / "data")
    options = f"-p {server.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=off"
    try:
        run(
            initdb, "-D", data, "-U", "tester", "-A", "scram-sha-256", f"--pwfile={password}", "--no-sync", "-E", "UTF8"
        )
        run(pg_ctl, "-D", data, "-w", "-o", options, "-l", f"{folder}/server.log", "start")
        try:
            yield server
        finally:
            run(pg_ctl, "-D", data, "-m", "immediate", "-w", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        folder.with_suffix(".log").unlink(missing_ok=True)
