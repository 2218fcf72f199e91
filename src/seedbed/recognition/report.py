"""Write what stands behind the scores of a model: a table, a confusion table, the errors.

src/seedbed/recognition/report.py - v0.1.0

```mermaid
flowchart LR
    write_report --> Evaluation
    write_report --> confusion & by_label
    error_rows --> Evaluation
```
"""

import csv
import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from seedbed.ner.annotated_text import Span
from seedbed.ner.scores import NOTHING, by_label, confusion
from seedbed.recognition.evaluate import Evaluation

_MAX_ERRORS = 1_000


def write_report(evaluation: Evaluation, folder: Path) -> None:
    """Write `per_label.csv`, `confusion.csv` (rows: right, columns: found) and `errors.jsonl` into a folder."""
    totals = by_label(evaluation.gold, evaluation.found) | {"all": evaluation.total}
    _write(
        folder / "per_label.csv",
        ["label", "precision", "recall", "f1", "right", "wrong", "missed"],
        ([name, n.precision, n.recall, n.f1, n.right, n.wrong, n.missed] for name, n in totals.items()),
    )
    pairs = confusion(evaluation.gold, evaluation.found)
    labels = [*sorted({label for pair in pairs for label in pair} - {NOTHING}), NOTHING]
    table = ([right, *(pairs[right, found] for found in labels)] for right in labels)
    _write(folder / "confusion.csv", ["right \\ found", *labels], table)
    rows = [json.dumps(row, ensure_ascii=False) for row in error_rows(evaluation)]
    (folder / "errors.jsonl").write_text("".join(f"{row}\n" for row in rows[:_MAX_ERRORS]), encoding="utf-8")


def error_rows(evaluation: Evaluation) -> Iterator[dict[str, object]]:
    """Yield each text with an error: what was missed, and what was found wrongly."""
    for sample, found in zip(evaluation.samples, evaluation.found, strict=True):
        missed = [span for span in sample.spans if span not in found]
        wrong = [span for span in found if span not in sample.spans]
        if missed or wrong:
            yield {
                "place": sample.place,
                "text": sample.text,
                "missed": _shown(missed, sample.text),
                "wrong": _shown(wrong, sample.text),
            }


def _shown(spans: Iterable[Span], text: str) -> list[str]:
    return [f"{text[span.start : span.end]}|{span.label}" for span in spans]


def _write(file: Path, header: list[str], rows: Iterable[Iterable[object]]) -> None:
    with file.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)
