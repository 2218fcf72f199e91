"""Bring a store up to date with a corpus.

src/seedbed/indexing/index.py - v0.1.0

Deletes come last, when everything new is in: a failure on the way leaves more in the store than needed, never less.

```mermaid
flowchart LR
    Index --> Reading --> shards
    shards --> ShardRunner
    Index --> preview & compare & check_recall
    Index --> Searcher & IndexReport
```
"""

import logging
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import final

from seedbed.corpora.document import Rejection
from seedbed.corpora.ports import Chunker, Corpus
from seedbed.digests import digest_of
from seedbed.embedding.ports import Embedder
from seedbed.errors import UserError, WorldError
from seedbed.indexing.chunks import Chunk
from seedbed.indexing.config import IndexConfig
from seedbed.indexing.dead_letter import DeadLetters
from seedbed.indexing.exact import ExactSearcher
from seedbed.indexing.ledger import Ledger
from seedbed.indexing.plan import Shard, shards, shrink_refusal
from seedbed.indexing.preview import preview
from seedbed.indexing.reading import Reading
from seedbed.indexing.report import IndexPlan, IndexReport, ShardReport
from seedbed.indexing.search import Searcher
from seedbed.indexing.shard import ShardRunner
from seedbed.indexing.stale import Stale, find_stale
from seedbed.indexing.switch import check_recall
from seedbed.indexing.vectors import VectorCache
from seedbed.indexing.verify import VerifyReport, compare, repair
from seedbed.indexing.workers import ThreadWorker, Workers
from seedbed.progress import Progress
from seedbed.stores.declaration import declared_spec, schema_version
from seedbed.stores.ports import Collection, VectorStore

logger = logging.getLogger(__name__)

type RunShard = Callable[[Shard], ShardReport]


