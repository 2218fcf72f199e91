r"""Read sentences whose entities are marked in the text, `[Oslo|GPE]`.

src/seedbed/ner/annotated_text.py - v0.1.0

After a backslash the characters `[ ] | # \` stand for themselves; outside of brackets `|` always does.

```mermaid
flowchart LR
    read_annotated --> parse_annotated --> AnnotatedText --> Span
    read_annotated --> UserError & WorldError
```
"""

import re
from dataclasses import dataclass
from pathlib import Path

from seedbed.errors import UserError, WorldError, unknown_choice

LABELS = ("PERSON", "ORG", "GPE", "DATE", "MONEY", "PRODUCT")

_ESCAPE = re.compile(r"\\([\[\]|#\\])")
_PLAIN = re.compile(rf"(?:{_ESCAPE.pattern}|[^\[\]\\])+")
_SPAN = re.compile(r"\[(?P<text>(?:\\[\[\]|#\\]|[^\[\]|\\])*)\|(?P<label>[^\[\]|\\]*)\]")


@dataclass(frozen=True, slots=True)
class Span:
    """An entity: `text[start:end]`, counted in code points."""

    start: int
    end: int
    label: str


@dataclass(frozen=True, slots=True)
class AnnotatedText:
    """A sentence, its entities in reading order without overlap, and the file and line it was read from."""

    text: str
    spans: tuple[Span, ...]
    place: str


def read_annotated(path: Path) -> list[AnnotatedText]:
    """Return the sentences of a file, or of all `*.txt` in a folder by name; blank and `#` lines are passed over.

    Raises:
        UserError: a line is marked wrongly, or the file is not UTF-8.
        WorldError: the file or folder cannot be read.
    """
    if path.is_dir():
        return [sentence for file in sorted(path.glob("*.txt")) for sentence in read_annotated(file)]
    try:
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except UnicodeDecodeError as error:
        raise UserError(f"{str(path)!r} is not UTF-8: {error.reason}; save it as UTF-8") from error
    except OSError as error:
        raise WorldError(
            f"{str(path)!r} cannot be read: {error.strerror}; name a file or folder that exists"
        ) from error
    numbered = [(number, line.strip()) for number, line in enumerate(lines, start=1)]
    return [parse_annotated(line, f"{path} line {n}") for n, line in numbered if line and not line.startswith("#")]


def parse_annotated(line: str, place: str) -> AnnotatedText:
    """Return the sentence that a line marks; `place` says in errors where it stands.

    >>> parse_annotated("[Zoë|PERSON] moved to [Oslo|GPE]", "news.txt line 4").spans
    (Span(start=0, end=3, label='PERSON'), Span(start=13, end=17, label='GPE'))

    Raises:
        UserError: a bracket opens no span, the label is unknown, or the span is empty or begins or ends with a space.
    """
    text, spans, position = "", [], 0
    while position < len(line):
        if plain := _PLAIN.match(line, position):
            text, position = text + _unescaped(plain[0]), plain.end()
        elif span := _SPAN.match(line, position):
            entity = _entity(span, place)
            spans.append(Span(len(text), len(text) + len(entity), span["label"]))
            text, position = text + entity, span.end()
        else:
            raise UserError(f"{place}: {_problem(line, position)}")
    return AnnotatedText(text, tuple(spans), place)


def _entity(span: re.Match[str], place: str) -> str:
    entity, marked = _unescaped(span["text"]), span[0]
    if span["label"] not in LABELS:
        fault = unknown_choice("label", span["label"], LABELS, example="[Oslo|GPE]")
        raise UserError(f"{place}: {fault}")
    if not entity:
        raise UserError(f"{place}: the span {marked!r} is empty; put the entity before the '|', as in [Oslo|GPE]")
    if entity != entity.strip():
        raise UserError(f"{place}: the span {marked!r} begins or ends with a space; move the space out of the brackets")
    return entity


def _unescaped(marked: str) -> str:
    return _ESCAPE.sub(r"\1", marked)


def _problem(line: str, position: int) -> str:
    where = f"at column {position + 1}"
    if line[position] == "\\":
        return f"the backslash {where} escapes none of [ ] | # \\; write \\\\ for a backslash"
    if line[position] == "]":
        return f"']' {where} closes nothing; write \\] for a bracket"
    inner = re.split(r"(?<!\\)\[", line[position + 1 :], maxsplit=1)[0]
    if not re.search(r"(?<!\\)\]", inner):
        return f"the span opened {where} is not closed; end it as in [Oslo|GPE], or write \\[ for a bracket"
    return f"the brackets {where} hold no single text and label; write them as in [Oslo|GPE], or \\[ for a bracket"
