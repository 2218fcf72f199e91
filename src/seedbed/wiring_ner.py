"""Turn the choice of a NER model into the recogniser that runs it here.

src/seedbed/wiring_ner.py - v0.1.0

```mermaid
flowchart LR
    recognizer --> Recognizer
    recognizer --> find_model --> ModelPlace
    find_model --> UserError
```
"""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from seedbed.errors import UserError
from seedbed.ner.config import CHAMPION, NerConfig
from seedbed.ner.model_place import ModelPlace
from seedbed.ner.ports import Recognizer
from seedbed.progress import Progress
from seedbed.settings import Settings
from seedbed.tracking.config import TrackingConfig

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seedbed.ner.entity import Entity


def recognizer(config: NerConfig, home: Path, tracking: TrackingConfig | None = None) -> Recognizer:
    """Return what runs the configured model; the first call of it looks for the model and loads it.

    `tracking` says where models are registered; default: under the home folder.
    """
    from seedbed.ner.adapters.spacy import SpacyRecognizer

    return SpacyRecognizer(partial(find_model, config, home, tracking or TrackingConfig()))


def entities_html(text: str, entities: "Sequence[Entity]") -> str:
    """Return the text as HTML with its entities marked."""
    from seedbed.ner.adapters import displacy

    return displacy.entities_html(text, entities)


def ensure_default_model(settings: Settings, progress: Progress) -> None:
    """Train the default model when there is none."""
    raise UserError("there is no default NER model yet; set SEEDBED_NER__MODEL")


def find_model(config: NerConfig, home: Path, tracking: TrackingConfig) -> ModelPlace:
    """Return where the configured model lies: a folder, an installed package, or what an alias names.

    Raises:
        UserError: there is no such model; the error lists what there is.
    """
    from seedbed.ner.adapters.spacy_loading import installed_package, installed_packages

    name = config.model or CHAMPION
    folder = Path(name).expanduser()
    if (folder / "config.cfg").is_file():
        return ModelPlace(folder.resolve().name, "folder", folder)
    if package := installed_package(name):
        return package
    raise UserError(
        f"NER model {name!r} is no folder with a spaCy model and none of the installed packages "
        f"{list(installed_packages())}. Example: SEEDBED_NER__MODEL=path/to/model"
    )
