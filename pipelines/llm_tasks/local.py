"""Read the questions of a local task.

pipelines/llm_tasks/local.py - v0.1.0

From memory: the reader of JSON that lm-eval would use keeps a copy in the cache of its user.

```mermaid
flowchart LR
    documents --> json & Path
```
"""

import json
from pathlib import Path
from typing import Any

DATA = Path(__file__).parents[2] / "data" / "llm"


def documents(file: str, **_: object) -> Any:
    """Return the lines of a file below data/llm as the split `test`; lm-eval passes what stands in dataset_kwargs."""
    from datasets import Dataset, DatasetDict

    lines = (DATA / file).read_text("utf-8").splitlines()
    return DatasetDict({"test": Dataset.from_list([json.loads(line) for line in lines])})
