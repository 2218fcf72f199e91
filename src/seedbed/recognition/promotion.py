"""Let the better model be served.

src/seedbed/recognition/promotion.py - v0.1.0

```mermaid
flowchart LR
    decide --> Verdict
    decide --> better_share
    decide --> Counts
```
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from seedbed.ner.scores import Counts, better_share

NEEDED_SHARE = 0.95
"""In so many of the resampled test splits the new model has to be better."""
NUM_RESAMPLES = 2_000


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether the candidate becomes the champion, and why."""

    promoted: bool
    reason: str
    share: float | None = None
    """The share of the resamples in which it was better; None where there was nobody to beat."""


def decide(champion: Sequence[Counts] | None, candidate: Sequence[Counts], rng: np.random.Generator) -> Verdict:
    """Compare the candidate with the champion text by text; without a champion it becomes it."""
    if champion is None:
        return Verdict(True, "there was no champion")
    share = better_share(champion, candidate, rng, NUM_RESAMPLES)
    before, after = (sum(counts, Counts()).f1 for counts in (champion, candidate))
    reason = (
        f"F1 {after:.4f} against {before:.4f}, better in {share:.1%} of {NUM_RESAMPLES} resampled test splits; "
        f"{NEEDED_SHARE:.0%} are needed"
    )
    return Verdict(share >= NEEDED_SHARE, reason, share)
