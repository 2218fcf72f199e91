"""Kill indexing runs, at random moments and at every step: nothing is lost, nothing is there twice.

tests/integration/test_kill_indexing.py - v0.1.0
"""

import random
import shutil
from pathlib import Path

import pytest

from seedbed.indexing.ledger import Ledger
from seedbed.stores.adapters.chroma import ChromaCollection
from tests.killing import Moment, corpus, engine, kill_after, kill_at, num_in_ledger, run_through, stored

NUM_KILLS = 6
MOMENTS = {
    "before a vector file has its name": Moment(Path, "replace", nth=2),
    "between the vector file and the ledger": Moment(Path, "replace", nth=2, after=True),
    "between the vector file and the store": Moment(ChromaCollection, "upsert", nth=2),
    "between the store and the ledger": Moment(ChromaCollection, "upsert", nth=2, after=True),
    "before the ledger believes the store": Moment(Ledger, "confirm", nth=2),
    "after the ledger believes the store": Moment(Ledger, "confirm", nth=2, after=True),
    "before what is stale is deleted": Moment(ChromaCollection, "delete"),
    "between a delete and the ledger": Moment(ChromaCollection, "delete", after=True),
    "before searches see it": Moment(Ledger, "point"),
    "after searches see it": Moment(Ledger, "point", after=True),
}


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[int, Path]:
    """Return, by version of the corpus, a home folder in which it was indexed after the versions before it."""
    folder = tmp_path_factory.mktemp("undisturbed")
    homes = {version: folder / f"version-{version}" for version in (1, 2)}
    run_through(homes[1], 1)
    shutil.copytree(homes[1], homes[2])
    run_through(homes[2], 2)
    return homes


def assert_nothing_is_wrong(home: Path, model: str = "hash") -> None:
    with engine(home, model).index(*corpus(2)) as index:
        checked = index.verify()
    assert (checked.num_missing, checked.num_differing, checked.num_foreign) == (0, 0, 0)
    assert num_in_ledger(home) == checked.num_points == stored(home).total()


@pytest.mark.parametrize("moment", MOMENTS)
def test_killed_between_two_steps_the_next_run_ends_as_an_undisturbed_one(
    moment: str, undisturbed: dict[int, Path], tmp_path: Path
) -> None:
    home = tmp_path / "home"
    shutil.copytree(undisturbed[1], home)
    kill_at(home, 2, MOMENTS[moment])
    with engine(home).index(*corpus(2)) as index:
        index.bring_up_to_date()
    assert stored(home) == stored(undisturbed[2])
    assert_nothing_is_wrong(home)


def test_what_was_embedded_before_a_kill_is_not_embedded_again(undisturbed: dict[int, Path], tmp_path: Path) -> None:
    home = tmp_path / "home"
    shutil.copytree(undisturbed[1], home)
    kill_at(home, 2, MOMENTS["between the store and the ledger"])
    with engine(home).index(*corpus(2)) as index:
        plan = index.plan()
        report = index.bring_up_to_date()
    assert report.num_reused >= 8
    assert report.num_embedded == plan.num_to_embed < report.num_upserted


@pytest.mark.parametrize(
    "moment",
    [Moment(ChromaCollection, "upsert", nth=5, after=True), MOMENTS["before searches see it"]],
    ids=["half", "whole"],
)
def test_killed_while_another_model_fills_its_collection_searches_still_see_the_old_one_whole(
    moment: Moment, undisturbed: dict[int, Path], tmp_path: Path
) -> None:
    home = tmp_path / "home"
    shutil.copytree(undisturbed[2], home)
    kill_at(home, 2, moment, model="another")
    with Ledger(home / "ledger.db") as ledger:
        old, before = ledger.target("test")
    assert before is None
    assert stored(home) == stored(undisturbed[2])
    with engine(home, "another").index(*corpus(2)) as index:
        new = index.bring_up_to_date().collection
    with Ledger(home / "ledger.db") as ledger:
        assert ledger.target("test") == (new, old)
    assert {point for point, _ in stored(home)} == {point for point, _ in stored(undisturbed[2])}
    assert_nothing_is_wrong(home, "another")


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_killed_at_random_moments_the_next_run_ends_with_the_content_of_an_undisturbed_one(
    undisturbed: dict[int, Path], tmp_path: Path
) -> None:
    duration_s = {1: run_through(tmp_path / "timed", 1), 2: run_through(tmp_path / "timed", 2)}
    expected = stored(undisturbed[2])
    assert expected.total() == sum(len(document.text.split("\n")) for document in corpus(2))

    moments = random.Random(7)
    num_killed_at_work = 0
    for round_ in range(NUM_KILLS):
        home = tmp_path / f"killed-{round_}"
        version = 1 + round_ % 2
        if version == 2:
            shutil.copytree(undisturbed[1], home)
        num_killed_at_work += kill_after(home, version, moments.uniform(0, duration_s[version]))
        with engine(home).index(*corpus(2)) as index:
            index.bring_up_to_date()
        assert stored(home) == expected
        assert num_in_ledger(home) == expected.total()
    assert num_killed_at_work >= NUM_KILLS // 2
