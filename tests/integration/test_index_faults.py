"""Bring the world down around an indexing run: nothing is lost, and the next run ends as an undisturbed one.

tests/integration/test_index_faults.py - v0.1.0
"""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import Self, final

import pyarrow.parquet as pq
import pytest

from seedbed.corpora.adapters import folder
from seedbed.corpora.adapters.folder import FolderCorpus
from seedbed.corpora.adapters.jsonl import JsonlCorpus
from seedbed.corpora.config import CorpusConfig
from seedbed.corpora.document import Document, Rejection
from seedbed.corpora.ports import Corpus
from seedbed.errors import WorldError
from seedbed.indexing import index as index_module
from seedbed.indexing.index import Index
from seedbed.indexing.ledger import Ledger
from seedbed.indexing.plan import Shard
from seedbed.indexing.report import IndexReport, ShardReport
from seedbed.stores.adapters.chroma import ChromaCollection
from tests.store_servers import chroma_server
from tests.system_parts import missing
from tests.unit.indexing.conftest import Engine, documents

HOLDER = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1])
connection.execute("BEGIN EXCLUSIVE")
print("held", flush=True)
sys.stdin.read()
"""
MANY = [Document(id=f"d{i:03}", text=f"text {i}\nline {i}") for i in range(60)]
EVERYTHING = {f"{d.id}/{position}": line for d in MANY for position, line in enumerate(d.text.split("\n"))}


def run(engine: Engine, *records: Document | Rejection) -> IndexReport:
    with engine.index(*records) as index:
        return index.bring_up_to_date()


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[None]:
    """Mount a disk of that size on a new folder."""
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder], capture_output=True, text=True, check=False
    )
    if mounted.returncode:
        missing("mount", f"a small disk cannot be mounted here: {mounted.stderr.strip()}")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


@contextmanager
def ledger_held(path: Path) -> Iterator[None]:
    """Let another process hold the ledger for writing."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        try:
            yield
        finally:
            holder.kill()


def test_a_store_whose_disk_is_full_keeps_what_it_has_and_goes_on_once_there_is_room(tmp_path: Path) -> None:
    engine = Engine(tmp_path / "home", shard_chunks=16)
    engine.home.mkdir()
    many = [Document(id=f"d{i:03}", text=f"text {i}") for i in range(64)]
    with small_disk(engine.home / "chroma", "100m"):
        ballast = engine.home / "chroma" / "ballast"
        with engine.index(*many) as index:

            def fill_up(shard: Shard) -> ShardReport:
                report = index.run_shard(shard)
                if shard.number == 1:
                    ballast.write_bytes(b"x" * (60 << 20))
                return report

            with pytest.raises(WorldError, match=r"chroma at .*/home/chroma is not written to .*has \d+ MiB left"):
                index.bring_up_to_date(run_shard=fill_up)
            assert index._ledger.count(index.collection_name)[1] == 32
        ballast.unlink()
        assert run(engine, *many).num_upserted == 32
        assert set(engine.content()) == {f"{document.id}/0" for document in many}


def test_a_ledger_that_another_process_holds_is_named_after_the_wait_and_unharmed(tmp_path: Path) -> None:
    engine = Engine(tmp_path)
    run(engine, *documents(a="1"))
    with (
        ledger_held(tmp_path / "ledger.db"),
        engine.index(*documents(a="1", b="2"), timeout_s=0.2) as index,
        pytest.raises(WorldError, match=r"ledger .*/ledger\.db cannot be used: database is locked"),
    ):
        index.bring_up_to_date()
    assert run(engine, *documents(a="1", b="2")).num_documents == 2
    assert engine.content() == {"a/0": "1", "b/0": "2"}


def test_a_search_and_a_plan_do_not_wait_for_whoever_writes_the_ledger(tmp_path: Path) -> None:
    engine = Engine(tmp_path)
    run(engine, *documents(a="1"))
    with ledger_held(tmp_path / "ledger.db"):
        with Ledger(tmp_path / "ledger.db", timeout_s=0.1) as ledger:
            assert ledger.resolve("test")[0] == "test"
        with engine.index(*documents(a="1", b="2"), create=False, timeout_s=0.1) as index:
            assert index.plan().num_new == 1


def one_bit_other(file: Path) -> bytes:
    """Return the content of a vector file whose first number is another one, by its last bit."""
    vectors = pq.read_table(file, columns=["vector"]).column("vector").combine_chunks().flatten().to_numpy()
    content = bytearray(file.read_bytes())
    content[content.index(vectors.tobytes())] ^= 1
    return bytes(content)


