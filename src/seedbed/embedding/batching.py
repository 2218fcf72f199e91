"""Put texts of like length into one forward pass.

src/seedbed/embedding/batching.py - v0.1.0

A batch is as wide as its longest text, so what is paid for is longest x rows; padding is what sorting saves.

```mermaid
flowchart LR
    token_batches
```
"""

from collections.abc import Sequence


def token_batches(num_tokens: Sequence[int], max_padded_tokens: int) -> list[list[int]]:
    """Return the positions of texts in batches, longest first; longest x rows stays within the budget.

    A text longer than the budget is a batch of its own. All padding together is at most
    `max_padded_tokens * log(longest / shortest)`, however many texts there are.

    >>> token_batches([3, 9, 4, 3], 12)
    [[1], [2, 0, 3]]
    """
    batches: list[list[int]] = []
    for position in sorted(range(len(num_tokens)), key=lambda position: -num_tokens[position]):
        if not batches or num_tokens[batches[-1][0]] * (len(batches[-1]) + 1) > max_padded_tokens:
            batches.append([])
        batches[-1].append(position)
    return batches
