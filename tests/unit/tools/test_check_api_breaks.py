"""Test that a change which breaks clients is seen, and one which does not is let through.

tests/unit/tools/test_check_api_breaks.py - v0.1.0
"""

import copy
import json

import pytest

from tools.check_api_breaks import breaks, main

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


def changed(*changes):
    api = copy.deepcopy(API)
    for path, value in changes:
        *parents, last = path
        place = api
        for part in parents:
            place = place[part]
        if value is GONE:
            del place[last]
        else:
            place[last] = value
    return api


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


def test_the_program_tells_and_accepts(tmp_path, capsys):
    (tmp_path / "openapi.baseline.json").write_text(json.dumps(API))
    (tmp_path / "openapi.json").write_text(json.dumps(changed((("paths", "/v1/search"), GONE))))
    assert main([], tmp_path) == 1
    assert "POST /v1/search is gone" in capsys.readouterr().out
    assert main(["--accept"], tmp_path) == 0
    assert main([], tmp_path) == 0
    assert main(["--help"], tmp_path) == 2
