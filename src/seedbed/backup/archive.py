"""Write, check and unpack the archive of a backup.

src/seedbed/backup/archive.py - v0.1.0

A plain tar: any tool can open it. An archive may come from anywhere, so nothing but ordinary files with plain names
is taken out of it, and nothing is believed that the manifest at its end does not confirm.

```mermaid
flowchart LR
    ArchiveWriter --> Manifest
    verify & unpack --> Manifest & UserError
```
"""

import os
import tarfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from hashlib import blake2b
from io import BytesIO
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import IO, Self, final

from pydantic import ValidationError

from seedbed.backup.manifest import FileEntry, Manifest
from seedbed.errors import UserError, WorldError

MANIFEST = "manifest.json"
_ORIGIN = "SEEDBED.origin"
_MAX_MANIFEST_BYTES = 1 << 28
_MAX_NAME_CHARS = 4096
_BLOCK_BYTES = 1 << 20


class _Digesting:
    """A file that is digested as it is read."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.state = blake2b(digest_size=16)

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes."""
        block = self._file.read(size)
        self.state.update(block)
        return block


@final
class ArchiveWriter:
    """A new archive, readable by its owner alone; files go in one by one, the manifest last."""

    def __init__(self, path: Path, origin: str) -> None:
        """Create the file; `origin` says whose backup it is, for `origin_of`."""
        self._file = os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")
        self._tar = tarfile.TarFile(fileobj=self._file, mode="w", pax_headers={_ORIGIN: origin})
        self.files: dict[str, FileEntry] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: BaseException | TracebackType | None) -> None:
        with self._file:
            if kind is None:
                self._tar.close()
                self._file.flush()
                os.fsync(self._file.fileno())

    def add(self, name: str, source: Path) -> None:
        """Add the file as long as it is now; one that has gone meanwhile is no error.

        Raises:
            WorldError: it became shorter while it was read, or its name is no text.
        """
        try:
            name.encode("utf-8")
        except UnicodeEncodeError:
            raise WorldError(f"the name of {str(source)!r} cannot be kept in a backup; give the file another") from None
        try:
            file = source.open("rb")
        except FileNotFoundError:
            return
        with file:
            member = tarfile.TarInfo(name)
            status = os.fstat(file.fileno())
            member.size, member.mtime, member.mode = status.st_size, int(status.st_mtime), 0o600
            content = _Digesting(file)
            try:
                self._tar.addfile(member, content)
            except OSError as error:
                if error.errno is not None:
                    raise
                raise WorldError(f"{source} became shorter while it was copied; start again: seedbed backup") from None
        self.files[name] = FileEntry(size_bytes=status.st_size, digest=content.state.hexdigest())

    def seal(self, manifest: Manifest) -> None:
        """Add the manifest."""
        content = manifest.sealed().model_dump_json(indent=1).encode()
        member = tarfile.TarInfo(MANIFEST)
        member.size, member.mtime, member.mode = len(content), int(manifest.created_at.timestamp()), 0o600
        self._tar.addfile(member, BytesIO(content))


def origin_of(path: Path) -> str | None:
    """Return whose backup a file is, or None when it is no backup."""
    try:
        with tarfile.open(path, "r:") as tar:
            return tar.pax_headers.get(_ORIGIN)
    except (OSError, tarfile.TarError):
        return None


def verify(path: Path) -> Manifest:
    """Read an archive from end to end and return its manifest, which then is true.

    Raises:
        UserError: it is no backup, is damaged, or holds what a backup never holds; the error names the file.
    """
    found: dict[str, FileEntry] = {}
    manifest = None
    with _reading(path) as tar:
        for member in _members(tar, path):
            content = _content(tar, member)
            if member.name == MANIFEST:
                manifest = _parsed(content.read(_MAX_MANIFEST_BYTES + 1), path)
                continue
            if manifest is not None:
                raise _refused(path, f"{member.name!r} stands behind the manifest")
            while content.read(_BLOCK_BYTES):
                pass
            found[member.name] = FileEntry(size_bytes=member.size, digest=content.state.hexdigest())
    if manifest is None:
        raise _refused(path, f"it ends after {next(reversed(found), 'nothing')!r}, before its manifest")
    _compare(found, manifest.files, path)
    return manifest


def unpack(path: Path, manifest: Manifest, folder: Path) -> None:
    """Write the files of a verified archive below a new folder, and compare again what was written.

    Raises:
        UserError: the archive is not the one that was verified.
    """
    with _reading(path) as tar:
        for member in _members(tar, path):
            if member.name == MANIFEST:
                continue
            target = folder / member.name
            target.parent.mkdir(parents=True, exist_ok=True)
            content = _content(tar, member)
            with target.open("xb") as file:
                while block := content.read(_BLOCK_BYTES):
                    file.write(block)
                file.flush()
                os.fsync(file.fileno())
            entry = FileEntry(size_bytes=member.size, digest=content.state.hexdigest())
            if manifest.files.get(member.name) != entry:
                raise _refused(path, f"{member.name!r} was altered while it was unpacked")


@contextmanager
def _reading(path: Path) -> Iterator[tarfile.TarFile]:
    if not path.is_file():
        raise UserError(f"there is no backup {path}. Example: seedbed restore seedbed-20260131T023000.000000Z.tar")
    try:
        with tarfile.open(path, "r:") as tar:
            yield tar
    except (tarfile.TarError, UnicodeError) as error:
        raise _refused(path, " ".join(str(error).split())) from error


def _members(tar: tarfile.TarFile, path: Path) -> Iterator[tarfile.TarInfo]:
    names: set[str] = set()
    for member in tar:
        name = member.name
        parts = PurePosixPath(name).parts
        if not member.isreg() or member.issparse():
            raise _refused(path, f"{name[:200]!r} is no ordinary file")
        if len(name) > _MAX_NAME_CHARS or name != "/".join(parts) or ".." in parts or name.startswith("/"):
            raise _refused(path, f"{name[:200]!r} is no plain name")
        tarfile.data_filter(member, str(path.parent))
        if name in names:
            raise _refused(path, f"{name!r} stands there twice")
        names.add(name)
        yield member


def _content(tar: tarfile.TarFile, member: tarfile.TarInfo) -> _Digesting:
    file = tar.extractfile(member)
    assert file is not None  # noqa: S101 - only ordinary files get here
    return _Digesting(file)


def _parsed(content: bytes, path: Path) -> Manifest:
    if len(content) > _MAX_MANIFEST_BYTES:
        raise _refused(path, f"{MANIFEST} is longer than {_MAX_MANIFEST_BYTES} bytes")
    try:
        manifest = Manifest.model_validate_json(content)
    except ValidationError as error:
        fault = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(map(str, fault["loc"]))
        raise _refused(path, f"{MANIFEST}: {place}: {fault['msg']}; was it written by a newer Seedbed?") from None
    if not manifest.is_intact():
        raise _refused(path, f"{MANIFEST!r} is not what was written")
    return manifest


def _compare(found: Mapping[str, FileEntry], promised: Mapping[str, FileEntry], path: Path) -> None:
    for name in sorted(found.keys() | promised.keys()):
        if name not in found:
            raise _refused(path, f"{name!r} is missing")
        if name not in promised:
            raise _refused(path, f"{name!r} is not in its manifest")
        if found[name] != promised[name]:
            raise _refused(path, f"{name!r} is not what was written")


def _refused(path: Path, reason: str) -> UserError:
    return UserError(f"{path} is no intact backup: {reason}; nothing was restored. Take another one, or copy it anew")
