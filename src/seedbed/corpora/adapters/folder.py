"""Read documents from the text files of a folder.

src/seedbed/corpora/adapters/folder.py - v0.1.0

Links are never followed: one that stays inside would give its target a second id, and one that leads out would
let a shared folder read the rest of the disk.

```mermaid
classDiagram
    Corpus <|.. FolderCorpus
    FolderCorpus ..> Candidate : finds
    FolderCorpus ..> admit : calls
```
"""

import os
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import final

from seedbed.corpora.admission import Candidate, UnfitError, admit
from seedbed.corpora.config import CorpusConfig
from seedbed.corpora.document import Document, Rejection
from seedbed.corpora.ports import Corpus
from seedbed.corpora.record import checked_id, checked_text, readable_id
from seedbed.corpora.source import reading, required_folder

SUFFIXES = frozenset({".txt", ".md", ".rst"})


@final
class FolderCorpus(Corpus):
    """The `.txt`, `.md` and `.rst` files below a folder; a document's id is its path in the folder."""

    def __init__(self, config: CorpusConfig) -> None:
        """Take the section; `documents` walks the folder."""
        self._config = config

    def documents(self) -> Iterator[Document | Rejection]:
        """Yield one document or rejection per file, and one rejection per link that leads out or unreadable folder."""
        root = required_folder(self._config).resolve()
        with reading(root):
            entries = _sorted_entries(root)
        return admit(self._candidate(root, found) for found in _walk(root, entries))

    def _candidate(self, root: Path, found: Path | tuple[Path, UnfitError]) -> Candidate:
        path, unfit = found if isinstance(found, tuple) else (found, None)
        name = path.relative_to(root).as_posix()
        shown = name.encode("utf-8", "backslashreplace").decode()
        raw = b""
        try:
            if unfit is not None:
                raise unfit
            raw = self._content(path)
            return Candidate(shown, None, _document(name, raw), raw)
        except UnicodeDecodeError as error:
            what = f"byte 0x{raw[error.start]:02x} at position {error.start}"
            unfit = UnfitError(f"not UTF-8: {what}; save the file as UTF-8")
        except OSError as error:
            unfit = UnfitError(f"cannot be read: {error.strerror}; check its permissions")
        except UnfitError as error:
            unfit = error
        if path.is_symlink() or not path.is_dir():  # a folder that cannot be read hides ids that nobody knows
            unfit.document_id = readable_id({"path": name}, "path")
        return Candidate(shown, None, unfit, raw)

    def _content(self, path: Path) -> bytes:
        most = self._config.max_record_bytes
        with path.open("rb") as file:
            content = file.read(most + 1)
        if len(content) > most:
            raise UnfitError(
                f"file has {path.stat().st_size:,} bytes; at most {most:,} are allowed. "
                "Split it, or raise SEEDBED_CORPUS__MAX_RECORD_BYTES"
            )
        return content


def _document(name: str, raw: bytes) -> Document:
    return Document(
        id=checked_id(name, "path"),
        text=checked_text(raw.decode("utf-8-sig"), "text"),
        metadata={"folder": PurePosixPath(name).parent.as_posix(), "suffix": PurePosixPath(name).suffix.lower()},
    )


def _walk(root: Path, entries: list[os.DirEntry[str]]) -> Iterator[Path | tuple[Path, UnfitError]]:
    for entry in entries:
        path = Path(entry.path)
        if entry.name.startswith("."):
            continue
        if entry.is_symlink():
            if (entry.is_dir() or path.suffix.lower() in SUFFIXES) and not _stays_inside(root, path):
                yield (
                    path,
                    UnfitError("link leads out of the folder and is not followed; copy its target into the folder"),
                )
        elif entry.is_dir():
            try:
                inside = _sorted_entries(path)
            except OSError as error:
                yield path, UnfitError(f"folder cannot be read: {error.strerror}; check its permissions")
            else:
                yield from _walk(root, inside)
        elif path.suffix.lower() in SUFFIXES:
            yield path if entry.is_file() else (path, UnfitError("no regular file; only regular files are read"))


def _sorted_entries(folder: Path) -> list[os.DirEntry[str]]:
    with os.scandir(folder) as entries:
        return sorted(entries, key=lambda entry: entry.name)


def _stays_inside(root: Path, link: Path) -> bool:
    try:
        return link.resolve(strict=True).is_relative_to(root)
    except (OSError, RuntimeError):  # a loop of links, or a link to nothing
        return False
