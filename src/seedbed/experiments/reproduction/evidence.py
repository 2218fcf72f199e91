"""Read everything that a run says about how it was made.

src/seedbed/experiments/reproduction/evidence.py - v0.1.0

The stamps are read as plain JSON: another release may have written more facts, or fewer.

```mermaid
flowchart LR
    read_evidence --> Evidence & Source
    read_evidence --> RunArchive
```
"""

import json
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from seedbed.digests import digest_file, digest_of
from seedbed.errors import SeedbedError
from seedbed.tracking.ports import RunArchive
from seedbed.tracking.record import RunRecord
from seedbed.tracking.run import STAMPS

type Json = dict[str, Any]


class Source(BaseModel):
    """Something that a run has read."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["data", "model"]
    name: str
    digest: str
    """As the run computed it, from what it took out of the source."""
    place: str
    """Path or name, as the run was told it; "" when it did not say."""
    content: str
    """Digest of the bytes at `place`; "" when it is no path."""
    artifact: str = ""
    """Where the store keeps it as well: the id of a run, `/`, and the path of its artefact."""


class Evidence(BaseModel):
    """One run, and what its stamps say; empty where a stamp is missing."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    record: RunRecord
    config: Json = {}
    provenance: Json = {}
    stamps: tuple[str, ...] = ()
    """Those of config.json, provenance.json and diff.patch that could be read."""
    patch: Path | None = None
    patch_digest: str = ""

    def fact(self, name: str) -> str:
        """Return one of our tags, "" where the run has none."""
        return self.record.tags.get(f"seedbed.{name}", "")

    @property
    def pinned_config(self) -> Json:
        """The configuration, with what moved on since (an alias, say) as it was then."""
        config: Json = json.loads(json.dumps(self.config))
        for key, value in self._below("pin").items():
            *path, leaf = key.split(".")
            inner = config
            for part in path:
                inner = inner.setdefault(part, {})
            inner[leaf] = value
        return config

    @property
    def packages(self) -> Mapping[str, str]:
        """Every distribution that was installed, and its version."""
        return dict(self.provenance.get("packages", {}))

    @property
    def variables(self) -> Mapping[str, str]:
        """Variables of the environment that change results."""
        return dict(self.provenance.get("variables", {}))

    @property
    def root(self) -> Path | None:
        """Top folder of the tree that the run's code lay in."""
        text = self.provenance.get("code", {}).get("root", "")
        return Path(text) if text else None

    @property
    def folder(self) -> Path:
        """Where the command was given."""
        return Path(self.provenance.get("folder", "."))

    @property
    def folder_in_tree(self) -> Path | None:
        """The same relative to the top of the tree; None where it lay elsewhere."""
        inside = self.root is not None and self.folder.is_relative_to(self.root)
        return self.folder.relative_to(self.root) if inside and self.root else None

    @property
    def recipe(self) -> str:
        """The experiment: its name, or `path/to/file.py:function` from the top of the tree where it lies in there."""
        path, colon, function = self.fact("recipe").rpartition(":")
        whole = self.folder / path
        inside = colon and self.root is not None and whole.is_relative_to(self.root)
        return f"{whole.relative_to(self.root).as_posix()}:{function}" if inside and self.root else self.fact("recipe")

    @property
    def plugins(self) -> Mapping[str, str]:
        """What of the configuration was not built in."""
        return self._below("plugin")

    @property
    def num_cores(self) -> int:
        """Cores that the run could use; 0 when it does not say."""
        return int(self.provenance.get("hardware", {}).get("num_usable_cores", 0))

    @property
    def sources(self) -> tuple[Source, ...]:
        """Data and models that the run has read."""
        found = []
        kinds: tuple[Literal["data", "model"], ...] = ("data", "model")
        for kind in kinds:
            digests = self._below(kind)
            groups = {"place": "source", "content": "content", "artifact": "artifact"}
            facts = {field: self._below(f"{kind}_{group}") for field, group in groups.items()}
            found += [
                Source(kind=kind, name=name, digest=digest, **{field: of.get(name, "") for field, of in facts.items()})
                for name, digest in digests.items()
            ]
        return tuple(found)

    @property
    def results(self) -> Mapping[str, float]:
        """The metrics that count in the results digest: not what it took."""
        return {name: value for name, value in self.record.metrics.items() if not name.startswith("cost/")}

    @property
    def detailed_results(self) -> Mapping[str, str]:
        """Digests of what stands behind the metrics."""
        return self._below("result")

    def _below(self, group: str) -> dict[str, str]:
        start = f"seedbed.{group}."
        tags = sorted(self.record.tags.items())
        return {name.removeprefix(start): text for name, text in tags if name.startswith(start)}


def read_evidence(archive: RunArchive, run_id: str, folder: Path) -> Evidence:
    """Return what the store has about a run; its stamps are fetched into the folder."""
    record = archive.get(run_id)
    stamps: dict[str, Path] = {}
    for name in STAMPS:
        if name in record.artifacts:
            with suppress(SeedbedError):
                stamps[name] = archive.download(record.run_id, name, folder)
    config, provenance = _object(stamps, "config.json"), _object(stamps, "provenance.json")
    return Evidence(
        record=record,
        config=config or {},
        provenance=provenance or {},
        stamps=tuple(stamps),
        patch=stamps.get("diff.patch"),
        patch_digest=digest_of(digest_file(stamps["diff.patch"])) if "diff.patch" in stamps else "",
    )


def _object(stamps: dict[str, Path], name: str) -> Json | None:
    """Return what a stamp says; one that is no JSON object counts as one that is not there."""
    if name not in stamps:
        return None
    try:
        value = json.loads(stamps[name].read_text("utf-8"))
    except (OSError, ValueError):
        value = None
    if isinstance(value, dict):
        return value
    del stamps[name]
    return None
