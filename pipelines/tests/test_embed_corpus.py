"""Test the flow around the index: what it retries, what it shows, when it fails.

pipelines/tests/test_embed_corpus.py - v0.1.0

One Prefect server on a temporary database serves all of them; the flow runs with the packaged model.
"""

import json
from pathlib import Path
from typing import Any, cast
from uuid import uuid4

import pytest
from prefect import flow
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterKey
from prefect.client.schemas.objects import Artifact
from prefect.client.schemas.sorting import ArtifactSort
from prefect.testing.utilities import prefect_test_harness

from pipelines import embed_corpus as module
from pipelines.embed_corpus import as_markdown, embed_corpus, embed_shard, main, progress_artifact, record
from seedbed.errors import UserError, WorldError
from seedbed.indexing.plan import Shard
from seedbed.indexing.report import IndexReport, ShardReport

slow = pytest.mark.slow

DONE = ShardReport(number=3, num_embedded=1, num_reused=0, num_upserted=1)
REPORT = IndexReport(
    name="folder-texts",
    collection="folder-texts--0a1b2c3d",
    encoder="openvino fp32",
    data_digest="0" * 32,
    num_documents=2,
    num_chunks=3,
    num_truncated=0,
    num_embedded=3,
    num_reused=0,
    num_upserted=3,
    num_deleted=0,
    num_documents_kept=0,
    num_rejected=0,
    dead_letter=None,
    seconds=0.5,
)


class FailingIndex:
    """An index of which only the shards are asked; they fail in the order given, then work."""

    def __init__(self, *faults: Exception) -> None:
        self.faults = list(faults)
        self.num_calls = 0

    def run_shard(self, shard: Shard) -> ShardReport:
        self.num_calls += 1
        if self.faults:
            raise self.faults.pop(0)
        return DONE


@flow
def one_shard(index: Any) -> ShardReport:
    report: ShardReport = embed_shard.with_options(retry_delay_seconds=0)(index, Shard(3, ()))
    return report


@pytest.fixture(scope="module")
def server():
    with prefect_test_harness(server_startup_timeout=180):
        yield


@pytest.fixture
def texts(tmp_path: Path) -> Path:
    folder = tmp_path / "texts"
    folder.mkdir()
    for number in range(10):
        (folder / f"{number}.md").write_text(f"Text number {number} tells how to sort a list of {number} words.")
    return folder


def newest_artifact(key: str) -> Artifact:
    with get_client(sync_client=True) as client:
        found = ArtifactFilter(key=ArtifactFilterKey(any_=[key]))
        return client.read_artifacts(artifact_filter=found, sort=ArtifactSort.CREATED_DESC, limit=1)[0]


def test_task_is_the_index_own_shard_function():
    assert embed_shard.fn(cast(Any, FailingIndex()), Shard(3, ())) == DONE


def test_report_of_a_clean_run_is_a_table_of_everything_in_it():
    text = as_markdown(REPORT)
    assert text.startswith("| what | value |\n|---|---|\n")
    for name, value in REPORT.model_dump(mode="json").items():
        assert f"| {name} | {value} |\n" in text


def test_report_of_a_run_with_rejected_records_says_so_first():
    report = REPORT.model_copy(update={"num_rejected": 2, "dead_letter": Path("dead.jsonl")})
    assert as_markdown(report).startswith("**2 records were rejected**; reasons: `dead.jsonl`\n\n| what")


def test_tracked_run_of_a_deployment_carries_what_was_indexed_from_which_data():
    noted: dict[str, Any] = {}

    class Noted:
        def __getattr__(self, name: str) -> Any:
            return lambda *values: noted.setdefault(name, values)

    record(REPORT, cast("Any", Noted()))
    assert noted["use_data"] == ("folder-texts", "0" * 32)
    assert noted["log_metrics"][0]["num_chunks"] == 3
    assert noted["log_costs"] == ({"seconds": 0.5},)
    assert noted["set_tags"][0]["seedbed.collection"] == "folder-texts--0a1b2c3d"


def test_command_line_refuses_an_unknown_corpus_before_any_server_starts(capsys):
    assert main(["--corpus-kind", "csv"]) == UserError.exit_code
    assert "docstrings" in capsys.readouterr().err


