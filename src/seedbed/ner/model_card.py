"""Keep with a model what made it, and notice when its files change.

src/seedbed/ner/model_card.py - v0.1.0

```mermaid
flowchart LR
    write_card --> ModelCard & folder_digest
    read_card --> ModelCard & UserError
    read_card --> WorldError
```
"""

import json
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from seedbed.digests import digest_file, digest_json
from seedbed.errors import UserError, WorldError

CARD = "seedbed.json"


class ModelCard(BaseModel):
    """What a model says about itself; it lies in the model's folder, which spaCy loads as any other."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    version: str
    labels: tuple[str, ...]
    run_id: str | None = None
    """The run that trained it."""
    seed: int | None = None
    digest: str = ""
    """Names every other file of the folder, to the last byte."""


def folder_digest(folder: Path) -> str:
    """Return one digest for all files below a folder, the card left out."""
    files = sorted(file for file in folder.rglob("*") if file.is_file() and "__pycache__" not in file.parts)
    return digest_json({each.relative_to(folder).as_posix(): digest_file(each) for each in files if each.name != CARD})


def write_card(folder: Path, card: ModelCard) -> ModelCard:
    """Put the card beside the model's files, as they are now, and return it with their digest."""
    complete = card.model_copy(update={"digest": folder_digest(folder)})
    (folder / CARD).write_text(complete.model_dump_json(indent=2) + "\n", encoding="utf-8")
    return complete


def read_card(folder: Path) -> ModelCard | None:
    """Return the card of a model folder, None where it has none: then somebody else made the model.

    Raises:
        UserError: the card is none.
        WorldError: the files are not those that the card was written for, or cannot be read.
    """
    file = folder / CARD
    try:
        if not file.is_file():
            return None
        card = ModelCard.model_validate(json.loads(file.read_text(encoding="utf-8")))
        found = folder_digest(folder)
    except (ValueError, ValidationError) as error:
        raise UserError(f"{str(file)!r} does not describe a model; train it again: seedbed run ner-train") from error
    except OSError as error:
        raise WorldError(f"model folder {str(folder)!r} cannot be read: {error.strerror}; check the disk") from error
    if found != card.digest:
        raise WorldError(
            f"the files in {str(folder)!r} have digest {found}, the model was made with {card.digest}: a file was "
            "altered. Train it again: seedbed run ner-train"
        )
    return card
