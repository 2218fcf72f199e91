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
from collections.abc import Iterator
from pathlib import Path
from typing import Any


def tracked_md5(path: Path) -> str:
    """Return the MD5 that DVC has for what lies there; with a word behind it where that has changed since.

    "" where DVC does not track it.
    """
    path = path.absolute()
    if not path.exists():
        return ""
    wanted = next(_recorded(path), "")
    if not wanted:
        return ""
    return wanted if md5_of(path) == wanted else f"{wanted} (changed since)"


def md5_of(path: Path) -> str:
    """Return the MD5 that DVC 3 gives a file, or a folder."""
    if path.is_file():
        with path.open("rb") as file:
            return hashlib.file_digest(file, _md5).hexdigest()
    files = sorted(each for each in path.rglob("*") if each.is_file())
    rows = [{"md5": md5_of(each), "relpath": each.relative_to(path).as_posix()} for each in files]
    listing = json.dumps(sorted(rows, key=lambda row: row["relpath"]), sort_keys=True)
    return f"{_md5(listing.encode()).hexdigest()}.dir"


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
