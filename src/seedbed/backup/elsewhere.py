"""Name the state that lies outside the home folder, and the command that saves it there.

src/seedbed/backup/elsewhere.py - v0.1.0

```mermaid
flowchart LR
    kept_elsewhere --> StoreConfig & TrackingConfig
```
"""

from pathlib import Path

from pydantic import SecretStr

from seedbed.logging_redaction import redact_text
from seedbed.stores.config import StoreConfig
from seedbed.tracking.config import TrackingConfig

_CHROMA_COPY = "stop it and copy its folder, or fill it again from this backup's vectors: seedbed index"
_RUNS = {
    "http": "save the database and the artefacts on its machine, as its keeper does",
    "https": "save the database and the artefacts on its machine, as its keeper does",
    "postgresql": "pg_dump --format=custom; the artefacts are in this backup",
    "mysql": "mysqldump --single-transaction; the artefacts are in this backup",
    "mssql": "BACKUP DATABASE; the artefacts are in this backup",
    "sqlite": "sqlite3 FILE '.backup COPY'; the artefacts are in this backup",
}


def kept_elsewhere(
    store: StoreConfig, tracking: TrackingConfig, home: Path, ledger_url: SecretStr | None = None
) -> list[str]:
    """Return one line for each place that a backup of the home folder does not hold."""
    lines = []
    if store.url:
        if store.kind != "qdrant":  # its collections are in the backup, as snapshots
            copy = (
                _CHROMA_COPY
                if store.kind == "chroma"
                else "save it as its keeper does, or fill it again: seedbed index"
            )
            lines.append(f"{store.kind} at {redact_text(store.url.rstrip('/'))}: {copy}")
    elif store.path and store.path.resolve() != (home / store.kind).resolve():
        lines.append(
            f"{store.kind} in {store.path}: copy the folder while nothing uses it, or fill it again: seedbed index"
        )
    if tracking.uri and tracking.uri != f"sqlite:///{(home / 'mlflow.db').absolute()}":
        scheme = tracking.uri.partition("://")[0].partition("+")[0]
        lines.append(f"runs at {redact_text(tracking.uri)}: {_RUNS.get(scheme, 'save them as their keeper does')}")
    if ledger_url:
        place = redact_text(ledger_url.get_secret_value())
        lines.append(
            f"ledger at {place}: pg_dump --format=custom, before this backup: it names vectors that are in here"
        )
    return lines
