"""Read relevance judgments from a tab-separated file.

src/seedbed/corpora/qrels.py - v0.1.0

```mermaid
flowchart LR
    read_qrels --> Judgment
    read_qrels --> UserError
```
"""

from collections.abc import Iterator
from pathlib import Path

from seedbed.corpora.judgment import Judgment
from seedbed.corpora.source import reading
from seedbed.errors import UserError

_MAX_LINE = 1 << 16


def read_qrels(path: Path) -> Iterator[Judgment]:
    """Yield the lines `query TAB document TAB relevance`; a header, blank lines and exact repetitions are passed over.

    Raises:
        UserError: a line has another form, or judges a pair a second time and differently.
        WorldError: the file cannot be read.
    """
    known: dict[tuple[str, str], int] = {}
    for number, line in enumerate(_lines(path), start=1):
        cells = [cell.strip() for cell in line.split("\t")]
        if not any(cells) or (number == 1 and not _is_integer(cells[-1])):
            continue
        judgment = _judgment(cells, f"{path.name} line {number}")
        pair = (judgment.query_id, judgment.document_id)
        if pair not in known:
            known[pair] = judgment.relevance
            yield judgment
        elif known[pair] != judgment.relevance:
            raise UserError(f"{path.name} line {number}: {pair} is judged twice and differently; remove one line")


def _lines(path: Path) -> Iterator[str]:
    with reading(path), path.open(encoding="utf-8-sig") as file:
        try:
            while line := file.readline(_MAX_LINE):
                yield line
        except UnicodeDecodeError as error:
            raise UserError(f"{str(path)!r} is not UTF-8: {error.reason}; save it as UTF-8") from error


def _judgment(cells: list[str], place: str) -> Judgment:
    if len(cells) != 3 or not all(cells) or not _is_integer(cells[2]):
        raise UserError(f"{place}: expected query id, document id and a whole number, separated by tabs; found {cells}")
    return Judgment(query_id=cells[0], document_id=cells[1], relevance=int(cells[2]))


def _is_integer(text: str) -> bool:
    return text.removeprefix("-").isdecimal() and len(text) < 10
