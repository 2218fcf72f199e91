"""Read a file of one JSON object per line in bounded memory.

src/seedbed/corpora/json_lines.py - v0.1.0

A line longer than the limit is passed over in blocks and never held, so one missing newline in 10 GB does no harm.

```mermaid
flowchart LR
    json_documents --> json_lines & document_from & admit
    json_lines --> JsonLine & UnfitError
```
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import BinaryIO

from seedbed.corpora.admission import Candidate, UnfitError, admit
from seedbed.corpora.document import Document, Rejection
from seedbed.corpora.record import FieldNames, document_from
from seedbed.corpora.source import reading, refuse_foreign

_BLOCK_BYTES = 1 << 16
_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class JsonLine:
    """One line that is not blank."""

    number: int
    """Counted from 1, blank lines included."""
    raw: bytes
    """The line; only its beginning where it is longer than the limit."""
    value: dict[str, object] | UnfitError


def json_documents(path: Path, names: FieldNames, max_bytes: int) -> Iterator[Document | Rejection]:
    """Yield one document or rejection per line that is not blank; raises as `json_lines` does."""
    lines = json_lines(path, max_bytes)
    return admit(Candidate(path.name, line.number, _document(line, names), line.raw) for line in lines)


def num_lines(path: Path) -> int:
    """Return how many lines a file has, blank ones included."""
    num, last = 0, b"\n"
    with reading(path), path.open("rb") as file:
        while block := file.read(1 << 20):
            num, last = num + block.count(b"\n"), block[-1:]
    return num + (last != b"\n")


def json_lines(path: Path, max_bytes: int) -> Iterator[JsonLine]:
    """Yield every line that is not blank, as an object or as the reason why it is none.

    Raises:
        UserError: the file is compressed, Parquet or UTF-16.
        WorldError: the file cannot be read.
    """
    limit = max_bytes + len(b"\r\n")
    with reading(path), path.open("rb") as file:
        head = file.peek(8)
        refuse_foreign(path, head)
        if head.startswith(_BOM):
            file.read(len(_BOM))
        for number in count(1):
            line = file.readline(limit)
            if not line:
                return
            cut_off = len(line) == limit and not line.endswith(b"\n")
            if cut_off or len(line.rstrip(b"\r\n")) > max_bytes:
                length = len(line) + (_pass_over(file) if cut_off else 0)
                yield JsonLine(number, line[:_BLOCK_BYTES], _too_long(length, max_bytes))
            elif line.strip():
                yield JsonLine(number, line, _parsed(line))


def _document(line: JsonLine, names: FieldNames) -> Document | UnfitError:
    if isinstance(line.value, UnfitError):
        return line.value
    try:
        return document_from(line.value, names)
    except UnfitError as unfit:
        return unfit


def _pass_over(file: BinaryIO) -> int:
    passed = 0
    while block := file.readline(_BLOCK_BYTES):
        passed += len(block)
        if block.endswith(b"\n"):
            break
    return passed


def _too_long(length: int, max_bytes: int) -> UnfitError:
    return UnfitError(
        f"line has {length:,} bytes; at most {max_bytes:,} are allowed. "
        f"Cut the text, or raise SEEDBED_CORPUS__MAX_RECORD_BYTES"
    )


def _parsed(line: bytes) -> dict[str, object] | UnfitError:
    try:
        value = json.loads(line.decode("utf-8"))
    except UnicodeDecodeError as error:
        return UnfitError(
            f"not UTF-8: byte 0x{line[error.start]:02x} at position {error.start}; save the file as UTF-8"
        )
    except json.JSONDecodeError as error:
        return UnfitError(f"broken JSON: {error.msg} at column {error.colno}; write one JSON object per line")
    except RecursionError:
        return UnfitError("JSON is nested too deeply; write one flat object per line")
    except ValueError as error:
        return UnfitError(f"JSON cannot be read: {error}")
    if not isinstance(value, dict):
        return UnfitError(f"line is JSON but no object: found {type(value).__name__}; write one JSON object per line")
    return value
