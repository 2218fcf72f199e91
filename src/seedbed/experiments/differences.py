"""Say in what recorded runs differ: configuration, code, data, environment.

src/seedbed/experiments/differences.py - v0.1.0

```mermaid
flowchart LR
    differences --> Differences
    differences --> RunRecord
    package_differences --> Provenance
```
"""

from collections.abc import Mapping, Sequence

from pydantic import BaseModel, ConfigDict

from seedbed.tracking.provenance import Provenance
from seedbed.tracking.record import RunRecord
from seedbed.tracking.seeds import HASH_SEED

type Facts = Mapping[str, tuple[str | None, ...]]
"""Position i of every tuple belongs to run i; None where a run has no such fact."""

_CODE = ("git.commit", "git.branch", "git.dirty", "git.diff_digest", "git.diff_refused", "git.problem")
_ENVIRONMENT = (
    "python", "lock_digest", "packages_digest", "hardware_class", "platform", "deterministic", "encoder",
)  # fmt: skip


class Differences(BaseModel):
    """What differs, and nothing of what is the same."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    config: Facts
    code: Facts
    data: Facts
    environment: Facts
    num_same_config: int


def differences(records: Sequence[RunRecord], provenances: Sequence[Provenance | None] = ()) -> Differences:
    """Return in what runs differ; packages and variables by name where all have their `provenance.json`."""
    tags = [record.own_tags for record in records]
    config = _side_by_side([record.params for record in records])
    environment = {name: values for name, values in _side_by_side(tags).items() if name in _ENVIRONMENT}
    known = [provenance for provenance in provenances if provenance is not None]
    if known and len(known) == len(records):
        environment |= package_differences(known)
    differing = _differing(config)
    code = {name: values for name, values in _side_by_side(tags).items() if name in _CODE or name.startswith("plugin.")}
    return Differences(
        config=differing,
        code=_differing(code),
        data=_differing({name: values for name, values in _side_by_side(tags).items() if name.startswith("data")}),
        environment=_differing(environment),
        num_same_config=len(config) - len(differing),
    )


def package_differences(provenances: Sequence[Provenance]) -> Facts:
    """Return packages whose versions differ and variables that differ, one fact for each."""
    packages = _differing(_side_by_side([each.packages for each in provenances]))
    variables = _differing(_side_by_side([each.variables for each in provenances]))
    variables.pop(HASH_SEED, None)  # follows the seed, which stands in the configuration
    return {f"package {name}": values for name, values in packages.items()} | dict(variables)


def _side_by_side(each: Sequence[Mapping[str, str]]) -> dict[str, tuple[str | None, ...]]:
    names = sorted({name for facts in each for name in facts})
    return {name: tuple(facts.get(name) for facts in each) for name in names}


def _differing(facts: Facts) -> dict[str, tuple[str | None, ...]]:
    return {name: values for name, values in facts.items() if len(set(values)) > 1}
