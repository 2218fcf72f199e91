"""Record runs in Weights & Biases, online or into files that `wandb sync` sends later.

src/seedbed/tracking/adapters/wandb.py - v0.1.0

Steps of W&B may only grow and ours need not, so the step is a metric of its own that the others are drawn over.

```mermaid
classDiagram
    RunTracker <|-- WandbTracker
    WandbTracker ..> UserError : raises
    WandbTracker ..> WorldError : raises
```
"""

import glob
import os
import secrets
import shutil
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, final

from seedbed.errors import SeedbedError, UserError, WorldError, not_installed
from seedbed.tracking.config import TrackingConfig
from seedbed.tracking.ports import FinalStatus, RunTracker
from seedbed.tracking.record import RunBatch, RunStart

STEP = "seedbed/step"


@final
class WandbTracker(RunTracker):
    """Writes to one project; parameters and tags are its `config`, metrics its history and summary."""

    def __init__(self, config: TrackingConfig, home: Path) -> None:
        """Take the section; W&B's own process starts with the first run."""
        self._config, self._home = config, home
        self._runs: dict[str, Any] = {}
        self._lock = threading.Lock()

    def start(self, start: RunStart) -> str:
        """Open the run."""
        os.environ["WANDB_ERROR_REPORTING"] = "false"
        try:
            import wandb
        except ImportError as error:
            raise not_installed("SEEDBED_TRACKING__WANDB_PROJECT", "wandb", "wandb") from error
        run_id = secrets.token_hex(16)
        team, _, project = (self._config.wandb_project or "").rpartition("/")
        key = self._config.wandb_key
        # What W&B would gather by itself (code, git, machine, console) is recorded by us, with secrets masked.
        settings = wandb.Settings(
            api_key=key.get_secret_value() if key else None,
            base_url=self._config.wandb_url or "https://api.wandb.ai",
            console="off",
            disable_code=True,
            disable_git=True,
            init_timeout=self._config.timeout_s,
            silent=True,
            x_disable_meta=True,
            x_disable_stats=True,
        )
        self._home.mkdir(parents=True, exist_ok=True)
        with _translated(), self._lock:
            run: Any = wandb.init(
                project=project,
                entity=team or None,
                id=run_id,
                name=start.name or f"{start.experiment}-{run_id[:8]}",
                group=start.parent_run_id,
                job_type=start.experiment,
                mode=self._config.wandb_mode,
                dir=str(self._home),
                reinit="create_new",
                settings=settings,
            )
            run.define_metric(STEP)
            run.define_metric("*", step_metric=STEP)
            run.config.update(_named(start.tags), allow_val_change=True)
        self._runs[run_id] = run
        return run_id

    def log(self, run_id: str, batch: RunBatch) -> None:
        """Hand the batch to W&B's process."""
        with _translated(), self._lock:
            run = self._run(run_id)
            run.config.update(_named(batch.tags), allow_val_change=True)
            run.config.update(dict(batch.params))
            if batch.metrics:
                run.log({**batch.metrics, STEP: batch.step})

    def upload(self, run_id: str, folder: Path) -> None:
        """Copy every file below the folder, and send it when it is due."""
        with _translated(), self._lock:
            run = self._run(run_id)
            kept = Path(run.dir)  # copied there first: W&B would link, and ours are removed when the run closes
            shutil.copytree(folder, kept, dirs_exist_ok=True)
            for file in sorted(path for path in folder.rglob("*") if path.is_file()):
                name = glob.escape(str(kept / file.relative_to(folder)))
                run.save(name, base_path=str(kept), policy="now")

    def finish(self, run_id: str, status: FinalStatus, timestamp_ms: int) -> None:  # noqa: ARG002 - W&B has its own clock
        """Close the run once everything is sent, or on disk."""
        with _translated(), self._lock:
            run = self._run(run_id)
            run.config.update({"seedbed.status": status}, allow_val_change=True)
            run.finish(exit_code=0 if status == "FINISHED" else 1)
        del self._runs[run_id]

    def artifact_uri(self, run_id: str) -> str:
        """Return the page of the run; offline, the folder that `wandb sync` takes."""
        run = self._run(run_id)
        return Path(run.dir).parent.absolute().as_uri() if self._config.wandb_mode == "offline" else str(run.url)

    def _run(self, run_id: str) -> Any:
        if run_id not in self._runs:
            raise UserError(f"run {run_id!r} of Weights & Biases is not open in this process")
        return self._runs[run_id]


def _named(tags: Mapping[str, str]) -> dict[str, str]:
    """Return the tags under names that no parameter has: both stand in `config`."""
    return {name if name.startswith("seedbed.") else f"tag/{name}": text for name, text in tags.items()}


@contextmanager
def _translated() -> Iterator[None]:
    """Raise what wandb raises as UserError or WorldError."""
    import wandb
    from wandb.sdk.lib.config_util import ConfigError

    try:
        yield
    except SeedbedError:
        raise
    except (ConfigError, wandb.errors.AuthenticationError, wandb.errors.UsageError) as error:
        raise UserError(
            f"Weights & Biases: {_line(error)}; set SEEDBED_TRACKING__WANDB_KEY and __WANDB_PROJECT"
        ) from error
    except (wandb.errors.Error, OSError) as error:
        raise WorldError(
            f"Weights & Biases does not do its work: {_line(error)}; keep the run here and send it later: "
            "SEEDBED_TRACKING__WANDB_MODE=offline"
        ) from error


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:300]
