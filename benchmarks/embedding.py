"""Compare every encoder that runs here with what sentence-transformers does by default.

benchmarks/embedding.py - v0.1.0

Run it: python benchmarks/embedding.py [--texts 1500] [--rounds 3] [--against infinity]

```mermaid
flowchart LR
    main --> baseline & encoders & rates --> Encode
    main --> matmul_rates & infinity
```
"""

import argparse
import json
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from benchmarks._verdict import NOT_MEASURED
from seedbed import wiring
from seedbed.corpora.config import CorpusConfig
from seedbed.corpora.document import Document
from seedbed.embedding.adapters.openvino_rates import matmul_rates
from seedbed.embedding.config import EmbeddingConfig
from seedbed.embedding.model_files import model_folder
from seedbed.embedding.ports import Embedder
from seedbed.embedding.precision import BF16, LEAST_GAIN, MatmulRates
from seedbed.errors import UserError
from seedbed.hardware import measure
from seedbed.settings import load_settings

FLOP_PER_TOKEN = 21.3e6
"""The linear layers of MiniLM-L6: 6 x (4 x 384^2 + 2 x 384 x 1536) weights, each multiplied and added."""
BASELINE = "sentence-transformers"
LEAST_RATIO = {"openvino fp32": 2.0, "openvino bf16": 5.0, "openvino int8": 8.0}
LEAST_COSINE = {"openvino fp32": 0.99999, "openvino bf16": 0.9998}
"""int8 is judged by what it answers: benchmarks/scifact.py --set embedding.precision=int8."""
LEAST_SHARE = {"openvino bf16": 0.65}
LEAST_RATIO_TO_INFINITY = 5.0

INFINITY = ("infinity-emb[torch]==0.0.77", "transformers<4.49", "optimum<2", "click<8.2")
INFINITY_CODE = """
import asyncio, json, sys, time
from infinity_emb import AsyncEmbeddingEngine, EngineArgs

async def main():
    engine = AsyncEmbeddingEngine.from_args(
        EngineArgs(model_name_or_path=sys.argv[1], engine="torch", device="cpu", model_warmup=False)
    )
    texts = json.load(sys.stdin)
    async with engine:
        await engine.embed(sentences=texts[:64])
        took = []
        for _ in range(int(sys.argv[2])):
            started = time.perf_counter()
            await engine.embed(sentences=texts)
            took.append(time.perf_counter() - started)
        print(took)

asyncio.run(main())
"""

type Rates = dict[str, list[float]]
type Matrix = npt.NDArray[np.float32]
type Encode = Callable[[Sequence[str]], Matrix]


def texts_of(number: int) -> list[str]:
    """Return so many docstrings of the standard library, evenly picked."""
    found = [record.content for record in wiring.corpus(CorpusConfig()).documents() if isinstance(record, Document)]
    return found[:: max(1, len(found) // number)][:number]


def baseline(folder: Path, num_threads: int) -> Encode:
    """Return `SentenceTransformer.encode` as anybody would call it."""
    import torch
    from sentence_transformers import SentenceTransformer

    torch.set_num_threads(num_threads)
    model: Any = SentenceTransformer(str(folder), device="cpu", local_files_only=True)
    return lambda texts: np.asarray(model.encode(list(texts), show_progress_bar=False), dtype=np.float32)


def encoders(home: Path, num_threads: int) -> dict[str, Encode]:
    """Return ours by name, as far as this processor and this model allow them."""
    precisions: tuple[Literal["fp32", "bf16", "int8"], ...] = ("fp32", "bf16", "int8")
    found: dict[str, Encode] = {}
    for precision in precisions:
        config = EmbeddingConfig(backend="openvino", precision=precision, num_threads=num_threads)
        embedder = wiring.embedder(config, home)
        try:
            name = embedder.fingerprint().runtime
        except UserError as error:
            print(f"not measured: {error}")
            continue
        found[name] = partial(_vectors, embedder)
    return found


def _vectors(embedder: Embedder, texts: Sequence[str]) -> Matrix:
    return embedder.embed(texts).vectors


def rates(runners: dict[str, Encode], texts: Sequence[str], rounds: int) -> tuple[Rates, Rates]:
    """Return documents per second and per CPU-second of every encoder, measured in turns."""
    wall: Rates = {name: [] for name in runners}
    processor: Rates = {name: [] for name in runners}
    for _ in range(rounds):
        for name, encode in runners.items():
            started, used = time.perf_counter(), time.process_time()
            encode(texts)
            wall[name].append(len(texts) / (time.perf_counter() - started))
            processor[name].append(len(texts) / (time.process_time() - used))
    return wall, processor


def share_of_peak(name: str, tokens_per_cpu_s: float, peaks: MatmulRates) -> str:
    """Return the share of one core's matrix products in that precision; int8 has no peak measured here."""
    peak = {"bf16": peaks.bf16, "fp32": peaks.fp32}.get(name.rsplit(" ", 1)[-1])
    return f"{tokens_per_cpu_s * FLOP_PER_TOKEN / 1e9 / peak:4.0%} of the peak" if peak else " " * 16


def infinity(texts: Sequence[str], folder: Path, rounds: int) -> float | None:
    """Return the median docs/s of infinity-emb in an environment of its own, None where it cannot be set up."""
    uv, place = shutil.which("uv") or ".uv/bin/uv", Path(".bench/infinity")
    python = place / "bin" / "python"
    try:
        if not (ready := place / "ready").exists():
            shutil.rmtree(place, ignore_errors=True)
            subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, str(place)], check=True)
            subprocess.run([uv, "pip", "install", "--quiet", "--python", str(python), *INFINITY], check=True)
            ready.touch()
        done = subprocess.run(
            [str(python), "-c", INFINITY_CODE, str(folder), str(rounds)],
            input=json.dumps(list(texts)), stdout=subprocess.PIPE, text=True, check=True,
        )  # fmt: skip
        took: list[float] = json.loads(done.stdout.splitlines()[-1])
        return len(texts) / median(took)
    except (OSError, subprocess.CalledProcessError, ValueError, IndexError) as error:
        print(f"infinity-emb NOT MEASURED: {error}")
        return None


