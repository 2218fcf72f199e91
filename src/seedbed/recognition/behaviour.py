"""Check what a model does with sentences that are made to find out.

src/seedbed/recognition/behaviour.py - v0.1.0

```mermaid
flowchart LR
    check_behaviour --> Plan & variants
    check_behaviour --> Check
    shares --> Check
    read_plan --> Plan & UserError
```
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from seedbed.errors import UserError, WorldError
from seedbed.ner.annotated_text import Span, parse_annotated
from seedbed.ner.sample import Sample, of_annotated
from seedbed.recognition.evaluate import Finder
from seedbed.recognition.variants import variants

type Entities = tuple[tuple[str, str], ...]
"""(text, label), in reading order."""


class Plan(BaseModel):
    """What is checked, and how much of it has to hold."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    thresholds: dict[str, float]
    minimum: tuple[str, ...] = Field(description="marked sentences whose entities must be found, and no others")
    invariance: tuple[str, ...] = Field(description="marked sentences that are written in other ways")
    names: dict[str, tuple[str, ...]] = Field(description="other names, by label")
    direction: tuple[tuple[str, str], ...] = Field(description="pairs of marked sentences: before a change and after")


class Check(NamedTuple):
    """One thing that had to hold."""

    kind: str
    text: str
    wanted: Entities
    found: Entities

    @property
    def holds(self) -> bool:
        """Whether what was found is what was wanted; letters and blanks within a name do not count."""
        return _folded(self.wanted) == _folded(self.found)


def read_plan(file: Path) -> Plan:
    """Return the plan of a YAML file.

    Raises:
        UserError: it is no plan.
        WorldError: it cannot be read.
    """
    try:
        return Plan.model_validate(yaml.safe_load(file.read_text(encoding="utf-8")))
    except OSError as error:
        raise WorldError(f"{str(file)!r} cannot be read: {error.strerror}; name a file that exists") from error
    except (ValidationError, ValueError, yaml.YAMLError) as error:
        reason = " ".join(str(error).split())[:300]
        raise UserError(f"{str(file)!r} is no plan of checks: {reason}; see data/ner/behaviour.yaml") from error


def check_behaviour(plan: Plan, find: Finder) -> list[Check]:
    """Return every check with what the model found.

    A minimum check wants what is marked. An invariance check wants what the model itself found in the plain sentence,
    under the other names: it says nothing of whether that was right. A direction check wants both sides as marked.
    """
    asked = [("minimum", sample, _marked(sample)) for sample in _samples(plan.minimum)]
    plain = _samples(plan.invariance)
    for sample, found in zip(plain, find(plain), strict=True):
        asked += [(kind, changed, _of(changed, spans)) for kind, changed, spans in variants(sample, found, plan.names)]
    answers = find([sample for _, sample, _ in asked])
    checks = [
        Check(kind, sample.text, wanted, _of(sample, found))
        for (kind, sample, wanted), found in zip(asked, answers, strict=True)
    ]
    return [*checks, *_directions(plan, find)]


def shares(plan: Plan, checks: Sequence[Check]) -> dict[str, float]:
    """Return by kind which share of the checks holds."""
    kinds = {kind: [check.holds for check in checks if check.kind == kind] for kind in plan.thresholds}
    return {kind: sum(held) / len(held) if held else 1.0 for kind, held in kinds.items()}


def below(plan: Plan, held: dict[str, float]) -> list[str]:
    """Return the kinds that miss their threshold."""
    return [kind for kind, least in plan.thresholds.items() if held[kind] < least]


def _directions(plan: Plan, find: Finder) -> Iterator[Check]:
    for pair in plan.direction:
        sides = _samples(pair)
        found = [_of(sample, spans) for sample, spans in zip(sides, find(sides), strict=True)]
        wanted = [_marked(sample) for sample in sides]
        yield Check("direction", " → ".join(sample.text for sample in sides), sum(wanted, ()), sum(found, ()))


def _samples(marked: Sequence[str]) -> list[Sample]:
    return [of_annotated(parse_annotated(line, "behaviour")) for line in marked]


def _marked(sample: Sample) -> Entities:
    return _of(sample, sample.spans)


def _of(sample: Sample, spans: Sequence[Span]) -> Entities:
    return tuple((sample.text[span.start : span.end], span.label) for span in spans)


def _folded(entities: Entities) -> list[tuple[str, str]]:
    return [(" ".join(text.casefold().split()), label) for text, label in entities]