DAMAGE: dict[str, Callable[[Path], object]] = {
    "cut short": lambda file: os.truncate(file, file.stat().st_size // 2),
    "empty": lambda file: os.truncate(file, 0),
    "zeros": lambda file: file.write_bytes(bytes(file.stat().st_size)),
    "one bit of a vector": lambda file: file.write_bytes(one_bit_other(file)),
    "gone": Path.unlink,
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_vector_file_that_a_power_cut_damaged_before_the_store_had_it_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, damage: str
) -> None:
    engine = Engine(tmp_path)

    def power_cut(*_: object) -> None:
        for file in (tmp_path / "vectors").rglob("*.parquet"):
            DAMAGE[damage](file)
        raise WorldError("power cut")

    with monkeypatch.context() as patched, engine.index(*documents(a="1", b="2")) as index:
        patched.setattr(ChromaCollection, "upsert", power_cut)
        with pytest.raises(WorldError, match="power cut"):
            index.bring_up_to_date()
    report = run(engine, *documents(a="1", b="2"))
    assert (report.num_embedded, report.num_reused) == (2, 0)
    assert engine.content() == {"a/0": "1", "b/0": "2"}
    assert run(engine, *documents(a="1", b="2")).num_upserted == 0


def test_a_file_that_is_written_after_it_was_read_is_indexed_as_it_was_and_replaced_by_the_next_run(
    tmp_path: Path,
) -> None:
    texts, engine = tmp_path / "texts", Engine(tmp_path / "home", shard_chunks=1)
    texts.mkdir()
    for name in "abc":
        (texts / f"{name}.txt").write_text(f"{name} before")

    def rewritten(index: Index) -> Callable[[Shard], ShardReport]:
        def with_a_change(shard: Shard) -> ShardReport:
            (texts / "a.txt").write_text("a after")
            return index.run_shard(shard)

        return with_a_change

    with engine.index(corpus=folder_corpus(texts)) as index:
        index.bring_up_to_date(run_shard=rewritten(index))
    assert engine.content()["a.txt/0"] == "a before"
    with engine.index(corpus=folder_corpus(texts)) as index:
        assert index.bring_up_to_date().num_upserted == 1
    assert engine.content() == {"a.txt/0": "a after", "b.txt/0": "b before", "c.txt/0": "c before"}


def test_a_file_that_goes_between_listing_and_reading_keeps_its_points_until_it_is_seen_to_be_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts, engine = tmp_path / "texts", Engine(tmp_path / "home")
    texts.mkdir()
    for name in "abcd":
        (texts / f"{name}.txt").write_text(name)
    with engine.index(corpus=folder_corpus(texts)) as index:
        index.bring_up_to_date()
    listed = folder._sorted_entries

    def then_gone(path: Path) -> object:
        entries = listed(path)
        (texts / "b.txt").unlink(missing_ok=True)
        return entries

    with monkeypatch.context() as patched:
        patched.setattr(folder, "_sorted_entries", then_gone)
        with engine.index(corpus=folder_corpus(texts)) as index:
            report = index.bring_up_to_date()
    assert (report.num_rejected, report.num_documents_kept, report.num_deleted) == (1, 1, 0)
    with engine.index(corpus=folder_corpus(texts)) as index:
        assert index.bring_up_to_date().num_deleted == 1
    assert set(engine.content()) == {"a.txt/0", "c.txt/0", "d.txt/0"}


def test_a_record_that_is_being_written_while_it_is_read_deletes_nothing_and_comes_with_the_next_run(
    tmp_path: Path,
) -> None:
    file, engine = tmp_path / "corpus.jsonl", Engine(tmp_path / "home")
    lines = [f'{{"id": "d{i}", "text": "text {i}"}}\n' for i in range(4)]
    file.write_text("".join(lines))
    config = CorpusConfig(kind="jsonl", path=file)
    with engine.index(corpus=JsonlCorpus(config)) as index:
        index.bring_up_to_date()
    file.write_text("".join(lines)[:-9])
    with engine.index(corpus=JsonlCorpus(config)) as index:
        report = index.bring_up_to_date()
    assert (report.num_rejected, report.num_deleted) == (1, 0)
    assert len(engine.content()) == 4
    file.write_text("".join(lines))
    with engine.index(corpus=JsonlCorpus(config)) as index:
        report = index.bring_up_to_date()
    assert (report.num_rejected, report.num_upserted, len(engine.content())) == (0, 0, 4)


def folder_corpus(path: Path) -> FolderCorpus:
    return FolderCorpus(CorpusConfig(kind="folder", path=path))


def command(home: Path, *arguments: str | Path) -> "subprocess.Popen[str]":
    """Start a real `seedbed` on a state folder of its own."""
    program = Path(sys.executable).with_name("seedbed")
    environment = {**os.environ, "SEEDBED_HOME": str(home)}
    return subprocess.Popen(
        [program, *map(str, arguments)],
        env=environment,
        cwd=home.parent,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


@pytest.mark.slow
def test_a_second_index_command_is_refused_with_the_process_number_of_the_first_until_that_is_gone(
    tmp_path: Path,
) -> None:
    home, corpus = tmp_path / "home", tmp_path / "corpus.jsonl"
    os.mkfifo(corpus)  # reading it waits, with the index locked
    wanted = ("index", "--corpus-kind", "jsonl", "--corpus-path", corpus, "--collection", "twice")
    with command(home, *wanted) as first:
        try:
            with corpus.open("wb"):  # returns when the first command reads
                with command(home, *wanted) as second:
                    _, said = second.communicate(timeout=120)
                assert second.returncode == 1
                assert f"index 'twice' is in use by process {first.pid}; wait until it ends" in said
                first.kill()
        finally:
            first.kill()
    corpus.unlink()
    corpus.write_text('{"id": "a", "text": "one text"}\n')
    with command(home, *wanted) as third:
        third.communicate(timeout=120)
    assert third.returncode == 0


@final
class Changing(Corpus):
    """Yields another text each time it is read."""

    def __init__(self) -> None:
        self.num_readings = 0

    def documents(self) -> Iterator[Document | Rejection]:
        """Yield one document that stays and one that changes."""
        self.num_readings += 1
        yield Document(id="a", text="stays")
        yield Document(id="b", text=f"reading {self.num_readings}")


def test_the_report_speaks_of_the_text_that_was_indexed_not_of_a_later_reading(tmp_path: Path) -> None:
    engine, corpus = Engine(tmp_path / "changing"), Changing()
    for _ in range(2):
        with engine.index(corpus=corpus) as index:
            index.plan()
            report = index.bring_up_to_date()
        text = f"reading {corpus.num_readings}"
        assert engine.content() == {"a/0": "stays", "b/0": text}
        still = Engine(tmp_path / text.replace(" ", "-"))
        assert report.data_digest == run(still, *documents(a="stays", b=text)).data_digest


@final
class Backwards(datetime):
    """A clock that goes back so many days each time it is asked."""

    day, step = 20, 1

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> Self:
        """Return an earlier moment than last time."""
        cls.day -= cls.step
        return cls(2026, 1, cls.day, tzinfo=tz or UTC)


def test_a_clock_that_goes_backwards_loses_no_record_and_the_last_run_is_the_newest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index_module, "datetime", Backwards)
    engine = Engine(tmp_path)
    letters = []
    for text in ("1", "one", "uno"):
        report = run(engine, *documents(a=text), Rejection(source="x", line=1, reason=f"broken {text}"))
        assert report.dead_letter is not None
        assert report.seconds > 0
        letters.append(report.dead_letter)
    assert len(set(letters)) == 3
    for text, letter in zip(("1", "one", "uno"), letters, strict=True):
        assert f"broken {text}" in letter.read_text()
    assert engine.content() == {"a/0": "uno"}
    with Ledger(tmp_path / "ledger.db") as ledger:
        assert ledger.resolve(None)[0] == "test"


def test_a_clock_that_stands_still_loses_no_record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Backwards, "step", 0)
    monkeypatch.setattr(index_module, "datetime", Backwards)
    reports = [
        run(Engine(tmp_path), *documents(a="1"), Rejection(source="x", line=line, reason="broken")) for line in (1, 2)
    ]
    assert [report.num_rejected for report in reports] == [1, 1]
    assert reports[1].dead_letter is not None
    assert reports[1].dead_letter.read_text().count("broken") == 2


@pytest.mark.slow
def test_a_store_server_that_dies_in_the_middle_and_comes_back_ends_with_everything(tmp_path: Path) -> None:
    engine = Engine(tmp_path / "home", shard_chunks=16)
    with ExitStack() as servers:
        engine.url = servers.enter_context(chroma_server(tmp_path / "served"))
        with engine.index(*MANY) as index:

            def dies(shard: Shard) -> ShardReport:
                if shard.number == 3:
                    servers.close()
                return index.run_shard(shard)

            with pytest.raises(WorldError, match=rf"chroma at {engine.url}: .*seedbed doctor"):
                index.bring_up_to_date(run_shard=dies)
    engine.embedder.texts.clear()
    with chroma_server(tmp_path / "served", port=int(engine.url.rsplit(":", 1)[1])):
        report = run(engine, *MANY)
        assert report.num_upserted == len(EVERYTHING) - 3 * 16
        assert engine.content() == EVERYTHING
        with engine.index(*MANY) as index:
            checked = index.verify()
        assert (checked.num_points, checked.num_missing, checked.num_foreign) == (len(EVERYTHING), 0, 0)