def main() -> int:
    """Print rates, ratios, agreement and share of the peak; 0 where every bar is met, 77 without the asked rival."""
    parser = argparse.ArgumentParser(prog="python benchmarks/embedding.py", description=__doc__.partition("\n")[0])
    parser.add_argument("--texts", type=int, default=1500)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--against", choices=["infinity"], help="compare with it too; installs it the first time")
    chosen = parser.parse_args()
    home, num_threads = load_settings().home, measure().num_usable_cores
    texts = texts_of(chosen.texts)
    folder = model_folder(EmbeddingConfig(), home / "models")
    runners = {BASELINE: baseline(folder, num_threads), **encoders(home, num_threads)}
    vectors = {name: encode(texts) for name, encode in runners.items()}  # loads the models
    before = matmul_rates()
    wall, processor = rates(runners, texts, chosen.rounds)
    peaks = MatmulRates(*map(max, before, matmul_rates()))
    tokens_each = float(np.mean(wiring.embedder(EmbeddingConfig(precision="fp32"), home).embed(texts).num_tokens))
    print(f"{len(texts)} docstrings of {tokens_each:.0f} tokens, {num_threads} threads, {measure().cpu_model}")
    print(f"matmul peak of one core, by OpenVINO: fp32 {peaks.fp32:.0f}, bf16 {peaks.bf16:.0f} GFLOPS")
    pays = bool(BF16 & set(measure().instruction_sets)) and peaks.gain >= LEAST_GAIN
    met = True
    for name, per_s in wall.items():
        per_cpu_s = median(processor[name])
        ratio = median(ours / theirs for ours, theirs in zip(per_s, wall[BASELINE], strict=True))
        cosine = float(np.sum(vectors[name] * vectors[BASELINE], axis=1).min())
        share = per_cpu_s * tokens_each * FLOP_PER_TOKEN / 1e9 / peaks.bf16
        is_judged = name != "openvino bf16" or pays
        bar = f"   (bar: at least {LEAST_RATIO[name]:g} x)" if is_judged and name in LEAST_RATIO else ""
        print(
            f"{name:<22} {median(per_s):6.0f} docs/s  {per_cpu_s:5.0f} docs/CPU-s  {ratio:5.2f} x  "
            f"cosine >= {cosine:.6f}  {share_of_peak(name, per_cpu_s * tokens_each, peaks)}{bar}"
        )
        if is_judged:
            met &= ratio >= LEAST_RATIO.get(name, 0) and cosine >= LEAST_COSINE.get(name, 0)
            met &= share >= LEAST_SHARE.get(name, 0)
    theirs = infinity(texts, folder, chosen.rounds) if chosen.against else None
    if theirs:
        best = max(median(wall[name]) for name in wall if name in LEAST_COSINE)
        print(f"{'infinity-emb':<22} {theirs:6.0f} docs/s   {best / theirs:.2f} x   (bar: at least 5 x)")
        met &= best / theirs >= LEAST_RATIO_TO_INFINITY
    return 1 if not met else NOT_MEASURED if chosen.against and theirs is None else 0


if __name__ == "__main__":
    raise SystemExit(main())
