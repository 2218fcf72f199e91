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
from seedbed.backup.snapshot import IDENTITY, SNAPSHOTS, STORES
from seedbed.errors import UserError, WorldError
from seedbed.stores.folder_lock import own_folder

type Relocate = Callable[[Path, Path, Path], None]
"""Rewrite a database that names files absolutely: (its file, old home, new home)."""
type Load = Callable[[str, Path, bool], bool]
"""Put a collection back into a server: (name, file, replace one that is there) → whether it was put back."""


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
    collections: tuple[str, ...]
    """Collections that were put back into the store's server."""


def restore(
    archive: Path,
    home: Path,
    *,
    replace: bool,
    relocate: Mapping[str, Relocate],
    place: str | None = None,
    load: Load | None = None,
) -> Restored:
    """Make `home` what it was when the archive was written; `relocate` has a function for each database that needs it.

    `load` puts collections back into the store at `place`, where they came from there.

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
        target = home.resolve()  # a link to another disk stays one
        target.parent.mkdir(parents=True, exist_ok=True)
        _check_room(target.parent, manifest.size_bytes)
        with tempfile.TemporaryDirectory(
            prefix=f"{target.name}.restoring-", dir=target.parent, ignore_cleanup_errors=True
        ) as scratch:
            new = Path(scratch) / "home"
            new.mkdir(mode=0o700)
            unpack(archive, manifest, new)
            for name, rewrite in relocate.items():
                if (new / name).is_file():
                    rewrite(new / name, Path(manifest.home), home)
            moved = _swap(new, target, is_taken=is_taken)
    same_store = manifest.places.get("store") == place
    collections = _put_back(home / SNAPSHOTS, load, replace=replace) if load and same_store else []
    left_out = list(manifest.left_out)
    if (home / SNAPSHOTS).is_dir():
        left_out.append(
            f"collections of {manifest.places.get('store')}: the settings name {place or 'another store'}; "
            f"their snapshots lie in {home / SNAPSHOTS}"
        )
    return Restored(
        home=home,
        created_at=manifest.created_at,
        num_files=len(manifest.files),
        counts=manifest.counts,
        running=manifest.running,
        left_out=tuple(left_out),
        moved_aside=moved,
        collections=tuple(collections),
    )


def _put_back(folder: Path, load: Load, *, replace: bool) -> list[str]:
    """Return the collections that went back; the file of each is deleted once the server has it."""
    names = []
    for file in sorted(folder.glob("*.snapshot")):
        name = file.name.removesuffix(".snapshot")
        try:
            done = load(name, file, replace)
        except WorldError as error:
            raise WorldError(
                f"{folder.parent} is restored, but not collection {name!r}: {error}; "
                "fill it from the vectors on disk: seedbed index"
            ) from error
        names += [name] if done else []
        file.unlink()
    if folder.is_dir():
        folder.rmdir()
    return names


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
        if (home / IDENTITY).is_file():
            shutil.copyfile(home / IDENTITY, new / IDENTITY)
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
