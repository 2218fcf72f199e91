"""Find what can go of the local state, and remove it.

src/seedbed/wiring_garbage.py - v0.1.0

```mermaid
flowchart LR
    find_garbage --> sort_runs & unused_collections
    find_garbage --> Garbage
    remove --> RunRemover & drop_unused
```
"""

import re
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from seedbed import wiring
from seedbed.indexing.unused import Unused, drop_unused, unused_collections
from seedbed.settings import Settings
from seedbed.tracking.garbage import Item, sort_runs
from seedbed.tracking.ports import RunRemover
from seedbed.tracking.push import unsent_runs
from seedbed.tracking.record import RunRecord
from seedbed.tracking.run import is_alive

_EVERY = 10_000_000
_RUN_ID = re.compile("[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class Garbage:
    """What can go, what must stay, and how each goes."""

    can_go: Sequence[Item]
    must_stay: Sequence[Item]
    unused: Mapping[str, Unused]

    @property
    def num_bytes(self) -> int:
        """How much it frees, beside what the store gives back."""
        return sum(item.num_bytes for item in self.can_go)


def find_garbage(settings: Settings, older_than: timedelta) -> Garbage:
    """Return what can go: runs that came to nothing, folders of no run, collections that no search sees.

    Raises:
        UserError: a server keeps the runs.
    """
    remover = _remover(settings)
    records = wiring.archive(settings.tracking, settings.home).find(limit=_EVERY)
    trash, now = remover.trash(), datetime.now(UTC)
    artifacts = settings.home / "artifacts"
    sizes = {each.run_id: _bytes_below(artifacts / each.run_id) for each in (*records, *trash)}
    alive = {each.run_id for each in records if is_alive(settings.home, each.run_id)}
    held = {run_id: f"registered as {model}" for run_id, model in remover.sources_of_models().items()}
    held |= dict.fromkeys(alive, "a process works on it")
    held |= dict.fromkeys(unsent_runs(settings.home), "its results wait on disk. Next: seedbed runs push")
    runs = sort_runs(records, trash, now, older_than, sizes, held)
    going = {item.name for item in runs.can_go}
    folders = list(_folders(settings.home, [*records, *trash], going, now - older_than))
    young = {each.run_id for each in records if each.status == "RUNNING" and now - each.started_at < older_than}
    unused = _unused(settings)
    reason = "neither what searches see nor their way back"
    can_go, must_stay = [*runs.can_go, *folders], list(runs.must_stay)
    for each in unused:
        if young | alive:
            must_stay.append(Item("index", each.collection, "a run is going on and may read it", each.num_bytes))
        else:
            can_go.append(Item("index", each.collection, reason, each.num_bytes))
    return Garbage(can_go, must_stay, {each.collection: each for each in unused})


def remove(garbage: Garbage, settings: Settings, told: Callable[[Item], object]) -> None:
    """Remove all that can go, one after the other; `told` is called after each.

    Raises:
        WorldError: the store is in use, or a database does not answer; what was told of is gone.
    """
    remover = _remover(settings)
    for item in garbage.can_go:
        match item.kind:
            case "run":
                remover.remove(item.name)
            case "folder":
                shutil.rmtree(settings.home / item.name, ignore_errors=True)
            case "index":
                with wiring.ledger(settings.indexing, settings.home, create=False) as ledger:
                    store = wiring.store(settings.store, settings.home)
                    drop_unused(garbage.unused[item.name], ledger, store, settings.home / "vectors")
        told(item)


def _remover(settings: Settings) -> RunRemover:
    from seedbed.tracking.adapters.mlflow_remover import MlflowRemover

    return MlflowRemover(settings.tracking, settings.home)


def _folders(home: Path, records: Sequence[RunRecord], going: set[str], before: datetime) -> Iterator[Item]:
    """Yield artefacts that belong to no run, folders of open runs that are none any more, and useless checkpoints."""
    status = {record.run_id: record.status for record in records}
    for folder in _sorted(home / "artifacts"):
        # What MLflow keeps of models and traces has other names, and is no run's.
        if _RUN_ID.fullmatch(folder.name) and folder.name not in status and _changed(folder) < before:
            yield Item("folder", f"artifacts/{folder.name}", "belongs to no run", _bytes_below(folder))
    for folder in _sorted(home / "running"):
        is_open = status.get(folder.name) == "RUNNING" and folder.name not in going
        if not is_open and _changed(folder) < before:
            yield Item("folder", f"running/{folder.name}", "left by a run that is not open", _bytes_below(folder))
    begun = {record.run_id: record.tags.get("seedbed.begun_as", record.run_id) for record in records}
    needed = {begun[record.run_id] for record in records if record.run_id not in going and record.status != "FINISHED"}
    for name in sorted({begun[run_id] for run_id in going} - needed):
        if (folder := home / "checkpoints" / name).is_dir():
            yield Item("folder", f"checkpoints/{name}", "no run can go on from it", _bytes_below(folder))


def _unused(settings: Settings) -> list[Unused]:
    with wiring.ledger(settings.indexing, settings.home, create=False) as ledger:
        return unused_collections(ledger, settings.store.place, settings.home / "vectors")


def _sorted(folder: Path) -> list[Path]:
    return sorted(each for each in folder.iterdir() if each.is_dir()) if folder.is_dir() else []


def _changed(folder: Path) -> datetime:
    newest = max(path.lstat().st_mtime for path in (folder, *folder.rglob("*")))
    return datetime.fromtimestamp(newest, UTC)


def _bytes_below(folder: Path) -> int:
    return sum(path.lstat().st_size for path in folder.rglob("*") if path.is_file())