@final
class Index:
    """One corpus in one store: what `seedbed index` and the flow bring up to date, and what is searched afterwards."""

    def __init__(
        self,
        config: IndexConfig,
        *,
        corpus: Corpus,
        chunker: Chunker,
        embedder: Embedder,
        store: VectorStore,
        ledger: Ledger,
        home: Path,
        workers: Workers | None = None,
    ) -> None:
        self._config = config
        self.corpus = corpus
        self._chunker = chunker
        self._embedder = embedder
        self._store = store
        self._ledger = ledger
        self._home = home
        self._encoder = digest_of(embedder.fingerprint().digest, chunker.identity())
        self.name = config.name
        prompts = (config.embedding.document_prompt, config.embedding.query_prompt)
        made_of = (self._encoder, config.store.place, *prompts, f"schema {schema_version()}")
        self.collection_name = f"{self.name}--{digest_of(*made_of)[:8]}"
        started = datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%fZ")
        self._dead_letters = DeadLetters(home / "dead_letter" / f"{self.name}-{started}.jsonl")
        self._cache = VectorCache(home / "vectors", ledger)
        self._workers = workers or ThreadWorker(embedder, self._cache.folder)

    @property
    def num_embedded(self) -> int:
        """Texts embedded since this index was opened, queries included."""
        return self._cache.num_embedded

    @cached_property
    def search(self) -> Searcher:
        """The way to ask the collection that this configuration names, switched to or not."""
        return Searcher(self._collection, self._embedder, self._cache, self._config.embedding.query_prompt)

    @cached_property
    def search_exactly(self) -> ExactSearcher:
        """The way to ask by comparing with every chunk: slower than the store, and the same on every machine."""
        return ExactSearcher(self.collection_name, self._ledger, self._cache, self.search.vectors)

    @cached_property
    def run_shard(self) -> ShardRunner:
        """The way to bring one shard in; an orchestrator may wrap it, and call it again after a failure."""
        return ShardRunner(
            self.collection_name, self._collection, self._ledger, self._cache, self._workers, self._dead_letters
        )

    def bring_up_to_date(self, run_shard: RunShard | None = None, progress: Progress | None = None) -> IndexReport:
        """Make the store hold exactly what the corpus holds, and let searches see it.

        Raises:
            UserError: the corpus has no documents, or so few that deleting the others was refused.
            WorldError: model, disk or store failed; what was committed stays, running again goes on from there.
        """
        with self._locked(), self._dead_letters:
            started = time.perf_counter()
            num_before = self._ledger.num_documents(self.collection_name)
            self._reconcile()
            self._ledger.begin_pass()
            reading = self._reading(self._dead_letters.add, self._meet)
            reports: list[ShardReport] = []
            batches = self._met(reading.batches(progress))
            try:
                for shard in self.run_shard.ahead(shards(batches, self._stored, self._config.indexing.shard_chunks)):
                    reports.append((run_shard or self.run_shard)(shard))
            finally:
                self.run_shard.abandon()
            failed = frozenset[str]().union(*(report.failed_documents for report in reports))
            self._refuse_nothing_indexed(reading, num_before, failed)
            stale = self._delete_stale(reading, failed, num_before)
            self._ledger.settle(self.collection_name, failed)
            self._switch(reading.data_digest, failed)
            return self._report(reading.data_digest, reports, stale, time.perf_counter() - started)

    def plan(self, progress: Progress | None = None) -> IndexPlan:
        """Return what `bring_up_to_date` would do and cost; the store is not asked, nothing is written."""
        reading = self._reading(lambda _: None, self._meet)
        return preview(self._config, self.collection_name, reading, self._ledger, progress)

    def verify(self, progress: Progress | None = None) -> VerifyReport:
        """Make the store hold what the ledger says it holds; what is new or changed in the corpus stays out.

        Raises:
            UserError: this configuration has not been indexed yet.
        """
        with self._locked(), self._dead_letters:
            if not self._ledger.num_documents(self.collection_name):
                raise UserError(f"index {self.name!r} is not built with this configuration yet. Next: seedbed index")
            damage = compare(self.collection_name, self._collection, self._ledger)
            batches = self._reading(lambda _: None, lambda _: {}).batches(progress)
            size = self._config.indexing.shard_chunks
            return repair(self.collection_name, damage, self._collection, self._ledger, batches, size, self.run_shard)

    def _locked(self) -> AbstractContextManager[None]:
        return self._ledger.owned(self.name)

    @cached_property
    def _collection(self) -> Collection:
        fingerprint = self._embedder.fingerprint()
        collection = self._store.open(declared_spec(self.collection_name, fingerprint.dimension))
        self._ledger.register(
            self.collection_name,
            self.name,
            self._encoder,
            {
                "embedding": self._config.embedding.model_dump(mode="json"),
                "fingerprint": fingerprint.model_dump(mode="json"),
                "chunker": self._chunker.identity(),
                "store": self._config.store.place,
            },
        )
        return collection

    def _reconcile(self) -> None:
        num_stored = self._ledger.count(self.collection_name)[1]
        num_found = self._collection.count()
        if num_found < num_stored:
            logger.warning(
                "store_lost_points",
                extra={"collection": self.collection_name, "num_stored": num_stored, "num_found": num_found},
            )
            self._ledger.doubt(self.collection_name)
        self._ledger.doubt_without_vector(self.collection_name)

    def _stored(self, point_ids: Sequence[str]) -> dict[str, str]:
        return self._ledger.stored(self.collection_name, point_ids)

    def _meet(self, digests: Mapping[str, str]) -> dict[str, int]:
        return self._ledger.meet(self.collection_name, digests)

    def _reading(
        self, reject: Callable[[Rejection], object], meet: Callable[[Mapping[str, str]], dict[str, int]]
    ) -> Reading:
        prompt = self._config.embedding.document_prompt
        return Reading(self.corpus, self._chunker, encoder=self._encoder, prompt=prompt, reject=reject, meet=meet)

    def _met(self, batches: Iterable[Sequence[Chunk]]) -> Iterator[Sequence[Chunk]]:
        for batch in batches:
            self._ledger.see(chunk.point_id for chunk in batch)
            yield batch

    def _refuse_nothing_indexed(self, reading: Reading, num_before: int, failed: frozenset[str]) -> None:
        letters = f"; see {self._dead_letters.path}" if self._dead_letters.path else ""
        corpus = f"corpus {self._config.corpus.kind} {self._config.corpus.path or ''}".rstrip()
        if not reading.num_documents and not num_before:
            raise UserError(f"{corpus} has no documents, {reading.num_rejected} records were rejected{letters}")
        if reading.num_documents and len(failed) == reading.num_documents:
            raise WorldError(f"all {reading.num_documents} documents of {corpus} failed{letters}")

    def _delete_stale(self, reading: Reading, failed: frozenset[str], num_before: int) -> Stale:
        stale = find_stale(self.collection_name, reading, failed, self._ledger, self._config.indexing)
        if refusal := shrink_refusal(self.name, stale.num_documents_gone, num_before, self._config.indexing):
            raise UserError(refusal)
        ids = stale.point_ids
        self._collection.delete(ids)
        if left := self._collection.count(ids):
            raise WorldError(
                f"collection {self.collection_name!r} still shows {left} of {len(ids)} deleted points; run again"
            )
        self._ledger.forget(self.collection_name, ids)
        return stale

    def _switch(self, data_digest: str, failed: frozenset[str]) -> None:
        self._verify_green(failed)
        self._collection.settle()
        current, _ = self._ledger.target(self.name)
        if current not in (None, self.collection_name):
            try:
                check_recall(self.collection_name, self._collection, self._ledger, self._cache)
            except WorldError:  # nobody searches it yet: the next run fills a new one from the vectors on disk
                self._store.drop(self.collection_name)
                self._ledger.doubt(self.collection_name)
                raise
        self._ledger.point(self.name, self.collection_name, data_digest)

    def _verify_green(self, failed: frozenset[str]) -> None:
        num_stored, num_found = self._ledger.count(self.collection_name)[1], self._collection.count()
        if num_found < num_stored or (num_found > num_stored and not failed):
            raise WorldError(
                f"collection {self.collection_name!r} has {num_found} points, the ledger {num_stored}; "
                "something else writes to it. Mend it from the vectors on disk: seedbed index --verify"
            )

    def _report(self, data_digest: str, reports: Sequence[ShardReport], stale: Stale, seconds: float) -> IndexReport:
        if rate := self.run_shard.characters_per_s:
            self._ledger.note_rate(self._encoder, rate)
        num_documents, num_chunks, num_truncated = self._ledger.count(self.collection_name)
        return IndexReport(
            name=self.name,
            collection=self.collection_name,
            encoder=self._embedder.fingerprint().runtime,
            data_digest=data_digest,
            num_documents=num_documents,
            num_chunks=num_chunks,
            num_truncated=num_truncated,
            num_embedded=sum(report.num_embedded for report in reports),
            num_reused=sum(report.num_reused for report in reports),
            num_upserted=sum(report.num_upserted for report in reports),
            num_deleted=len(stale.point_ids),
            num_documents_kept=stale.num_documents_kept,
            num_rejected=self._dead_letters.num_records,
            dead_letter=self._dead_letters.path,
            seconds=seconds,
        )
