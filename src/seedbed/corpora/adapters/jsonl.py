"""Read documents from a file of one JSON object per line.

src/seedbed/corpora/adapters/jsonl.py - v0.1.0

```mermaid
classDiagram
    Corpus <|.. JsonlCorpus
    JsonlCorpus ..> json_documents : calls
```
"""

from collections.abc import Iterator
from typing import final

from seedbed.corpora.config import CorpusConfig
from seedbed.corpora.document import Document, Rejection
from seedbed.corpora.json_lines import json_documents, num_lines
from seedbed.corpora.ports import Corpus
from seedbed.corpora.record import FieldNames
from seedbed.corpora.source import required_file


@final
class JsonlCorpus(Corpus):
    """The objects of one `.jsonl` file; id, text and title fields as configured, other scalars as metadata."""

    def __init__(self, config: CorpusConfig) -> None:
        """Take the section; `documents` opens the file."""
        self._config = config

    def documents(self) -> Iterator[Document | Rejection]:
        """Yield one document or rejection per line that is not blank."""
        path = required_file(self._config)
        return json_documents(path, FieldNames.of(self._config), self._config.max_record_bytes)

    def num_records(self) -> int:
        """Return the number of lines."""
        return num_lines(required_file(self._config))
