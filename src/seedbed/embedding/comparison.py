"""Measure encoders side by side, on the same texts, in turns.

src/seedbed/embedding/comparison.py - v0.1.0

Rounds go over all encoders, so that what else the machine does meets each of them.

```mermaid
flowchart LR
    variants --> EmbeddingConfig
    compare --> Comparison & Embedder & linear_flop_per_token
    Comparison --> EncoderRates
```
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import product
from pathlib import Path
from statistics import median
from typing import Any, get_args

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, NonNegativeFloat, PositiveFloat, PositiveInt

from seedbed.embedding.config import ENCODERS, EmbeddingConfig
from seedbed.embedding.fingerprint import Fingerprint
from seedbed.embedding.model_files import read_json
from seedbed.embedding.ports import Embedder, Embeddings
from seedbed.errors import SeedbedError
from seedbed.progress import Progress

REFERENCE = "sentence_transformers fp32"
"""What the others are compared with, in speed and in vectors."""
_WARM_UP_TEXTS = 64

type UnitOf = Callable[[Fingerprint], str | None]
"""What multiplies matrices for an encoder: "cpu bf16"; None where nobody can tell how fast it is."""
type PeakOf = Callable[[str], float]
"""How fast such a unit is right now, in 10^9 operations a second."""


class EncoderRates(BaseModel):
    """One encoder, as it was measured."""

    model_config = ConfigDict(frozen=True)

    encoder: str
    """Backend and precision."""
    docs_per_s: PositiveFloat
    tokens_per_s: PositiveFloat
    """Padding is not counted."""
    ratio: PositiveFloat
    """Of docs/s to the reference's in the same round; the median."""
    cosine_min: float
    """The least cosine between a vector and the reference's of the same text."""
    cosine_mean: float
    peak: str | None
    """What it is a share of."""
    peak_share: NonNegativeFloat | None
    """Of the matmul peak that the model's linear layers reach; None where either is unknown."""


class Comparison(BaseModel):
    """All encoders of one machine, the fastest first."""

    model_config = ConfigDict(frozen=True)

    model: str
    machine: str
    num_texts: PositiveInt
    num_rounds: PositiveInt
    tokens_per_text: PositiveFloat
    encoders: tuple[EncoderRates, ...]
    peaks_gflops: dict[str, float]
    not_measured: dict[str, str]
    """Encoder, and why it does not run here."""


def variants(config: EmbeddingConfig) -> Iterator[tuple[str, EmbeddingConfig]]:
    """Yield every built-in encoder, and the one of a plug-in that is configured; not all of them run everywhere."""
    precisions = get_args(EmbeddingConfig.model_fields["precision"].annotation)
    for backend, precision in product(ENCODERS.built_in, precisions):
        if "auto" not in (backend, precision):
            built_in = {"backend": backend, "precision": precision, "options": {}}
            yield f"{backend} {precision}", config.model_copy(update=built_in)
    if config.backend not in ENCODERS.built_in:
        yield config.backend, config


def compare(
    encoders: Mapping[str, Embedder],
    texts: Sequence[str],
    *,
    machine: str,
    unit_of: UnitOf,
    peak_of: PeakOf,
    num_rounds: int = 3,
    progress: Progress | None = None,
) -> Comparison:
    """Return what each encoder does with the texts; `encoders` has one named REFERENCE.

    Raises:
        SeedbedError: the reference does not run.
    """
    running, not_measured = _that_run(encoders, texts[:_WARM_UP_TEXTS], progress)
    dimension = running[REFERENCE].fingerprint().dimension
    for name in [name for name, encoder in running.items() if encoder.fingerprint().dimension != dimension]:
        own = running.pop(name).fingerprint().dimension
        not_measured[name] = f"its vectors have {own} numbers, those of the others {dimension}: they cannot be compared"
    seconds: dict[str, list[float]] = {name: [] for name in running}
    answers: dict[str, Embeddings] = {}
    model = running[REFERENCE].fingerprint().model
    units = {  # the peak says nothing about another model, which may multiply nothing
        name: unit_of(print_) if (print_ := encoder.fingerprint()).model == model else None
        for name, encoder in running.items()
    }
    peaks = {unit: 0.0 for unit in units.values() if unit}
    done, total = 0, num_rounds * len(running) * len(texts)
    for _ in range(num_rounds):
        for name, encoder in running.items():
            if progress:
                progress(done, total, f"texts ({name})")
            started = time.perf_counter()
            answers[name] = encoder.embed(texts)
            seconds[name].append(time.perf_counter() - started)
            done += len(texts)
        peaks = {unit: max(best, peak_of(unit)) for unit, best in peaks.items()}
    flop = linear_flop_per_token(running[REFERENCE].tokenizer_file().parent)
    num_tokens = int(answers[REFERENCE].num_tokens.sum())
    rates = []
    for name, taken in seconds.items():
        cosines = _cosines(answers[name].vectors, answers[REFERENCE].vectors)
        tokens_per_s = num_tokens / median(taken)
        best = peaks.get(units[name] or "")
        rates.append(
            EncoderRates(
                encoder=name,
                docs_per_s=len(texts) / median(taken),
                tokens_per_s=tokens_per_s,
                ratio=median(theirs / ours for ours, theirs in zip(taken, seconds[REFERENCE], strict=True)),
                cosine_min=float(cosines.min()),
                cosine_mean=float(cosines.mean()),
                peak=units[name],
                peak_share=tokens_per_s * flop / best / 1e9 if best and flop else None,
            )
        )
    return Comparison(
        model=model,
        machine=machine,
        num_texts=len(texts),
        num_rounds=num_rounds,
        tokens_per_text=num_tokens / len(texts),
        encoders=tuple(sorted(rates, key=lambda each: -each.docs_per_s)),
        peaks_gflops=peaks,
        not_measured=not_measured,
    )


def linear_flop_per_token(folder: Path) -> float | None:
    """Return the operations of a model's linear layers for one token, None where its config.json does not say.

    Each of L layers multiplies with 4 matrices of H x H and 2 of H x I, and every weight is one product and one sum.
    Attention itself is left out: for texts far shorter than 6 H it is little.
    """
    config: dict[str, Any] = read_json(folder / "config.json", {})
    names = (("hidden_size", "dim"), ("num_hidden_layers", "n_layers"), ("intermediate_size", "hidden_dim"))
    width, layers, inner = (next((config[name] for name in each if name in config), 0) for each in names)
    return 2.0 * layers * (4 * width * width + 2 * width * inner) or None


def _that_run(
    encoders: Mapping[str, Embedder], texts: Sequence[str], progress: Progress | None
) -> tuple[dict[str, Embedder], dict[str, str]]:
    running: dict[str, Embedder] = {}
    reasons: dict[str, str] = {}
    for name, encoder in encoders.items():
        if progress:
            progress(0, None, f"loading {name}")
        try:
            encoder.fingerprint()
            encoder.embed(texts)  # loads the model
        except SeedbedError as error:
            if name == REFERENCE:
                raise
            reasons[name] = str(error).partition(" Example: ")[0]
        else:
            running[name] = encoder
    return running, reasons


def _cosines(ours: npt.NDArray[np.float32], theirs: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    one, other = ours.astype(np.float64), theirs.astype(np.float64)
    lengths = np.linalg.norm(one, axis=1) * np.linalg.norm(other, axis=1)
    cosines: npt.NDArray[np.float64] = (one * other).sum(axis=1) / lengths
    return cosines
