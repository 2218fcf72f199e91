"""Measure how well a search finds the judged documents.

src/seedbed/retrieval/evaluate.py - v0.1.0

A store returns chunks, judgments name documents: a document ranks by its best chunk, so more chunks are
fetched until there are `top_k` documents or the store has no more.

```mermaid
flowchart LR
    evaluate --> Labels
    evaluate --> score_rankings
    evaluate --> Evaluation
```
"""

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from seedbed.corpora.judgment import Query
from seedbed.digests import digest_stream
from seedbed.progress import Progress
from seedbed.retrieval.judgments import Labels
from seedbed.retrieval.metrics import Values, measurable, score_rankings
from seedbed.stores.point import Hit

logger = logging.getLogger(__name__)

type Search = Callable[[Sequence[str], int], list[list[Hit]]]
"""Texts and k → up to k hits per text, best first; `payload["document_id"]` says which document a chunk is of."""
type Ranking = tuple[tuple[str, float], ...]
"""(document id, score of its best chunk), best first."""

QUERIES_PER_SEARCH = 256


@dataclass(frozen=True)
class Evaluation:
    """What one search achieved; row i of everything belongs to `query_ids[i]`."""

    query_ids: tuple[str, ...]
    query_texts: tuple[str, ...]
    rankings: tuple[Ranking, ...]
    per_query: Values
    left_out: tuple[str, ...]
    """Metrics that look at more ranks than were asked for."""

    @cached_property
    def metrics(self) -> dict[str, float]:
        """Each metric's mean over the queries."""
        return {name: float(values.mean()) for name, values in self.per_query.items()}

    @cached_property
    def digest(self) -> str:
        """32 hex digits over every ranking, score and value, to the last bit."""
        return digest_stream(self._rows())

    def _rows(self) -> Iterable[str]:
        for index, query_id in enumerate(self.query_ids):
            values = [f"{name}={float(column[index]).hex()}" for name, column in self.per_query.items()]
            ranking = [f"{document_id}\0{score.hex()}" for document_id, score in self.rankings[index]]
            yield "\0\0".join((query_id, *values, *ranking))


def evaluate(search: Search, labels: Labels, top_k: int, progress: Progress | None = None) -> Evaluation:
    """Return metrics and rankings of `top_k` documents for every query of the labels.

    A metric whose cutoff is beyond `top_k` is left out, and named in `left_out`: cut short it would be another metric.
    """
    names, left_out = measurable(top_k)
    if left_out:
        logger.warning("metrics_left_out", extra={"metrics": left_out, "top_k": top_k})
    rankings: list[Ranking] = []
    for queries in _even_batches(labels.queries):
        rankings += rank_documents(search, [query.text for query in queries], top_k)
        if progress:
            progress(len(rankings), len(labels.queries), "queries")
    query_ids = tuple(query.id for query in labels.queries)
    ordered = {
        query_id: [document_id for document_id, _ in ranking]
        for query_id, ranking in zip(query_ids, rankings, strict=True)
    }
    return Evaluation(
        query_ids=query_ids,
        query_texts=tuple(query.text for query in labels.queries),
        rankings=tuple(rankings),
        per_query=score_rankings(ordered, labels.relevance, names),
        left_out=left_out,
    )


def _even_batches(queries: Sequence[Query]) -> Iterator[Sequence[Query]]:
    """Even, because a search keeps the vectors of a set of queries and not of a single one: none may be left over."""
    num_batches = -(-len(queries) // QUERIES_PER_SEARCH)
    for index in range(num_batches):
        yield queries[index * len(queries) // num_batches : (index + 1) * len(queries) // num_batches]


def rank_documents(search: Search, texts: Sequence[str], top_k: int) -> list[Ranking]:
    """Return up to `top_k` documents per text: fewer only where the store holds no more."""
    rankings: list[Ranking] = [()] * len(texts)
    waiting = list(range(len(texts)))
    k = top_k
    while waiting:
        found = search([texts[index] for index in waiting], k)
        still_waiting = []
        for index, hits in zip(waiting, found, strict=True):
            rankings[index] = best_chunks(hits)[:top_k]
            if len(rankings[index]) < top_k and len(hits) >= k:
                still_waiting.append(index)
        waiting, k = still_waiting, k * 2
    return rankings


def best_chunks(hits: Iterable[Hit]) -> Ranking:
    """Return each document once with its best chunk's score, best first, equal scores ordered by document id."""
    best: dict[str, float] = {}
    for hit in hits:
        document_id = str(hit.payload["document_id"])
        best[document_id] = max(hit.score, best.get(document_id, -np.inf))
    return tuple(sorted(best.items(), key=lambda item: (-item[1], item[0])))
