"""Test that a change which breaks clients is seen, and one which does not is let through.

tests/unit/tools/test_check_api_breaks.py - v0.1.0
"""

import copy
import json

import pytest

from tools.check_api_breaks import READ, WRITTEN, breaks, main, schema_breaks
from tools.project_files import ROOT

ASKED = {
    "type": "object",
    "properties": {
        "text": {"type": "string", "maxLength": 100},
        "k": {"type": "integer", "minimum": 1},
        "kind": {"enum": ["a", "b"]},
        "many": {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]},
    },
    "required": ["text"],
    "additionalProperties": False,
}
ANSWERED = {
    "type": "object",
    "properties": {
        "hits": {"type": "array", "items": {"$ref": "#/components/schemas/Hit"}},
        "note": {"type": "string"},
        "state": {"enum": ["on", "off"]},
    },
    "required": ["hits"],
}
HIT = {"type": "object", "properties": {"score": {"type": "number"}}, "required": ["score"]}
API = {
    "paths": {
        "/v1/search": {
            "post": {
                "security": [{"bearer": ["search"]}],
                "parameters": [{"in": "query", "name": "size", "schema": {"type": "integer", "maximum": 200}}],
                "requestBody": {"required": True, "content": {"application/json": {"schema": ASKED}}},
                "responses": {"200": {"content": {"application/json": {"schema": ANSWERED}}}, "404": {}},
            }
        }
    },
    "components": {"schemas": {"Hit": HIT}},
}
POST = ("paths", "/v1/search", "post")
BODY = (*POST, "requestBody", "content", "application/json", "schema")
ANSWER = (*POST, "responses", "200", "content", "application/json", "schema")
GONE = object()


def changed(change, document=API):
    changed = copy.deepcopy(document)
    (*parents, last), value = change
    place = changed
    for part in parents:
        place = place[part]
    if value is GONE:
        del place[last]
    else:
        place[last] = value
    return changed


@pytest.mark.parametrize(
    ("path", "value", "told"),
    [
        (("paths", "/v1/search"), GONE, "POST /v1/search is gone"),
        ((*POST, "security"), [{"bearer": ["search", "llm"]}], "now needs llm"),
        ((*POST, "parameters", 0, "required"), True, "'size' is now required"),
        ((*POST, "parameters"), [], "'size' is gone"),
        ((*POST, "parameters", 0, "schema", "maximum"), 100, "maximum is 100, was 200"),
        ((*POST, "responses", "200"), GONE, "no longer answers 200"),
        ((*BODY, "required"), ["text", "k"], "body.k is not always there"),
        ((*BODY, "properties", "k"), GONE, "body.k is not taken"),
        ((*BODY, "properties", "text", "maxLength"), 50, "maxLength is 50, was 100"),
        ((*BODY, "properties", "text", "minLength"), 1, "minLength is 1, was none"),
        ((*BODY, "properties", "text", "pattern"), "^a", "has to match ^a"),
        ((*BODY, "properties", "k", "type"), "string", "body.k may be integer"),
        ((*BODY, "properties", "kind", "enum"), ["a"], "only ['a'] is taken"),
        ((*BODY, "properties", "many", "anyOf"), [{"type": "string"}], "body.many may be array"),
        ((*ANSWER, "properties", "note"), GONE, "answer 200.note is gone"),
        ((*ANSWER, "properties", "state", "enum"), ["on", "off", "broken"], "'broken'"),
        ((*ANSWER, "required"), [], "answer 200.hits is not always there"),
        (
            ("components", "schemas", "Hit", "properties", "score", "type"),
            ["number", "null"],
            "hits[].score may be null",
        ),
        (("components", "schemas", "Hit", "required"), [], "hits[].score is not always there"),
    ],
)
def test_a_change_that_breaks_clients_is_told(path, value, told):
    found = breaks(API, changed((path, value)))
    assert len(found) == 1
    assert told in found[0]


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("paths", "/v1/ner"), {"post": {}}),
        ((*POST, "security"), []),
        ((*POST, "responses", "404"), GONE),
        ((*POST, "responses", "202"), {}),
        ((*BODY, "required"), []),
        ((*BODY, "properties", "new"), {"type": "string"}),
        ((*BODY, "properties", "text", "maxLength"), 200),
        ((*BODY, "properties", "text", "maxLength"), GONE),
        ((*BODY, "properties", "k", "type"), "number"),
        ((*BODY, "properties", "kind", "enum"), ["a", "b", "c"]),
        ((*BODY, "properties", "many"), {}),
        ((*ANSWER, "properties", "new"), {"type": "string"}),
        ((*ANSWER, "properties", "state", "enum"), ["on"]),
        ((*ANSWER, "required"), ["hits", "note"]),
        (("components", "schemas", "Hit", "properties", "score", "type"), "integer"),
    ],
)
def test_a_change_that_breaks_nobody_is_let_through(path, value):
    assert breaks(API, changed((path, value))) == []


