"""Cut the words of a text into what the encoder reads, remembering how each word was written.

src/seedbed/ner/adapters/encoder_pieces.py - v0.1.0

The packaged encoder lowers all letters, so the writing of a word goes in beside it.

```mermaid
flowchart LR
    PieceCutter --> Pieces
    PieceCutter --> shape_of
    PieceCutter --> Tokenizer
```
"""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from tokenizers import Tokenizer

NUM_SHAPES = 8
_LOWER, _TITLE, _UPPER, _LETTER, _MIXED, _NUMBER, _WITH_DIGITS = range(1, 8)


class Pieces(NamedTuple):
    """Words as the encoder reads them, special tokens included."""

    ids: list[int]
    shapes: list[int]
    """How the word of each piece is written; 0 = special."""
    firsts: list[int]
    """The position of each word's first piece; -1 where it has none."""


def shape_of(word: str) -> int:
    """Return how a word is written: 0 for signs, otherwise one of seven ways.

    >>> [shape_of(word) for word in ("oslo", "Oslo", "OSLO", "O", "iPhone", "2019", "4.5m", "$")]
    [1, 2, 3, 4, 5, 6, 7, 0]
    """
    if any(letter.isdigit() for letter in word):
        return _WITH_DIGITS if any(letter.isalpha() for letter in word) else _NUMBER
    letters = [letter for letter in word if letter.isalpha()]
    if not letters:
        return 0
    uppers = [letter.isupper() for letter in letters]
    if not any(uppers):
        return _LOWER
    if all(uppers):
        return _LETTER if len(uppers) == 1 else _UPPER
    return _TITLE if uppers[0] and not any(uppers[1:]) else _MIXED


class PieceCutter:
    """Cuts lists of words, each list on its own."""

    def __init__(self, tokenizer_file: Path) -> None:
        """Read the encoder's `tokenizer.json`."""
        self._tokenizer = Tokenizer.from_file(str(tokenizer_file))
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()

    def cut(self, texts: Sequence[Sequence[str]]) -> list[Pieces]:
        """Return the pieces of each list of words."""
        encodings = self._tokenizer.encode_batch([list(words) for words in texts], is_pretokenized=True)
        return [
            _pieces(encoding.ids, encoding.word_ids, words) for encoding, words in zip(encodings, texts, strict=True)
        ]


def _pieces(ids: list[int], word_ids: list[int | None], words: Sequence[str]) -> Pieces:
    shapes = [shape_of(word) for word in words]
    firsts = [-1] * len(words)
    for position in range(len(ids) - 1, -1, -1):
        if (word := word_ids[position]) is not None:
            firsts[word] = position
    return Pieces(ids, [0 if word is None else shapes[word] for word in word_ids], firsts)
