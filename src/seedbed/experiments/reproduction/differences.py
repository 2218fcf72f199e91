"""Compare two runs: what made them, and what came out.

src/seedbed/experiments/reproduction/differences.py - v0.1.0

```mermaid
flowchart LR
    differences --> Evidence & Difference
    package_differences --> Difference
```
"""

from collections.abc import Iterator, Mapping

from seedbed.experiments.reproduction.difference import Difference, Kind, in_order
from seedbed.experiments.reproduction.evidence import Evidence
from seedbed.tracking.parameters import flatten
from seedbed.tracking.seeds import HASH_SEED, THREAD_VARIABLES


def differences(then: Evidence, now: Evidence, ours: frozenset[str] = frozenset()) -> tuple[Difference, ...]:
    """Return everything that differs, causes first. `ours` are the packages that are part of the code."""
    return in_order((*_made_by(then, now), *_environment(then, now, ours), *_results(then, now)))


def _made_by(then: Evidence, now: Evidence) -> Iterator[Difference]:
    yield from _facts(then, now, "code", {"git.commit": "commit", "git.diff_digest": "what is not committed"})
    yield from _entries("code", {"experiment": then.recipe}, {"experiment": now.recipe})
    yield from _entries("code", then.plugins, now.plugins, "plug-in: ")
    yield from _entries("config", flatten(then.pinned_config), flatten(now.pinned_config))
    yield from _facts(then, now, "seed", {"seed": "seed", "deterministic": "deterministic algorithms"})
    kinds: tuple[Kind, ...] = ("data", "model")
    for kind in kinds:
        before, after = ({each.name: each.digest for each in side.sources if each.kind == kind} for side in (then, now))
        yield from _entries(kind, before, after)


def _environment(then: Evidence, now: Evidence, ours: frozenset[str]) -> Iterator[Difference]:
    yield from _facts(then, now, "environment", {"python": "Python", "encoder": "encoder"})
    yield from package_differences(then.packages, now.packages, ours)
    # The hash seed is the run's seed, or chance where the program could not be started again with it.
    before, after = ({k: v for k, v in side.variables.items() if k != HASH_SEED} for side in (then, now))
    yield from _entries("environment", before, after)
    bound = set(THREAD_VARIABLES) <= before.keys() & after.keys()
    if not bound and then.num_cores and now.num_cores and then.num_cores != now.num_cores:
        yield Difference(kind="environment", what="usable cores", then=str(then.num_cores), now=str(now.num_cores))
    yield from _facts(then, now, "hardware", {"hardware_class": "hardware class"})


def package_differences(
    then: Mapping[str, str], now: Mapping[str, str], ours: frozenset[str] = frozenset()
) -> list[Difference]:
    """Return packages that were there in another version or are not there any more; one more does no harm.

    >>> [str(each) for each in package_differences({"numpy": "2.1", "six": "1.0"}, {"numpy": "2.2", "rich": "14"})]
    ['environment: package numpy was 2.1, is 2.2', 'environment: package six was 1.0, is not there']
    """
    return [
        Difference(kind="environment", what=f"package {name}", then=version, now=now.get(name, ""))
        for name, version in sorted(then.items())
        if name not in ours and now.get(name) != version
    ]


def _results(then: Evidence, now: Evidence) -> Iterator[Difference]:
    if then.fact("results_digest") == now.fact("results_digest"):
        return
    before, after = ({name: repr(value) for name, value in side.results.items()} for side in (then, now))
    found = [
        *_entries("metric", before, after),
        *_entries("metric", then.detailed_results, now.detailed_results, "digest of "),
    ]
    yield from found or [
        Difference(
            kind="metric",
            what="results digest",
            then=then.fact("results_digest"),
            now=now.fact("results_digest"),
            hint="no metric that the record shows differs",
        )
    ]


def _facts(then: Evidence, now: Evidence, kind: Kind, names: Mapping[str, str]) -> Iterator[Difference]:
    for name, shown in names.items():
        if then.fact(name) != now.fact(name):
            yield Difference(kind=kind, what=shown, then=then.fact(name), now=now.fact(name))


def _entries(kind: Kind, then: Mapping[str, str], now: Mapping[str, str], start: str = "") -> Iterator[Difference]:
    for name in sorted(then.keys() | now.keys()):
        if then.get(name) != now.get(name):
            yield Difference(kind=kind, what=f"{start}{name}", then=then.get(name, ""), now=now.get(name, ""))
