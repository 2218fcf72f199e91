"""Make a document of a mapping of fields.

src/seedbed/corpora/record.py - v0.1.0

Fields that are neither id, text nor title become metadata, which stores keep as payload and filter by: a value that
is too long is left out rather than cut, because a filter on a cut value finds the wrong documents.

```mermaid
flowchart LR
    document_from --> checked_text & metadata_from
    document_from --> Document
    document_from --> UnfitError
```
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from seedbed.corpora.admission import UnfitError
from seedbed.corpora.config import CorpusConfig
from seedbed.corpora.document import Document, Metadata

MAX_ID = 512
MAX_METADATA_FIELDS = 32
MAX_METADATA_NAME = 64
MAX_METADATA_VALUE = 1_000


@dataclass(frozen=True, slots=True)
class FieldNames:
    """Which fields of a record hold what."""

    id: str
    text: str
    title: str

    @classmethod
    def of(cls, config: CorpusConfig) -> "FieldNames":
        """Return the names that the user configured."""
        return cls(config.id_field, config.text_field, config.title_field)


def document_from(record: Mapping[str, object], names: FieldNames) -> Document:
    """Return the record as a document.

    Raises:
        UnfitError: id or text is missing, empty or of the wrong type, or cannot be stored.
    """
    document_id = checked_id(required(record, names.id), names.id)
    try:
        return Document(
            id=document_id,
            text=checked_text(required(record, names.text), names.text),
            title=_checked_title(record.get(names.title), names.title),
            metadata=metadata_from(record, without=(names.id, names.text, names.title)),
        )
    except UnfitError as unfit:
        unfit.document_id = document_id
        raise


def readable_id(record: Mapping[str, object], name: str) -> str | None:
    """Return the id of a record that is no document, or None where it has none that can be used."""
    try:
        return checked_id(required(record, name), name)
    except UnfitError:
        return None


def required(record: Mapping[str, object], name: str) -> object:
    """Return the value of a field.

    Raises:
        UnfitError: the record has no such field.
    """
    if name in record:
        return record[name]
    fields = sorted(str(field)[:MAX_METADATA_NAME] for field in record)[:10]
    raise UnfitError(
        f"field {name!r} is missing, found {fields}; rename the field or name it in SEEDBED_CORPUS__*_FIELD"
    )


def checked_id(value: object, name: str) -> str:
    """Return an id as text; whole numbers are written out.

    Raises:
        UnfitError: it is neither text nor whole number, blank, longer than 512 characters, or cannot be stored.
    """
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**127:
        value = str(value)
    if not isinstance(value, str):
        raise UnfitError(f"field {name!r} must be a text or a whole number, found {_kind(value)}")
    if not value.strip():
        raise UnfitError(f"field {name!r} is empty; give each record its own id")
    if len(value) > MAX_ID:
        raise UnfitError(f"field {name!r} has {len(value)} characters; at most {MAX_ID} are allowed")
    _refuse_unstorable(value, name)
    return value


def checked_text(value: object, name: str) -> str:
    """Return a text that can be embedded and stored.

    Raises:
        UnfitError: it is no text, blank, or holds NUL or half of a surrogate pair.
    """
    if not isinstance(value, str):
        raise UnfitError(f"field {name!r} must be a text, found {_kind(value)}")
    if not value.strip():
        raise UnfitError(f"field {name!r} is empty; remove the record or fill it")
    _refuse_unstorable(value, name)
    return value


def metadata_from(record: Mapping[str, object], *, without: tuple[str, ...]) -> Metadata:
    """Return the first 32 scalar fields of the record and of its object `metadata`, those that fit a payload."""
    found: Metadata = {}
    for name, value in _scalars(record, without):
        if len(found) == MAX_METADATA_FIELDS:
            break
        found.setdefault(name, value)
    return found


def _scalars(record: Mapping[str, object], without: tuple[str, ...]) -> Iterator[tuple[str, str | int | float | bool]]:
    nested = record.get("metadata")
    own = ((name, value) for name, value in record.items() if name not in without)
    for name, value in (*own, *(nested.items() if isinstance(nested, Mapping) else ())):
        if isinstance(value, str | int | float) and 0 < len(name) <= MAX_METADATA_NAME and _storable(name, value):
            yield name, value


def _storable(name: str, value: str | int | float) -> bool:
    if isinstance(value, float):
        fits = math.isfinite(value)
    elif isinstance(value, int):
        fits = -(2**63) <= value < 2**63
    else:
        fits = len(value) <= MAX_METADATA_VALUE and _flaw(value) is None
    return fits and _flaw(name) is None


def _checked_title(value: object, name: str) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise UnfitError(f"field {name!r} must be a text or absent, found {_kind(value)}")
    _refuse_unstorable(value, name)
    return value


def _refuse_unstorable(value: str, name: str) -> None:
    if flaw := _flaw(value):
        raise UnfitError(f"field {name!r} holds {flaw}; remove it")


def _flaw(value: str) -> str | None:
    if "\0" in value:
        return f"a NUL character at position {value.index('\0')}"
    try:
        value.encode()
    except UnicodeEncodeError as error:
        return f"half of a surrogate pair at position {error.start}"
    return None


def _kind(value: object) -> str:
    names = {dict: "an object", list: "a list", bool: "true or false", int: "a whole number", float: "a number"}
    return "null" if value is None else names.get(type(value), type(value).__name__)
