"""Find the file or folder that a corpus is read from.

src/seedbed/corpora/source.py - v0.1.0

```mermaid
flowchart LR
    required_file --> UserError
    required_folder --> UserError
    reading --> WorldError
```
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from seedbed.corpora.config import CorpusConfig
from seedbed.errors import UserError, WorldError, nearest

_FOREIGN = {
    b"\x1f\x8b": "gzip-compressed; unpack it first: gunzip -k {path}",
    b"PK\x03\x04": "a zip archive; unpack it first: unzip {path}",
    b"PAR1": "a Parquet file. Example: SEEDBED_CORPUS__KIND=parquet",
    b"\xff\xfe": "UTF-16; convert it first: iconv -f UTF-16 -t UTF-8 {path} > utf8.jsonl",
    b"\xfe\xff": "UTF-16; convert it first: iconv -f UTF-16 -t UTF-8 {path} > utf8.jsonl",
}


def required_file(config: CorpusConfig) -> Path:
    """Return the configured file.

    Raises:
        UserError: none is configured, it is not there, or it is a folder.
    """
    path = _required(config, "a file")
    if path.is_dir():
        inside = sorted(child.name for child in path.glob(f"*.{config.kind}"))[:5]
        hint = f"it holds {inside}, choose one" if inside else "did you mean SEEDBED_CORPUS__KIND=folder?"
        raise UserError(f"corpus path {str(path)!r} is a folder and kind {config.kind!r} reads one file; {hint}")
    return path


def required_folder(config: CorpusConfig) -> Path:
    """Return the configured folder.

    Raises:
        UserError: none is configured, it is not there, or it is a file.
    """
    path = _required(config, "a folder")
    if not path.is_dir():
        raise UserError(f"corpus path {str(path)!r} is a file and kind {config.kind!r} reads a folder; name the folder")
    return path


def refuse_foreign(path: Path, head: bytes) -> None:
    """Refuse a file whose first bytes show that it is no text in UTF-8.

    Raises:
        UserError: naming what it is and how to convert it.
    """
    for magic, what in _FOREIGN.items():
        if head.startswith(magic):
            raise UserError(f"{str(path)!r} is {what.format(path=path)}")


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Turn a disk that fails while `path` is read into a WorldError."""
    try:
        yield
    except OSError as error:
        what = error.strerror or error
        raise WorldError(f"{str(path)!r} cannot be read: {what}; check the disk and permissions") from error


def _required(config: CorpusConfig, what: str) -> Path:
    if config.path is None:
        raise UserError(
            f"corpus kind {config.kind!r} needs {what}; none is given. "
            f"Example: seedbed index --corpus-kind {config.kind} --corpus-path PATH"
        )
    path = config.path.expanduser()
    if not path.exists():
        folder = path.parent
        names = [child.name for child in folder.iterdir()] if folder.is_dir() else []
        guess = nearest(path.name, names)
        hint = f"did you mean {str(folder / guess)!r}?" if guess else f"the current folder is {str(Path.cwd())!r}"
        raise UserError(f"corpus path {str(path)!r} does not exist; {hint}")
    return path
