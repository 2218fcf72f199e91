"""Make one backup, checked, and let go of the oldest.

src/seedbed/backup/create.py - v0.1.0

A backup has its name only when it has been read back; until then it is a hidden file that the next one removes.

```mermaid
flowchart LR
    create --> ArchiveWriter & copy_state & verify
    create --> Backup
```
"""

import os
import re
import secrets
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from seedbed.backup.archive import ArchiveWriter, origin_of, verify
from seedbed.backup.manifest import Manifest
from seedbed.backup.snapshot import IDENTITY, Database, Save, copy_state
from seedbed.errors import UserError, WorldError
from seedbed.locks import owned_lock

_NAME = re.compile(r"seedbed-\d{8}T\d{6}\.\d{6}Z\.tar")


class Backup(BaseModel):
    """A backup that was made."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    archive: Path
    size_bytes: int
    num_files: int
    counts: Mapping[str, int]
    running: tuple[str, ...]
    left_out: tuple[str, ...]
    deleted: tuple[Path, ...]


def create(
    home: Path,
    folder: Path,
    *,
    keep: int,
    ledger: Database,
    runs: Database,
    places: Mapping[str, str],
    left_out: Sequence[str],
    save: Save | None = None,
    wait_s: float = 60.0,
) -> Backup:
    """Write one archive of the home folder into `folder`, then delete all but the newest `keep` of this home.

    Raises:
        UserError: there is no state, or the folder lies inside it.
        WorldError: a process keeps the embedded store for longer than `wait_s`, or the disk is full.
    """
    home, folder = home.absolute(), folder.absolute()
    if not home.is_dir():
        raise UserError(f"there is nothing to back up: {home} does not exist. Next: seedbed run retrieval")
    if folder.resolve().is_relative_to(home.resolve()):
        raise UserError(f"{folder} lies inside {home} and would be lost with it. Example: --to /mnt/backups/seedbed")
    now = datetime.now(UTC)
    target = folder / f"seedbed-{now:%Y%m%dT%H%M%S.%f}Z.tar"
    with _disk_faults_named(folder):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with owned_lock(folder / ".seedbed-backup.lock", f"backup folder {folder}"), _scratch(folder) as scratch:
            partial, origin = scratch / "archive", f"{_identity(home)}:{home}"
            with ArchiveWriter(partial, origin) as writer:
                facts = copy_state(home, ledger, runs, writer, scratch, save=save, wait_s=wait_s)
                manifest = Manifest(
                    seedbed=version("seedbed"),
                    created_at=now,
                    home=str(home),
                    places=places,
                    counts=facts.counts,
                    running=tuple(facts.running),
                    left_out=(*left_out, *facts.left_out),
                    files=writer.files,
                )
                writer.seal(manifest)
            verify(partial)
            partial.rename(target)
            _sync(folder)  # the new name is on the disk before an old one goes
            deleted = _delete_oldest(folder, origin, keep)
    return Backup(
        archive=target,
        size_bytes=target.stat().st_size,
        num_files=len(manifest.files),
        counts=manifest.counts,
        running=manifest.running,
        left_out=manifest.left_out,
        deleted=tuple(deleted),
    )


@contextmanager
def _scratch(folder: Path) -> Iterator[Path]:
    """Give a folder beside the backups that others cannot read; one that a killed backup left is removed."""
    for left in folder.glob(".seedbed-partial-*"):
        shutil.rmtree(left)
    with tempfile.TemporaryDirectory(prefix=".seedbed-partial-", dir=folder) as scratch:
        yield Path(scratch)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _identity(home: Path) -> str:
    """Return the number that a home folder goes by: the name of a machine is another one in each new container."""
    file = home / IDENTITY
    if not (file.is_file() and (known := file.read_text("utf-8").strip())):
        known = secrets.token_hex(8)
        partial = file.with_suffix(".partial")
        partial.write_text(f"{known}\n", "utf-8")
        partial.replace(file)
    return known


def _delete_oldest(folder: Path, origin: str, keep: int) -> list[Path]:
    ours = [path for path in sorted(folder.iterdir()) if _NAME.fullmatch(path.name) and _is_of(path, origin)]
    for path in ours[:-keep]:
        path.unlink()
    return ours[:-keep]


def _is_of(path: Path, origin: str) -> bool:
    return path.is_file() and not path.is_symlink() and origin_of(path) == origin


@contextmanager
def _disk_faults_named(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        where = f" ({error.filename})" if error.filename else ""
        raise WorldError(
            f"no backup was made in {folder}: {error.strerror or error}{where}; free or mend the disk, or choose --to"
        ) from error
