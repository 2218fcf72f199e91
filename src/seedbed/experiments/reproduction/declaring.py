"""Let a tree declare what its pyproject.toml says, without being installed.

src/seedbed/experiments/reproduction/declaring.py - v0.1.0

What an environment knows of a project is what was declared when it was last installed there; an environment built from
a lock knows nothing of it. The plug-ins of a run are those that its own commit declares.

```mermaid
flowchart LR
    declare --> canonical
```
"""

import tomllib
from collections.abc import Mapping
from pathlib import Path

from seedbed.tracking.provenance import canonical


def declare(tree: Path, versions: Mapping[str, str], folder: Path) -> list[Path]:
    """Write the entry points of a tree where Python finds them once `folder` is on its path; return that, or nothing.

    `versions` are those of the packages that were installed then.
    """
    try:
        project = tomllib.loads((tree / "pyproject.toml").read_text("utf-8"))["project"]
        name = str(project["name"])
        groups: dict[str, dict[str, str]] = dict(project["entry-points"])
        text = "".join(
            f"[{group}]\n" + "".join(f"{key} = {target}\n" for key, target in entries.items())
            for group, entries in groups.items()
        )
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return []
    version = versions.get(canonical(name)) or str(project.get("version", "0"))
    metadata = folder / f"{canonical(name).replace('-', '_')}-{version}.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n", "utf-8")
    (metadata / "entry_points.txt").write_text(text, "utf-8")
    return [folder]
