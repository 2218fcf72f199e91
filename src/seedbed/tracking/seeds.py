"""Derive every random choice of a run from one number.

src/seedbed/tracking/seeds.py - v0.1.0

A child generator depends on the root and its name alone, so adding or reordering draws elsewhere changes nothing.

```mermaid
flowchart LR
    SeedPlan --> digest_of
    SeedPlan --> after_import & determinism
    reexec_with --> environment
```
"""

import os
import random
import secrets
import sys
from collections.abc import Mapping, Sequence
from types import ModuleType
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, field_validator

from seedbed.digests import digest_of
from seedbed.errors import UserError
from seedbed.tracking import determinism
from seedbed.tracking.late import after_import

if TYPE_CHECKING:
    import numpy as np

MAX_SEED = 2**32 - 1
"""Largest root seed: what PYTHONHASHSEED and numpy's legacy generator take."""

HASH_SEED = "PYTHONHASHSEED"
THREAD_VARIABLES = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
RECORDED_VARIABLES = (HASH_SEED, "CUBLAS_WORKSPACE_CONFIG", *THREAD_VARIABLES)


class SeedPlan(BaseModel):
    """One root seed and the generators that follow from it.

    >>> first, again = (SeedPlan(root=7).generator("shuffle").random() for _ in range(2))
    >>> first == again
    True
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    root: int

    @field_validator("root")
    @classmethod
    def _in_range(cls, root: int) -> int:
        if not 0 <= root <= MAX_SEED:
            raise UserError(f"seed {root} is out of range; allowed is 0 to {MAX_SEED}. Example: --seed 7")
        return root

    def generator(self, name: str) -> "np.random.Generator":
        """Return a new generator for one purpose; the same name gives the same stream again."""
        import numpy as np

        words = np.frombuffer(bytes.fromhex(digest_of(name)), dtype="<u4")
        sequence = np.random.SeedSequence(self.root, spawn_key=tuple(int(word) for word in words))
        return np.random.Generator(np.random.PCG64(sequence))

    def seed(self, name: str) -> int:
        """Return a 32-bit seed for a library that wants a number."""
        return int(digest_of(str(self.root), name)[:8], 16)

    def seed_libraries(self, *, deterministic: bool = True) -> None:
        """Seed the global generators of Python, numpy and torch; torch at its import when nothing has loaded it yet.

        `deterministic` makes torch refuse operations that have no deterministic form on the device in use.
        """
        import numpy as np

        random.seed(self.seed("python"))
        np.random.seed(self.seed("numpy"))
        after_import("torch", lambda torch: self._seed_torch(torch, deterministic))

    def seed_worker(self, number: int) -> None:
        """Seed the libraries of worker process `number`, each worker differently, the same in every run.

        It goes where a library asks for such a function: `DataLoader(..., worker_init_fn=run.seeds.seed_worker)`.
        """
        SeedPlan(root=self.seed(f"worker {number}")).seed_libraries()

    def _seed_torch(self, torch: ModuleType, deterministic: bool) -> None:
        torch.manual_seed(self.seed("torch"))
        determinism.set_torch(torch, deterministic)


def new_seed() -> int:
    """Return a seed from the system's entropy, never from a seeded generator."""
    return secrets.randbelow(MAX_SEED + 1)


def environment(seed: int, num_threads: int | None = None, *, deterministic: bool = True) -> dict[str, str]:
    """Return the variables that have to stand before Python and the heavy libraries start.

    `num_threads` None leaves the thread counts to the libraries.
    """
    variables = {HASH_SEED: str(SeedPlan(root=seed).root)}
    if deterministic:
        variables["CUBLAS_WORKSPACE_CONFIG"] = ":4096:8"
    if num_threads is not None:
        variables |= dict.fromkeys(THREAD_VARIABLES, str(num_threads))
    return variables


def effective_environment() -> dict[str, str]:
    """Return those variables as they stand now; what is not set is left out."""
    return {name: os.environ[name] for name in RECORDED_VARIABLES if name in os.environ}


def reexec_with(variables: Mapping[str, str], arguments: Sequence[str] = ()) -> None:
    """Set the variables and start this process anew when its hash seed differs; afterwards it does not differ.

    A variable that the user has set stays, but for PYTHONHASHSEED. Where the program cannot be started again
    (notebook, prompt, program read from stdin) the hash seed stays what it is, and is recorded as that.
    `arguments` are added to the options then: what was drawn by chance must not be drawn anew.
    """
    for name, value in variables.items():
        if name != HASH_SEED:
            os.environ.setdefault(name, value)
    wanted = variables.get(HASH_SEED)
    if wanted is None or os.environ.get(HASH_SEED) == wanted or not _can_restart():
        return
    os.environ[HASH_SEED] = wanted
    sys.stdout.flush()
    sys.stderr.flush()
    words = [sys.executable, *_with_options(sys.orig_argv[1:], arguments)]
    os.execve(sys.executable, words, os.environ)  # noqa: S606 - this very program again


def _with_options(words: Sequence[str], options: Sequence[str]) -> list[str]:
    """Return the command line with more options: before the first `--` of the program, behind which nothing is one."""
    own = len(words) - len(sys.argv[1:])
    end = words.index("--", own) if "--" in words[own:] else len(words)
    return [*words[:end], *options, *words[end:]]


def _can_restart() -> bool:
    arguments = sys.orig_argv[1:]
    from_stdin = not arguments or arguments[-1] == "-"
    return not (from_stdin or sys.flags.interactive or sys.flags.ignore_environment or "ipykernel" in sys.modules)
