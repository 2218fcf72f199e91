"""Pin what a stored document consists of.

tests/unit/indexing/test_chunks.py - v0.1.0
"""

from seedbed.corpora.chunk import Span
from seedbed.corpora.document import Document
from seedbed.indexing.chunks import PAYLOAD_VERSION, chunks_of


def test_other_chunks_of_the_same_document_need_another_payload_version() -> None:
    """Documents that are stored whole are not cut again: without a new version they would keep their old chunks."""
    document = Document(id="a", title="t", text="one two", metadata={"kind": "x"})
    [first, second] = chunks_of(document, [Span(0, 3, "one"), Span(4, 7, "two")], encoder="e", prompt="p: ")
    assert PAYLOAD_VERSION == 1
    assert (first.point_id, first.content_digest) == (
        "80436fe8-a983-5ca2-8de2-cbe589c01aad",
        "20bd42f897be5b7a0c0b57bc18992ccc",
    )
    assert second.payload == {
        "document_id": "a",
        "position": 1,
        "start": 4,
        "end": 7,
        "title": "t",
        "text": "two",
        "meta_kind": "x",
        "content_digest": second.content_digest,
    }
