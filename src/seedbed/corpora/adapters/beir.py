"""Read documents, queries and judgments from a folder in BEIR's layout.

src/seedbed/corpora/adapters/beir.py - v0.1.0

Bad documents are rejected one by one, as everywhere; bad labels stop the run, because a metric over half
of the labels looks right and is wrong.

```mermaid
classDiagram
    LabelledCorpus <|.. BeirCorpus
    BeirCorpus ..> json_documents : calls
    BeirCorpus ..> read_qrels : calls
```
"""

from collections.abc import Iterator
from pathlib import Path
from typing import final

from seedbed.corpora.admission import UnfitError
from seedbed.corpora.config import CorpusConfig
from seedbed.corpora.document import Document, Rejection
from seedbed.corpora.json_lines import JsonLine, json_documents, json_lines, num_lines
from seedbed.corpora.judgment import Judgment, Query
from seedbed.corpora.ports import LabelledCorpus
from seedbed.corpora.qrels import read_qrels
from seedbed.corpora.record import FieldNames, checked_id, checked_text, required
from seedbed.corpora.source import required_folder
from seedbed.errors import UserError, unknown_choice

_NAMES = FieldNames(id="_id", text="text", title="title")


@final
class BeirCorpus(LabelledCorpus):
    """A folder with `corpus.jsonl`, `queries.jsonl` and `qrels/<split>.tsv`."""

    def __init__(self, config: CorpusConfig) -> None:
        """Take the section; each method opens its own file."""
        self._config = config

    def documents(self) -> Iterator[Document | Rejection]:
        """Yield one document or rejection per line of `corpus.jsonl`."""
        return json_documents(self._file("corpus.jsonl"), _NAMES, self._config.max_record_bytes)

    def num_records(self) -> int:
        """Return the number of lines of `corpus.jsonl`."""
        return num_lines(self._file("corpus.jsonl"))

    def queries(self) -> Iterator[Query]:
        """Yield the queries that the split judges, in the order of `queries.jsonl`.

        Raises:
            UserError: a line is no query, an id comes twice, or a judged query is not there.
        """
        path = self._file("queries.jsonl")
        missing = {judgment.query_id for judgment in self.judgments()}
        seen: set[str] = set()
        for line in json_lines(path, self._config.max_record_bytes):
            query = _query(path, line)
            if query.id in seen:
                raise UserError(f"{path.name} line {line.number}: id {query.id!r} is there twice; remove one")
            seen.add(query.id)
            if query.id in missing:
                missing.remove(query.id)
                yield query
        if missing:
            raise UserError(
                f"{len(missing)} judged queries of split {self._config.split!r} are not in {str(path)!r}, "
                f"the first is {min(missing)!r}; add them or choose another split"
            )

    def judgments(self) -> Iterator[Judgment]:
        """Yield the judgments of the split in the order of its file.

        Raises:
            UserError: there is no such split, or a line is no judgment.
        """
        folder = required_folder(self._config) / "qrels"
        path = folder / f"{self._config.split}.tsv"
        if not path.is_file():
            splits = [file.stem for file in folder.glob("*.tsv")]
            raise unknown_choice("split", self._config.split, splits, example="SEEDBED_CORPUS__SPLIT=test")
        return read_qrels(path)

    def _file(self, name: str) -> Path:
        path = required_folder(self._config) / name
        if not path.is_file():
            layout = "corpus.jsonl, queries.jsonl and qrels/<split>.tsv"
            raise UserError(f"{str(path.parent)!r} has no {name}; kind 'beir' reads {layout}")
        return path


def _query(path: Path, line: JsonLine) -> Query:
    try:
        if isinstance(line.value, UnfitError):
            raise line.value
        query_id = checked_id(required(line.value, _NAMES.id), _NAMES.id)
        return Query(id=query_id, text=checked_text(required(line.value, _NAMES.text), _NAMES.text))
    except UnfitError as unfit:
        raise UserError(f"{path.name} line {line.number}: {unfit}") from unfit
