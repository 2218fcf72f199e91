"""Find the best legal sequence of tags in the scores of an encoder.

src/seedbed/ner/adapters/encoder_decoding.py - v0.1.0

```mermaid
flowchart LR
    best_spans --> WordSpan
    best_spans --> spans_of_tags
    best_spans --> tag_names
```
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from seedbed.ner.tags import WordSpan, spans_of_tags


def tag_names(labels: Sequence[str]) -> list[str]:
    """Return O, then every B-, then every I-: the order of the scores."""
    return ["O", *(f"B-{label}" for label in labels), *(f"I-{label}" for label in labels)]


def best_spans(scores: npt.NDArray[np.float32], lengths: Sequence[int], labels: Sequence[str]) -> list[list[WordSpan]]:
    """Return the entities of each row of scores (n, words, tags), of which the first `lengths` words count.

    The sequence with the highest sum of log-probabilities wins among those where I- goes on with its own label.
    """
    tags = _viterbi(_log_softmax(scores), lengths, len(labels))
    names = tag_names(labels)
    return [spans_of_tags([names[tag] for tag in row]) for row in tags]


def _viterbi(scores: npt.NDArray[np.float32], lengths: Sequence[int], num_labels: int) -> list[list[int]]:
    num_rows, num_words, num_tags = scores.shape
    if num_words == 0:
        return [[] for _ in range(num_rows)]
    begins, insides = slice(1, 1 + num_labels), slice(1 + num_labels, num_tags)
    inside_index = np.arange(1 + num_labels, num_tags)
    sums = scores[:, 0].copy()
    sums[:, insides] = -np.inf  # nothing goes on at the first word
    history = [sums]
    sources = np.empty((num_words, num_rows, num_tags), dtype=np.int16)
    for word in range(1, num_words):
        from_begin = sums[:, begins] >= sums[:, insides]
        sources[word] = sums.argmax(axis=1)[:, None]
        sources[word][:, insides] = np.where(from_begin, inside_index - num_labels, inside_index)
        sums = np.take_along_axis(sums, sources[word], axis=1) + scores[:, word]
        history.append(sums)
    found: list[list[int]] = []
    for row, length in enumerate(lengths):
        if not length:
            found.append([])
            continue
        tags = [int(history[length - 1][row].argmax())]
        for word in range(length - 1, 0, -1):
            tags.append(int(sources[word, row, tags[-1]]))
        found.append(tags[::-1])
    return found


def _log_softmax(scores: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    shifted = scores - scores.max(axis=-1, keepdims=True)
    result: npt.NDArray[np.float32] = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    return result
