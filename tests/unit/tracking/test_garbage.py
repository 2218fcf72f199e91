"""State which runs can go and which must stay.

tests/unit/tracking/test_garbage.py - v0.1.0
"""

from datetime import UTC, datetime, timedelta

from seedbed.tracking.garbage import PARENT, sort_runs
from seedbed.tracking.record import RunRecord

NOW = datetime(2026, 11, 25, tzinfo=UTC)
WEEK = timedelta(days=7)


def record(run_id, status="FAILED", days=30, parent="", **tags):
    tags = {name.replace("_", "."): text for name, text in tags.items()} | ({PARENT: parent} if parent else {})
    ended = NOW - timedelta(days=days)
    return RunRecord(
        run_id=run_id,
        experiment="mine",
        name="",
        status=status,
        started_at=ended - timedelta(minutes=1),
        ended_at=None if status == "RUNNING" else ended,
        params={},
        metrics={},
        tags=tags,
        artifact_uri="",
    )


def sort(*records, trash=(), held=None):
    found = sort_runs(records, trash, NOW, WEEK, {"a": 10, "b": 5}, held or {})
    return {item.name: item.reason for item in found.can_go}, {item.name: item.reason for item in found.must_stay}


def test_what_failed_was_killed_or_never_closed_can_go_and_what_finished_is_not_even_named():
    runs = [record("a"), record("b", "KILLED"), record("c", "RUNNING"), record("d", "FINISHED")]

    assert sort(*runs) == (
        {"a": "failed", "b": "killed", "c": "never closed: its process was killed"},
        {},
    )


def test_what_is_young_is_left_alone():
    assert sort(record("a", days=6), record("b", "RUNNING", days=1)) == ({}, {})


def test_what_somebody_deleted_can_go_however_young_it_is():
    assert sort(record("d", "FINISHED"), trash=[record("a", "FINISHED", days=0)]) == ({"a": "deleted by hand"}, {})


def test_source_of_a_registered_model_stays_deleted_or_not():
    held = {"a": "registered as ner version 3", "b": "registered as ner version 4"}

    assert sort(record("a"), trash=[record("b")], held=held) == (
        {},
        {"a": "registered as ner version 3", "b": "registered as ner version 4"},
    )


def test_group_stays_when_one_of_it_stays_and_goes_as_a_whole():
    kept = [record("a", "KILLED"), record("b", parent="a"), record("c", "FINISHED", parent="a")]
    gone = [record("x", "KILLED"), record("y", parent="x")]

    can_go, must_stay = sort(*kept, *gone)

    assert can_go.keys() == {"x", "y"}
    assert must_stay == {"a": "parent of c, which stays", "b": "part of a, which stays"}


def test_failed_part_of_a_finished_group_stays():
    assert sort(record("a", "FINISHED"), record("b", parent="a")) == ({}, {"b": "part of a, which stays"})


def test_run_that_another_one_names_stays():
    assert sort(record("a"), record("d", "FINISHED", seedbed_reproduces="a")) == (
        {},
        {"a": "named by d (seedbed.reproduces)"},
    )


def test_what_it_frees_is_told():
    found = sort_runs([record("a"), record("b")], [], NOW, WEEK, {"a": 10, "b": 5})

    assert sum(item.num_bytes for item in found.can_go) == 15


def test_run_of_which_more_is_known_here_stays_however_long_ago_it_began_and_so_does_what_is_part_of_it():
    runs = [record("a", "RUNNING"), record("b", parent="a"), record("c", "RUNNING")]

    assert sort(*runs, trash=[record("d")], held={"a": "a process works on it", "d": "it waits"}) == (
        {"c": "never closed: its process was killed"},
        {"a": "a process works on it", "d": "it waits", "b": "part of a, which stays"},
    )
