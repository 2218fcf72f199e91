"""Keep what could not be indexed, with the reason.

src/seedbed/indexing/dead_letter.py - v0.1.0

```mermaid
classDiagram
    DeadLetters ..> Rejection : takes
```
"""

import logging
from pathlib import Path
from typing import Self, TextIO, final

from seedbed.corpora.document import Rejection
from seedbed.errors import WorldError

logger = logging.getLogger(__name__)


@final
class DeadLetters:
    """A JSON-lines file that comes into being with its first record; every line is on disk when `add` returns."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: TextIO | None = None
        self.num_records = 0

    @property
    def path(self) -> Path | None:
        """The file, or None while there is nothing in it."""
        return self._path if self.num_records else None

    def add(self, rejection: Rejection) -> None:
        """Append one record.

        Raises:
            WorldError: the file cannot be written; a record must not vanish without a trace.
        """
        try:
            if self._file is None:
                self._path.parent.mkdir(parents=True, exist_ok=True)
                self._file = self._path.open("a", encoding="utf-8")
            self._file.write(rejection.model_dump_json() + "\n")
            self._file.flush()
        except OSError as error:
            raise WorldError(
                f"cannot write the dead letter file {self._path}: {error}; free or mend the disk"
            ) from error
        self.num_records += 1
        logger.warning(
            "record_rejected",
            extra={"source": rejection.source, "record_line": rejection.line, "reason": rejection.reason},
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            self._file.close()
