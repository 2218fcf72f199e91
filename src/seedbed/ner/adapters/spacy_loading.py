"""Load a spaCy model to find entities and sentences, nothing else.

src/seedbed/ner/adapters/spacy_loading.py - v0.1.0

```mermaid
flowchart LR
    load --> ModelPlace
    load --> UserError & WorldError
    installed_package --> ModelPlace
```
"""

import warnings
from pathlib import Path
from typing import TYPE_CHECKING

from seedbed.errors import UserError, WorldError
from seedbed.ner.model_place import ModelPlace

if TYPE_CHECKING:
    from spacy.language import Language

_NOT_NEEDED = ("tagger", "morphologizer", "lemmatizer", "attribute_ruler", "trainable_lemmatizer", "textcat", "spancat")


def load(place: ModelPlace) -> "Language":
    """Return the model, with sentence ends by rule where it has nothing better.

    Raises:
        UserError: it is no spaCy model, needs what is not installed, or finds no entities.
        WorldError: its files cannot be read.
    """
    target = place.package or place.folder
    try:
        with warnings.catch_warnings():  # of torch, about what a package that spaCy finds by itself does at import
            warnings.simplefilter("ignore")
            import spacy

            from seedbed.ner.adapters import entity_component  # noqa: F401 - registers what our own models are made of

            nlp = spacy.load(target, exclude=list(_NOT_NEEDED))
    except (ValueError, KeyError, ImportError) as error:
        raise UserError(
            f"{str(target)!r} does not load as a spaCy model: {' '.join(str(error).split())[:300]}"
        ) from error
    except OSError as error:
        raise WorldError(
            f"the spaCy model {str(target)!r} cannot be read: {' '.join(str(error).split())[:300]}"
        ) from error
    if not any("doc.ents" in nlp.get_pipe_meta(name).assigns for name in nlp.pipe_names):
        raise UserError(
            f"the spaCy model {str(target)!r} finds no entities: its parts are {nlp.pipe_names}; choose one with 'ner'"
        )
    if not any("token.is_sent_start" in nlp.get_pipe_meta(name).assigns for name in nlp.pipe_names):
        nlp.add_pipe("sentencizer", first=True)
    return nlp


def installed_packages() -> tuple[str, ...]:
    """Return the names of the spaCy models that are installed as packages."""
    from spacy.util import get_installed_models

    return tuple(sorted(get_installed_models()))


def installed_package(name: str) -> ModelPlace | None:
    """Return where an installed package keeps its model, None where no package of that name holds one."""
    from importlib.util import find_spec

    spec = find_spec(name) if name.isidentifier() else None
    if spec is None or spec.origin is None:
        return None
    found = sorted(Path(spec.origin).parent.glob(f"{name}-*/config.cfg"))
    if not found:
        return None
    inner = found[-1].parent
    return ModelPlace(name, inner.name.rpartition("-")[2], inner, package=name)
