"""Remember in a project what it was made from.

src/seedbed/template/manifest.py - v0.1.0

The copy of what was rendered travels in the project: an update needs it as the common ancestor, and so it is there in
a shallow clone, after a squash, and when the release that made it is on no index. Stored, not packed: git packs better.

```mermaid
classDiagram
    BaseModel <|-- Manifest
    Manifest --> Answers : holds
    Manifest ..> UserError : raises
```
"""

import io
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, ValidationError

from seedbed.digests import digest_of
from seedbed.errors import UserError
from seedbed.template.answers import Answers

FILE = "m2m/skeleton.json"
COPY = "m2m/skeleton.zip"
_NEVER = (1980, 1, 1, 0, 0, 0)


class Manifest(BaseModel):
    """The release, the answers, and the digest of every file that came from them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    seedbed: str
    answers: Answers
    files: dict[str, str]
    kept: tuple[str, ...] = ()
    """Files that were there when the project was adopted: they are its own."""

    @classmethod
    def read(cls, project: Path) -> Self:
        """Return the manifest of a project.

        Raises:
            UserError: there is none, or it cannot be understood.
        """
        path = project / FILE
        try:
            return cls.model_validate_json(path.read_bytes())
        except OSError:
            raise UserError(
                f"{str(project)!r} was not made by seedbed: there is no {FILE}. Next: seedbed new, or seedbed adopt"
            ) from None
        except ValidationError as error:
            fault = error.errors()[0]
            raise UserError(f"{path}: {'.'.join(map(str, fault['loc']))}: {fault['msg']}; take it from git") from None

    def text(self) -> bytes:
        """Return what is written."""
        return (json.dumps(self.model_dump(mode="json"), indent=2, ensure_ascii=False) + "\n").encode("utf-8")

    def original(self, project: Path) -> dict[str, bytes]:
        """Return the files as they were rendered.

        Raises:
            UserError: the copy is missing or damaged.
        """
        try:
            with zipfile.ZipFile(project / COPY) as copy:
                files = {name: copy.read(name) for name in copy.namelist()}
        except (OSError, zipfile.BadZipFile) as error:
            raise UserError(
                f"{project / COPY} cannot be read ({error}); take it from git: git checkout {COPY}"
            ) from None
        if any(digest_of(content) != self.files.get(name) for name, content in files.items()):
            raise UserError(f"{project / COPY} is not what {FILE} says; take both from one commit: git checkout {COPY}")
        return files


def copy_of(files: Mapping[str, bytes]) -> bytes:
    """Return an archive of files, the same bytes for the same files."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as copy:
        for name in sorted(files):
            member = zipfile.ZipInfo(name, _NEVER)
            member.create_system, member.external_attr = 3, 0o644 << 16
            copy.writestr(member, files[name])
    return buffer.getvalue()
