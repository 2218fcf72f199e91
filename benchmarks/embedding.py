"""Compare every encoder that runs here with what sentence-transformers does by default.

benchmarks/embedding.py - v0.1.0

Run it: python benchmarks/embedding.py [--texts 1500] [--rounds 3]

```mermaid
flowchart LR
    main --> baseline & encoders --> Encode
    main --> peak_gflops
```
"""

import argparse
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from seedbed import wiring
from seedbed.corpora.config import CorpusConfig
from seedbed.corpora.document import Document
from seedbed.embedding.config import EmbeddingConfig
from seedbed.embedding.model_files import model_folder
from seedbed.embedding.model_kind import BF16
from seedbed.embedding.ports import Embedder
from seedbed.errors import UserError
from seedbed.hardware import measure
from seedbed.settings import load_settings

FLOP_PER_TOKEN = 21.3e6
"""The linear layers of MiniLM-L6: 6 x (4 x 384^2 + 2 x 384 x 1536) weights, each multiplied and added."""
BASELINE = "sentence-transformers"
LEAST_RATIO = {"openvino fp32": 2.0, "openvino bf16": 5.0}
LEAST_COSINE = {"openvino fp32": 0.99999, "openvino bf16": 0.9998}

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
    precisions: tuple[Literal["fp32", "bf16"], ...] = ("fp32", "bf16")
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


def peak_gflops(precision: str, num_threads: int, size: int = 2048) -> float:
    """Return the best of five square matrix products of torch, in 10^9 operations a second."""
    import torch

    torch.set_num_threads(num_threads)
    matrix = torch.randn(size, size).to(torch.bfloat16 if precision == "bf16" else torch.float32)
    taken = []
    for _ in range(6):
        started = time.perf_counter()
        torch.mm(matrix, matrix)
        taken.append(time.perf_counter() - started)
    return 2 * size**3 / min(taken[1:]) / 1e9


def _bf16_pays(peaks: dict[str, list[float]]) -> bool:
    """Whether the processor multiplies bf16 at twice its fp32 rate or more; some have the instructions and do not."""
    return max(peaks.get("bf16", [0.0])) >= 2 * max(peaks["fp32"])


def main() -> int:
    """Print rates, ratios, agreement and share of the peak; 0 where every bar is met."""
    parser = argparse.ArgumentParser(prog="python benchmarks/embedding.py", description=__doc__.partition("\n")[0])
    parser.add_argument("--texts", type=int, default=1500)
    parser.add_argument("--rounds", type=int, default=3)
    chosen = parser.parse_args()
    home, num_threads = load_settings().home, measure().num_usable_cores
    texts = texts_of(chosen.texts)
    folder = model_folder(EmbeddingConfig(), home / "models")
    runners = {BASELINE: baseline(folder, num_threads), **encoders(home, num_threads)}
    walls: dict[str, list[float]] = {name: [] for name in runners}
    processor: dict[str, list[float]] = {name: [] for name in runners}
    vectors: dict[str, Matrix] = {name: encode(texts[:64]) for name, encode in runners.items()}  # loads the model
    peaks: dict[str, list[float]] = {"fp32": [], "bf16": []} if BF16 & set(measure().instruction_sets) else {"fp32": []}
    for _ in range(chosen.rounds):
        for precision, seen in peaks.items():
            seen.append(peak_gflops(precision, num_threads))
        for name, encode in runners.items():
            started, used = time.perf_counter(), time.process_time()
            vectors[name] = encode(texts)
            walls[name].append(len(texts) / (time.perf_counter() - started))
            processor[name].append(len(texts) / (time.process_time() - used))
    tokens_each = float(np.mean(wiring.embedder(EmbeddingConfig(), home).embed(texts).num_tokens))
    print(f"{len(texts)} docstrings of {tokens_each:.0f} tokens, {num_threads} threads, {measure().cpu_model}")
    print("matmul peak: " + ", ".join(f"{name} {max(seen):.0f} GFLOPS" for name, seen in peaks.items()))
    met = True
    bars = {name: bar for name, bar in LEAST_RATIO.items() if name != "openvino bf16" or _bf16_pays(peaks)}
    for name, rates in walls.items():
        rate = median(rates)
        ratio = median(ours / theirs for ours, theirs in zip(rates, walls[BASELINE], strict=True))
        cosine = float(np.sum(vectors[name] * vectors[BASELINE], axis=1).min())
        share = rate * tokens_each * FLOP_PER_TOKEN / 1e9 / max(peaks["bf16" if name.endswith("bf16") else "fp32"])
        bar = f"   (bar: at least {bars[name]:g} x)" if name in bars else ""
        print(
            f"{name:<22} {rate:6.0f} docs/s  {median(processor[name]):5.0f} docs/CPU-s  {ratio:5.2f} x  "
            f"cosine >= {cosine:.6f}  {share:4.0%} of the peak{bar}"
        )
        met &= ratio >= bars.get(name, 0) and cosine >= LEAST_COSINE.get(name, 0)
    return 0 if met else 1


if __name__ == "__main__":
    raise SystemExit(main())
