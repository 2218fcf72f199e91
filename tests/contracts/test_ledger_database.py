"""Hold the database of the ledger to the same promises on SQLite and on PostgreSQL: schema, locks, connections.

tests/contracts/test_ledger_database.py - v0.1.0
"""

import multiprocessing
import os
import socket
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from pydantic import SecretStr
from sqlalchemy import Connection, make_url, text

from seedbed.errors import UserError, WorldError
from seedbed.indexing.ledger import Ledger
from seedbed.indexing.schema import SCHEMA_VERSION, metadata
from tests.contracts.conftest import COLLECTION, Place, chunk
from tests.postgres_server import PostgresServer
from tests.unit.indexing.conftest import Engine, documents

DUMP = Path(__file__).parents[1] / "data" / "ledger-before-migrations.sql"
OLD = "test--a8713c82"

_processes = multiprocessing.get_context("forkserver")
_processes.set_forkserver_preload(["tests.contracts.test_ledger_database"])


def differences(connection: Connection) -> list[Any]:
    """Return how the tables differ from those in schema.py; comments are for readers of the code alone."""
    found = compare_metadata(MigrationContext.configure(connection), metadata)
    return [one for one in found if "comment" not in str(one[0][0] if isinstance(one, list) else one[0])]


def in_database(place: Place, statement: str) -> None:
    """Do something behind the ledger's back."""
    if isinstance(place, Path):
        with closing(sqlite3.connect(place)) as connection, connection:
            connection.execute(statement)
    else:
        with psycopg.connect(place.get_secret_value(), autocommit=True) as session:
            session.execute(statement.encode())


def test_what_was_written_is_there_for_the_next_process(place: Place) -> None:
    with Ledger(place) as first:
        first.expect(COLLECTION, [chunk("p1")])
    with Ledger(place, create=False) as second:
        assert second.known(COLLECTION, ["p1"]) == {"p1": ("1", False)}


def test_a_ledger_that_is_not_there_reads_as_empty_and_is_not_made(place: Place) -> None:
    for _ in range(2):
        with Ledger(place, create=False) as ledger:
            ledger.begin_pass()
            ledger.see(["p1"])
            assert ledger.num_documents(COLLECTION) == 0
            assert ledger.rate("encoder") is None
            with pytest.raises(UserError, match="nothing has been indexed yet"):
                ledger.resolve(None)
    assert not (isinstance(place, Path) and place.exists())


def test_a_newer_ledger_is_refused_and_left_alone(place: Place) -> None:
    with Ledger(place):
        pass
    newer = SCHEMA_VERSION + 1
    sqlite = isinstance(place, Path)
    in_database(
        place, f"PRAGMA user_version = {newer}" if sqlite else f"UPDATE alembic_version SET version_num = '{newer:04}'"
    )
    for create in (True, False):
        with pytest.raises(UserError, match=rf"has schema {newer}, this Seedbed reads {SCHEMA_VERSION}; install"):
            Ledger(place, create=create)


def test_the_migrations_make_the_tables_that_the_program_uses(ledger: Ledger) -> None:
    with ledger._database.transaction() as connection:
        assert differences(connection) == []
        assert int(connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one()) == SCHEMA_VERSION


def test_eight_processes_open_a_ledger_that_is_not_there_and_all_succeed(place: Place) -> None:
    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(lambda number: note(place, number), range(8))) == [None] * 8
    with Ledger(place) as ledger:
        assert ledger.num_documents(COLLECTION) == 8


def note(place: Place, number: int) -> None:
    """Open the ledger in a process of its own, and write to it."""
    process = _processes.Process(target=write, args=(place, number))
    process.start()
    process.join(60)
    assert process.exitcode == 0


def write(place: Place, number: int) -> None:
    with Ledger(place) as ledger:
        ledger.expect(COLLECTION, [chunk(f"p{number}", f"d{number}")])


def test_one_index_is_owned_by_one_process_which_is_named_and_others_are_free(place: Place) -> None:
    with Ledger(place) as first, Ledger(place) as second:
        with first.owned("docs"):
            with second.owned("other"):
                pass
            with pytest.raises(WorldError, match=rf"index 'docs' is in use by process {os.getpid()}\b.*wait until"):
                second.owned("docs").__enter__()
        with second.owned("docs"):
            pass


def test_an_owner_that_is_killed_owns_nothing(place: Place) -> None:
    ready = _processes.Event()
    process = _processes.Process(target=own_for_ever, args=(place, ready))
    process.start()
    assert ready.wait(30)
    with Ledger(place) as ledger:
        with pytest.raises(WorldError, match=rf"in use by process {process.pid}\b"):
            ledger.owned("docs").__enter__()
        process.kill()
        process.join(30)
        for _ in range(100):  # the server takes a moment to see that its client is gone
            try:
                with ledger.owned("docs"):
                    return
            except WorldError:
                process.join(0.05)
        pytest.fail("the index still belongs to a process that is dead")


