"""Settle what a run is started with, before anything heavy is imported.

src/seedbed/cli/starting.py - v0.1.0

```mermaid
flowchart LR
    Start --> reexec_with
    Start --> prepare --> Resumption
    Start --> UserError
```
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from seedbed.experiments.resume import Resumption


@dataclass(frozen=True)
class Start:
    """What somebody asked for, or what a run that was cut off had."""

    experiment: str = ""
    seed: int | None = None
    config_file: str | None = None
    deterministic: bool | None = None
    resumed: "Resumption | None" = None

    @classmethod
    def of_run(cls, run_id: str) -> "Start":
        """Return how to go on with a recorded run."""
        from seedbed import wiring
        from seedbed.experiments.resume import prepare
        from seedbed.settings import load_settings

        settings = load_settings()
        store = wiring.tracking_store(settings.tracking, settings.home)
        found = prepare(run_id, wiring.archive(settings.tracking, settings.home), store, settings.home)
        return cls(found.recipe, found.seed, None, found.deterministic, found)

    def begun(self) -> "Start":
        """Return the same with seed and determinism settled, in a process that was started with them."""
        from seedbed.hardware_cpu import num_usable_cores
        from seedbed.tracking.determinism import by_default
        from seedbed.tracking.seeds import environment, new_seed, reexec_with

        seed = new_seed() if self.seed is None else self.seed
        deterministic = by_default() if self.deterministic is None else self.deterministic
        # Sums are cut into as many parts as there are threads, so their number is part of what is recorded.
        num_threads = num_usable_cores() if deterministic else None
        variables = environment(seed, num_threads, deterministic=deterministic)
        reexec_with(variables, () if self.seed is not None else ("--seed", str(seed)))
        return replace(self, seed=seed, deterministic=deterministic)

    def recorded(self) -> Mapping[str, Any]:
        """Return the configuration of the run or file to begin with, empty without one."""
        if self.resumed is not None:
            return self.resumed.config
        return _read(self.config_file) if self.config_file else {}

    def stamps(self) -> dict[str, Any]:
        """Return what the run is opened with, beside its configuration."""
        tags = {"seedbed.recipe": self.experiment, **(self.resumed.tags if self.resumed else {})}
        begun_as = self.resumed.begun_as if self.resumed else ""
        return {"seed": self.seed, "deterministic": self.deterministic, "tags": tags, "begun_as": begun_as}


def _read(path: str) -> Mapping[str, Any]:
    import json
    from pathlib import Path

    from seedbed.errors import UserError

    try:
        config = json.loads(Path(path).read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise UserError(f"--config {path!r} cannot be read ({error}); name the config.json of a run") from None
    if not isinstance(config, dict):
        raise UserError(f"--config {path!r} holds no JSON object; name the config.json of a run")
    return config
