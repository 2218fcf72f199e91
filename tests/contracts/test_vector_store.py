"""Hold every vector store to the same promises.

tests/contracts/test_vector_store.py - v0.1.0
"""

import gc
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import get_args
from uuid import UUID, uuid4

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from seedbed.errors import UserError
from seedbed.stores.adapters.chroma import ChromaStore
from seedbed.stores.adapters.qdrant import QdrantStore
from seedbed.stores.config import StoreConfig
from seedbed.stores.point import CollectionSpec, Payload, Points, Value
from seedbed.stores.ports import Collection, VectorStore
from tests.qdrant_server import qdrant_stand_in
from tests.store_servers import chroma_server
from tests.system_parts import missing

type Opener = Callable[[], VectorStore]
QDRANT_URL = "SEEDBED_TEST_QDRANT_URL"
KINDS = ["chroma embedded", "chroma server", "qdrant local", "qdrant stand-in"]
KINDS += ["qdrant server"] if QDRANT_URL in os.environ else []
DIMENSION = 8
SPEC = CollectionSpec("docs--0123abcd", DIMENSION)


@pytest.fixture(scope="session")
def chroma_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with chroma_server(tmp_path_factory.mktemp("chroma-server")) as url:
        yield url


@pytest.fixture(scope="module")
def stand_in_url() -> Iterator[str]:
    with qdrant_stand_in() as server:
        yield server.url


@pytest.fixture(params=KINDS)
def opener(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Opener]:
    """Yield what opens the same database again and again."""
    kind = request.param
    url = None
    if kind == "chroma server":
        url = request.getfixturevalue("chroma_url")
    elif kind == "qdrant stand-in":
        url = request.getfixturevalue("stand_in_url")
    elif kind == "qdrant server":
        url = os.environ[QDRANT_URL]
    adapter = ChromaStore if kind.startswith("chroma") else QdrantStore

    def open_store() -> VectorStore:
        return adapter(StoreConfig(kind=kind.split()[0], url=url), tmp_path / "store")

    yield open_store
    if url:
        store = open_store()
        for name in store.names():
            store.drop(name)


@pytest.fixture
def store(opener: Opener) -> VectorStore:
    return opener()


@pytest.fixture
def collection(store: VectorStore) -> Collection:
    return store.open(SPEC)


def name_of(number: int) -> str:
    return str(UUID(int=number))


def unit(vectors: npt.ArrayLike) -> npt.NDArray[np.float32]:
    rows = np.asarray(vectors, np.float32)
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)


def some_points(num: int, dimension: int = DIMENSION, seed: int = 0) -> Points:
    vectors = unit(np.random.default_rng(seed).normal(size=(num, dimension)))
    payloads: list[Payload] = [
        {"document_id": f"d{i // 3}", "position": i % 3, "text": f"chunk {i}"} for i in range(num)
    ]
    return Points([name_of(i) for i in range(num)], vectors, payloads)


def at(vector: npt.ArrayLike, number: int = 1, **payload: Value) -> Points:
    return Points([name_of(number)], unit(np.asarray(vector)[None]), [payload])


EAST, NORTH = np.eye(DIMENSION, dtype=np.float32)[:2]


def test_a_point_comes_back_with_its_payload_and_cosine(collection: Collection) -> None:
    payload: Payload = {"document_id": "d", "position": 3, "meta_weight": 0.5, "meta_draft": True, "meta_size": 7}
    collection.upsert(replace(at(EAST + NORTH), payloads=[payload]))
    [[hit]] = collection.search(EAST[None], 5)
    assert hit.id == name_of(1)
    assert hit.score == pytest.approx(np.sqrt(0.5), abs=1e-5)
    assert hit.payload == payload
    assert {type(value) for value in hit.payload.values()} == set(get_args(Value.__value__))


def test_hits_come_best_first_for_each_query(collection: Collection) -> None:
    points = some_points(50)
    collection.upsert(points)
    queries = points.vectors[:4]
    for row, hits in enumerate(collection.search(queries, 50)):
        exact = np.argsort(-(points.vectors @ queries[row]))
        assert [hit.id for hit in hits] == [points.ids[i] for i in exact]
        assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)


def test_equal_scores_are_ordered_by_id_even_across_the_last_place(collection: Collection) -> None:
    numbers = [9, 2, 7, 4, 1, 8, 3, 6, 5]
    collection.upsert(
        Points([name_of(n) for n in numbers], np.repeat(EAST[None], 9, 0), [{"position": n} for n in numbers])
    )
    [hits] = collection.search(EAST[None], 4)
    assert [hit.id for hit in hits] == [name_of(n) for n in (1, 2, 3, 4)]


