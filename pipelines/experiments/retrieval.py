"""Measure how well an index answers the labelled queries of its corpus.

pipelines/experiments/retrieval.py - v0.1.0

```mermaid
flowchart LR
    retrieval --> load_labels
    retrieval --> open_index
    retrieval --> evaluate
    retrieval --> intervals
```
"""

import logging
import shutil
import time
from typing import Literal

from pydantic import Field

from seedbed.corpora.ports import LabelledCorpus
from seedbed.errors import UserError
from seedbed.indexing.config import IndexConfig
from seedbed.indexing.index import Index
from seedbed.indexing.report import IndexReport
from seedbed.retrieval.bootstrap import intervals
from seedbed.retrieval.evaluate import Evaluation, evaluate
from seedbed.retrieval.judgments import Labels, load_labels
from seedbed.retrieval.per_query import write_per_query, write_worst
from seedbed.tracking.run import Run
from seedbed.wiring import open_index

logger = logging.getLogger(__name__)


class RetrievalConfig(IndexConfig):
    """An index, and how it is questioned."""

    top_k: int = Field(100, ge=5, le=1000, description="documents for each query; metrics that need more are left out")
    search: Literal["exact", "store"] = Field(
        "exact", description="exact = compare with every chunk, the same everywhere; store = what users of it get"
    )
    num_bootstrap: int = Field(1000, ge=100, le=100_000, description="resamples behind each 95 % interval")


def retrieval(config: RetrievalConfig, run: Run) -> dict[str, float]:
    """Bring an index up to date, ask it the labelled queries of its corpus, score the answers."""
    with open_index(config, run.home) as index:
        labels = _labels(index, config)
        report = index.bring_up_to_date(progress=run.progress)
        run.use_data("documents", report.data_digest, source=str(config.corpus.path or config.corpus.kind))
        run.use_data("labels", labels.digest)
        run.use_model("encoder", index.model_digest, source=config.embedding.model)
        started = time.perf_counter()
        search = index.search_exactly if config.search == "exact" else index.search
        evaluation = evaluate(search, labels, config.top_k, run.progress)
        evaluation_s = time.perf_counter() - started
        _record(report, evaluation, run)
        costs = {"indexing_s": report.seconds, "docs_per_s": report.docs_per_s, "evaluation_s": evaluation_s}
        run.log_costs({"num_embedded": index.num_embedded} | costs)
    metrics = dict(evaluation.metrics)
    drawn = intervals(evaluation.per_query, run.seeds.generator("bootstrap"), config.num_bootstrap)
    for name, interval in drawn.items():
        metrics |= {f"{name}_low": interval.low, f"{name}_high": interval.high}
    return metrics | {"num_queries": float(len(labels.queries))}


def _labels(index: Index, config: RetrievalConfig) -> Labels:
    if not isinstance(index.corpus, LabelledCorpus):
        raise UserError(
            f"corpus kind {config.corpus.kind!r} has no queries with judgments, so there is nothing to measure; "
            "choose one of ['beir', 'docstrings']. Example: --set corpus.kind=docstrings"
        )
    return load_labels(index.corpus)


def _record(report: IndexReport, evaluation: Evaluation, run: Run) -> None:
    """Keep what stands behind the means; the digest of the rows counts in the run's results digest."""
    run.record_result("per_query", evaluation.digest)
    run.set_tags({"seedbed.encoder": report.encoder})  # what "auto" in the parameters became here
    write_per_query(evaluation, run.artifacts)
    write_worst(evaluation, run.artifacts)
    (run.artifacts / "index.json").write_text(report.model_dump_json(indent=2) + "\n", encoding="utf-8")
    if report.dead_letter:
        logger.warning("records_not_indexed", extra={"num_rejected": report.num_rejected, "why": "dead_letter.jsonl"})
        shutil.copy(report.dead_letter, run.artifacts / "dead_letter.jsonl")
    if evaluation.left_out:
        run.set_tags({"seedbed.metrics_left_out": " ".join(evaluation.left_out)})
