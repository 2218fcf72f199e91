"""Turn a configuration into flat parameters.

src/seedbed/tracking/parameters.py - v0.1.0

```mermaid
flowchart LR
    flatten --> as_json
    as_json --> to_jsonable_python & redact_tree
```
"""

import json
from collections.abc import Iterator, Mapping
from typing import cast

from pydantic import BaseModel
from pydantic_core import to_jsonable_python

from seedbed.logging_redaction import redact_tree

type Json = bool | int | float | str | list["Json"] | dict[str, "Json"] | None


def as_json(config: BaseModel | Mapping[str, object]) -> dict[str, Json]:
    """Return the configuration as JSON values, defaults included.

    Secrets are masked, also those that only a name (`api_token`) or a shape (a password in an address) gives away.
    """
    value = config.model_dump(mode="json") if isinstance(config, BaseModel) else dict(config)
    plain = to_jsonable_python(value, by_alias=False, inf_nan_mode="constants", fallback=str)
    return cast("dict[str, Json]", redact_tree(plain))


def flatten(config: BaseModel | Mapping[str, object]) -> dict[str, str]:
    """Return one text per leaf, under its dotted path; what is not text is written as JSON.

    >>> flatten({"store": {"kind": "chroma", "port": None}, "tokens": [64, 128], "exact": True})
    {'store.kind': 'chroma', 'store.port': 'null', 'tokens': '[64, 128]', 'exact': 'true'}
    """
    return dict(_leaves("", as_json(config)))


def _leaves(prefix: str, value: Json) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict) and (value or not prefix):
        for key, inner in value.items():
            yield from _leaves(f"{prefix}.{key}" if prefix else str(key), inner)
    else:
        yield prefix, value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
