"""Give a run that is made again an index of its own.

src/seedbed/experiments/reproduction/own_index.py - v0.1.0

The recorded configuration names the index that others search by now: its ledger is not in the new home, so every point
would be written over, without the lock that writers of that index take.

```mermaid
flowchart LR
    with_own_index & own_collection --> Json
```
"""

from seedbed.experiments.reproduction.evidence import Json

_OWN = "again-"
_FIELDS = frozenset({"kind", "url", "path", "collection"})


def with_own_index(config: Json, work: str) -> Json:
    """Return the configuration with another place for its index; one without an index is returned as it is.

    That is a new store in the home folder of the second run. Where the answers of a server are what was measured, it is
    a collection in that server, named after `work`; `own_collection` says so.
    """
    store = config.get("store")
    if not isinstance(store, dict) or not store.keys() >= _FIELDS:
        return config
    if store["url"] and config.get("search") != "exact":
        return config | {"store": store | {"path": None, "collection": f"{_OWN}{work.lower()}"}}
    return config | {"store": store | {"url": None, "path": None}}


def own_collection(config: Json) -> str:
    """Return the name of the index that was put into a server for this alone, "" where none was."""
    store = config.get("store")
    if not isinstance(store, dict) or not store.keys() >= _FIELDS or not store["url"]:
        return ""
    name = str(store["collection"])
    return name if name.startswith(_OWN) else ""
