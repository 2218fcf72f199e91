"""Specify which files of a folder are read.

tests/unit/corpora/test_folder.py - v0.1.0
"""

import os
from pathlib import Path

from seedbed.corpora.adapters.folder import FolderCorpus
from seedbed.corpora.config import CorpusConfig
from seedbed.corpora.document import Document, Rejection


def read(path: Path, **options: object) -> tuple[dict[str, Document], dict[str, str]]:
    """Return the documents by id and the reasons by source."""
    found = list(FolderCorpus(CorpusConfig.model_validate({"kind": "folder", "path": path, **options})).documents())
    documents = {record.id: record for record in found if isinstance(record, Document)}
    return documents, {record.source: record.reason for record in found if isinstance(record, Rejection)}


def write(path: Path, content: bytes = b"words") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def test_text_files_are_found_at_any_depth_in_order_and_others_are_not(tmp_path: Path) -> None:
    for name in ("b.txt", "a/z/deep.MD", "a/y.rst", "a.md", "image.png", "noend", ".hidden/x.txt", "a/.secret.txt"):
        write(tmp_path / name)
    documents, rejected = read(tmp_path)
    assert list(documents) == ["a/y.rst", "a/z/deep.MD", "a.md", "b.txt"]
    assert not rejected
    assert documents["a/z/deep.MD"].metadata == {"folder": "a/z", "suffix": ".md"}


def test_byte_order_mark_is_no_part_of_the_text(tmp_path: Path) -> None:
    write(tmp_path / "a.txt", b"\xef\xbb\xbfwords")
    assert read(tmp_path)[0]["a.txt"].text == "words"


def test_bad_files_are_rejected_with_the_reason_and_the_rest_is_read(tmp_path: Path) -> None:
    write(tmp_path / "good.txt")
    write(tmp_path / "latin.txt", b"caf\xe9")
    write(tmp_path / "long.txt", b"x" * 101)
    write(tmp_path / "empty.txt", b"")
    write(tmp_path / "nul.txt", b"a\0b")
    write(tmp_path / os.fsdecode(b"n\xff.txt"))
    os.mkfifo(tmp_path / "pipe.txt")
    documents, rejected = read(tmp_path, max_record_bytes=100)
    assert list(documents) == ["good.txt"]
    assert "byte 0xe9 at position 3" in rejected["latin.txt"]
    assert "file has 101 bytes; at most 100" in rejected["long.txt"]
    assert "is empty" in rejected["empty.txt"]
    assert "NUL" in rejected["nul.txt"]
    assert "half of a surrogate pair" in rejected["n\\udcff.txt"]
    assert "no regular file" in rejected["pipe.txt"]


def test_links_that_lead_out_are_rejected_and_those_that_stay_are_read_once(tmp_path: Path) -> None:
    outside = write(tmp_path / "outside" / "secret.txt").parent
    root = tmp_path / "root"
    write(root / "a.txt")
    (root / "same.txt").symlink_to("a.txt")
    (root / "out.txt").symlink_to(outside / "secret.txt")
    (root / "outdir").symlink_to(outside)
    (root / "loop").symlink_to(".")
    (root / "nowhere.txt").symlink_to("gone.txt")
    documents, rejected = read(root)
    assert list(documents) == ["a.txt"]
    assert set(rejected) == {"out.txt", "outdir", "nowhere.txt"}
    assert "link leads out" in rejected["outdir"]
