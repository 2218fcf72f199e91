"""Describe for machines what is kept and logged: log lines, runs, points, rows, lines of files.

tools/record_schemas.py - v0.1.0

```mermaid
flowchart LR
    log_event_schema --> LogEvent
    experiment_schema --> RunRecord & RunDetail & TAGS
    collections_schema --> declarations & metadata & Job & Rejection
```
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from pydantic.json_schema import models_json_schema
from sqlalchemy import Table

from seedbed.api.schemas.comparison import Comparison
from seedbed.api.schemas.experiments import RunDetail, RunList
from seedbed.api.schemas.ner_answer import NerResult
from seedbed.corpora.document import Rejection
from seedbed.indexing.schema import SCHEMA_VERSION, metadata
from seedbed.logging_format import MAX_EXTRA_CHARS, MAX_TEXT_CHARS, MAX_TRACEBACK_CHARS
from seedbed.ner.jobs import Job
from seedbed.stores.declaration import Declaration, declarations
from seedbed.tracking.record import RunRecord
from tools.run_tags import TAGS

type Schema = dict[str, Any]
type _Models = list[tuple[type[BaseModel], Literal["validation", "serialization"]]]

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_TIMESTAMP = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z$"
_JSON_TYPES = {"str": "string", "int": "integer", "scalar": ["string", "integer", "number", "boolean"]}
_COLUMN_TYPES = {"String": "string", "Integer": "integer", "Boolean": "boolean", "Float": "number"}


class LogEvent(BaseModel):
    """One line of the log: every line that a service writes to stdout, and every line of <home>/logs/seedbed.jsonl."""

    model_config = ConfigDict(extra="forbid")

    timestamp: Annotated[str, StringConstraints(pattern=_TIMESTAMP)] = Field(
        description="when it happened: ISO-8601, UTC, milliseconds"
    )
    level: str = Field(
        min_length=1,
        description="DEBUG, INFO, WARNING, ERROR or CRITICAL; libraries add names of their own between them",
    )
    message: str = Field(description="the name of the event; values stand in extra. Libraries write sentences")
    module: str = Field(
        description="Python path of the module, or the name of the logger where a library names it otherwise"
    )
    function: str | None
    line: int = Field(ge=0)
    request_id: str | None = Field(description="the request that caused it; null outside of one")
    run_id: str | None = Field(description="the tracked run that it belongs to; null outside of one")
    extra: dict[str, Any] = Field(
        description=f"values of the event; texts are cut after {MAX_TEXT_CHARS} characters, all together after "
        f"{MAX_EXTRA_CHARS}"
    )
    exc_info: str | None = Field(
        description=f"traceback as one text, cut in the middle after {MAX_TRACEBACK_CHARS} characters; null without one"
    )


def log_event_schema() -> Schema:
    """Return what a line of the log holds."""
    return {"$schema": DIALECT, "$id": "urn:seedbed:log-event:1", **LogEvent.model_json_schema()}


def experiment_schema() -> Schema:
    """Return what a recorded run holds: in the store and of `seedbed runs show --json`; in $defs, over HTTP."""
    models: _Models = [(RunRecord, "validation"), (RunDetail, "serialization"), (RunList, "serialization")]
    _, described = models_json_schema([*models, (Comparison, "serialization")], ref_template="#/$defs/{model}")
    definitions: dict[str, Schema] = described["$defs"]
    record = definitions.pop("RunRecord")
    record["properties"]["tags"] = _tags()
    # Infinite numbers and NaN are texts, which the model writes and does not read.
    record["properties"]["metrics"]["additionalProperties"] = {"type": ["number", "string"]}
    record["properties"] |= {
        "seed": {"type": ["integer", "null"], "description": "of `seedbed runs --json`: the seed as a number"},
        "results_digest": {"type": "string", "description": 'of `seedbed runs --json`; "" before a run has finished'},
        "data_digest": {"type": "string", "description": 'of `seedbed runs --json`; "" when no data was named'},
    }
    return {"$schema": DIALECT, "$id": "urn:seedbed:experiment:1", **record, "$defs": definitions}


def collections_schema() -> Schema:
    """Return what points, rows and lines of files hold, each under its name in $defs."""
    models: dict[str, type[BaseModel]] = {"dead_letter": Rejection, "ner_job": Job, "ner_result": NerResult}
    pairs: _Models = [(model, "serialization") for model in models.values()]
    _, described = models_json_schema(pairs, ref_template="#/$defs/{model}")
    found: dict[str, Schema] = described["$defs"]
    named = {name: found.pop(model.__name__) for name, model in models.items()}
    points = {name: _points(declared) for name, declared in declarations().items()}
    rows = {f"ledger.{table.name}": _row(table) for table in metadata.sorted_tables}
    item = {
        "description": "One line of jobs/ner/<job>/items.jsonl.",
        "type": "array",
        "prefixItems": [{"type": ["string", "null"], "description": "id of the item"}, {"description": "its text"}],
        "minItems": 2,
        "maxItems": 2,
    }
    return {
        "$schema": DIALECT,
        "$id": "urn:seedbed:collections:1",
        "title": "Collections",
        "description": "Points of vector collections, rows of the ledger, lines of JSONL files.",
        "$defs": {**points, **rows, **named, "ner_item": item, **found},
    }


def _tags() -> Schema:
    plain = {name: {"type": "string", "description": text} for name, text in TAGS.items() if not name.endswith("*")}
    families = {
        f"^{name.removesuffix('*').replace('.', r'\.')}.+": {"type": "string", "description": text}
        for name, text in TAGS.items()
        if name.endswith("*")
    }
    return {
        "type": "object",
        "description": "Ours begin with `seedbed.`; others are MLflow's and yours.",
        "properties": plain,
        "patternProperties": families,
        "additionalProperties": {"type": "string"},
    }


def _points(declared: Declaration) -> Schema:
    def properties(fields: Mapping[str, Any]) -> Schema:
        return {key: {"type": _JSON_TYPES[field.type], "description": field.meaning} for key, field in fields.items()}

    about = declared.model_dump(exclude={"payload", "patterns"})
    return {
        "description": declared.purpose,
        "type": "object",
        "properties": properties(declared.payload),
        "patternProperties": properties(declared.patterns),
        "additionalProperties": False,
        "x-collection": about,
    }


def _row(table: Table) -> Schema:
    def described(kind: str, comment: str | None, *, nullable: bool) -> Schema:
        named = _COLUMN_TYPES[kind]
        return {"type": [named, "null"] if nullable else named} | ({"description": comment} if comment else {})

    columns = {
        column.name: described(type(column.type).__name__, column.comment, nullable=bool(column.nullable))
        for column in table.columns
    }
    return {
        "description": f"One row of the table {table.name} of the ledger.",
        "type": "object",
        "properties": columns,
        "required": list(columns),
        "additionalProperties": False,
        "x-schema-version": SCHEMA_VERSION,
        "x-primary-key": [column.name for column in table.primary_key.columns],
    }
