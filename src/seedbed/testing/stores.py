"""Specify what every vector store does.

src/seedbed/testing/stores.py - v0.1.0

Derive a class of tests from it, and give it what opens your store: the suite is the specification.

```mermaid
classDiagram
    StoreContract ..> VectorStore : asks
    StoreContract ..> Collection : asks
```
"""

import gc
from collections.abc import Callable
from dataclasses import replace
from typing import get_args
from uuid import uuid4

import numpy as np
import numpy.typing as npt
import pytest

from seedbed.errors import UserError
from seedbed.stores.point import CollectionSpec, Payload, Points, Value
from seedbed.stores.ports import Collection, VectorStore
from seedbed.testing.points import BAD, DIMENSION, EAST, NAUGHTY, NORTH, SPEC, at, name_of, some_points, unit

type Opener = Callable[[], VectorStore]


class StoreContract:
    """Promises of a `VectorStore` and of its `Collection`."""

    num_many = 300
    """Points in a batch that is larger than what the vendor takes at once."""
    num_batches: int | None = None
    """Batches in which a scan meets them, where that is known."""
    num_clustered = 200
    """Points among which neighbours are looked for."""

    @pytest.fixture
    def opener(self) -> Opener:
        """Return what opens the same, at first empty, database again and again."""
        pytest.fail(f"{type(self).__name__} needs a fixture `opener`: see docs/how-to/own-store.md", pytrace=False)

    @pytest.fixture
    def store(self, opener: Opener) -> VectorStore:
        """Return the database."""
        return opener()

    @pytest.fixture
    def collection(self, store: VectorStore) -> Collection:
        """Return an empty collection of it."""
        return store.open(SPEC)

    def test_a_point_comes_back_with_its_payload_and_cosine(self, collection: Collection) -> None:
        payload: Payload = {"document_id": "d", "position": 3, "meta_weight": 0.5, "meta_draft": True, "meta_size": 7}
        collection.upsert(replace(at(EAST + NORTH), payloads=[payload]))
        [[hit]] = collection.search(EAST[None], 5)
        assert hit.id == name_of(1)
        assert hit.score == pytest.approx(np.sqrt(0.5), abs=1e-5)
        assert hit.payload == payload
        assert {type(value) for value in hit.payload.values()} == set(get_args(Value.__value__))

    def test_hits_come_best_first_for_each_query(self, collection: Collection) -> None:
        points = some_points(50)
        collection.upsert(points)
        queries = points.vectors[:4]
        for row, hits in enumerate(collection.search(queries, 50)):
            exact = np.argsort(-(points.vectors @ queries[row]))
            assert [hit.id for hit in hits] == [points.ids[i] for i in exact]
            assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)

    def test_equal_scores_are_ordered_by_id_even_across_the_last_place(self, collection: Collection) -> None:
        numbers = [9, 2, 7, 4, 1, 8, 3, 6, 5]
        collection.upsert(
            Points([name_of(n) for n in numbers], np.repeat(EAST[None], 9, 0), [{"position": n} for n in numbers])
        )
        [hits] = collection.search(EAST[None], 4)
        assert [hit.id for hit in hits] == [name_of(n) for n in (1, 2, 3, 4)]

    def test_upsert_replaces_vector_and_whole_payload(self, collection: Collection) -> None:
        collection.upsert(at(EAST, document_id="old", title="only in the old one"))
        collection.upsert(at(NORTH, document_id="new"))
        [[hit]] = collection.search(NORTH[None], 3)
        assert (hit.score, hit.payload, collection.count()) == (1.0, {"document_id": "new"}, 1)

    def test_a_payload_is_replaced_where_the_vector_stays(self, collection: Collection) -> None:
        collection.upsert(at(EAST, document_id="old", title="only in the old one", meta_flag=True))
        collection.upsert(at(EAST, document_id="new", meta_flag=True))
        [[hit]] = collection.search(EAST[None], 3)
        assert hit.payload == {"document_id": "new", "meta_flag": True}
        collection.upsert(at(EAST, document_id="new", meta_flag=1))
        [[hit]] = collection.search(EAST[None], 3)
        assert type(hit.payload["meta_flag"]) is int

    def test_a_payload_may_become_empty(self, collection: Collection) -> None:
        collection.upsert(at(EAST, document_id="old"))
        collection.upsert(at(EAST))
        [[hit]] = collection.search(EAST[None], 1)
        assert hit.payload == {}

    @pytest.mark.parametrize(
        ("where", "num"),
        [
            ({"document_id": "d4"}, 3),
            ({"document_id": "d4", "position": 2}, 1),
            ({"document_id": "nobody"}, 0),
            ({"meta_a.b [c]": "x"}, 5),
            ({"meta_flag": True}, 10),
            ({"meta_weight": 0.25, "meta_flag": False}, 2),
        ],
    )
    def test_filter_keeps_points_with_every_value(
        self, collection: Collection, where: dict[str, Value], num: int
    ) -> None:
        points = some_points(30)
        extra: list[Payload] = [
            {**payload, "meta_flag": i < 10, "meta_weight": i / 40, "meta_a.b [c]": "x" if i % 6 == 0 else "y"}
            for i, payload in enumerate(points.payloads)
        ]
        extra[29]["meta_weight"] = 0.25
        collection.upsert(Points(points.ids, points.vectors, extra))
        hits, again = collection.search(points.vectors[:2], 30, where)
        assert len(hits) == len(again) == num
        assert all(where.items() <= hit.payload.items() for hit in hits)

    def test_deleted_points_are_gone_and_missing_ids_are_no_error(self, collection: Collection) -> None:
        points = some_points(20)
        collection.upsert(points)
        collection.delete([*points.ids[:5], str(uuid4())])
        assert collection.count() == 15
        [hits] = collection.search(points.vectors[:1], 20)
        assert {hit.id for hit in hits} == set(points.ids[5:])
        collection.delete([])
        assert collection.count() == 15

    def test_count_of_ids_counts_each_present_one_once(self, collection: Collection) -> None:
        points = some_points(10)
        collection.upsert(points)
        assert collection.count(points.ids) == 10
        assert collection.count([points.ids[0], points.ids[0], str(uuid4())]) == 1
        assert collection.count([]) == 0

    def test_a_batch_may_be_larger_than_the_vendor_takes(self, collection: Collection) -> None:
        num, points = self.num_many, some_points(self.num_many)
        collection.upsert(points)
        assert (collection.count(), collection.count(points.ids)) == (num, num)
        collection.delete(points.ids[:-100])
        assert collection.count() == 100

    def test_a_scan_meets_every_point_once_in_batches_with_the_field_that_was_asked_for(
        self, collection: Collection
    ) -> None:
        points = some_points(self.num_many)
        points.payloads[7].pop("position")
        collection.upsert(points)
        batches = list(collection.scan("position"))
        found = [point for batch in batches for point in batch]
        assert dict(found) == {name_of(i): payload.get("position") for i, payload in enumerate(points.payloads)}
        assert len(found) == self.num_many
        assert self.num_batches in (None, len(batches))

    def test_a_scan_of_an_empty_collection_meets_nothing(self, collection: Collection) -> None:
        assert list(collection.scan("position")) == []

    def test_an_empty_batch_changes_nothing(self, collection: Collection) -> None:
        collection.upsert(Points([], np.empty((0, DIMENSION), np.float32), []))
        assert collection.count() == 0

    def test_an_empty_collection_answers_each_query_with_nothing(self, collection: Collection) -> None:
        assert collection.search(some_points(3).vectors, 10) == [[], [], []]
        assert collection.search(np.empty((0, DIMENSION), np.float32), 10) == []

    def test_k_may_exceed_the_count(self, collection: Collection) -> None:
        collection.upsert(some_points(3))
        assert [len(hits) for hits in collection.search(some_points(2).vectors, 10_000)] == [3, 3]

    def test_text_comes_back_to_the_character(self, collection: Collection) -> None:
        vectors = np.repeat(EAST[None], len(NAUGHTY), 0)
        ids = [name_of(n) for n in range(len(NAUGHTY))]
        collection.upsert(Points(ids, vectors, [{"text": text} for text in NAUGHTY]))
        [hits] = collection.search(EAST[None], len(NAUGHTY))
        assert [hit.payload["text"] for hit in hits] == NAUGHTY
        for number, text in enumerate(NAUGHTY[1:-1], start=1):
            assert [hit.id for hit in collection.search(EAST[None], 9, {"text": text})[0]] == [name_of(number)]

    @pytest.mark.parametrize("fault", BAD)
    def test_a_bad_batch_is_refused_and_nothing_of_it_is_written(self, collection: Collection, fault: str) -> None:
        points, words = BAD[fault]
        with pytest.raises(UserError, match=words):
            collection.upsert(points)
        assert collection.count() == 0

    @pytest.mark.parametrize(
        ("queries", "k", "where", "words"),
        [
            (np.ones((1, 9), np.float32), 1, None, r"\(n, 8\)"),
            (EAST, 1, None, r"\(8,\)"),
            (EAST[None] * np.nan, 1, None, "finite"),
            (EAST[None] * 0, 1, None, "direction"),
            (EAST[None], 0, None, "k is 0; allowed is 1 to 10000"),
            (EAST[None], 10_001, None, "k is 10001"),
            (EAST[None], 1, {"titel": "x"}, "did you mean 'title'"),
            (EAST[None], 1, {"position": "1"}, "allowed is int"),
        ],
    )
    def test_a_bad_question_is_refused(
        self,
        collection: Collection,
        queries: npt.NDArray[np.float32],
        k: int,
        where: dict[str, Value] | None,
        words: str,
    ) -> None:
        with pytest.raises(UserError, match=words):
            collection.search(queries, k, where)

    def test_ids_that_are_no_uuids_are_refused_everywhere(self, collection: Collection) -> None:
        for call in (collection.delete, collection.count):
            with pytest.raises(UserError, match="no UUID"):
                call(["../etc"])

    def test_points_persist_when_the_store_is_opened_again(self, opener: Opener) -> None:
        opener().open(SPEC).upsert(some_points(20))
        gc.collect()
        collection = opener().open(SPEC)
        assert collection.count() == 20
        assert collection.search(some_points(1).vectors, 1)[0][0].id == name_of(0)

    @pytest.mark.parametrize(
        ("other", "words"),
        [
            (CollectionSpec(SPEC.name, DIMENSION + 1), "'dimension': 8.*'dimension': 9.*seedbed index"),
            (CollectionSpec(SPEC.name, DIMENSION, schema_version=2), "schema version 2 .*declared is 1"),
            (CollectionSpec(SPEC.name, DIMENSION, family="images"), "'images' is unknown.*documents"),
            (CollectionSpec(SPEC.name, DIMENSION, indexed_fields=("author",)), "'author' is unknown"),
        ],
    )
    def test_a_collection_is_not_opened_as_something_else(
        self, store: VectorStore, collection: Collection, other: CollectionSpec, words: str
    ) -> None:
        collection.upsert(some_points(1))
        with pytest.raises(UserError, match=words):
            store.open(other)
        assert store.open(SPEC).count() == 1

    def test_names_are_sorted_and_drop_forgets(self, store: VectorStore) -> None:
        assert store.names() == []
        names = ["b-docs--00000002", "a-docs--00000001"]
        for name in names:
            store.open(CollectionSpec(name, DIMENSION)).upsert(some_points(2))
        assert store.names() == sorted(names)
        store.drop(names[0])
        store.drop("never-there--00000000")
        assert store.names() == [names[1]]
        assert store.open(CollectionSpec(names[0], DIMENSION)).count() == 0

    def test_collections_do_not_see_each_other(self, store: VectorStore) -> None:
        first, second = (store.open(CollectionSpec(f"docs--0000000{n}", DIMENSION)) for n in (1, 2))
        first.upsert(some_points(5))
        assert (first.count(), second.count()) == (5, 0)
        first.delete(some_points(5).ids)
        second.upsert(some_points(1))
        assert first.search(EAST[None], 3) == [[]]

    def test_almost_every_true_neighbour_is_found(self, store: VectorStore) -> None:
        num, dimension, rng = self.num_clustered, 64, np.random.default_rng(7)
        centres = rng.normal(size=(60, dimension))
        rows = unit(centres[rng.integers(0, 60, num + 20)] + 0.5 * rng.normal(size=(num + 20, dimension)))
        queries, vectors = rows[:20], rows[20:]
        collection = store.open(CollectionSpec("clusters--00000001", dimension))
        ids = [name_of(n) for n in range(num)]
        collection.upsert(Points(ids, vectors, [{} for _ in ids]))
        exact = np.argsort(-(queries @ vectors.T), axis=1)[:, :100]
        found = [{hit.id for hit in hits} for hits in collection.search(queries, 100)]
        recall = np.mean([len({ids[i] for i in row} & hits) / 100 for row, hits in zip(exact, found, strict=True)])
        assert recall >= 0.99
