"""Turn texts into token ids while the model runs.

src/seedbed/embedding/tokens.py - v0.1.0

```mermaid
flowchart LR
    embed_windows --> tokenised --> ThreadPoolExecutor
    embed_windows --> Embeddings
    padded
```
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from seedbed.embedding.ports import Embeddings, refuse_empty

if TYPE_CHECKING:
    from tokenizers import Encoding, Tokenizer

type Ids = npt.NDArray[np.int64]
type Encode = Callable[[Sequence[Sequence[int]], npt.NDArray[np.float32]], None]


def truncating_tokenizer(file: Path, max_tokens: int) -> "Tokenizer":
    """Return the tokenizer of a `tokenizer.json`, cutting texts at `max_tokens` and padding nothing."""
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(file))
    tokenizer.enable_truncation(max_tokens)
    tokenizer.no_padding()
    return tokenizer


def tokenised(tokenizer: "Tokenizer", texts: Sequence[str], window: int) -> "Iterator[tuple[int, list[Encoding]]]":
    """Yield (position of the first, encodings) of `window` texts at a time; the next ones are tokenised meanwhile."""
    with ThreadPoolExecutor(1, "tokenise") as ahead:
        waiting = ahead.submit(tokenizer.encode_batch_fast, list(texts[:window]))
        for start in range(0, len(texts), window):
            encodings = waiting.result()
            following = list(texts[start + window : start + 2 * window])
            waiting = ahead.submit(tokenizer.encode_batch_fast, following)
            yield start, encodings


def embed_windows(
    tokenizer: "Tokenizer", texts: Sequence[str], window: int, dimension: int, encode: Encode
) -> Embeddings:
    """Return one vector per text, in order; `encode` takes the token ids of `window` texts, and the rows to fill.

    Raises:
        UserError: a text is empty.
    """
    refuse_empty(texts)
    vectors = np.empty((len(texts), dimension), dtype=np.float32)
    num_tokens = np.empty(len(texts), dtype=np.int32)
    truncated = np.empty(len(texts), dtype=np.bool_)
    for start, encodings in tokenised(tokenizer, texts, window):
        here = slice(start, start + len(encodings))
        rows = [encoding.ids for encoding in encodings]
        num_tokens[here] = [len(row) for row in rows]
        truncated[here] = [bool(encoding.overflowing) for encoding in encodings]
        encode(rows, vectors[here])
    return Embeddings(vectors, num_tokens, truncated)


def padded(rows: Sequence[Sequence[int]], pad_id: int) -> tuple[Ids, Ids]:
    """Return the ids of a batch and its mask, both (n, longest).

    >>> padded([[5, 6], [7]], 0)[1].tolist()
    [[1, 1], [1, 0]]
    """
    ids = np.full((len(rows), max(map(len, rows))), pad_id, dtype=np.int64)
    mask = np.zeros_like(ids)
    for row, tokens in enumerate(rows):
        ids[row, : len(tokens)] = tokens
        mask[row, : len(tokens)] = 1
    return ids, mask