def own_for_ever(place: Place, ready: Any) -> None:
    with Ledger(place) as ledger, ledger.owned("docs"):
        ready.set()
        _processes.Event().wait(60)


@pytest.mark.parametrize("older", ["", "DROP TABLE rates"])
def test_a_ledger_from_before_the_migrations_is_adopted_without_loss(tmp_path: Path, older: str) -> None:
    path = tmp_path / "ledger.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(DUMP.read_text() + older)
    with Ledger(path, create=False) as reader:
        assert reader.count(OLD) == (3, 4, 1)
    with Ledger(path) as ledger:
        assert ledger.resolve("test") == ("test", OLD)
        assert ledger.config(OLD)["chunker"] == "lines 1"
        assert ledger.count(OLD) == (3, 4, 1)
        assert len(ledger.vectors([key for _, _, key in ledger.confirmed(OLD)])) == 4
        assert ledger.rate("enc") == (None if older else 2.5)
        ledger.note_rate("enc", 3.0)
        with ledger._database.transaction() as connection:
            assert differences(connection) == []
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (SCHEMA_VERSION,)
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_an_address_that_cannot_be_read_is_refused_without_its_password() -> None:
    with pytest.raises(UserError, match="LEDGER_URL cannot be read; write postgresql://user:password@host") as refused:
        Ledger(SecretStr("postgresql://me:hunter22@db:port/x"))
    assert "hunter22" not in str(refused.value)


def test_a_server_that_is_away_is_named_without_its_password(server: PostgresServer) -> None:
    away = make_url(server.new_database().get_secret_value()).set(port=1).render_as_string(hide_password=False)
    with pytest.raises(WorldError, match=r"ledger postgresql\+psycopg://tester:\*\*\*@127.0.0.1:1/.* is the server up"):
        Ledger(SecretStr(away))


def test_the_refusal_on_a_server_names_the_machine_too(server: PostgresServer) -> None:
    place = server.new_database()
    said = f"in use by process {os.getpid()} on {socket.gethostname()}"
    with (
        Ledger(place) as first,
        Ledger(place) as second,
        first.owned("docs"),
        pytest.raises(WorldError, match=said),
    ):
        second.owned("docs").__enter__()


def test_a_process_that_loses_its_connection_has_lost_the_index_and_writes_nothing_more(
    server: PostgresServer,
) -> None:
    place = server.new_database()
    with Ledger(place) as first, Ledger(place) as second, first.owned("docs"):
        first.expect(COLLECTION, [chunk("p1")])
        server.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type = 'client backend' "
                       "AND pid IN (SELECT pid FROM pg_locks WHERE locktype = 'advisory')")  # fmt: skip
        for _ in range(2):
            with pytest.raises(WorldError, match="ledger .* (cannot be used|was lost)"):
                first.confirm(COLLECTION, ["p1"])
        with second.owned("docs"):
            assert second.known(COLLECTION, ["p1"]) == {"p1": ("1", False)}


def test_two_machines_that_note_the_same_vectors_in_another_order_do_not_block_each_other(
    server: PostgresServer,
) -> None:
    place = server.new_database()
    keys = [f"k{number:03}" for number in range(300)]

    def note(order: list[str]) -> None:
        with Ledger(place) as ledger:
            for _ in range(20):
                ledger.add_vectors("f.parquet", order, [False] * len(order))

    with ThreadPoolExecutor(2) as threads:
        list(threads.map(note, [keys, keys[::-1]]))


def test_an_index_whose_ledger_is_on_a_server_is_built_changed_and_not_built_twice_at_once(
    server: PostgresServer, tmp_path: Path
) -> None:
    engine = Engine(tmp_path, ledger=server.new_database())
    with engine.index(*documents(a="one", b="two\nthree", c="four")) as index:
        index.bring_up_to_date()
        with (
            engine.index(*documents(a="one")) as other,
            other._ledger.owned("test"),
            pytest.raises(WorldError, match="index 'test' is in use by process"),
        ):
            index.bring_up_to_date()
    with engine.index(*documents(a="one", b="two", c="five")) as index:
        report = index.bring_up_to_date()
    assert (report.num_embedded, report.num_deleted) == (1, 1)
    assert engine.content() == {"a/0": "one", "b/0": "two", "c/0": "five"}
    with engine.index(*documents(a="one", b="two", c="five")) as index:
        assert (index.verify().num_points, index.plan().num_unchanged) == (3, 3)
    assert not (tmp_path / "ledger.db").exists()
