"""Read annotated texts: marked text, CoNLL or JSON lines.

src/seedbed/ner/corpus.py - v0.1.0

```mermaid
flowchart LR
    read_samples --> read_annotated & _conll & _json_lines
    read_samples --> Sample
    read_samples --> UserError & WorldError
```
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from seedbed.errors import UserError, WorldError
from seedbed.ner.annotated_text import Span, read_annotated
from seedbed.ner.sample import Sample, of_annotated, of_words

type Format = Literal["auto", "marked", "conll", "jsonl"]

_TAG = re.compile(r"O|[BIES]-\S+")
_BY_SUFFIX: dict[str, Format] = {".txt": "marked", ".jsonl": "jsonl", ".json": "jsonl"}


def read_samples(path: Path, kind: Format = "auto") -> list[Sample]:
    """Return what a file holds; of a folder, marked text alone. `auto` goes by the end of the name, CoNLL else.

    Raises:
        UserError: a line is wrong, which the error names, or there is nothing in it.
        WorldError: it cannot be read.
    """
    if kind == "auto":
        kind = "marked" if path.is_dir() else _BY_SUFFIX.get(path.suffix, "conll")
    if kind == "marked":
        samples = [of_annotated(sentence) for sentence in read_annotated(path)]
    else:
        reader = _conll if kind == "conll" else _json_lines
        samples = list(reader(_lines(path), path))
    if not samples:
        raise UserError(f"{str(path)!r} holds no text; name a file with annotated texts")
    return samples


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8-sig").split("\n")
    except UnicodeDecodeError as error:
        raise UserError(f"{str(path)!r} is not UTF-8: {error.reason}; save it as UTF-8") from error
    except OSError as error:
        raise WorldError(f"{str(path)!r} cannot be read: {error.strerror}; name a file that exists") from error


def _conll(lines: list[str], path: Path) -> Iterator[Sample]:
    """Yield the sentences of a file with one word a line, the tag last; blank lines and -DOCSTART- part them."""
    words: list[str] = []
    tags: list[str] = []
    first = 1
    for number, line in enumerate((*lines, ""), start=1):
        columns = line.split()
        if columns and columns[0] != "-DOCSTART-":
            if len(columns) < 2 or not _TAG.fullmatch(columns[-1]):
                raise UserError(
                    f"{path} line {number}: {line.strip()!r} is no word with a tag; write the word, a blank or "
                    "tab, and O, B-LABEL or I-LABEL"
                )
            first = first if words else number
            words.append(columns[0])
            tags.append(columns[-1])
        elif words:
            yield of_words(words, tags, f"{path} line {first}")
            words, tags = [], []


def _json_lines(lines: list[str], path: Path) -> Iterator[Sample]:
    """Yield {"text": ..., "entities": [{"start": 0, "end": 4, "label": "GPE"}]}, counted in code points."""
    for number, line in enumerate(lines, start=1):
        if line.strip():
            yield _json_sample(line, f"{path} line {number}")


def _json_sample(line: str, place: str) -> Sample:
    try:
        row = json.loads(line)
        text, found = row["text"], row.get("entities", row.get("spans", []))
        spans = sorted((int(each["start"]), int(each["end"]), str(each["label"])) for each in found)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UserError(
            f"{place} is not of the form "
            '{"text": "to Oslo", "entities": [{"start": 3, "end": 7, "label": "GPE"}]}: '
            f"{type(error).__name__}: {error}"
        ) from error
    if not isinstance(text, str):
        raise UserError(f"{place}: text {text!r} is no string; put the text in quotation marks")
    last = 0
    for start, end, label in spans:
        if not last <= start < end <= len(text):
            raise UserError(
                f"{place}: entity {label} {start}:{end} is empty, overlaps another or leaves the text of "
                f"{len(text)} characters; count in code points"
            )
        last = end
    return Sample(text, tuple(Span(*span) for span in spans), place)
