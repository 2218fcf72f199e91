"""Hold the ledger to the same promises on SQLite and on PostgreSQL.

tests/contracts/test_ledger.py - v0.1.0
"""

import pytest

from seedbed.errors import UserError
from seedbed.indexing.ledger import Ledger
from tests.contracts.conftest import COLLECTION, Place, chunk


def test_a_point_is_expected_then_confirmed_then_forgotten(ledger: Ledger) -> None:
    ledger.expect(COLLECTION, [chunk("p1"), chunk("p2", "b")])
    assert ledger.known(COLLECTION, ["p1", "p2", "p3"]) == {"p1": ("1", False), "p2": ("1", False)}
    ledger.confirm(COLLECTION, ["p1"])
    assert ledger.stored(COLLECTION, ["p1", "p2"]) == {"p1": "1"}
    ledger.expect(COLLECTION, [chunk("p1", digest="2")])
    assert ledger.known(COLLECTION, ["p1"]) == {"p1": ("2", False)}
    ledger.forget(COLLECTION, ["p1", "p2"])
    assert ledger.num_documents(COLLECTION) == 0


def test_a_point_that_comes_twice_in_one_batch_is_noted_as_it_came_last(ledger: Ledger) -> None:
    ledger.expect(COLLECTION, [chunk("p1", digest="1"), chunk("p1", digest="2")])
    assert ledger.known(COLLECTION, ["p1"]) == {"p1": ("2", False)}
    ledger.see(["p1", "p1"])


def test_collections_do_not_see_each_other(ledger: Ledger) -> None:
    ledger.expect(COLLECTION, [chunk("p1")])
    ledger.confirm(COLLECTION, ["p1"])
    assert ledger.stored("other--00000001", ["p1"]) == {}
    ledger.doubt("other--00000001")
    assert ledger.stored(COLLECTION, ["p1"]) == {"p1": "1"}


def test_documents_chunks_and_truncated_chunks_are_counted(ledger: Ledger) -> None:
    ledger.add_vectors("f.parquet", ["k1", "k2"], [False, True])
    ledger.expect(COLLECTION, [chunk("p1", "a", key="k1"), chunk("p2", "a", key="k2"), chunk("p3", "b", key="k2")])
    ledger.confirm(COLLECTION, ["p1", "p2"])
    assert ledger.count(COLLECTION) == (1, 2, 1)
    assert ledger.num_documents(COLLECTION) == 2
    assert ledger.confirmed(COLLECTION) == [("p1", "a", "k1"), ("p2", "a", "k2")]


def test_what_a_pass_did_not_meet_is_stale_and_kept_documents_are_left_out(ledger: Ledger) -> None:
    ledger.expect(COLLECTION, [chunk("p1", "a"), chunk("p2", "a"), chunk("p3", "b"), chunk("p4", "c")])
    ledger.confirm(COLLECTION, ["p1", "p2", "p3", "p4"])
    ledger.begin_pass()
    ledger.see(["p1"])
    assert ledger.stale(COLLECTION, keep_documents=["c"]) == {"a": ["p2"], "b": ["p3"]}
    assert ledger.vanished(COLLECTION, ["a", "b"]) == {"b"}
    assert set(ledger.missing(COLLECTION)) == {"p2", "p3", "p4"}
    ledger.begin_pass()
    assert set(ledger.missing(COLLECTION)) == {"p1", "p2", "p3", "p4"}


def test_a_document_is_whole_once_it_is_settled_and_until_one_of_its_points_is_in_doubt(ledger: Ledger) -> None:
    ledger.expect(COLLECTION, [chunk("p1", "a"), chunk("p2", "a"), chunk("p3", "b"), chunk("p4", "c")])
    ledger.begin_pass()
    assert ledger.meet(COLLECTION, {"a": "1", "b": "1", "c": "1", "empty": "1"}) == {}
    ledger.confirm(COLLECTION, ["p1", "p2", "p3"])
    ledger.settle(COLLECTION, failed=["b"])
    ledger.confirm(COLLECTION, ["p4"])
    ledger.begin_pass()
    assert ledger.meet(COLLECTION, {"a": "1", "b": "1", "c": "1", "empty": "1"}) == {"a": 2}
    assert set(ledger.missing(COLLECTION)) == {"p3", "p4"}
    assert ledger.meet("other--00000001", {"a": "1"}) == {}
    ledger.begin_pass()
    assert ledger.meet(COLLECTION, {"a": "2"}) == {}
    ledger.doubt(COLLECTION, ["p2"])
    assert ledger.meet(COLLECTION, {"a": "1"}) == {}


