"""Compare indexing with the slower of its two floors: the forward pass alone and the store's bulk insert alone.

benchmarks/pipeline.py - v0.1.0

Run it: python benchmarks/pipeline.py [--only floors|flat|changed] [--texts FILE.jsonl]
Same texts, vectors and graph, warm model. Both floors use the cores: what they cost in CPU seconds is shown beside.

```mermaid
flowchart LR
    main --> floors & flat & changed
    floors & flat & changed --> Bench
    Bench --> Index
```
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, final

import chromadb
from chromadb.config import Settings

from benchmarks._data import DATA
from benchmarks._verdict import NOT_MEASURED
from seedbed import wiring
from seedbed.corpora.config import CorpusConfig
from seedbed.corpora.document import Document
from seedbed.indexing.chunks import Chunk
from seedbed.indexing.config import IndexConfig
from seedbed.indexing.index import Index
from seedbed.indexing.ledger import Ledger
from seedbed.indexing.reading import Reading
from seedbed.indexing.report import IndexReport
from seedbed.stores.adapters.chroma import HNSW

TEXTS = DATA / "throughput" / "clean_short.jsonl"
FLOOR_BAR, FLAT_BAR, MEMORY_BAR, CHANGED_BAR = 1.2, 1.15, 1.2, 30.0
NUM_DOCSTRINGS, NUM_SHORT, SIZES = 7_000, 50_000, (2_000, 10_000, 50_000)
_BATCH = 5_000


@final
@dataclass
class Cost:
    """What something took."""

    wall_s: float
    cpu_s: float


@final
class Bench:
    """One corpus of JSON lines in a folder of its own, with a warm model."""

    def __init__(self, folder: Path, lines: Sequence[str]) -> None:
        self.path = folder / "corpus.jsonl"
        self.write(lines)
        self.config = IndexConfig(corpus=CorpusConfig(kind="jsonl", path=self.path))
        self.home = folder / "home"
        self.corpus = wiring.corpus(self.config.corpus)
        self.embedder = wiring.embedder(self.config.embedding, self.home)
        self.chunker = wiring.chunker(self.config.chunk, self.config.corpus, self.embedder)
        self.embedder.embed(["a text that loads the model"] * 64)

    def write(self, lines: Sequence[str]) -> None:
        """Make these the corpus."""
        self.path.write_text("".join(lines), "utf-8")

    def chunks(self) -> list[Chunk]:
        """Return everything that is to be embedded."""
        reading = Reading(self.corpus, self.chunker, encoder="", prompt="", reject=print, meet=lambda _: {})
        return [chunk for batch in reading.batches() for chunk in batch]

    def index(self) -> IndexReport:
        """Bring the index up to date, as `seedbed index` does once the model is loaded."""
        store = wiring.store(self.config.store, self.home)
        parts: dict[str, Any] = {"corpus": self.corpus, "chunker": self.chunker, "embedder": self.embedder}
        with Ledger(self.home / "ledger.db") as ledger:
            return Index(self.config, **parts, store=store, ledger=ledger, home=self.home).bring_up_to_date()


def measured[T](work: Callable[[], T]) -> tuple[T, Cost]:
    """Return what the work gives, and what it took."""
    wall, cpu = time.perf_counter(), time.process_time()
    found = work()
    return found, Cost(time.perf_counter() - wall, time.process_time() - cpu)


def floors(name: str, lines: Sequence[str]) -> bool:
    """Print both floors and the whole; return whether the bar is met."""
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder), lines)
        chunks = bench.chunks()
        vectors, forward = measured(lambda: bench.embedder.embed([chunk.text for chunk in chunks]).vectors)
        graph: Any = {"hnsw": HNSW}
        client: Any = chromadb.PersistentClient(Path(folder, "bare"), Settings(_env_file=None))
        with closing(client):
            bare = client.create_collection("bench", configuration=graph, embedding_function=None)

            def insert() -> None:
                for start in range(0, len(chunks), _BATCH):
                    some = chunks[start : start + _BATCH]
                    bare.add([c.point_id for c in some], vectors[start : start + _BATCH], [c.payload for c in some])

            _, inserted = measured(insert)
        report, whole = measured(bench.index)
    assert report.num_embedded
    floor_s = max(forward.wall_s, inserted.wall_s)
    print(f"{name}: {len(chunks):,} chunks, {report.encoder}, {os.cpu_count()} cores")
    print(f"{'':24}{'wall s':>9}{'CPU s':>9}{'1/s':>9}")
    for row, cost in (("forward pass alone", forward), ("bulk insert alone", inserted), ("whole", whole)):
        print(f"{row:24}{cost.wall_s:9.2f}{cost.cpu_s:9.2f}{len(chunks) / cost.wall_s:9,.0f}")
    both_s = forward.cpu_s + inserted.cpu_s
    least_s = max(floor_s, both_s / (os.cpu_count() or 1))
    print(f"no overlap can beat {least_s:.2f} s: both floors' CPU seconds spread over all cores, or the larger floor")
    print(f"whole / both, CPU seconds   {whole.cpu_s / both_s:.2f} x")
    print(f"whole / that least   {whole.wall_s / least_s:.2f} x")
    print(f"whole / larger floor   {whole.wall_s / floor_s:.2f} x   (bar: at most {FLOOR_BAR:g})\n", flush=True)
    return whole.wall_s <= FLOOR_BAR * floor_s


def flat(lines: Sequence[str]) -> bool:
    """Print cost per document and peak memory of growing corpora, each in a process of its own."""
    costs: list[dict[str, float]] = []
    print(f"{'documents':>10}{'ms each':>9}{'CPU ms':>9}{'peak MiB':>10}")
    for size in (size for size in SIZES if size <= len(lines)):
        with tempfile.TemporaryDirectory() as folder:
            part = Path(folder, "part.jsonl")
            part.write_text("".join(lines[:size]), "utf-8")
            command = [sys.executable, __file__, "--only", "one", "--texts", str(part)]
            costs.append(json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout))
        print(f"{size:10,}{costs[-1]['ms']:9.3f}{costs[-1]['cpu_ms']:9.3f}{costs[-1]['mib']:10,.0f}", flush=True)
    growth = [costs[-1][name] / costs[0][name] for name in ("ms", "cpu_ms", "mib")]
    print(f"largest / smallest   {growth[0]:.2f} x time (bar {FLAT_BAR:g}), {growth[1]:.2f} x CPU time, ", end="")
    print(f"{growth[2]:.2f} x memory (bar {MEMORY_BAR:g})\n", flush=True)
    return growth[0] <= FLAT_BAR and growth[2] <= MEMORY_BAR


def one(lines: Sequence[str]) -> None:
    """Index once, print the cost per document as JSON."""
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder), lines)
        report, cost = measured(bench.index)
    each, peak = 1000 / report.num_documents, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(json.dumps({"ms": each * cost.wall_s, "cpu_ms": each * cost.cpu_s, "mib": peak / 1024}))


def changed(name: str, lines: Sequence[str]) -> bool:
    """Print what a second run costs after one text in a hundred has changed, in a warm process and as a command."""
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder), lines)
        other = with_changes(lines)
        command = [str(Path(sys.executable).with_name("seedbed")), "index", "--json", "--corpus-kind", "jsonl"]
        command += ["--corpus-path", str(bench.path)]

        def run() -> int:
            environment = {**os.environ, "SEEDBED_HOME": str(bench.home)}
            done = subprocess.run(command, stdout=subprocess.PIPE, check=True, env=environment)
            return int(json.loads(done.stdout)["num_embedded"])

        _, full = measured(bench.index)
        bench.write(other)
        report, warm = measured(bench.index)
        bench.write(lines)
        measured(bench.index)
        bench.write([line.replace("(changed)", "(changed again)") for line in other])
        num_embedded, cold = measured(run)
    print(f"{name}: {len(lines):,} documents, {report.num_embedded} and {num_embedded} embedded")
    print(f"full {full.wall_s:.2f} s, 1 % changed {warm.wall_s:.2f} s, as a command {cold.wall_s:.2f} s")
    ratio = full.wall_s / warm.wall_s
    print(f"full / changed   {ratio:.1f} x warm (bar: at least {CHANGED_BAR:g}), ", end="")
    print(f"{full.wall_s / cold.wall_s:.1f} x as a command\n", flush=True)
    return ratio >= CHANGED_BAR and report.num_embedded <= -(-len(lines) // 100)


def with_changes(lines: Sequence[str]) -> list[str]:
    """Return the lines with another text in one of a hundred."""
    records = [json.loads(line) for line in lines[::100]]
    other = list(lines)
    other[::100] = [json.dumps({**record, "text": f"{record['text']} (changed)"}) + "\n" for record in records]
    return other


def docstrings(num: int) -> list[str]:
    """Return the first docstrings of the standard library as JSON lines."""
    found = wiring.corpus(CorpusConfig(kind="docstrings")).documents()
    kept = islice((record for record in found if isinstance(record, Document)), num)
    return [json.dumps(record.model_dump(include={"id", "text", "title"})) + "\n" for record in kept]


def main(arguments: Sequence[str] | None = None) -> int:
    """Print every ratio beside its bar; 0 where all are met."""
    parser = argparse.ArgumentParser(prog="python benchmarks/pipeline.py", description=__doc__.partition("\n")[0])
    parser.add_argument("--only", choices=["floors", "flat", "changed", "one"])
    parser.add_argument("--texts", type=Path, default=TEXTS, help="JSON lines with id and text")
    chosen = parser.parse_args(arguments)
    lines = chosen.texts.read_text("utf-8").splitlines(keepends=True)[:NUM_SHORT] if chosen.texts.exists() else []
    if chosen.only == "one":
        one(lines)
        return 0
    parts: list[Callable[[], bool]] = []
    if chosen.only in (None, "floors"):
        parts.append(lambda: floors("docstrings", docstrings(NUM_DOCSTRINGS)))
        parts += [lambda: floors("short texts", lines)] if lines else []
    if chosen.only in (None, "changed"):
        parts.append(lambda: changed("docstrings", docstrings(NUM_DOCSTRINGS)))
        parts += [lambda: changed("short texts", lines)] if lines else []
    has_sizes = len(lines) >= SIZES[1]  # a single size grows by nothing
    if chosen.only in (None, "flat") and has_sizes:
        parts.append(lambda: flat(lines))
    met = [part() for part in parts]
    if not lines:
        print(f"short texts: NOT MEASURED, {chosen.texts} is not here")
    elif not has_sizes:
        print(f"flat: NOT MEASURED, {chosen.texts} has {len(lines):,} lines; two sizes need {SIZES[1]:,}")
    is_whole = bool(lines) and (has_sizes or chosen.only not in (None, "flat"))
    return 1 if not all(met) else 0 if is_whole else NOT_MEASURED


if __name__ == "__main__":
    raise SystemExit(main())
