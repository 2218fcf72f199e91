"""Install tiny packages without an installer: what an installer writes about entry points is two files.

tests/declared.py - v0.1.0
"""

from collections.abc import Mapping
from pathlib import Path


def declare(folder: Path, groups: Mapping[str, Mapping[str, str]], package: str = "tiny", version: str = "1.5") -> Path:
    """Let a package declare entry points; it is installed where the folder is on the search path."""
    metadata = folder / f"{package.replace('-', '_')}-{version}.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: {version}\n")
    lines = [f"[{group}]\n" + "".join(f"{k} = {v}\n" for k, v in named.items()) for group, named in groups.items()]
    (metadata / "entry_points.txt").write_text("\n".join(lines))
    return folder