@pytest.mark.parametrize("change", ["expect", "forget"])
def test_a_document_whose_points_change_is_whole_no_longer(ledger: Ledger, change: str) -> None:
    ledger.begin_pass()
    ledger.meet(COLLECTION, {"a": "1"})
    ledger.expect(COLLECTION, [chunk("p1", "a"), chunk("p2", "a")])
    ledger.confirm(COLLECTION, ["p1", "p2"])
    ledger.settle(COLLECTION, failed=[])
    ledger.begin_pass()
    assert ledger.meet(COLLECTION, {"a": "1"}) == {"a": 2}
    if change == "expect":
        ledger.expect(COLLECTION, [chunk("p1", "a", "2")])
        ledger.confirm(COLLECTION, ["p1"])
    else:
        ledger.forget(COLLECTION, ["p2"])
    assert ledger.meet(COLLECTION, {"a": "1"}) == {}


def test_what_one_process_has_met_is_not_what_another_has(place: Place) -> None:
    with Ledger(place) as first, Ledger(place) as second:
        first.expect(COLLECTION, [chunk("p1")])
        first.begin_pass()
        second.begin_pass()
        first.see(["p1"])
        assert first.stale(COLLECTION, []) == {}
        assert second.stale(COLLECTION, []) == {"a": ["p1"]}


def test_vectors_are_found_moved_and_dropped_and_their_points_doubted(ledger: Ledger) -> None:
    ledger.add_vectors("f.parquet", ["k2", "k1"], [False, False])
    ledger.add_vectors("g.parquet", ["k1"], [True])
    assert ledger.vectors(["k1", "k2", "k3"]) == {"k1": ("g.parquet", 0), "k2": ("f.parquet", 0)}
    ledger.expect(COLLECTION, [chunk("p1", key="k1"), chunk("p2", key="k2")])
    ledger.confirm(COLLECTION, ["p1", "p2"])
    ledger.drop_vectors("g.parquet")
    ledger.doubt_without_vector(COLLECTION)
    assert set(ledger.stored(COLLECTION, ["p1", "p2"])) == {"p2"}


def test_more_ids_than_one_statement_takes_are_no_trouble(ledger: Ledger) -> None:
    ids = [f"p{number:05}" for number in range(12_000)]
    ledger.expect(COLLECTION, [chunk(point_id) for point_id in ids])
    ledger.confirm(COLLECTION, ids)
    assert len(ledger.stored(COLLECTION, ids)) == len(ids)


def test_a_name_points_at_a_collection_remembers_the_last_and_swaps_back(ledger: Ledger) -> None:
    for name in ("one", "two"):
        ledger.register(name, "docs", "encoder", {"store": name})
        ledger.register(name, "docs", "encoder", {"store": "other"})
        ledger.point("docs", name, "digest")
    assert ledger.config("one") == {"store": "one"}
    ledger.point("docs", "two", "digest")
    assert ledger.target("docs") == ("two", "one")
    ledger.swap("docs")
    assert ledger.target("docs") == ("one", "two")
    ledger.point("more", "three", "digest")
    assert ledger.resolve(None) == ("more", "three")
    assert ledger.resolve("docs") == ("docs", "one")
    with pytest.raises(UserError, match=r"index 'dosc' is unknown; choose one of \['docs', 'more'\]"):
        ledger.resolve("dosc")


def test_ids_are_ordered_byte_by_byte_everywhere(ledger: Ledger) -> None:
    ledger.expect(COLLECTION, [chunk(point_id) for point_id in ("b", "A", "a", "B", "_", "ä")])
    ledger.confirm(COLLECTION, ["b", "A", "a", "B", "_", "ä"])
    assert [row[0] for row in ledger.confirmed(COLLECTION)] == ["A", "B", "_", "a", "b", "ä"]


def test_rates_are_kept(ledger: Ledger) -> None:
    assert ledger.rate("encoder") is None
    ledger.note_rate("encoder", 1.0)
    ledger.note_rate("encoder", 2.5)
    assert ledger.rate("encoder") == 2.5
