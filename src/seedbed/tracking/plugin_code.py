"""Say which code a plug-in is.

src/seedbed/tracking/plugin_code.py - v0.1.0

What is installed is named by its version. What lies in a repository has no version worth the name: its commit counts.

```mermaid
flowchart LR
    plugin_code --> PluginCode
    plugin_code --> read_code & is_installed
```
"""

from importlib.util import find_spec
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from seedbed.plugins import Plugin
from seedbed.tracking.entry import is_installed
from seedbed.tracking.git import Code, read_code


class PluginCode(BaseModel):
    """A plug-in that a run was configured with."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    what: str
    """Corpus, encoder or store."""
    name: str
    target: str
    package: str
    version: str
    commit: str = ""
    """Of the repository that its code lies in; "" for what is installed."""
    diff_digest: str = ""
    """Digest of what was not committed there."""
    in_tree: bool = False
    """Its repository is the one of the run, which is recorded whole."""

    @property
    def fact(self) -> str:
        """All of it in one line, equal for equal code."""
        place = ""
        if self.in_tree:
            place = ", in this repository"
        elif self.commit:
            place = f", commit {self.commit}" + (f" and {self.diff_digest}" if self.diff_digest else "")
        return f"{self.name} = {self.target}, {self.package} {self.version}{place}"


def plugin_code(plugin: Plugin, code: Code, max_diff_bytes: int) -> PluginCode:
    """Return what a plug-in is, beside the code of the run; it is not imported for that."""
    where = _folder(plugin)
    if where is None or is_installed(where):
        return PluginCode(**plugin._asdict())
    inside = bool(code.root) and where.is_relative_to(Path(code.root).resolve())
    own = code if inside else read_code(where, max_diff_bytes)
    return PluginCode(**plugin._asdict(), commit=own.commit, diff_digest=own.diff_digest, in_tree=inside)


def _folder(plugin: Plugin) -> Path | None:
    """Return where the package of the class lies; asked of the topmost one, since that imports nothing."""
    try:
        spec = find_spec(plugin.target.partition(":")[0].partition(".")[0])
    except (ImportError, ValueError):
        return None
    place = next(iter(spec.submodule_search_locations or [spec.origin or ""]), "") if spec else ""
    return Path(place).resolve().parent if place else None
