"""See the declaration, its copies for machines, and the configuration agree.

tests/unit/stores/test_declaration.py - v0.1.0
"""

import json
from pathlib import Path

import jsonschema
import pytest

from seedbed.errors import UserError
from seedbed.stores.declaration import check_payload, check_spec, declarations
from seedbed.stores.point import CollectionSpec, Payload

ROOT = Path(__file__).parents[3]
SPEC = CollectionSpec("docs--0123abcd", 8)
CHUNK: Payload = {
    "document_id": "d", "position": 0, "start": 0, "end": 4, "text": "text", "title": "", "content_digest": "ab" * 16,
    "meta_lang": "en", "meta_weight": 0.5, "meta_year": 1999, "meta_draft": False, "meta_ünï.code [1]": "x",
}  # fmt: skip


def test_a_chunk_is_a_declared_payload_and_fits_the_published_schema() -> None:
    check_spec(SPEC)
    check_payload(SPEC, CHUNK)
    published = json.loads((ROOT / "m2m/collections.schema.json").read_text("utf-8"))["$defs"]["documents"]
    jsonschema.validate(CHUNK, published)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"titel": "x"}, published)


@pytest.mark.parametrize("name", ["meta_", 'meta_a"b', "meta_a\\b", "meta_" + "x" * 201, "Text", "chroma:document", ""])
def test_fields_that_no_pattern_allows_are_refused(name: str) -> None:
    with pytest.raises(UserError, match="is unknown"):
        check_payload(SPEC, {name: "x"})


@pytest.mark.parametrize(
    "payload", [{"position": True}, {"position": 1.0}, {"text": 1}, {"meta_x": None}, {"meta_x": [1]}]
)
def test_values_of_another_type_are_refused(payload: Payload) -> None:
    with pytest.raises(UserError, match="allowed is"):
        check_payload(SPEC, payload)


def test_every_declaration_says_how_it_is_kept() -> None:
    for declared in declarations().values():
        assert all((declared.purpose, declared.key, declared.backup, declared.retention))
