"""Check that what no store keeps is refused before it is sent.

tests/unit/tracking/test_names.py - v0.1.0
"""

import logging
from decimal import Decimal

import numpy as np
import pytest

from seedbed.errors import UserError
from seedbed.tracking.names import as_numbers, check_name


@pytest.mark.parametrize("name", ["ndcg_at_10", "cost/docs_per_s", "a.b-c d", "x" * 250])
def test_usable_name_is_taken(name):
    check_name("metric", name)


@pytest.mark.parametrize(
    "name", ["recall@10", "", "x" * 251, "a//b", "/a", "../a", "..", ".", "a/../b", "ä", "a\nb", "a:b"]
)
def test_name_that_a_store_would_refuse_is_refused_with_an_example(name):
    with pytest.raises(UserError, match=r"metric name .* cannot be stored; use 1 to 250 .* Example: \w"):
        check_name("metric", name)


def test_no_name_that_mlflow_refuses_is_taken():
    from mlflow.exceptions import MlflowException
    from mlflow.utils.validation import _validate_metric_name

    def refused(call) -> bool:
        try:
            call()
        except (UserError, MlflowException):
            return True
        return False

    for name in [
        "recall@10",
        "a//b",
        "/a",
        "../a",
        "..",
        ".",
        "a/../b",
        "a\tb",
        "ok",
        "a/b",
        "a b",
        "x" * 250,
        "x" * 251,
    ]:
        ours = refused(lambda name=name: check_name("metric", name))
        theirs = refused(lambda name=name: _validate_metric_name(name))
        assert ours or not theirs, name


def test_numbers_of_every_kind_become_floats():
    values = {"a": 1, "b": np.float32(0.5), "c": Decimal("0.25"), "d": np.array(2.0), "e": True}
    assert as_numbers("metric", values) == {"a": 1.0, "b": 0.5, "c": 0.25, "d": 2.0, "e": 1.0}


@pytest.mark.parametrize("value", ["high", None, [1, 2], 10**400, {}])
def test_what_is_no_number_is_refused_by_name(value):
    with pytest.raises(UserError, match=r"metric 'loss' is .*, not a number; use log_params for text"):
        as_numbers("metric", {"loss": value})


def test_number_that_is_not_finite_is_kept_and_warned_about(caplog):
    with caplog.at_level(logging.WARNING):
        assert as_numbers("metric", {"loss": float("inf")}) == {"loss": float("inf")}
    assert [(record.message, record.value_name) for record in caplog.records] == [("value_not_finite", "loss")]
