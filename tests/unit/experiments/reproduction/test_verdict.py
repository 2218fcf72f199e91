"""Check which differences excuse other results, and which are told first.

tests/unit/experiments/reproduction/test_verdict.py - v0.1.0
"""

from datetime import UTC, datetime

import pytest

from seedbed.experiments.reproduction.differences import differences
from seedbed.experiments.reproduction.evidence import Evidence
from seedbed.experiments.reproduction.verdict import judge
from seedbed.tracking.record import RunRecord

MACHINE = {"hardware": {"num_usable_cores": 2}, "packages": {"numpy": "2.1"}, "variables": {"OMP_NUM_THREADS": "2"}}


def evidence(metrics, tags=(), **provenance) -> Evidence:
    digest = ",".join(f"{name}={value!r}" for name, value in metrics.items() if not name.startswith("cost/"))
    facts = {"seed": "7", "deterministic": "true", "hardware_class": "x86 [avx2]", "results_digest": digest} | dict(
        tags
    )
    record = RunRecord(
        run_id="1f3a" * 8,
        experiment="die",
        name="",
        status="FINISHED",
        started_at=datetime(2026, 11, 1, tzinfo=UTC),
        ended_at=None,
        params={},
        metrics=metrics,
        tags={f"seedbed.{name}": text for name, text in facts.items()},
        artifact_uri="",
    )
    return Evidence(record=record, config={"num": 1}, provenance=MACHINE | provenance)


def verdict(then: Evidence, now: Evidence):
    return judge(then, now, differences(then, now))


def test_equal_results_are_reproduced_and_what_differs_nevertheless_is_told():
    same = verdict(evidence({"a": 0.5, "cost/s": 1}), evidence({"a": 0.5, "cost/s": 2}))
    assert (same.status, same.differences) == ("reproduced bit for bit", ())
    other = verdict(evidence({"a": 0.5}), evidence({"a": 0.5}, {"git.commit": "b"}))
    assert (other.status, other.why) == (
        "reproduced bit for bit",
        "the results digests are equal, although code differs",
    )


def test_last_bit_on_the_same_machine_is_not_reproduced():
    found = verdict(evidence({"a": 0.1 + 0.2}), evidence({"a": 0.3}))
    assert (found.status, found.tolerance) == ("not reproduced", None)
    assert "metric: a was 0.30000000000000004, is 0.3; nothing else differs" in found.why


@pytest.mark.parametrize(
    ("tags", "why"),
    [
        ({"hardware_class": "x86 [avx512]"}, "the hardware is of another class"),
        ({"deterministic": "false"}, "the run was not deterministic"),
    ],
)
def test_other_hardware_and_chance_are_reasons_for_a_tolerance_that_is_told(tags, why):
    found = verdict(evidence({"a": 0.5}), evidence({"a": 0.5002}, tags))
    assert (found.status, found.tolerance) == ("reproduced within tolerance", 1e-3)
    assert why in found.why


def test_tolerance_has_an_end_and_covers_neither_missing_metrics_nor_equal_hardware():
    other = {"hardware_class": "x86 [avx512]"}
    assert verdict(evidence({"a": 0.5}), evidence({"a": 0.51}, other)).status == "not reproduced"
    assert verdict(evidence({"a": 0.5, "b": 1.0}), evidence({"a": 0.5}, other)).status == "not reproduced"
    assert verdict(evidence({"a": 0.5}), evidence({"a": 0.5002})).status == "not reproduced"


def test_first_difference_is_the_earliest_possible_cause():
    changes = {"git.commit": "b", "data.numbers": "x", "python": "3.12.0", "encoder": "torch fp32"}
    now = evidence({"a": 0.9}, changes, packages={"numpy": "2.2"}, variables={"OMP_NUM_THREADS": "4"})
    found = verdict(evidence({"a": 0.5}), now)
    assert [each.kind for each in found.differences] == ["code", "data", *["environment"] * 4, "metric"]
    assert found.why == "first difference: code: commit was not there, is b"


def test_cores_count_only_where_the_number_of_threads_is_not_bound():
    threads = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "2")
    four = {"num_usable_cores": 4}
    free = verdict(evidence({"a": 1.0}), evidence({"a": 1.0}, hardware=four))
    assert [each.what for each in free.differences] == ["usable cores"]
    bound = verdict(evidence({"a": 1.0}, variables=threads), evidence({"a": 1.0}, variables=threads, hardware=four))
    assert bound.differences == ()


def test_nan_that_stays_nan_is_no_difference_beside_another():
    nan = float("nan")
    found = verdict(evidence({"a": nan, "b": 1.0}), evidence({"a": nan, "b": 2.0}))
    assert [each.what for each in found.differences] == ["b"]


def test_sign_of_a_zero_is_a_difference_and_so_is_a_digest_over_values_that_the_record_does_not_show():
    zero = verdict(evidence({"a": 0.0}), evidence({"a": -0.0}))
    assert [str(each) for each in zero.differences] == ["metric: a was 0.0, is -0.0"]
    hidden = verdict(evidence({"a": 1.0}), evidence({"a": 1.0}, {"results_digest": "other"}))
    assert hidden.status == "not reproduced"
    assert "first difference: metric: results digest was a=1.0, is other; no metric that the record" in hidden.why


def test_file_of_an_experiment_is_the_same_one_in_another_tree():
    def told(recipe, root, folder):
        return evidence({"a": 1.0}, {"recipe": recipe}, code={"root": root}, folder=folder)

    absolute = told("/then/mine/die.py:die", "/then", "/elsewhere")
    assert absolute.recipe == "mine/die.py:die"
    assert verdict(absolute, told("/now/mine/die.py:die", "/now", "/now")).differences == ()
    assert verdict(absolute, told("die.py:die", "/now", "/now/mine")).differences == ()
    assert [each.what for each in verdict(absolute, told("ner_train", "/now", "/now")).differences] == ["experiment"]


def test_what_an_alias_stood_for_counts_as_what_was_configured():
    then = evidence({"a": 1.0}, {"pin.ner.model": "d1"}).model_copy(update={"config": {"ner": {"model": None}}})
    now = evidence({"a": 1.0}).model_copy(update={"config": {"ner": {"model": "d1"}}})
    assert then.pinned_config == {"ner": {"model": "d1"}}
    assert then.config == {"ner": {"model": None}}
    assert verdict(then, now).differences == ()
    moved = now.model_copy(update={"config": {"ner": {"model": "d2"}}})
    assert [str(each) for each in verdict(then, moved).differences] == ["config: ner.model was d1, is d2"]
