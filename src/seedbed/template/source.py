"""Find the files that projects are made from.

src/seedbed/template/source.py - v0.1.0

In a checkout the files of the repository are read where they are; a wheel carries copies of them (pyproject.toml,
`force-include`), so there is one source.

```mermaid
flowchart LR
    repository_file --> files
    skeleton_files --> files
```
"""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path

from seedbed.template.answers import Part

SHARED = (
    ".env.example",
    ".gitignore",
    ".python-version",
    ".dvc/config",
    "m2m/model-config.yaml",
    "pipelines/embed_corpus.py",
    "pipelines/experiments/__init__.py",
    "pipelines/experiments/ner_train.py",
    "pipelines/prefect_logging.yml",
    "pipelines/recognize_entities.py",
    "tools/setup.sh",
)
"""What a project gets as it stands in this repository."""
READ = (".github/PULL_REQUEST_TEMPLATE.md", "LICENSE", "uv.lock")
"""What goes into files of a project."""
OF_PART: Mapping[Part, tuple[str, ...]] = {
    "api": ("pipelines/recognize_entities.py",),
    "containers": ("Dockerfile", ".dockerignore", "compose.yml"),
    "dvc": (".dvc/", "dvc.yaml", "params.yaml"),
    "llm": ("m2m/model-config.yaml",),
    "ner": ("data/ner/", "pipelines/experiments/ner_train.py", "pipelines/recognize_entities.py"),
}
"""What a part is needed for: files, and folders with a / behind them; some need two parts."""
_PACKAGED_ELSEWHERE = {"m2m/model-config.yaml": "serving/model-config.yaml"}
ADOPTED = (
    ".env.example",
    "data/corpus/",
    "m2m/README.md",
    "pipelines/__init__.py",
    "pipelines/experiments/__init__.py",
    "pipelines/experiments/retrieval.py",
)
"""What a project gets that was there before."""


def repository_file(path: str) -> bytes:
    """Return a file of this repository, whether this is a checkout or an installed package."""
    packaged = _package() / "template" / "repository"
    if not packaged.is_dir():
        return (_package().parents[1] / path).read_bytes()
    elsewhere = _PACKAGED_ELSEWHERE.get(path)
    return (_package() / elsewhere if elsewhere else packaged / path).read_bytes()


def _package() -> Path:
    return Path(str(files("seedbed")))


@cache
def skeleton_files() -> Mapping[str, str]:
    """Return the templates by the path of what they become; `package` in a path stands for the user's package."""
    folder = _package() / "template" / "skeleton"
    paths = sorted(path for path in folder.rglob("*.j2") if path.is_file())
    return {path.relative_to(folder).as_posix().removesuffix(".j2"): path.read_text("utf-8") for path in paths}
