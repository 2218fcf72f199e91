"""Say under which MD5 DVC keeps a file or folder.

src/seedbed/tracking/dvc.py - v0.1.0

Read from dvc.lock and *.dvc, without DVC: importing it takes seconds, and who has none may still read what it tracks.

```mermaid
flowchart LR
    tracked_md5 --> md5_of
    tracked_md5 --> Path
```
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

type Listing = Callable[[Path], Mapping[str, str]]
"""Takes a file or folder, returns the MD5 of every file in there by its path from there; of a file itself as `.`."""


def tracked_md5(path: Path, listing: Listing | None = None) -> str:
    """Return the MD5 that DVC has for what lies there; with a word behind it where that has changed since.

    "" where DVC does not track it. `listing` may know the MD5 of files without reading them again.
    """
    path = path.absolute()
    if not path.exists():
        return ""
    wanted = next(_recorded(path), "")
    if not wanted:
        return ""
    return wanted if md5_of(path, listing) == wanted else f"{wanted} (changed since)"


def md5_of(path: Path, listing: Listing | None = None) -> str:
    """Return the MD5 that DVC 3 gives a file, or a folder."""
    found = (listing or _read)(path)
    if path.is_file():
        return found["."]
    rows = [{"md5": md5, "relpath": Path(name).as_posix()} for name, md5 in found.items()]
    text = json.dumps(sorted(rows, key=lambda row: row["relpath"]), sort_keys=True)
    return f"{_md5(text.encode()).hexdigest()}.dir"


def md5_of_file(path: Path) -> str:
    """Return the MD5 of the bytes of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, _md5).hexdigest()


def _read(path: Path) -> dict[str, str]:
    files = [path] if path.is_file() else [each for each in path.rglob("*") if each.is_file()]
    return {str(each.relative_to(path)): md5_of_file(each) for each in files}


def _md5(data: bytes = b"") -> Any:
    return hashlib.md5(data, usedforsecurity=False)


def _recorded(path: Path) -> Iterator[str]:
    """Yield what the file beside it and the lock of the project say, the nearest first."""
    beside = path.with_name(f"{path.name}.dvc")
    for out in _outs(beside, "outs"):
        if out.get("path") == path.name:
            yield str(out.get("md5", ""))
    for folder in path.parents:
        for out in _outs(folder / "dvc.lock", "stages"):
            if (folder / str(out.get("path"))) == path:
                yield str(out.get("md5", ""))
        if (folder / ".dvc").is_dir():
            return


def _outs(file: Path, key: str) -> list[dict[str, Any]]:
    if not file.is_file():
        return []
    import yaml

    try:
        found = yaml.safe_load(file.read_text(encoding="utf-8"))[key]
        stages = [{"outs": found}] if key == "outs" else found.values()
        return [out for stage in stages for out in stage.get("outs", ())]
    except (yaml.YAMLError, OSError, KeyError, TypeError, AttributeError):
        return []  # not DVC's, or half written: the digest of the content is recorded all the same
