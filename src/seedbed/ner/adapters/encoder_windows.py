"""Part a long text into what an encoder reads at once, where sentences end if they do.

src/seedbed/ner/adapters/encoder_windows.py - v0.1.0

```mermaid
flowchart LR
    windows --> Window --> Pieces
```
"""

from collections.abc import Sequence
from dataclasses import dataclass

from seedbed.ner.adapters.encoder_pieces import Pieces

MAX_PIECES = 128
"""Most that is read at once, special tokens included; the texts that train it are mostly shorter than half of it."""


@dataclass(frozen=True, slots=True)
class Window:
    """Neighbouring words of a text."""

    start: int
    """The first word."""
    pieces: Pieces


def windows(pieces: Pieces, sentence_starts: Sequence[bool], max_pieces: int = MAX_PIECES) -> list[Window]:
    """Return the parts of a text; each has as many whole sentences as fit, of a longer sentence as many words.

    `sentence_starts` says of each word whether it begins one. A word that is longer than a window loses its end.
    """
    num_words = len(pieces.firsts)
    if not num_words:
        return []
    if len(pieces.ids) <= max_pieces:
        return [Window(0, pieces)]
    begins = _begins(pieces)
    found, start, room = [], 0, max_pieces - 2
    while start < num_words:
        end = start + 1
        while end < num_words and begins[end + 1] - begins[start] <= room:
            end += 1
        if end < num_words:
            end = next((place for place in range(end, start, -1) if sentence_starts[place]), end)
        found.append(Window(start, _part(pieces, begins, start, end, room)))
        start = end
    return found


def _begins(pieces: Pieces) -> list[int]:
    """Return where each word's pieces begin, also of a word without any, and where the last one's end."""
    begins = [len(pieces.ids) - 1]
    for first in reversed(pieces.firsts):
        begins.append(first if first >= 0 else begins[-1])
    return begins[::-1]


def _part(pieces: Pieces, begins: list[int], start: int, end: int, room: int) -> Pieces:
    first, last = begins[start], min(begins[end], begins[start] + room)
    moved = [place - first + 1 if place >= 0 else -1 for place in pieces.firsts[start:end]]
    ids = [pieces.ids[0], *pieces.ids[first:last], pieces.ids[-1]]
    return Pieces(ids, [0, *pieces.shapes[first:last], 0], moved)
