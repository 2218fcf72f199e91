"""Read documents from a Parquet file, a few hundred rows at a time.

src/seedbed/corpora/adapters/parquet.py - v0.1.0

Columns that hold neither text nor numbers (embeddings, images) are not even read.

```mermaid
classDiagram
    Corpus <|.. ParquetCorpus
    ParquetCorpus ..> document_from : calls
    ParquetCorpus ..> admit : calls
```
"""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, final

from seedbed.corpora.admission import Candidate, UnfitError, admit
from seedbed.corpora.config import CorpusConfig
from seedbed.corpora.document import Document, Rejection
from seedbed.corpora.ports import Corpus
from seedbed.corpora.record import MAX_METADATA_FIELDS, FieldNames, document_from, readable_id
from seedbed.corpora.source import required_file
from seedbed.errors import UserError, WorldError, unknown_choice

if TYPE_CHECKING:
    from pyarrow import DataType, RecordBatch, Schema
    from pyarrow.parquet import ParquetFile

_BATCH_ROWS = 256


@final
class ParquetCorpus(Corpus):
    """The rows of one `.parquet` file; id, text and title columns as configured, other scalars as metadata."""

    def __init__(self, config: CorpusConfig) -> None:
        """Take the section; `documents` opens the file."""
        self._config = config

    def documents(self) -> Iterator[Document | Rejection]:
        """Yield one document or rejection per row; `line` is the row, counted from 1."""
        return admit(self._candidates(required_file(self._config)))

    def num_records(self) -> int:
        """Return the number of rows."""
        with _opened(required_file(self._config)) as file:
            return int(file.metadata.num_rows)

    def _candidates(self, path: Path) -> Iterator[Candidate]:
        import pyarrow as pa

        names = FieldNames.of(self._config)
        with _opened(path) as file:
            columns = _columns(file.schema_arrow, names)
            number = 0
            try:
                for batch in file.iter_batches(batch_size=_BATCH_ROWS, columns=columns):
                    for row in _rows(batch, names.id):
                        number += 1
                        yield self._candidate(path, number, row, names)
            except (OSError, pa.ArrowException) as error:
                raise WorldError(
                    f"{str(path)!r} is damaged after row {number}: {error}; fetch or write it again"
                ) from error

    def _candidate(
        self, path: Path, number: int, row: Mapping[str, object] | UnfitError, names: FieldNames
    ) -> Candidate:
        if isinstance(row, UnfitError):
            return Candidate(path.name, number, row)
        raw = str(row[names.text])
        found: Document | UnfitError
        try:
            self._refuse_too_long(raw)
            found = document_from(row, names)
        except UnfitError as unfit:
            unfit.document_id = readable_id(row, names.id)
            found = unfit
        return Candidate(path.name, number, found, raw)

    def _refuse_too_long(self, text: str) -> None:
        most = self._config.max_record_bytes
        if len(text) * 4 > most and (length := len(text.encode("utf-8", "surrogatepass"))) > most:
            raise UnfitError(
                f"text has {length:,} bytes; at most {most:,} are allowed. "
                "Cut it, or raise SEEDBED_CORPUS__MAX_RECORD_BYTES"
            )


def _opened(path: Path) -> "ParquetFile":
    import pyarrow as pa
    from pyarrow.parquet import ParquetFile

    try:
        return ParquetFile(path)
    except pa.ArrowInvalid as error:
        raise UserError(f"{str(path)!r} is no Parquet file: {error}. Example: SEEDBED_CORPUS__KIND=jsonl") from error
    except OSError as error:
        raise WorldError(f"{str(path)!r} cannot be read: {error}; check the disk and permissions") from error


def _columns(schema: "Schema", names: FieldNames) -> list[str]:
    for role, name in (("id", names.id), ("text", names.text)):
        if name not in schema.names:
            example = f"SEEDBED_CORPUS__{role.upper()}_FIELD={schema.names[0] if schema.names else role}"
            raise unknown_choice(f"{role} column", name, schema.names, example=example)
    wanted = [names.id, names.text, *([names.title] if names.title in schema.names else [])]
    others = [field.name for field in schema if field.name not in wanted and _is_scalar(field.type)]
    return wanted + others[:MAX_METADATA_FIELDS]


def _is_scalar(kind: "DataType") -> bool:
    from pyarrow import types

    value = kind.value_type if types.is_dictionary(kind) else kind
    tests = (types.is_string, types.is_large_string, types.is_integer, types.is_floating, types.is_boolean)
    return any(test(value) for test in tests)


def _rows(batch: "RecordBatch", id_name: str) -> Iterator[Mapping[str, object] | UnfitError]:
    try:
        rows = batch.to_pylist()
    except UnicodeDecodeError:
        yield from _rows_one_by_one(batch, id_name)
    else:
        yield from rows


def _rows_one_by_one(batch: "RecordBatch", id_name: str) -> Iterator[Mapping[str, object] | UnfitError]:
    for position in range(batch.num_rows):
        row = batch.slice(position, 1)
        try:
            yield row.to_pylist()[0]
        except UnicodeDecodeError as error:
            unfit = UnfitError(f"not UTF-8: {error.reason} in a text column; write the file anew with valid text")
            with suppress(UnicodeDecodeError):
                unfit.document_id = readable_id(row.select([id_name]).to_pylist()[0], id_name)
            yield unfit
