"""Keep what every single query achieved.

src/seedbed/retrieval/per_query.py - v0.1.0

`per_query.parquet` holds one row per query: query_id, query, one column per metric, document_ids, scores.

```mermaid
flowchart LR
    write_per_query --> Evaluation
    read_per_query --> UserError
    write_worst --> Evaluation
```
"""

from pathlib import Path

import numpy as np

from seedbed.errors import UserError
from seedbed.retrieval.evaluate import Evaluation
from seedbed.retrieval.metrics import METRICS, Values

FILE_NAME = "per_query.parquet"
_NUM_SHOWN = 3
_CELL_CHARACTERS = 200


def write_per_query(evaluation: Evaluation, folder: Path) -> Path:
    """Write one row per query and return the file."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    document_ids = [[document_id for document_id, _ in ranking] for ranking in evaluation.rankings]
    scores = [[score for _, score in ranking] for ranking in evaluation.rankings]
    columns = {
        "query_id": pa.array(evaluation.query_ids, pa.string()),
        "query": pa.array(evaluation.query_texts, pa.string()),
        **{name: pa.array(values, pa.float64()) for name, values in evaluation.per_query.items()},
        "document_ids": pa.array(document_ids, pa.list_(pa.string())),
        "scores": pa.array(scores, pa.list_(pa.float64())),
    }
    path = folder / FILE_NAME
    pq.write_table(pa.table(columns), path, compression="zstd")
    return path


def read_per_query(path: Path) -> tuple[tuple[str, ...], Values]:
    """Return query ids and metric values of a file that `write_per_query` wrote.

    Raises:
        UserError: the file is not one of these.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        schema = pq.read_schema(path)
        names = [name for name in schema.names if name in METRICS]
        table = pq.read_table(path, columns=["query_id", *names])
        query_ids = tuple(table["query_id"].to_pylist())
    except (OSError, KeyError, pa.ArrowInvalid) as error:
        raise UserError(f"{path} is no per-query table ({error}); give the {FILE_NAME} of a run") from error
    return query_ids, {name: np.asarray(table[name].to_numpy(), dtype=np.float64) for name in names}


def write_worst(evaluation: Evaluation, folder: Path, num_queries: int = 20) -> Path:
    """Write the queries with the lowest value of the first metric as a table for people, and return the file."""
    name, values = next(iter(evaluation.per_query.items()))
    lines = [f"| {name} | query id | query | found first |", "|---|---|---|---|"]
    for index in np.argsort(values, kind="stable")[:num_queries]:
        found = ", ".join(document_id for document_id, _ in evaluation.rankings[index][:_NUM_SHOWN])
        cells = (f"{values[index]:.4f}", evaluation.query_ids[index], evaluation.query_texts[index], found)
        lines.append(f"| {' | '.join(_cell(text) for text in cells)} |")
    path = folder / "worst_queries.md"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def _cell(text: str) -> str:
    return " ".join(text[:_CELL_CHARACTERS].split()).replace("|", "\\|")
