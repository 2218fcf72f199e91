"""Compare two runs query by query.

src/seedbed/retrieval/compare.py - v0.1.0

```mermaid
flowchart LR
    compare_per_query --> read_per_query
    compare_per_query --> paired_difference
    compare_per_query --> UserError
```
"""

from pathlib import Path

import numpy as np

from seedbed.errors import UserError
from seedbed.retrieval.bootstrap import Difference, paired_difference
from seedbed.retrieval.per_query import read_per_query


def compare_per_query(
    first: Path, second: Path, rng: np.random.Generator, num_resamples: int = 10_000
) -> dict[str, Difference]:
    """Return, for each metric that both runs have, how much higher the second run's mean is.

    `first` and `second` are `per_query.parquet` of two runs; only queries that both asked count (`num_queries`).

    Raises:
        UserError: a file is no such table, or the runs share no query or no metric.
    """
    first_ids, first_values = read_per_query(first)
    second_ids, second_values = read_per_query(second)
    row_in_second = {query_id: row for row, query_id in enumerate(second_ids)}
    pairs = [(row, row_in_second[query_id]) for row, query_id in enumerate(first_ids) if query_id in row_in_second]
    names = [name for name in first_values if name in second_values]
    if not pairs or not names:
        raise UserError(
            f"{first} and {second} share {len(pairs)} queries and {len(names)} metrics, so they cannot be compared; "
            "give two runs over the same labels"
        )
    rows, rows_in_second = (np.array(column) for column in zip(*pairs, strict=True))
    return {
        name: paired_difference(first_values[name][rows], second_values[name][rows_in_second], rng, num_resamples)
        for name in names
    }
