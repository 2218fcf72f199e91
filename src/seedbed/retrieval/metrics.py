"""Score rankings against judgments.

src/seedbed/retrieval/metrics.py - v0.1.0

The order of a ranking is the truth: trec_eval sorts by score and breaks ties by document id, so it is handed ranks.
Another metric is one more line in METRICS (docs/how-to/own-metric.md).

```mermaid
flowchart LR
    score_rankings --> METRICS
    score_rankings --> Relevance
```
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from ir_measures import AP, RR, R, nDCG
from ir_measures.measures import Measure
from ir_measures.providers import registry

from seedbed.retrieval.judgments import Relevance

type Values = dict[str, npt.NDArray[np.float64]]
"""Metric name → one value per query, in the order of the rankings."""


@dataclass(frozen=True, slots=True)
class RankingMetric:
    """One measure of `ir-measures` and its one provider: another provider may differ in the last bit."""

    measure: Measure
    cutoff: int
    """Ranks that it looks at."""
    provider: str = "pytrec_eval"


METRICS: Mapping[str, RankingMetric] = {
    "ndcg_at_10": RankingMetric(nDCG @ 10, 10),
    "recall_at_10": RankingMetric(R @ 10, 10),
    "recall_at_100": RankingMetric(R @ 100, 100),
    "mrr_at_10": RankingMetric(RR @ 10, 10, provider="msmarco"),
    "map_at_10": RankingMetric(AP @ 10, 10),
    "ndcg_at_5": RankingMetric(nDCG @ 5, 5),
    "recall_at_5": RankingMetric(R @ 5, 5),
    "mrr_at_5": RankingMetric(RR @ 5, 5, provider="msmarco"),
    "map_at_5": RankingMetric(AP @ 5, 5),
}


def measurable(top_k: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the names of the metrics that `top_k` documents suffice for, and of those they do not.

    >>> measurable(5)[0]
    ('ndcg_at_5', 'recall_at_5', 'mrr_at_5', 'map_at_5')
    """
    names = tuple(name for name, metric in METRICS.items() if metric.cutoff <= top_k)
    return names, tuple(name for name in METRICS if name not in names)


def score_rankings(rankings: Mapping[str, Sequence[str]], relevance: Relevance, names: Sequence[str]) -> Values:
    """Return each named metric's value for each ranking (query id → document ids, best first).

    Raises:
        ValueError: a document is in a ranking twice.
        KeyError: a query has no judgments.
    """
    run = {query_id: _as_scores(query_id, ranking) for query_id, ranking in rankings.items()}
    judged = {
        query_id: {document_id: max(0, grade) for document_id, grade in relevance[query_id].items()}
        for query_id in rankings
    }
    row = {query_id: index for index, query_id in enumerate(rankings)}
    values = {name: np.zeros(len(row)) for name in names}
    for name in names:
        metric = METRICS[name]
        for scored in registry[metric.provider].iter_calc([metric.measure], judged, run):
            values[name][row[scored.query_id]] = scored.value
    return values


def _as_scores(query_id: str, ranking: Sequence[str]) -> dict[str, float]:
    scores = {document_id: float(len(ranking) - rank) for rank, document_id in enumerate(ranking)}
    if len(scores) != len(ranking):
        raise ValueError(f"the ranking of query {query_id!r} has a document twice")
    return scores
