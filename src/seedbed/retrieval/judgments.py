"""Check the labels of a corpus before anything is measured with them.

src/seedbed/retrieval/judgments.py - v0.1.0

A query that no document answers would pull every mean towards zero: it is set aside, counted, and said.

```mermaid
flowchart LR
    load_labels --> LabelledCorpus
    load_labels --> Labels
    load_labels --> UserError
```
"""

import logging
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from seedbed.corpora.judgment import Judgment, Query
from seedbed.corpora.ports import LabelledCorpus
from seedbed.digests import digest_json
from seedbed.errors import UserError

logger = logging.getLogger(__name__)

type Relevance = Mapping[str, Mapping[str, int]]
"""Query id → document id → how relevant."""


@dataclass(frozen=True, slots=True)
class Labels:
    """Queries that can be answered, and what answers them; every query has a document of relevance ≥ 1."""

    queries: tuple[Query, ...]
    relevance: Relevance
    num_unanswerable: int
    """Queries set aside because no document answers them."""
    num_repeated: int
    """Judgments that say the same again; they count once."""
    digest: str
    """32 hex digits over queries and judgments, whatever their order."""


def load_labels(corpus: LabelledCorpus) -> Labels:
    """Return the corpus' labels.

    Raises:
        UserError: a query id is there twice or its text is empty, a judgment names an unknown query or
            contradicts an earlier one, or no query can be answered.
    """
    queries = _queries_by_id(corpus.queries())
    relevance, num_repeated = _relevance(corpus.judgments(), queries)
    answerable = tuple(query for query in queries.values() if max(relevance[query.id].values(), default=0) > 0)
    if not answerable:
        raise UserError(
            f"none of {len(queries)} queries has a document of relevance 1 or more, so nothing can be measured; "
            "check the judgments, for beir the file qrels/<split>.tsv. Example: --set corpus.split=test"
        )
    labels = Labels(
        queries=answerable,
        relevance={query.id: relevance[query.id] for query in answerable},
        num_unanswerable=len(queries) - len(answerable),
        num_repeated=num_repeated,
        digest=_digest(queries, relevance),
    )
    if labels.num_unanswerable or num_repeated:
        counts = {"num_unanswerable": labels.num_unanswerable, "num_repeated": num_repeated}
        logger.warning("labels_set_aside", extra={"num_queries": len(answerable), **counts})
    return labels


def _queries_by_id(queries: Iterable[Query]) -> dict[str, Query]:
    found: dict[str, Query] = {}
    for query in queries:
        if query.id in found:
            raise UserError(f"query id {query.id!r} is there twice; give every query an id of its own")
        if not query.text.strip():
            raise UserError(f"query {query.id!r} has no text; give it one or remove it")
        found[query.id] = query
    return found


def _relevance(judgments: Iterable[Judgment], queries: Mapping[str, Query]) -> tuple[dict[str, dict[str, int]], int]:
    relevance: dict[str, dict[str, int]] = {query_id: {} for query_id in queries}
    unknown: Counter[str] = Counter()
    num_repeated = 0
    for judgment in judgments:
        if (judged := relevance.get(judgment.query_id)) is None:
            unknown[judgment.query_id] += 1
            continue
        earlier = judged.setdefault(judgment.document_id, judgment.relevance)
        if earlier != judgment.relevance:
            raise UserError(
                f"document {judgment.document_id!r} is judged {earlier} and {judgment.relevance} for query "
                f"{judgment.query_id!r}; keep one judgment"
            )
        num_repeated += 1
    if unknown:
        raise UserError(
            f"{unknown.total()} judgments name {len(unknown)} unknown queries, the first {next(iter(unknown))!r}; "
            "add the queries or remove the judgments"
        )
    return relevance, num_repeated - sum(map(len, relevance.values()))


def _digest(queries: Mapping[str, Query], relevance: Relevance) -> str:
    return digest_json({query_id: [query.text, dict(relevance[query_id])] for query_id, query in queries.items()})
