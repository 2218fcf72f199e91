"""Check that making a run again never writes into an index that others search.

tests/unit/experiments/reproduction/test_own_index.py - v0.1.0
"""

from pathlib import Path

import pytest

from seedbed.experiments.reproduce import Reproduction
from seedbed.experiments.reproduction.difference import NotReproducedError
from seedbed.experiments.reproduction.differences import differences
from seedbed.experiments.reproduction.own_index import own_collection, with_own_index
from seedbed.indexing.config import IndexConfig
from seedbed.stores.point import CollectionSpec
from seedbed.tracking.parameters import as_json
from seedbed.wiring_reproduction import drop_index
from seedbed.wiring_stores import store
from tests.unit.experiments.reproduction.test_verdict import evidence

WORK = "1f3a1f3a-20261125T093000123456"
SERVED = {"kind": "qdrant", "url": "http://qdrant:6333", "path": None, "collection": "docs"}
EMBEDDED = {"url": None, "path": "/srv/live"}


def told(search: str, **given: object):
    """Return the evidence of a run whose index lay there."""
    config = as_json(IndexConfig.model_validate({"store": SERVED | given})) | {"search": search}
    return evidence({"a": 1.0}).model_copy(update={"config": config})


def differences_of(then, config) -> list[str]:
    return [str(each) for each in differences(then, then.model_copy(update={"config": config}))]


@pytest.mark.parametrize(("search", "given"), [("exact", {}), ("exact", EMBEDDED), ("store", EMBEDDED)])
def test_index_is_filled_below_the_home_of_the_second_run(search, given):
    then = told(search, **given)
    again = with_own_index(then.pinned_config, WORK)
    assert (again["store"]["url"], again["store"]["path"], again["store"]["kind"]) == (None, None, "qdrant")
    assert own_collection(again) == ""
    assert differences_of(then, again) == []


def test_answers_of_a_served_store_are_asked_of_a_collection_of_its_own():
    then = told("store")
    again = with_own_index(then.pinned_config, WORK)
    assert again["store"]["url"] == SERVED["url"]
    assert own_collection(again) == IndexConfig.model_validate({"store": again["store"]}).name != "docs"
    assert differences_of(then, again) == []
    moved = again | {"store": again["store"] | {"kind": "chroma"}}
    assert differences_of(then, moved) == ["config: store.kind was qdrant, is chroma"]


def test_section_of_an_experiment_that_is_no_index_is_left_alone():
    own = {"store": {"url": "http://shop/", "path": "/goods"}}
    assert with_own_index(own, WORK) == own
    then = evidence({}).model_copy(update={"config": own})
    assert differences_of(then, {"store": {"url": "http://shop/", "path": "/other"}}) != []


def test_collection_of_its_own_is_dropped_afterwards_and_no_other(tmp_path):
    config = IndexConfig.model_validate({"store": {"kind": "chroma", "path": str(tmp_path / "chroma")}}).store
    for name in ("again-1f3a--0123abcd", "again-1f3a2--0123abcd", "docs--0123abcd"):
        store(config, tmp_path).open(CollectionSpec(name, 4))
    drop_index(config, "again-1f3a")
    assert store(config, tmp_path).names() == ["again-1f3a2--0123abcd", "docs--0123abcd"]


@pytest.mark.parametrize(("search", "num_forgotten"), [("store", 1), ("exact", 0)])
def test_collection_of_its_own_is_forgotten_even_where_the_second_run_fails(tmp_path, search, num_forgotten):
    forgotten = []
    maker = Reproduction(None, None, None, tmp_path, None, forget_index=forgotten.append)
    then = told(search)
    facts = then.record.tags | {"seedbed.recipe": "retrieval"}
    then = then.model_copy(update={"record": then.record.model_copy(update={"tags": facts})})
    with pytest.raises(NotReproducedError, match="did not end well"):
        maker._run(then, Path("/bin/false"), tmp_path, tmp_path / WORK, here=True)
    assert [own_collection(config) for config in forgotten] == [f"again-{WORK.lower()}"] * num_forgotten
