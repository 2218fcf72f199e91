"""Compare the encoder's similarities with what people said of sentence pairs.

benchmarks/sts.py - v0.1.0

Run it: python benchmarks/sts.py --data path/to/stsb-en-test.csv   (rows: sentence, sentence, score of 0 to 5)

```mermaid
flowchart LR
    main --> read_pairs
    main --> spearman --> embedder
```
"""

import argparse
import csv
import json
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from scipy.stats import spearmanr

from benchmarks._data import DATA
from benchmarks._verdict import NOT_MEASURED
from seedbed.embedding.config import EmbeddingConfig
from seedbed.embedding.ports import Embedder
from seedbed.errors import SeedbedError, UserError
from seedbed.settings import load_settings
from seedbed.wiring import embedder

PUBLISHED = 0.82032
"""all-MiniLM-L6-v2 on the test split of the STS benchmark, Spearman of cosine (MTEB: STSBenchmark)."""
TOLERANCE = 0.001
STS = DATA / "stsb" / "stsb-en-test.csv"

type Pair = tuple[str, str, float]


def read_pairs(path: Path) -> list[Pair]:
    """Return the sentence pairs and their scores.

    Raises:
        UserError: the file is missing, or a row is not two sentences and a score.
    """
    try:
        with path.open(newline="", encoding="utf-8") as file:
            return [(first, second, float(score)) for first, second, score in csv.reader(file)]
    except (OSError, ValueError) as error:
        raise UserError(f"{path} has no rows of sentence, sentence, score: {error}") from error


def spearman(encoder: Embedder, pairs: Sequence[Pair]) -> float:
    """Return the rank correlation of cosine similarity and human score; 1 is perfect agreement."""
    first, second, scores = zip(*pairs, strict=True)
    cosine = np.sum(encoder.embed(first).vectors * encoder.embed(second).vectors, axis=1)
    return float(spearmanr(cosine, scores).statistic)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the correlation beside the published one; 0 where it agrees, 77 where the data is not here."""
    parser = argparse.ArgumentParser(prog="python benchmarks/sts.py", description=__doc__.partition("\n")[0])
    parser.add_argument("--data", type=Path, default=STS, help=f"default: {STS}")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    chosen = parser.parse_args(arguments)
    if chosen.data == STS and not STS.exists():
        print(f"not measured: no {STS}; the file belongs to the STS benchmark. Next: {parser.prog} --data FILE")
        return NOT_MEASURED
    try:
        pairs = read_pairs(chosen.data)
        measured = spearman(embedder(EmbeddingConfig(), load_settings().home), pairs)
    except SeedbedError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    agrees = abs(measured - PUBLISHED) <= TOLERANCE
    if chosen.json:
        print(json.dumps({"spearman": measured, "published": PUBLISHED, "ratio": measured / PUBLISHED}))
    else:
        verdict = "agrees" if agrees else "DIFFERS"
        print(f"{len(pairs)} pairs  measured {measured:.5f}  published {PUBLISHED:.5f}  {verdict} (± {TOLERANCE})")
    return 0 if agrees else 1


if __name__ == "__main__":
    raise SystemExit(main())
