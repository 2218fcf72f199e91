"""Compare the chunker in use with its rival, on the same texts and in processor time.

benchmarks/chunkers.py - v0.1.0

Run it: python benchmarks/chunkers.py [--beir FOLDER] [--tokens 256]
Both count with the packaged model's tokenizer, get the same texts (only those that are too long) and leave room for the
tokens that the model adds; the one in use also counts each text before it cuts it.

```mermaid
flowchart LR
    main --> samples
    main --> measured --> Row
    measured --> splitters
```
"""

import argparse
import re
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from semchunk.semchunk import chunkerify
from tokenizers import Tokenizer

from seedbed.corpora.adapters.beir import BeirCorpus
from seedbed.corpora.adapters.docstrings import DocstringsCorpus
from seedbed.corpora.adapters.semantic_text_splitter import TokenChunker
from seedbed.corpora.config import CorpusConfig
from seedbed.corpora.document import Document, Rejection
from seedbed.embedding.config import EmbeddingConfig
from seedbed.errors import SeedbedError
from seedbed.settings import load_settings
from seedbed.wiring import embedder

BAR = 1.01
"""The chunker in use may make at most so many times the other's chunks: each costs an embedding, which costs more."""
_SENTENCE_END = re.compile(r"[.!?:;。][\"')\]]*\s*$")

type Pieces = list[list[tuple[int, str]]]
type _Found = tuple[list[str], list[tuple[int, int]]]
type Split = Callable[[list[str]], Pieces]


@dataclass(frozen=True, slots=True)
class Row:
    """What one splitter did with one set of texts."""

    cpu_s: float
    num_chunks: int
    fill: float
    """Mean share of the limit that a chunk uses."""
    most_tokens: int
    exact: bool
    """Every offset is that of its text."""
    at_sentence_end: float


def splitters(tokenizer_file: Path, tokenizer: Tokenizer, tokens: int) -> dict[str, Split]:
    """Return the chunker in use and its rival."""
    ours = TokenChunker(tokenizer_file, tokens, 0)
    room = tokens - tokenizer.num_special_tokens_to_add(is_pair=False)
    rival = chunkerify(tokenizer, room, memoize=False)  # its memory would keep every text of the corpus

    def rival_split(texts: list[str]) -> Pieces:
        found = [cast(_Found, rival(text, offsets=True)) for text in texts]
        return [[(start, text) for text, (start, _) in zip(*cut, strict=True)] for cut in found]

    return {
        "semantic-text-splitter": lambda texts: [
            [(span.start, span.text) for span in cut] for cut in ours.split(texts)
        ],
        "semchunk": rival_split,
    }


def samples(beir: Path | None) -> Iterator[tuple[str, list[str]]]:
    """Yield sets of texts: real ones, and one of the monsters that turn up in real ones."""
    yield "docstrings", _contents(DocstringsCorpus(CorpusConfig()).documents())
    if beir is not None:
        yield beir.name, _contents(BeirCorpus(CorpusConfig(kind="beir", path=beir)).documents())
    for length in (15_000, 30_000):
        yield f"{length:,} characters without a blank", ["日" * length]


def measured(split: Split, texts: list[str], tokenizer: Tokenizer, tokens: int) -> Row:
    """Cut the texts and look at what came out."""
    start_s = time.process_time()
    pieces = split(texts)
    cpu_s = time.process_time() - start_s
    chunks = [chunk for cut in pieces for _, chunk in cut]
    lengths = [len(encoding) for encoding in tokenizer.encode_batch_fast(chunks)]
    ends = [
        _ends_well(text, start + len(chunk)) for text, cut in zip(texts, pieces, strict=True) for start, chunk in cut
    ]
    return Row(
        cpu_s,
        len(chunks),
        sum(lengths) / len(lengths) / tokens,
        max(lengths),
        all(text.startswith(chunk, start) for text, cut in zip(texts, pieces, strict=True) for start, chunk in cut),
        sum(ends) / len(ends),
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Print a table and the ratios; 1 where the chunker in use breaks its limit or misses the bar."""
    parser = argparse.ArgumentParser(prog="python benchmarks/chunkers.py", description=__doc__.partition("\n")[0])
    parser.add_argument("--beir", type=Path, help="a folder in BEIR's layout, such as SciFact")
    parser.add_argument("--tokens", type=int, default=256)
    chosen = parser.parse_args(arguments)
    try:
        file = embedder(EmbeddingConfig(), load_settings().home).tokenizer_file()
        tokenizer = Tokenizer.from_file(str(file))
        tokenizer.no_truncation()
        tokenizer.no_padding()
        good = [
            _compare(name, _too_long(texts, tokenizer, chosen.tokens), file, tokenizer, chosen.tokens)
            for name, texts in samples(chosen.beir)
        ]
    except SeedbedError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    return 0 if all(good) else 1


def _compare(name: str, texts: list[str], file: Path, tokenizer: Tokenizer, tokens: int) -> bool:
    rows = {who: measured(split, texts, tokenizer, tokens) for who, split in splitters(file, tokenizer, tokens).items()}
    ours, rival = rows.values()
    print(f"\n{name}: {len(texts)} texts of more than {tokens} tokens")
    print(f"  {'':24}{'CPU s':>8}{'chunks':>8}{'fill':>7}{'most':>6}{'exact':>7}{'sentence end':>14}")
    for who, row in rows.items():
        print(
            f"  {who:24}{row.cpu_s:8.2f}{row.num_chunks:8}{row.fill:7.1%}{row.most_tokens:6}"
            f"{'yes' if row.exact else 'NO':>7}{row.at_sentence_end:14.1%}"
        )
    time_ratio, chunk_ratio = ours.cpu_s / rival.cpu_s, ours.num_chunks / rival.num_chunks
    print(f"  ratio in use / other: CPU {time_ratio:.2f}, chunks {chunk_ratio:.3f} (bar {BAR})")
    return ours.exact and ours.most_tokens <= tokens and chunk_ratio <= BAR


def _contents(documents: Iterator[Document | Rejection]) -> list[str]:
    return [document.content for document in documents if isinstance(document, Document)]


def _too_long(texts: list[str], tokenizer: Tokenizer, tokens: int) -> list[str]:
    lengths = tokenizer.encode_batch_fast(texts)
    return [text for text, encoding in zip(texts, lengths, strict=True) if len(encoding) > tokens]


def _ends_well(text: str, end: int) -> bool:
    return text[end : end + 1] in ("", "\n") or bool(_SENTENCE_END.search(text[max(0, end - 5) : end]))


if __name__ == "__main__":
    raise SystemExit(main())
