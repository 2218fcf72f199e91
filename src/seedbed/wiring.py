"""Turn configuration into working parts.

src/seedbed/wiring.py - v0.1.0

With its neighbours the only module that knows adapters; each is imported when it is chosen, so that what is not
used costs nothing.

```mermaid
flowchart LR
    open_index --> Index
    open_search --> Searcher
    tracked_run --> Run
```
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from pydantic import BaseModel

from seedbed.corpora.config import CORPORA, ChunkConfig, CorpusConfig
from seedbed.corpora.ports import Chunker, Corpus
from seedbed.embedding.config import EmbeddingConfig
from seedbed.embedding.ports import Embedder
from seedbed.errors import UserError, WorldError
from seedbed.hardware import measure
from seedbed.indexing.config import IndexConfig, IndexingConfig
from seedbed.settings import Settings, load_settings
from seedbed.stores.config import STORES, StoreConfig
from seedbed.stores.ports import VectorStore
from seedbed.tracking.config import TrackingConfig
from seedbed.tracking.ports import RunArchive, RunTracker
from seedbed.wiring_backup import back_up as back_up
from seedbed.wiring_backup import restore as restore
from seedbed.wiring_chat import Chat as Chat
from seedbed.wiring_chat import chat_backends as chat_backends
from seedbed.wiring_chat import names_by_backend as names_by_backend
from seedbed.wiring_chat import open_chat as open_chat
from seedbed.wiring_chat import served_models as served_models
from seedbed.wiring_encoders import embedder as embedder
from seedbed.wiring_load import measure_llm as measure_llm
from seedbed.wiring_reproduction import reproduction as reproduction

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from seedbed.embedding.comparison import Comparison
    from seedbed.indexing.index import Index
    from seedbed.indexing.ledger import Ledger
    from seedbed.indexing.search import Searcher
    from seedbed.indexing.workers import Workers
    from seedbed.orchestration.ports import FlowRuns
    from seedbed.plugins import Plugin
    from seedbed.progress import Progress
    from seedbed.tracking.run import Run

logger = logging.getLogger(__name__)


def corpus(config: CorpusConfig) -> Corpus:
    """Return the configured source of documents."""
    match config.kind:
        case "docstrings":
            from seedbed.corpora.adapters.docstrings import DocstringsCorpus

            return DocstringsCorpus(config)
        case "jsonl":
            from seedbed.corpora.adapters.jsonl import JsonlCorpus

            return JsonlCorpus(config)
        case "parquet":
            from seedbed.corpora.adapters.parquet import ParquetCorpus

            return ParquetCorpus(config)
        case "folder":
            from seedbed.corpora.adapters.folder import FolderCorpus

            return FolderCorpus(config)
        case "beir":
            from seedbed.corpora.adapters.beir import BeirCorpus

            return BeirCorpus(config)
        case declared:
            return CORPORA.make(declared, Corpus, config)


def chunker(config: ChunkConfig, corpus: CorpusConfig, embedder: Embedder) -> Chunker:
    """Return the configured chunker, counting tokens as the embedder does.

    Raises:
        UserError: chunks would be longer than the model can read, or overlap more than they are long.
    """
    limit = embedder.fingerprint().max_tokens
    tokens = config.tokens
    if tokens == "auto":
        tokens = "whole" if corpus.kind == "beir" else limit
    if tokens == "whole":
        from seedbed.corpora.whole_text import WholeText

        return WholeText()
    if tokens > limit:
        raise UserError(
            f"chunk.tokens {tokens} is more than the {limit} tokens that the model reads. Example: chunk.tokens={limit}"
        )
    if config.overlap * 2 > tokens:
        raise UserError(
            f"chunk.overlap {config.overlap} is more than half of chunk.tokens {tokens}. Example: chunk.overlap=0"
        )
    from seedbed.corpora.adapters.semantic_text_splitter import TokenChunker

    return TokenChunker(embedder.tokenizer_file(), tokens, config.overlap)


def compare_encoders(
    config: IndexConfig, home: Path, num_texts: int, progress: "Progress | None" = None
) -> "tuple[Comparison, Path]":
    """Measure every encoder that runs the configured model here; return the numbers and the file of their chart."""
    from datetime import UTC, datetime

    from seedbed.corpora.sample import sample_contents

    texts = sample_contents(corpus(config.corpus), num_texts)  # a corpus that is not there is told before torch loads
    from seedbed.embedding.adapters.encoder_chart import draw_encoders
    from seedbed.embedding.adapters.matmul import matmul_gflops, matmul_unit
    from seedbed.embedding.comparison import compare, variants

    comparison = compare(
        {name: embedder(each, home) for name, each in variants(config.embedding)},
        texts,
        machine=measure().in_a_line(),
        unit_of=matmul_unit,
        peak_of=matmul_gflops,
        progress=progress,
    )
    chart = home / "reports" / f"encoders-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.png"
    draw_encoders(comparison, chart)
    return comparison, chart


def store(config: StoreConfig, home: Path) -> VectorStore:
    """Return the configured vector database."""
    match config.kind:
        case "chroma":
            from seedbed.stores.adapters.chroma import ChromaStore

            return ChromaStore(config, config.path or home / "chroma")
        case "qdrant":
            from seedbed.stores.adapters.qdrant import QdrantStore

            return QdrantStore(config, config.path or home / "qdrant")
        case declared:
            return STORES.make(declared, VectorStore, config, config.path or home / "stores" / declared)


def index_config(settings: Settings, overrides: "Sequence[str]" = ()) -> IndexConfig:
    """Return the index that the settings describe, with `section.field=value` laid over them.

    Raises:
        UserError: a key or value that the sections do not take.
    """
    from seedbed.experiments.overrides import resolve

    return resolve(IndexConfig, sections(settings), overrides)


def sections(settings: Settings) -> dict[str, BaseModel]:
    """Return the sections of the settings by name: what the configuration of an experiment starts from."""
    fields = {name: getattr(settings, name) for name in type(settings).model_fields}
    return {name: value for name, value in fields.items() if isinstance(value, BaseModel)}


def plugins_of(config: "BaseModel | Mapping[str, object]") -> "list[Plugin]":
    """Return the plug-ins that the sections of a configuration choose."""
    values = config.values() if not isinstance(config, BaseModel) else vars(config).values()
    chosen = (each.plugin for each in values if isinstance(each, CorpusConfig | EmbeddingConfig | StoreConfig))
    return [plugin for plugin in chosen if plugin]


def ledger(config: IndexingConfig, home: Path, *, create: bool = True) -> "Ledger":
    """Open the configured ledger; it is closed by leaving its block."""
    from seedbed.indexing.ledger import Ledger

    return Ledger(config.ledger_url or home / "ledger.db", create=create)


@contextmanager
def workers(config: IndexConfig, encoder: Embedder, home: Path) -> "Iterator[Workers | None]":
    """Start those who embed beside this process, each with the encoder that this one has; None where none are asked."""
    if config.indexing.workers == "thread":
        yield None
        return
    from seedbed.indexing.worker import Task

    fingerprint, num_workers = encoder.fingerprint(), config.indexing.num_workers
    runtime = {"backend": fingerprint.backend, "precision": fingerprint.precision}
    chosen: Callable[[Task, int], AbstractContextManager[Workers]]
    if config.indexing.workers == "processes":
        from seedbed.indexing.processes import ProcessWorkers

        chosen = ProcessWorkers
    else:
        from seedbed.indexing.adapters.ray import RayWorkers

        chosen = RayWorkers
    encoding = EmbeddingConfig.model_validate(config.embedding.model_dump() | runtime)
    task = Task(partial(_embedder_of_a_worker, encoding, home.absolute()), fingerprint, home.absolute() / "vectors")
    with chosen(task, num_workers) as started:
        yield started


def _embedder_of_a_worker(config: EmbeddingConfig, home: Path, num_threads: int) -> Embedder:
    return embedder(config.model_copy(update={"num_threads": config.num_threads or num_threads}), home)


@contextmanager
def open_index(config: IndexConfig, home: Path, *, create: bool = True) -> "Iterator[Index]":
    """Open the index that a configuration names; it need not exist yet. Without `create` it is good for a plan only."""
    from seedbed.indexing.index import Index

    encoder = embedder(config.embedding, home)
    with ExitStack() as parts:
        opened = parts.enter_context(ledger(config.indexing, home, create=create))
        yield Index(
            config,
            corpus=corpus(config.corpus),
            chunker=chunker(config.chunk, config.corpus, encoder),
            embedder=encoder,
            store=store(config.store, home),
            ledger=opened,
            home=home,
            workers=parts.enter_context(workers(config, encoder, home)) if create else None,
        )


def roll_back(config: IndexConfig, home: Path) -> tuple[str, str]:
    """Let searches see the collection they saw before; return (that one, the one they leave). No model is needed.

    Raises:
        UserError: there is no such collection.
    """
    from seedbed.indexing import switch

    with ledger(config.indexing, home) as opened:
        return switch.roll_back(config.name, config.store.place, store(config.store, home), opened)


@contextmanager
def open_search(
    name: str | None,
    config: StoreConfig,
    home: Path,
    indexing: IndexingConfig | None = None,
    make_encoder: "Callable[[EmbeddingConfig, Path], Embedder]" = embedder,
) -> "Iterator[tuple[str, Searcher]]":
    """Open an index for searching, with the encoder that filled it; the newest one when no name is given.

    `make_encoder` may hand out one that is loaded already.

    Raises:
        UserError: there is no such index, it lies in another store, or its model is not the one it was.
        WorldError: the store has lost the index, or a part of it.
    """
    from seedbed.indexing.search import Searcher
    from seedbed.indexing.vectors import VectorCache
    from seedbed.stores.declaration import declared_spec

    with ledger(indexing or IndexingConfig(), home) as known:
        alias, collection = known.resolve(name)
        made_with = known.config(collection)
        if made_with["store"] != config.place:
            raise UserError(
                f"index {alias!r} lies in the store {made_with['store']!r}, the settings name {config.place!r}; "
                "set SEEDBED_STORE__KIND, and __URL or __PATH, as they were. Next: seedbed settings"
            )
        runtime = {key: made_with["fingerprint"][key] for key in ("backend", "precision")}
        encoding = EmbeddingConfig.model_validate(made_with["embedding"] | runtime)
        encoder = make_encoder(encoding, home)
        fingerprint = encoder.fingerprint()
        if fingerprint.model_dump(mode="json") != made_with["fingerprint"]:
            raise UserError(f"model {encoding.model!r} is not the one that filled index {alias!r}. Next: seedbed index")
        database = store(config, home)
        if collection not in database.names():  # opening would make it, empty
            raise WorldError(f"index {alias!r} is no longer in the store {config.place!r}. Next: seedbed index")
        opened = database.open(declared_spec(collection, fingerprint.dimension))
        if (num_found := opened.count()) < (num_stored := known.count(collection)[1]):
            raise WorldError(
                f"the store has {num_found} of {num_stored} chunks of index {alias!r}. Next: seedbed index"
            )
        yield alias, Searcher(opened, encoder, VectorCache(home / "vectors", known), encoding.query_prompt)


def tracker(config: TrackingConfig, home: Path) -> RunTracker:
    """Return the place where runs are recorded, with a spool on disk for when it is away."""
    from seedbed.tracking.spool import SpoolingTracker

    spooling = SpoolingTracker(tracking_store(config, home), home)
    if config.wandb_project is None:
        return spooling
    from seedbed.tracking.adapters.wandb import WandbTracker
    from seedbed.tracking.mirror import MirroringTracker

    return MirroringTracker(spooling, WandbTracker(config, home), tag="seedbed.wandb.url")


def tracking_store(config: TrackingConfig, home: Path) -> RunTracker:
    """Return the place where runs are recorded, without the spool: what `seedbed runs push` sends to."""
    from seedbed.tracking.adapters.mlflow import MlflowTracker

    return MlflowTracker(config, home)


def flow_runs(url: str) -> "FlowRuns":
    """Return the Prefect server that starts deployments."""
    from seedbed.orchestration.adapters.prefect_rest import PrefectRest

    return PrefectRest(url)


def archive(config: TrackingConfig, home: Path) -> RunArchive:
    """Return the place where recorded runs are read."""
    from seedbed.tracking.adapters.mlflow_archive import MlflowArchive

    return MlflowArchive(config, home)


@contextmanager
def tracked_run(
    experiment: str,
    config: "BaseModel | Mapping[str, object]",
    *,
    seed: int | None = None,
    settings: Settings | None = None,
    deterministic: bool | None = None,
    parent_run_id: str | None = None,
    tags: "Mapping[str, str]" = MappingProxyType({}),
    begun_as: str = "",
    report: Path | None = None,
) -> "Iterator[Run]":
    """Record what happens in the block as one run: the way in for scripts, notebooks and flows.

    Deterministic where no GPU is visible, unless said otherwise; `begun_as` names the run whose checkpoints it takes;
    `report` is a file that gets a line for every step, for a process that waits for this one.

    >>> with tracked_run("first-steps", {"learning_rate": 0.1}, seed=7) as run:  # doctest: +SKIP
    ...     run.log_metrics({"loss": 0.5})
    """
    from seedbed.tracking.determinism import by_default
    from seedbed.tracking.provenance import collect
    from seedbed.tracking.run import tracked_run as record

    settings = settings or load_settings()
    recorder = tracker(settings.tracking, settings.home)
    if report is not None:
        from seedbed.tracking.reporting import ReportingTracker

        recorder = ReportingTracker(recorder, report)
    with record(
        experiment,
        config,
        tracker=recorder,
        home=settings.home,
        seed=seed,
        provenance=collect(max_diff_bytes=settings.tracking.max_diff_bytes, plugins=plugins_of(config)),
        deterministic=by_default() if deterministic is None else deterministic,
        parent_run_id=parent_run_id,
        tags=tags,
        begun_as=begun_as,
    ) as run:
        yield run
