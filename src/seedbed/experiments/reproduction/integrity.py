"""Check that the record of a run is whole, and that its parts agree.

src/seedbed/experiments/reproduction/integrity.py - v0.1.0

Every fact is kept twice, as a tag or parameter and in a stamp: who alters one is contradicted by the other.

```mermaid
flowchart LR
    faults_of --> Evidence & Difference
    faults_of --> artifacts_digest
```
"""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

from seedbed.digests import digest_json
from seedbed.experiments.reproduction.difference import Difference, Kind
from seedbed.experiments.reproduction.evidence import Evidence
from seedbed.tracking.git_diff import NOTHING
from seedbed.tracking.parameters import flatten
from seedbed.tracking.run import artifacts_digest


def faults_of(evidence: Evidence) -> tuple[Difference, ...]:
    """Return what is missing in a record, and what contradicts itself; empty for a record that can be relied on."""
    return (*_missing(evidence), *_contradictions(evidence), *_artifacts(evidence))


def _missing(evidence: Evidence) -> Iterator[Difference]:
    for name in ("config.json", "provenance.json"):
        if name not in evidence.stamps:
            yield Difference(kind="record", what=f"artefact {name} is gone or damaged")
    if evidence.fact("git.dirty") == "true" and not evidence.patch:
        if reason := evidence.fact("git.diff_refused"):
            yield Difference(kind="code", what="what was not committed was not kept", hint=reason)
        elif evidence.fact("git.diff_digest") != NOTHING:
            yield Difference(kind="record", what="artefact diff.patch is gone")
    for fact in ("seed", "config_digest", "results_digest"):
        if not evidence.fact(fact):
            yield Difference(kind="record", what=f"tag seedbed.{fact} is missing")
    if not evidence.fact("git.commit"):
        yield Difference(kind="code", what="no commit is recorded", hint=evidence.fact("git.problem"))


def _contradictions(evidence: Evidence) -> Iterator[Difference]:
    seed, parameter = evidence.fact("seed"), evidence.record.params.get("seed", "")
    if seed != parameter:
        yield Difference(kind="seed", what="seed", then=parameter, now=seed, hint="parameter and tag do not agree")
    if "config.json" in evidence.stamps and digest_json(evidence.config) != evidence.fact("config_digest"):
        yield from _altered_config(evidence)
    if evidence.patch and evidence.patch_digest != evidence.fact("git.diff_digest"):
        yield _altered("code", "diff.patch", evidence.fact("git.diff_digest"), evidence.patch_digest)
    if "provenance.json" in evidence.stamps:
        told = {
            "git.commit": evidence.provenance.get("code", {}).get("commit", ""),
            "lock_digest": evidence.provenance.get("lock_digest", ""),
            "python": evidence.provenance.get("python", ""),
            "packages_digest": digest_json(dict(evidence.packages)),
        }
        for name, text in told.items():
            if evidence.fact(name) != text:
                kind: Kind = "code" if name == "git.commit" else "environment"
                yield Difference(
                    kind=kind,
                    what=name,
                    then=evidence.fact(name),
                    now=text,
                    hint="tag and provenance.json disagree",
                )


def _altered_config(evidence: Evidence) -> Iterator[Difference]:
    """Name the keys that were altered: parameters say what they were."""
    told, recorded = flatten(evidence.config), evidence.record.params
    keys = [key for key in sorted(told.keys() | recorded.keys() - {"seed"}) if told.get(key) != recorded.get(key)]
    for key in keys:
        hint = "config.json and parameters do not agree"
        yield Difference(kind="config", what=key, then=recorded.get(key, ""), now=told.get(key, ""), hint=hint)
    if not keys:
        yield _altered("config", "config.json", evidence.fact("config_digest"), digest_json(evidence.config))


def _altered(kind: Kind, name: str, then: str, now: str) -> Difference:
    return Difference(kind=kind, what=name, then=then, now=now, hint="the artefact was altered after the run")


def _artifacts(evidence: Evidence) -> Iterator[Difference]:
    names = evidence.fact("artifacts").splitlines()
    gone = [name for name in names if name not in evidence.record.artifacts]
    for name in gone:
        yield Difference(kind="record", what=f"artefact {name} is gone")
    folder = local_folder(evidence.record.artifact_uri)
    if names and not gone and folder is not None:
        now = artifacts_digest(folder, names)
        if now != evidence.fact("artifacts_digest"):
            yield _altered("record", "artefacts", evidence.fact("artifacts_digest"), now)


def local_folder(uri: str) -> Path | None:
    """Return the folder on this machine that an address of artefacts names, None for one elsewhere.

    >>> local_folder("file:///tmp/a%20b"), local_folder("s3://bucket/a")
    (PosixPath('/tmp/a b'), None)
    """
    parts = urlsplit(uri)
    return Path(unquote(parts.path)) if parts.scheme in ("file", "") and parts.path else None