@slow
def test_shard_is_retried_when_the_world_failed(server):
    index: Any = FailingIndex(WorldError("store is away"), WorldError("store is away"))
    assert one_shard(index) == DONE
    assert index.num_calls == 3


@slow
def test_shard_fails_when_the_world_stays_away(server):
    index: Any = FailingIndex(*[WorldError(f"store is away {number}") for number in range(5)])
    with pytest.raises(WorldError, match="store is away 2"):
        one_shard(index)
    assert index.num_calls == 3


@slow
@pytest.mark.parametrize("fault", [UserError("no such model"), ZeroDivisionError()])
def test_shard_is_not_retried_when_trying_again_cannot_help(server, fault):
    index: Any = FailingIndex(fault)
    with pytest.raises(type(fault)):
        one_shard(index)
    assert index.num_calls == 1


@pytest.fixture
def shown(monkeypatch) -> list[tuple[float, str]]:
    """What a progress artefact shows, without a server to show it."""
    shown: list[tuple[float, str]] = []
    monkeypatch.setattr(module, "create_progress_artifact", lambda *_, **__: uuid4())
    monkeypatch.setattr(
        module, "update_progress_artifact", lambda _id, percent, description: shown.append((percent, description))
    )
    return shown


def test_progress_is_not_sent_for_every_document_and_ends_at_100(shown):
    with progress_artifact("texts", every_s=60) as show:
        for done in range(1, 100):
            show(done, 100, "documents")
    assert shown == [(100.0, "index texts is up to date")]


def test_progress_says_how_many_of_how_many_and_admits_when_nobody_knows(shown):
    with progress_artifact("texts", every_s=0) as show:
        show(5, 20, "documents")
        show(6, None, "documents")
    assert shown[:2] == [
        (25.0, "index texts: 5 of 20 documents"),
        (0.0, "index texts: 6 of an unknown number of documents"),
    ]


def test_progress_of_a_run_that_failed_does_not_end_at_100(shown):
    with pytest.raises(WorldError), progress_artifact("texts"):
        raise WorldError("store is away")
    assert shown == []


@slow
def test_second_run_of_the_flow_embeds_nothing(server, texts):
    first = embed_corpus(corpus_kind="folder", corpus_path=str(texts), collection="texts")
    second = embed_corpus(corpus_kind="folder", corpus_path=str(texts), collection="texts")
    assert (first.num_embedded, first.num_documents) == (10, 10)
    assert (second.num_embedded, second.num_upserted, second.num_documents) == (0, 0, 10)
    assert newest_artifact("embed-corpus-report").data == as_markdown(second)
    assert newest_artifact("embed-corpus-progress").data == 100.0


@slow
def test_flow_with_rejected_documents_finishes_and_says_so(server, texts):
    (texts / "bad.md").write_bytes(b"\xff\xfe\xff")
    report = embed_corpus(corpus_kind="folder", corpus_path=str(texts))
    assert (report.num_documents, report.num_rejected) == (10, 1)
    assert str(newest_artifact("embed-corpus-report").data).startswith("**1 records were rejected**")


@slow
def test_flow_with_no_good_document_fails(server, texts):
    for text in texts.iterdir():
        text.write_bytes(b"\xff\xfe\xff")
    state = embed_corpus(corpus_kind="folder", corpus_path=str(texts), return_state=True)
    assert state.is_failed()
    assert "no documents" in (state.message or "")


@slow
def test_corpus_that_shrank_is_refused_until_it_is_allowed(server, texts, capsys):
    words = ["--corpus-kind", "folder", "--corpus-path", str(texts)]
    assert main(words) == 0
    assert json.loads(capsys.readouterr().out)["num_documents"] == 10
    for number in range(5):
        (texts / f"{number}.md").unlink()
    assert main(words) == UserError.exit_code
    assert "nothing was deleted" in capsys.readouterr().err.splitlines()[-1]
    assert main([*words, "--allow-shrink"]) == 0
    assert json.loads(capsys.readouterr().out)["num_documents"] == 5
