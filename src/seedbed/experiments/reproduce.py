"""Make a recorded run again from its id, and record the verdict on both runs.

src/seedbed/experiments/reproduce.py - v0.1.0

```mermaid
flowchart LR
    Reproduction --> check_out & sources_in_place & find_interpreter --> run_again
    Reproduction --> judge --> Verdict
    Reproduction --> record_new & tag_old
```
"""

import shutil
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import final

from seedbed.experiments.reproduction import checkout
from seedbed.experiments.reproduction.difference import NotReproducedError
from seedbed.experiments.reproduction.differences import differences
from seedbed.experiments.reproduction.evidence import Evidence, Json, read_evidence
from seedbed.experiments.reproduction.integrity import faults_of
from seedbed.experiments.reproduction.interpreter import find_interpreter, own_packages
from seedbed.experiments.reproduction.linking import record_new, refuse_unsuitable, tag_old
from seedbed.experiments.reproduction.own_index import own_collection, with_own_index
from seedbed.experiments.reproduction.placing import Places, sources_in_place
from seedbed.experiments.reproduction.rerun import run_again
from seedbed.experiments.reproduction.verdict import TOLERANCE, Verdict, judge, refuse
from seedbed.tracking.digest_cache import DigestCache
from seedbed.tracking.ports import RunArchive, RunTracker


@final
@dataclass(frozen=True)
class Reproduction:
    """What it takes to make runs of one store again."""

    archive: RunArchive
    tracker: RunTracker
    open_archive: Callable[[Path], RunArchive]
    """Opens the store that a child process has made in a home folder."""
    home: Path
    repository: Path | None
    """Working tree of the project here; None outside of one."""
    variables_in: Callable[[Path], Mapping[str, str]] = lambda _: {}
    """Variables for a program in that folder: secrets of the settings here, as a record holds none, and what makes it
    overlook an env file there."""
    forget_index: Callable[[Json], None] = lambda _: None
    """Takes the index of a configuration out of the server that it was put into."""
    tell: Callable[[str], None] = lambda _: None
    """Takes what is going on, line by line."""

    def reproduce(self, run_id: str, *, here: bool = False, tolerance: float = TOLERANCE) -> Verdict:
        """Make a run again and compare; the new run, if it came to one, is in the store and linked to the old one.

        `here` takes the code and the environment as they are here, instead of bringing back those of the run.

        Raises:
            MissingError: there is no such run.
            UserError: the run has no results, or was not made by `seedbed run`.
        """
        run_id = self.archive.get(run_id, artifacts=False).run_id
        work = self.home / "reproductions" / f"{run_id[:8]}-{datetime.now(UTC):%Y%m%dT%H%M%S%f}"
        keep = False
        try:
            then = read_evidence(self.archive, run_id, work / "record")
            refuse_unsuitable(then)
            try:
                verdict = self._made_again(then, work, here, tolerance)
            except NotReproducedError as error:
                verdict = refuse(run_id, error.differences)
            tag_old(self.tracker, verdict)
            keep = not verdict.is_reproduced and (work / "state").is_dir()
            return verdict.model_copy(update={"kept": str(work) if keep else None})
        finally:
            if not keep:
                if (work / "tree").is_dir():
                    checkout.remove(work / "tree")
                shutil.rmtree(work, ignore_errors=True)

    def _made_again(self, then: Evidence, work: Path, here: bool, tolerance: float) -> Verdict:
        if faults := faults_of(then):
            raise NotReproducedError(faults)
        own = self.repository or Path.cwd()
        tree = own if here else checkout.check_out(then, self.repository, work / "tree")
        places = Places(tree, own if here else self.repository, self.home, self.archive.download)
        with sources_in_place(then, places, DigestCache(self.home / "digests.db")):
            python, environment = Path(sys.executable), "this one"
            if not here:
                python, environment = find_interpreter(then, tree, self.repository, self.home, self.tell)
            now = self._run(then, python, tree, work, here)
        found = checkout.with_files(differences(then, now, own_packages(tree)), then, now, tree)
        verdict = judge(then, now, found, tolerance)
        new_id = record_new(self.tracker, now, verdict)
        return verdict.model_copy(update={"new_run_id": new_id, "environment": environment})

    def _run(self, then: Evidence, python: Path, tree: Path, work: Path, here: bool) -> Evidence:
        state, config = work / "state", with_own_index(then.pinned_config, work.name)
        try:
            new_id = run_again(
                then,
                config,
                python,
                tree,
                self.home,
                state,
                as_here=here,
                variables_in=self.variables_in,
                tell=self.tell,
            )
        finally:
            if own_collection(config):
                self.forget_index(config)
        return read_evidence(self.open_archive(state), new_id, work / "new-record")
