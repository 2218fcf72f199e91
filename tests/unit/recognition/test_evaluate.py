"""Test what is reported of a model: scores, confusion, errors.

tests/unit/recognition/test_evaluate.py - v0.1.0
"""

import csv
import json

import pytest

from seedbed.ner.annotated_text import Span, parse_annotated
from seedbed.ner.sample import of_annotated
from seedbed.recognition.evaluate import evaluate, metrics_of
from seedbed.recognition.report import write_report

SAMPLES = [
    of_annotated(parse_annotated(line, f"line {number}"))
    for number, line in enumerate(
        ["[Ann|PERSON] is in [Oslo|GPE].", "[Tesla|ORG] and [New York|GPE].", "Nothing."], start=1
    )
]
FOUND = [SAMPLES[0].spans, (Span(0, 5, "PRODUCT"), Span(10, 13, "GPE")), ()]


@pytest.fixture
def evaluation():
    return evaluate(lambda samples: FOUND[: len(samples)], SAMPLES)


def rows(file):
    return csv.DictReader(file.read_text().splitlines())


def test_scores_count_exact_spans(evaluation):
    metrics = metrics_of(evaluation)

    assert metrics["f1"] == 0.5
    assert (metrics["precision_GPE"], metrics["recall_GPE"]) == (0.5, 0.5)
    assert (metrics["f1_PERSON"], metrics["f1_ORG"], metrics["f1_PRODUCT"]) == (1, 0, 0)


def test_digest_changes_with_what_was_found(evaluation):
    same, other = (evaluate(lambda _, found=found: found, SAMPLES).digest for found in (FOUND, [(), (), ()]))
    assert evaluation.digest == same != other


def test_report_holds_table_confusion_and_errors(evaluation, tmp_path):
    write_report(evaluation, tmp_path)
    table = {row["label"]: row for row in rows(tmp_path / "per_label.csv")}
    confused = {row.pop("right \\ found"): row for row in rows(tmp_path / "confusion.csv")}
    (error,) = map(json.loads, (tmp_path / "errors.jsonl").read_text().splitlines())

    assert table["all"]["right"] == "2"
    assert confused["ORG"]["PRODUCT"] == "1"  # same place, other label
    assert (confused["GPE"]["-"], confused["-"]["GPE"]) == ("1", "1")  # New York, and the New of it
    assert error == {
        "place": "line 2",
        "text": "Tesla and New York.",
        "missed": ["Tesla|ORG", "New York|GPE"],
        "wrong": ["Tesla|PRODUCT", "New|GPE"],
    }
