"""Run the adapter that the documentation shows.

tests/unit/stores/test_own_store_page.py - v0.1.0
"""

import re
from pathlib import Path

import numpy as np
import pytest

from seedbed.errors import UserError
from seedbed.stores.point import CollectionSpec, Points

PAGE = Path(__file__).parents[3] / "docs/how-to/own-store.md"
ONE, TWO = (f"00000000-0000-0000-0000-00000000000{n}" for n in (1, 2))


def test_the_adapter_in_the_documentation_keeps_the_promises() -> None:
    [code] = re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    names: dict[str, object] = {}
    exec(compile(code, str(PAGE), "exec"), names)
    store = names["MemoryStore"](None, None)  # type: ignore[operator]
    collection = store.open(CollectionSpec("docs--0123abcd", 4))
    vectors = np.eye(2, 4, dtype=np.float32)
    collection.upsert(Points([ONE, TWO], vectors, [{"position": 0}, {"position": 1}]))
    assert [[hit.id for hit in hits] for hits in collection.search(vectors, 1)] == [[ONE], [TWO]]
    assert [hit.id for hit in collection.search(vectors[:1], 2, {"position": 1})[0]] == [TWO]
    assert list(collection.scan("position")) == [[(ONE, 0), (TWO, 1)]]
    collection.delete([ONE])
    assert (collection.count(), collection.count([ONE]), store.names()) == (1, 0, ["docs--0123abcd"])
    with pytest.raises(UserError, match="dimension"):
        store.open(CollectionSpec("docs--0123abcd", 5))
