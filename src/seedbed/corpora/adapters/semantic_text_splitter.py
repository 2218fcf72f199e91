"""Cut texts at paragraph and sentence ends with semantic-text-splitter.

src/seedbed/corpora/adapters/semantic_text_splitter.py - v0.1.0

It is handed a page at a time, because its time grows with the square of a stretch without blanks: 200,000 Chinese
characters took 76 s, a 5 MB text would take hours.

```mermaid
classDiagram
    Chunker <|.. TokenChunker
    TokenChunker ..> Tokenizer : counts with
    TokenChunker ..> UserError : raises
```
"""

from collections.abc import Iterator, Sequence
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import final

from semantic_text_splitter import TextSplitter
from tokenizers import Tokenizer

from seedbed.corpora.chunk import Span
from seedbed.corpora.ports import Chunker
from seedbed.errors import UserError, WorldError

_PAGE = 100
"""Characters per token of the limit that make a page."""


@final
class TokenChunker(Chunker):
    """Pieces of at most `max_tokens` tokens of one tokenizer, those that the model adds included."""

    def __init__(self, tokenizer_file: Path, max_tokens: int, overlap: int) -> None:
        """Take the model's `tokenizer.json`; it is read by the first `split`."""
        self._file = tokenizer_file
        self._max_tokens = max_tokens
        self._overlap = overlap

    def identity(self) -> str:
        """Return name, version and options."""
        package = "semantic-text-splitter"
        return f"{package}=={version(package)} tokens={self._max_tokens} overlap={self._overlap}"

    def split(self, texts: Sequence[str]) -> list[list[Span]]:
        """Return the spans of each text; they cover all of it but blanks between them.

        Raises:
            UserError: the limit leaves no room beside the tokens that the model adds, or beside the overlap.
            WorldError: the tokenizer cannot be read.
        """
        splitter = self._splitter
        most = self._max_tokens * _PAGE
        fitting = iter(self._fit([text for text in texts if len(text) <= most]))
        return [
            [Span(0, len(text), text)] if len(text) <= most and next(fitting) else self._cut(text, splitter)
            for text in texts
        ]

    @cached_property
    def _tokenizer(self) -> Tokenizer:
        try:
            tokenizer = Tokenizer.from_file(str(self._file))
        except Exception as error:  # the Rust library raises nothing more precise
            raise WorldError(
                f"tokenizer {str(self._file)!r} cannot be read: {error}; install the model again"
            ) from error
        tokenizer.no_truncation()  # many files come with the limit of the training: every count would stop there
        tokenizer.no_padding()
        return tokenizer

    @cached_property
    def _splitter(self) -> TextSplitter:
        room = self._max_tokens - self._tokenizer.num_special_tokens_to_add(is_pair=False)
        if room <= self._overlap:
            raise UserError(
                f"a chunk of {self._max_tokens} tokens has room for {max(room, 0)} of the text, {self._overlap} of "
                "them to overlap; raise chunk.tokens or lower chunk.overlap. Example: --set chunk.tokens=128"
            )
        return TextSplitter.from_huggingface_tokenizer(self._tokenizer, room, overlap=self._overlap)

    def _fit(self, texts: Sequence[str]) -> list[bool]:
        return [len(encoding) <= self._max_tokens for encoding in self._tokenizer.encode_batch_fast(texts)]

    def _cut(self, text: str, splitter: TextSplitter) -> list[Span]:
        spans = [
            Span(page + start, page + start + len(piece), piece)
            for page, end in _pages(text, self._max_tokens * _PAGE)
            for start, piece in splitter.chunk_indices(text[page:end])
        ]
        return spans or [Span(0, len(text), text)]


def _pages(text: str, most: int) -> Iterator[tuple[int, int]]:
    """Yield stretches of at most `most` characters, ended after the last line end or space of their second half."""
    start = 0
    while len(text) - start > most:
        middle, end = start + most // 2, start + most
        stops = (text.rfind(mark, middle, end) + 1 for mark in ("\n", " "))
        stop = next(filter(None, stops), end)
        yield start, stop
        start = stop
    yield start, len(text)