def test_upsert_replaces_vector_and_whole_payload(collection: Collection) -> None:
    collection.upsert(at(EAST, document_id="old", title="only in the old one"))
    collection.upsert(at(NORTH, document_id="new"))
    [[hit]] = collection.search(NORTH[None], 3)
    assert (hit.score, hit.payload, collection.count()) == (1.0, {"document_id": "new"}, 1)


def test_a_payload_is_replaced_where_the_vector_stays(collection: Collection) -> None:
    collection.upsert(at(EAST, document_id="old", title="only in the old one", meta_flag=True))
    collection.upsert(at(EAST, document_id="new", meta_flag=True))
    [[hit]] = collection.search(EAST[None], 3)
    assert hit.payload == {"document_id": "new", "meta_flag": True}
    collection.upsert(at(EAST, document_id="new", meta_flag=1))
    [[hit]] = collection.search(EAST[None], 3)
    assert type(hit.payload["meta_flag"]) is int


def test_a_payload_may_become_empty(collection: Collection) -> None:
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
def test_filter_keeps_points_with_every_value(collection: Collection, where: dict[str, Value], num: int) -> None:
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


def test_deleted_points_are_gone_and_missing_ids_are_no_error(collection: Collection) -> None:
    points = some_points(20)
    collection.upsert(points)
    collection.delete([*points.ids[:5], str(uuid4())])
    assert collection.count() == 15
    [hits] = collection.search(points.vectors[:1], 20)
    assert {hit.id for hit in hits} == set(points.ids[5:])
    collection.delete([])
    assert collection.count() == 15


def test_count_of_ids_counts_each_present_one_once(collection: Collection) -> None:
    points = some_points(10)
    collection.upsert(points)
    assert collection.count(points.ids) == 10
    assert collection.count([points.ids[0], points.ids[0], str(uuid4())]) == 1
    assert collection.count([]) == 0


def test_a_batch_may_be_larger_than_the_vendor_takes(store: VectorStore, collection: Collection) -> None:
    num = 6000 if isinstance(store, ChromaStore) else 300  # Chroma takes 5,461 here; the Qdrant adapter sends 256
    points = some_points(num)
    collection.upsert(points)
    assert (collection.count(), collection.count(points.ids)) == (num, num)
    collection.delete(points.ids[:-100])
    assert collection.count() == 100


def test_a_scan_meets_every_point_once_in_batches_with_the_field_that_was_asked_for(
    store: VectorStore, collection: Collection
) -> None:
    num = 6000 if isinstance(store, ChromaStore) else 300
    points = some_points(num)
    points.payloads[7].pop("position")
    collection.upsert(points)
    batches = list(collection.scan("position"))
    found = [point for batch in batches for point in batch]
    assert dict(found) == {name_of(i): payload.get("position") for i, payload in enumerate(points.payloads)}
    assert len(found) == num
    assert len(batches) == (2 if isinstance(store, ChromaStore) else 1)


def test_a_scan_of_an_empty_collection_meets_nothing(collection: Collection) -> None:
    assert list(collection.scan("position")) == []


def test_an_empty_batch_changes_nothing(collection: Collection) -> None:
    collection.upsert(Points([], np.empty((0, DIMENSION), np.float32), []))
    assert collection.count() == 0


def test_an_empty_collection_answers_each_query_with_nothing(collection: Collection) -> None:
    assert collection.search(some_points(3).vectors, 10) == [[], [], []]
    assert collection.search(np.empty((0, DIMENSION), np.float32), 10) == []


def test_k_may_exceed_the_count(collection: Collection) -> None:
    collection.upsert(some_points(3))
    assert [len(hits) for hits in collection.search(some_points(2).vectors, 10_000)] == [3, 3]


NAUGHTY = [
    "", " ", "\0", "\n\r\t", "'; DROP TABLE x;--", '{"$ne": 1}', "ünïcödé 漢字 🤷🏽", "\u202eabc", "\ufeff",
    "x" * 100_000,
]  # fmt: skip


