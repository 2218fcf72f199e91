"""Put what a run has read where it looked for it, and check every byte.

src/seedbed/experiments/reproduction/placing.py - v0.1.0

A folder is put there as a folder of links, not as one link: ignore rules that end in `/` match folders alone, and a
link that they let through would make the tree differ.

```mermaid
flowchart LR
    sources_in_place --> Places & Source & DigestCache
    sources_in_place --> NotReproducedError
```
"""

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from seedbed.errors import SeedbedError
from seedbed.experiments.reproduction.difference import Difference, NotReproducedError
from seedbed.experiments.reproduction.evidence import Evidence, Source
from seedbed.experiments.reproduction.surroundings import surroundings
from seedbed.tracking.digest_cache import DigestCache
from seedbed.tracking.live_run import HOME

_FETCH_LIMIT_S = 3600.0


@dataclass(frozen=True, slots=True)
class Places:
    """Where things may lie, and what fetches an artefact of a run into a folder."""

    tree: Path
    repository: Path | None
    home: Path
    download: Callable[[str, str, Path], Path]

    @property
    def is_lent(self) -> bool:
        """Whether the tree is somebody's own."""
        return self.tree == self.repository


@contextmanager
def sources_in_place(evidence: Evidence, places: Places, cache: DigestCache) -> Iterator[None]:
    """Let data and models that the run read from paths be there in the block; each is read whole and compared.

    Links into somebody's own tree are taken out again; in a tree that was made for this they stay.

    Raises:
        NotReproducedError: one is nowhere, or is not what it was.
    """
    made: list[Path] = []
    sources = [source for source in evidence.sources if source.content]
    try:
        if faults := [fault for each in sources if (fault := _placed(each, evidence, places, cache, made))]:
            raise NotReproducedError(faults)
        yield
    finally:
        for path in reversed(made if places.is_lent else ()):
            with suppress(OSError):  # a folder that holds something else by now
                path.unlink() if path.is_symlink() else path.rmdir()


def _placed(
    source: Source, evidence: Evidence, places: Places, cache: DigestCache, made: list[Path]
) -> Difference | None:
    given = Path(source.place.replace(HOME, str(places.home), 1)).expanduser()
    place = places.tree / (evidence.folder_in_tree or "") / given  # an absolute path stays one
    candidates = [place, evidence.folder / given]
    if places.repository is not None and not given.is_absolute():
        candidates.append(places.repository / (evidence.folder_in_tree or "") / given)
    found = ""
    for candidate in candidates:
        if candidate.exists():
            digest = cache.digest(candidate, verify=True)
            if digest == source.content:
                made += _link(candidate, place)
                return None
            found = found or digest
    if not place.exists() and (_from_dvc(place, places) or _from_store(source, place, places)):
        found = cache.digest(place, verify=True)
        if found == source.content:
            return None
    where = " or ".join(dict.fromkeys(str(each) for each in candidates if each.is_relative_to(places.tree) is False))
    hint = f"at {where or source.place}" + ("" if found else "; put it there, or push it with DVC")
    return Difference(kind=source.kind, what=source.name, then=source.content, now=found, hint=hint)


def _from_store(source: Source, place: Path, places: Places) -> bool:
    """Fetch what the store keeps as an artefact; return whether it is there now."""
    run_id, _, artifact = source.artifact.partition("/")
    if not artifact:
        return False
    place.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=place.parent) as folder, suppress(SeedbedError):
        places.download(run_id, artifact, Path(folder)).rename(place)
    return place.exists()


def _link(origin: Path, place: Path) -> list[Path]:
    """Link to the origin and return what was made, folders before what is in them."""
    if place.exists():
        return []
    folders = [folder for folder in reversed(place.parents) if not folder.exists()]
    place.parent.mkdir(parents=True, exist_ok=True)
    if origin.is_file():
        place.symlink_to(origin.absolute())
        return [*folders, place]
    place.mkdir()
    links = [place / each.name for each in origin.iterdir()]
    for link in links:
        link.symlink_to((origin / link.name).absolute())
    return [*folders, place, *links]


def _from_dvc(place: Path, places: Places) -> bool:
    """Let DVC bring the data, from the cache beside the project or from its remote; return whether it is there now."""
    tree, repository = places.tree, None if places.is_lent else places.repository
    if not (tree / ".dvc").is_dir() or not place.is_relative_to(tree):
        return False
    target = place.relative_to(tree).as_posix()
    own = repository / ".dvc" / "config.local" if repository is not None else None
    if own is not None and own.is_file():  # where the remote is, from here; git knows nothing of it
        shutil.copyfile(own, tree / ".dvc" / "config.local")
    steps = [["checkout", "--force", target], ["pull", "--force", target]]
    if repository is not None and (repository / ".dvc" / "cache").is_dir():
        steps.insert(0, ["cache", "dir", "--local", str(repository / ".dvc" / "cache")])
    for words in steps:
        if place.exists():
            break
        subprocess.run(
            [sys.executable, "-m", "dvc", *words, "--quiet"],
            cwd=tree,
            env=surroundings({"DVC_NO_ANALYTICS": "1"}),
            capture_output=True,
            timeout=_FETCH_LIMIT_S,
            check=False,
        )
    return place.exists()
