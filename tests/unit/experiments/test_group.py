"""State that a group's journal survives a kill, and which trial is the best.

tests/unit/experiments/test_group.py - v0.1.0
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seedbed.experiments.group import TRIALS_FILE, Journal
from seedbed.experiments.search import metric_of
from seedbed.experiments.sweep import best_of, in_order
from seedbed.experiments.trial import Plan, Trial


def trial(number, state="finished", **metrics):
    return Trial(number=number, seed=7, values={"k": str(number)}, state=state, metrics=metrics)


def test_plan_and_trials_are_read_back_as_they_were_written(tmp_path):
    plan = Plan(kind="seeds", experiment="mine", seeds=(1, 2), num_trials=2, num_workers=1)
    journal = Journal(tmp_path)
    journal.begin(plan)
    for each in (trial(1, loss=0.1 + 0.2), trial(0, loss=5e-324)):
        journal.add(each)

    assert Journal(tmp_path).plan() == plan
    assert Journal(tmp_path).trials() == [trial(0, loss=5e-324), trial(1, loss=0.1 + 0.2)]


def test_of_a_trial_that_was_tried_again_the_last_end_counts(tmp_path):
    journal = Journal(tmp_path)
    journal.add(trial(0, "failed"))
    journal.add(trial(0, loss=0.5))

    assert journal.trials() == [trial(0, loss=0.5)]


@given(cut=st.integers(1, 200))
def test_line_that_a_kill_tore_is_left_out_and_the_next_one_is_whole(tmp_path_factory, cut):
    folder = tmp_path_factory.mktemp("journal")
    journal = Journal(folder)
    journal.add(trial(0, loss=0.5))
    whole = (folder / TRIALS_FILE).read_bytes()
    torn = trial(1, loss=0.25).model_dump_json().encode()[:cut]
    (folder / TRIALS_FILE).write_bytes(whole + torn)

    assert journal.trials() == [trial(0, loss=0.5)]
    journal.add(trial(2, loss=0.75))
    assert journal.trials() == [trial(0, loss=0.5), trial(2, loss=0.75)]


@pytest.mark.parametrize(("minimize", "best"), [(False, 1), (True, 2)])
def test_best_is_the_highest_or_the_lowest_of_those_that_finished(minimize, best):
    trials = [
        trial(0, loss=0.5),
        trial(1, loss=0.9),
        trial(2, loss=0.1),
        trial(3, "pruned", loss=9.0),
        trial(4, other=1.0),
    ]

    found = best_of(trials, "loss", minimize=minimize)

    assert found is not None
    assert found.number == best
    assert {each.number for each in in_order(trials, "loss", minimize=minimize)} == {0, 1, 2}


def test_of_equals_the_first_is_the_best():
    assert best_of([trial(0, loss=0.5), trial(1, loss=0.5)], "loss", minimize=False) == trial(0, loss=0.5)


def test_nothing_finished_has_no_best():
    assert best_of([trial(0, "failed")], "loss", minimize=False) is None


def test_without_a_name_the_best_is_by_the_first_metric_that_all_finished_trials_have():
    plan = Plan(kind="grid", experiment="mine", seeds=(7,), num_trials=3, num_workers=1)
    wide, narrow = trial(0, at_10=0.5, at_5=0.4), trial(1, at_5=0.6)

    assert metric_of(plan, [wide, narrow, trial(2, "failed")]) == "at_5"
    assert metric_of(plan, [wide, trial(1, other=0.6)]) == "at_10"
    assert metric_of(plan.model_copy(update={"kind": "optuna"}), [wide, narrow]) == "at_10"
    assert metric_of(plan.model_copy(update={"metric": "at_10"}), [narrow]) == "at_10"
    assert metric_of(plan, [trial(0, "failed")]) == ""