def test_text_comes_back_to_the_character(collection: Collection) -> None:
    vectors = np.repeat(EAST[None], len(NAUGHTY), 0)
    ids = [name_of(n) for n in range(len(NAUGHTY))]
    collection.upsert(Points(ids, vectors, [{"text": text} for text in NAUGHTY]))
    [hits] = collection.search(EAST[None], len(NAUGHTY))
    assert [hit.payload["text"] for hit in hits] == NAUGHTY
    for number, text in enumerate(NAUGHTY[1:-1], start=1):
        assert [hit.id for hit in collection.search(EAST[None], 9, {"text": text})[0]] == [name_of(number)]


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(st.characters(codec="utf-8"), max_size=50), value=st.integers(-(2**63), 2**63 - 1) | st.booleans())
def test_any_text_and_scalar_survives(collection: Collection, text: str, value: Value) -> None:
    payload: Payload = {"title": text, "meta_value": value}
    collection.upsert(replace(at(EAST), payloads=[payload]))
    [[hit]] = collection.search(EAST[None], 1)
    assert hit.payload == payload
    assert type(hit.payload["meta_value"]) is type(value)


BAD = {
    "wrong dimension": (Points([name_of(0)], unit(np.ones((1, 9))), [{}]), r"\(1, 9\).*\(n, 8\)"),
    "NaN": (Points([name_of(0)], np.full((1, 8), np.nan, np.float32), [{}]), "row 0.*nan.*finite"),
    "not unit": (Points(some_points(2).ids, np.stack([EAST, EAST * 1.01]), [{}, {}]), "row 1.*1.01"),
    "no UUID": (Points(["d1"], EAST[None], [{}]), "'d1' in row 0 is no UUID"),
    "upper case UUID": (Points([str(uuid4()).upper()], EAST[None], [{}]), "no UUID"),
    "id twice": (Points([name_of(0)] * 2, np.stack([EAST, EAST]), [{}, {}]), "twice"),
    "fewer payloads": (Points([name_of(0)], EAST[None], []), "1 ids, 1 vectors and 0 payloads"),
    "fewer vectors": (Points(some_points(2).ids, EAST[None], [{}, {}]), "2 ids, 1 vectors"),
    "undeclared field": (at(EAST, titel="x"), "'titel' is unknown.*'title'"),
    "wrong type": (at(EAST, position="3"), "'position' is str '3'; allowed is int"),
    "infinite payload": (at(EAST, meta_x=float("inf")), "'meta_x' is inf"),
    "huge payload": (at(EAST, meta_x=2**63), "64-bit"),
    "half a character": (at(EAST, text="\ud800"), "surrogate"),
}


@pytest.mark.parametrize("fault", BAD)
def test_a_bad_batch_is_refused_and_nothing_of_it_is_written(collection: Collection, fault: str) -> None:
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
    collection: Collection, queries: npt.NDArray[np.float32], k: int, where: dict[str, Value] | None, words: str
) -> None:
    with pytest.raises(UserError, match=words):
        collection.search(queries, k, where)


def test_ids_that_are_no_uuids_are_refused_everywhere(collection: Collection) -> None:
    for call in (collection.delete, collection.count):
        with pytest.raises(UserError, match="no UUID"):
            call(["../etc"])


def test_points_persist_when_the_store_is_opened_again(opener: Opener) -> None:
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
    store: VectorStore, collection: Collection, other: CollectionSpec, words: str
) -> None:
    collection.upsert(some_points(1))
    with pytest.raises(UserError, match=words):
        store.open(other)
    assert store.open(SPEC).count() == 1


def test_names_are_sorted_and_drop_forgets(store: VectorStore) -> None:
    assert store.names() == []
    names = ["b-docs--00000002", "a-docs--00000001"]
    for name in names:
        store.open(CollectionSpec(name, DIMENSION)).upsert(some_points(2))
    assert store.names() == sorted(names)
    store.drop(names[0])
    store.drop("never-there--00000000")
    assert store.names() == [names[1]]
    assert store.open(CollectionSpec(names[0], DIMENSION)).count() == 0


def test_collections_do_not_see_each_other(store: VectorStore) -> None:
    first, second = (store.open(CollectionSpec(f"docs--0000000{n}", DIMENSION)) for n in (1, 2))
    first.upsert(some_points(5))
    assert (first.count(), second.count()) == (5, 0)
    first.delete(some_points(5).ids)
    second.upsert(some_points(1))
    assert first.search(EAST[None], 3) == [[]]


def test_almost_every_true_neighbour_is_found(store: VectorStore) -> None:
    num = 1500 if isinstance(store, ChromaStore) else 200  # Qdrant's local mode is exact, and syncs the disk per point
    rng, dimension = np.random.default_rng(7), 64
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


def test_a_real_qdrant_server_has_kept_all_these_promises() -> None:
    if "qdrant server" not in KINDS:
        missing("qdrant", f"no Qdrant server: name one in {QDRANT_URL}=http://127.0.0.1:6333")
