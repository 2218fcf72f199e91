"""Put a backup where the home folder is.

src/seedbed/backup/restore.py - v0.1.0

The archive is checked from end to end before anything is made, unpacked beside the home folder, and takes its place by
a rename; what was there is moved aside and never deleted.

```mermaid
flowchart LR
    restore --> verify & unpack
    restore --> Restored
```
"""

import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from seedbed.backup.archive import unpack, verify
from seedbed.backup.snapshot import STORES
from seedbed.errors import UserError, WorldError
from seedbed.stores.folder_lock import own_folder

type Relocate = Callable[[Path, Path, Path], None]
"""Rewrite a database that names files absolutely: (its file, old home, new home)."""


class Restored(BaseModel):
    """What a restore has done."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    home: Path
    created_at: datetime
    num_files: int
    counts: Mapping[str, int]
    running: tuple[str, ...]
    left_out: tuple[str, ...]
    moved_aside: Path | None


def restore(archive: Path, home: Path, *, replace: bool, relocate: Mapping[str, Relocate]) -> Restored:
    """Make `home` what it was when the archive was written; `relocate` has a function for each database that needs it.

    Raises:
        UserError: the archive is not intact, or the home folder is not empty and `replace` is not given.
        WorldError: a process uses the home folder's store, or the disk is full.
    """
    home = home.absolute()
    is_taken = home.is_dir() and any(home.iterdir())
    if is_taken and not replace:
        raise UserError(f"{home} is not empty; move it aside and restore: seedbed restore {archive} --replace")
    manifest = verify(archive)
    with _disk_faults_named(home):
        place = home.resolve()  # a link to another disk stays one
        place.parent.mkdir(parents=True, exist_ok=True)
        _check_room(place.parent, manifest.size_bytes)
        with tempfile.TemporaryDirectory(
            prefix=f"{place.name}.restoring-", dir=place.parent, ignore_cleanup_errors=True
        ) as scratch:
            new = Path(scratch) / "home"
            new.mkdir(mode=0o700)
            unpack(archive, manifest, new)
            for name, rewrite in relocate.items():
                if (new / name).is_file():
                    rewrite(new / name, Path(manifest.home), home)
            moved = _swap(new, place, is_taken=is_taken)
    return Restored(
        home=home,
        created_at=manifest.created_at,
        num_files=len(manifest.files),
        counts=manifest.counts,
        running=manifest.running,
        left_out=manifest.left_out,
        moved_aside=moved,
    )


def _swap(new: Path, home: Path, *, is_taken: bool) -> Path | None:
    """Let `new` take the place of `home`; return where the old one went."""
    if not is_taken:
        new.rename(home)
        return None
    aside = home.with_name(f"{home.name}.before-restore-{datetime.now(UTC):%Y%m%dT%H%M%S.%f}Z")
    with ExitStack() as locks:
        for store in STORES:
            if (home / store).is_dir():
                locks.callback(own_folder(home / store).release)
        home.rename(aside)
        try:
            new.rename(home)
        except OSError:
            aside.rename(home)
            raise
    return aside


def _check_room(folder: Path, num_bytes: int) -> None:
    if (free := shutil.disk_usage(folder).free) < num_bytes:
        raise WorldError(f"{folder} has {free} bytes free, the backup needs {num_bytes}; free space, or choose --home")


@contextmanager
def _disk_faults_named(home: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        where = f" ({error.filename})" if error.filename else ""
        raise WorldError(
            f"{home} was not restored: {error.strerror or error}{where}; free or mend the disk, or choose --home"
        ) from error
