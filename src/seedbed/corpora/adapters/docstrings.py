"""Make a labelled corpus of the docstrings of the Python standard library.

src/seedbed/corpora/adapters/docstrings.py - v0.1.0

A known-item task: the summary of a docstring asks for the rest of it. Who has no rest, or a summary that
names no single object ("Constructor."), is searched among but never asked for.

```mermaid
classDiagram
    LabelledCorpus <|.. DocstringsCorpus
    DocstringsCorpus ..> standard_library_docstrings : calls
```
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import final

from seedbed.corpora.config import CorpusConfig
from seedbed.corpora.document import Document
from seedbed.corpora.judgment import Judgment, Query
from seedbed.corpora.ports import LabelledCorpus
from seedbed.corpora.standard_library import standard_library_docstrings
from seedbed.errors import UserError

_MIN_QUERY_WORDS = 3
_MAX_QUERY_CHARACTERS = 300
_PARAGRAPH = re.compile(r"\n[ \t]*\n")
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class _Entry:
    document: Document
    summary: str
    has_body: bool


@final
class DocstringsCorpus(LabelledCorpus):
    """About 7,000 docstrings; a document's id is its object's qualified name, `#2` added to a second definition."""

    def __init__(self, config: CorpusConfig) -> None:
        """Take the section; the sources are parsed (seconds) when the first method is called, and once."""
        self._config = config

    def documents(self) -> Iterator[Document]:
        """Yield the docstrings, without their summaries where there is more than a summary."""
        return (entry.document for entry in self._entries)

    def num_records(self) -> int:
        """Return the number of docstrings."""
        return len(self._entries)

    def queries(self) -> Iterator[Query]:
        """Yield the summaries that ask for one document and do not stand in it."""
        return (Query(id=entry.document.id, text=entry.summary) for entry in self._asking)

    def judgments(self) -> Iterator[Judgment]:
        """Yield one judgment per query: its own document, relevance 1."""
        for entry in self._asking:
            yield Judgment(query_id=entry.document.id, document_id=entry.document.id, relevance=1)

    @cached_property
    def _entries(self) -> list[_Entry]:
        if self._config.path is not None:
            raise UserError(
                f"corpus kind 'docstrings' takes no path, found {str(self._config.path)!r}. "
                "Example: SEEDBED_CORPUS__KIND=folder"
            )
        times_seen: Counter[str] = Counter()
        entries = []
        for found in standard_library_docstrings():
            times_seen[found.name] += 1
            nth = times_seen[found.name]
            summary, body = _summary_and_body(found.text)
            document = Document(
                id=found.name if nth == 1 else f"{found.name}#{nth}",
                text=body or found.text,
                metadata={"module": found.module, "kind": found.kind},
            )
            entries.append(_Entry(document, summary, has_body=bool(body)))
        return entries

    @cached_property
    def _asking(self) -> list[_Entry]:
        summaries = Counter(_plain(entry.summary) for entry in self._entries)
        texts = Counter(_plain(entry.document.text) for entry in self._entries)
        return [
            entry
            for entry in self._entries
            if entry.has_body
            and _is_question(entry.summary)
            and summaries[_plain(entry.summary)] == 1
            and texts[_plain(entry.document.text)] == 1
            and _plain(entry.summary) not in _plain(entry.document.text)
        ]


def _summary_and_body(text: str) -> tuple[str, str]:
    """Return the first paragraph on one line, and what follows it."""
    summary, body = _PARAGRAPH.split(text, maxsplit=1) if _PARAGRAPH.search(text) else (text, "")
    return " ".join(summary.split()), body.strip()


def _is_question(summary: str) -> bool:
    words = _WORD.findall(summary)
    return len(words) >= _MIN_QUERY_WORDS and len(summary) <= _MAX_QUERY_CHARACTERS and not summary.startswith(">>>")


def _plain(text: str) -> str:
    """Return the words alone, so that case, line breaks and a final stop make no difference."""
    return " ".join(_WORD.findall(text.casefold()))