def test_a_schema_that_holds_itself_is_gone_through_once():
    tree = {"type": "object", "properties": {"next": {"$ref": "#/components/schemas/Hit"}}}
    api = changed((("components", "schemas", "Hit"), tree))
    assert breaks(api, api) == []


SCHEMAS = {name: json.loads((ROOT / "m2m" / name).read_text()) for name in (*READ, *WRITTEN)}
EVENT, RUN = ("log-event.schema.json",), ("experiment.schema.json",)
SETTING = ("settings.schema.json", "$defs", "TrackingConfig", "properties")
COLUMN = ("collections.schema.json", "$defs", "ledger.points", "properties", "stored")


@pytest.mark.parametrize(
    ("path", "value", "told"),
    [
        ((*EVENT, "properties", "extra"), GONE, "log-event.schema.json.extra is gone"),
        ((*EVENT, "properties", "line", "type"), "string", "log-event.schema.json.line may be string"),
        ((*RUN, "properties", "tags", "properties", "seedbed.seed"), GONE, "tags.seedbed.seed is gone"),
        (COLUMN, GONE, "ledger.points.stored is gone"),
        (("collections.schema.json", "$defs", "dead_letter"), GONE, "dead_letter is gone"),
        ((*SETTING, "max_diff_bytes"), GONE, "TrackingConfig.max_diff_bytes is not taken"),
        ((*SETTING, "max_diff_bytes", "type"), "string", "TrackingConfig.max_diff_bytes may be integer"),
    ],
)
def test_a_schema_that_breaks_its_readers_or_writers_is_told(path, value, told):
    found = schema_breaks(SCHEMAS, changed((path, value), SCHEMAS))
    assert any(told in line for line in found), found


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ((*EVENT, "properties", "host"), {"type": "string"}),
        ((*RUN, "properties", "tags", "properties", "seedbed.new"), {"type": "string"}),
        (("collections.schema.json", "$defs", "ledger.new"), {"type": "object"}),
        ((*SETTING, "new"), {"type": "string"}),
    ],
)
def test_a_schema_that_says_more_breaks_nobody(path, value):
    assert schema_breaks(SCHEMAS, changed((path, value), SCHEMAS)) == []


def test_the_program_tells_and_accepts(tmp_path, capsys):
    for name, schema in SCHEMAS.items():
        (tmp_path / name).write_text(json.dumps(schema))
    (tmp_path / "schemas.baseline.json").write_text(json.dumps(SCHEMAS))
    (tmp_path / "openapi.baseline.json").write_text(json.dumps(API))
    (tmp_path / "openapi.json").write_text(json.dumps(changed((("paths", "/v1/search"), GONE))))
    assert main([], tmp_path) == 1
    assert "POST /v1/search is gone" in capsys.readouterr().out
    assert main(["--accept"], tmp_path) == 0
    assert main([], tmp_path) == 0
    assert main(["--help"], tmp_path) == 2
