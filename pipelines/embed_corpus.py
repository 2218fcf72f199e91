"""Bring an index up to date as a Prefect flow, one task for each shard.

pipelines/embed_corpus.py - v0.1.0

Order and retries only: the engine's ledger decides what is embedded, and no Prefect cache.
Runs without a server of your own: python -m pipelines.embed_corpus --corpus-kind docstrings

```mermaid
flowchart LR
    main --> embed_corpus --> index_config & open_index & tracked_run
    embed_corpus --> embed_shard --> ShardReport
    embed_corpus --> as_markdown
```
"""

import argparse
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from typing import Any, cast
from uuid import UUID

from prefect import flow, runtime, task
from prefect.artifacts import create_markdown_artifact, create_progress_artifact, update_progress_artifact
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State, TaskRun
from prefect.tasks import Task
from prefect.utilities.annotations import quote

from seedbed.corpora.config import CORPORA, CorpusKind
from seedbed.errors import SeedbedError, WorldError
from seedbed.indexing.index import Index
from seedbed.indexing.plan import Shard
from seedbed.indexing.report import IndexReport, ShardReport
from seedbed.logging_config import configure
from seedbed.progress import Progress, show_progress
from seedbed.settings import load_settings
from seedbed.tracking.run import Run
from seedbed.wiring import index_config, open_index, tracked_run


def is_the_worlds_fault(_task: Task[..., Any], _run: TaskRun, state: State[Any]) -> bool:
    """Say whether trying again may help: a user's error stays one."""
    return isinstance(state.result(raise_on_failure=False), WorldError)


@task(
    name="embed-shard",
    task_run_name="shard-{shard.number:04d}",
    cache_policy=NO_CACHE,
    retries=2,
    retry_delay_seconds=[2, 10],
    retry_condition_fn=is_the_worlds_fault,
    log_prints=True,
)
def embed_shard(index: Index, shard: Shard) -> ShardReport:
    """Embed and commit one shard; done twice it is done once, so a retry is safe."""
    return index.run_shard(shard)


@flow(name="embed-corpus", log_prints=True)
def embed_corpus(
    corpus_kind: CorpusKind | None = None,
    corpus_path: str | None = None,
    collection: str | None = None,
    allow_shrink: bool = False,
) -> IndexReport:
    """Bring an index up to date with its corpus; what is not given comes from the settings."""
    settings = load_settings()
    if runtime.deployment.id:  # in a worker's process nobody else has set the logging up
        configure(settings.log, service="worker", stream=sys.stderr)
    given = {"corpus.kind": corpus_kind, "corpus.path": corpus_path, "store.collection": collection}
    overrides = [f"{key}={value}" for key, value in given.items() if value is not None]
    config = index_config(settings, [*overrides, *(["indexing.allow_shrink=true"] if allow_shrink else [])])
    recorded = tracked_run("embed-corpus", config, settings=settings) if runtime.deployment.id else nullcontext()
    with recorded as run, open_index(config, settings.home) as index, progress_artifact(config.name) as progress:
        report = index.bring_up_to_date(
            # quoted: Prefect would look for futures in every chunk, 30 ms a shard
            run_shard=lambda shard: embed_shard(index, cast("Shard", quote(shard))),
            progress=progress,
        )
        if run is not None:
            record(report, run)
    create_markdown_artifact(as_markdown(report), key="embed-corpus-report", description=f"index {report.name}")
    return report


def record(report: IndexReport, run: Run) -> None:
    """Write what a deployment's run did onto its tracked run, where those look who were not there."""
    run.use_data(report.name, report.data_digest)
    counts = {name: value for name, value in report.model_dump().items() if name.startswith("num_")}
    run.log_metrics(counts)
    run.log_costs({"seconds": report.seconds})
    run.set_tags({"seedbed.index": report.name, "seedbed.collection": report.collection})


@contextmanager
def progress_artifact(index_name: str, every_s: float = 2.0) -> Iterator[Progress]:
    """Give a progress callback for the terminal, and every `every_s` seconds for Prefect's pages; it ends at 100 %."""
    made = create_progress_artifact(0.0, key="embed-corpus-progress", description=f"index {index_name}")
    artifact_id = cast("UUID", made)  # https://github.com/PrefectHQ/prefect/issues/16825
    shown_s = time.monotonic()

    def show(done: int, total: int | None, unit: str) -> None:
        nonlocal shown_s
        draw(done, total, unit)
        if time.monotonic() - shown_s >= every_s:
            shown_s = time.monotonic()
            text = f"index {index_name}: {done} of {total or 'an unknown number of'} {unit}"
            update_progress_artifact(artifact_id, 100.0 * done / total if total else 0.0, description=text)

    with show_progress("embedding") as draw:
        yield show
    update_progress_artifact(artifact_id, 100.0, description=f"index {index_name} is up to date")


def as_markdown(report: IndexReport) -> str:
    """Return the report as a table, led by what went wrong if anything did."""
    rejected = f"**{report.num_rejected} records were rejected**; reasons: `{report.dead_letter}`\n\n"
    rows = "\n".join(f"| {name} | {value} |" for name, value in report.model_dump(mode="json").items())
    return (rejected if report.num_rejected else "") + f"| what | value |\n|---|---|\n{rows}\n"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the flow here, print its report as JSON, return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m pipelines.embed_corpus", description=__doc__.partition("\n")[0])
    parser.add_argument("--corpus-kind", help=f"one of {', '.join(CORPORA.built_in)}, or a plug-in's")
    parser.add_argument("--corpus-path")
    parser.add_argument("--collection")
    parser.add_argument("--allow-shrink", action="store_true", help="delete however many documents are gone")
    chosen = parser.parse_args(arguments)
    try:
        configure(load_settings().log, service="flow", stream=sys.stderr)
        if chosen.corpus_kind:
            CORPORA.find(chosen.corpus_kind)  # what Prefect says of a parameter is longer
        print(embed_corpus(**vars(chosen)).model_dump_json(indent=2))
    except SeedbedError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
