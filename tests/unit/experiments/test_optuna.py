"""State that a search with Optuna repeats, goes on after a kill, and gives up what is hopeless.

tests/unit/experiments/test_optuna.py - v0.1.0
"""

from statistics import fmean

import pytest

from seedbed.experiments.adapters.optuna import OptunaSearch
from seedbed.experiments.trial import Axis, Plan, Trial

PLAN = Plan(
    kind="optuna",
    experiment="mine",
    seeds=(7,),
    axes=(
        Axis(key="x", low=-10.0, high=10.0),
        Axis(key="n", low=1, high=64, is_integer=True, is_log=True),
        Axis(key="kind", values=("a", "b", "[1, 2]")),
    ),
    metric="loss",
    minimize=True,
    num_trials=20,
    num_workers=1,
)


def opened(folder, done=(), plan=PLAN):
    return OptunaSearch(plan, done, "study", folder / "optuna.db")


def end(candidate, loss=None, state="finished"):
    metrics = {} if loss is None else {"loss": loss}
    return Trial(number=candidate.number, seed=7, values=candidate.values, state=state, metrics=metrics)


def loss_of(candidate):
    return (float(candidate.values["x"]) - 3) ** 2 + (candidate.values["kind"] != "b")


def go(search, num=1000):
    """Let the search try what it wants and return what it tried."""
    tried = []
    while len(tried) < num and (candidate := search.ask()):
        search.tell(end(candidate, loss_of(candidate)), loss_of(candidate))
        tried.append(candidate)
    return tried


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    return go(opened(tmp_path_factory.mktemp("undisturbed")))


def test_search_learns_and_ends_where_it_was_told_to(undisturbed):
    assert len(undisturbed) == 20
    assert fmean(map(loss_of, undisturbed[10:])) < 0.75 * fmean(map(loss_of, undisturbed[:10]))


def test_values_are_as_they_are_set_by_hand(undisturbed):
    for _, _, values in undisturbed:
        assert -10 <= float(values["x"]) <= 10
        assert values["n"] == str(int(values["n"]))
        assert values["kind"] in ("a", "b", "[1, 2]")


def test_killed_search_goes_on_as_if_nothing_had_been(tmp_path, undisturbed):
    before = opened(tmp_path)
    tried = go(before, 12)
    lost = before.ask()  # its process is killed here
    after = opened(tmp_path)
    again = after.ask()

    assert again is not None
    assert lost is not None
    assert again.values == lost.values
    assert again.number != lost.number
    after.tell(end(again, loss_of(again)), loss_of(again))
    rest = go(after)
    assert [each.values for each in [*tried, again, *rest]] == [each.values for each in undisturbed]


def test_trial_whose_end_was_written_before_the_kill_is_not_tried_again(tmp_path):
    short = PLAN.model_copy(update={"num_trials": 5})
    candidate = opened(tmp_path, plan=short).ask()
    done = [end(candidate, 0.25)]  # in the journal, and killed before the study was told

    after = opened(tmp_path, done, short)

    assert len(go(after)) == 5 - 1


def test_failed_trial_counts_and_teaches_nothing(tmp_path):
    search = opened(tmp_path, plan=PLAN.model_copy(update={"num_trials": 3}))
    first = search.ask()
    search.tell(end(first, state="failed"), None)

    assert len(go(search)) == 2


def test_trial_worse_than_the_median_of_five_is_hopeless(tmp_path):
    search = opened(tmp_path)
    for place in range(5):
        candidate = search.ask()
        assert not search.is_hopeless(candidate.number, 1, place / 10)  # five have to be there first
        search.tell(end(candidate, place / 10), place / 10)
    bad, good = search.ask(), search.ask()

    assert search.is_hopeless(bad.number, 1, 9.0)
    assert not search.is_hopeless(good.number, 1, 0.0)
    search.tell(end(bad, state="pruned"), None)
