"""Sum up how a server of language models bears load.

src/seedbed/serving/load_report.py - v0.1.0

Goodput is what users have of it: answers a second that met both limits. Throughput alone rises while all of them wait.

```mermaid
flowchart LR
    level --> Timed
    level --> LoadLevel
    LoadReport --> LoadLevel
```
"""

import math
from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict

from seedbed.serving.load import Timed


class LoadLevel(BaseModel):
    """What so many clients at a time got; milliseconds."""

    model_config = ConfigDict(frozen=True)

    concurrency: int
    num_answers: int
    num_failures: int
    failure: str
    """The first, where there was one."""
    seconds: float
    ttft_p50_ms: float
    """Time to the first token."""
    ttft_p95_ms: float
    ttft_p99_ms: float
    itl_p50_ms: float
    """Inter-token latency: between two pieces of an answer."""
    itl_p95_ms: float
    itl_p99_ms: float
    tokens_per_s: float
    """All that were generated, over the time that all took."""
    answers_per_s: float
    goodput_per_s: float
    """Answers that met both limits."""


class LoadReport(BaseModel):
    """A server under rising load."""

    model_config = ConfigDict(frozen=True)

    backend: str
    model: str
    digest: str | None
    prompts: str
    max_tokens: int
    ttft_limit_ms: float
    itl_limit_ms: float
    """Of the mean in one answer."""
    machine: str
    """Of the clients; the server may be elsewhere."""
    levels: tuple[LoadLevel, ...]


def level(done: Sequence[Timed], seconds: float, concurrency: int, limits_ms: tuple[float, float]) -> LoadLevel:
    """Return the numbers of one level; `limits_ms` of the first token, and between tokens."""
    answers = [timed for timed in done if not timed.failure]
    firsts = [timed.first_s * 1e3 for timed in answers]
    gaps = [gap * 1e3 for timed in answers for gap in timed.gaps_s]
    good = [timed for timed in answers if timed.first_s * 1e3 <= limits_ms[0] and timed.token_s * 1e3 <= limits_ms[1]]
    return LoadLevel(
        concurrency=concurrency,
        num_answers=len(answers),
        num_failures=len(done) - len(answers),
        failure=next((timed.failure for timed in done if timed.failure), ""),
        seconds=seconds,
        ttft_p50_ms=percentile(firsts, 50),
        ttft_p95_ms=percentile(firsts, 95),
        ttft_p99_ms=percentile(firsts, 99),
        itl_p50_ms=percentile(gaps, 50),
        itl_p95_ms=percentile(gaps, 95),
        itl_p99_ms=percentile(gaps, 99),
        tokens_per_s=sum(timed.num_tokens for timed in answers) / seconds,
        answers_per_s=len(answers) / seconds,
        goodput_per_s=len(good) / seconds,
    )


def percentile(values: Sequence[float], percent: float) -> float:
    """Return the smallest value that so many per cent do not exceed; 0 of nothing.

    >>> percentile([4.0, 1.0, 2.0, 3.0], 50), percentile([1.0, 2.0], 95), percentile([], 50)
    (2.0, 2.0, 0.0)
    """
    ranked = sorted(values)
    return ranked[max(0, math.ceil(len(ranked) * percent / 100) - 1)] if ranked else 0.0
