"""Turn the choice of a NER model into what runs it here, or trains it.

src/seedbed/wiring_ner.py - v0.1.0

```mermaid
flowchart LR
    recognizer --> find_model --> ModelPlace
    ensure_default_model --> train_ner --> Workshop
    finder --> find_model
    find_model --> UserError
```
"""

import logging
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

from seedbed.errors import UserError, nearest, not_installed
from seedbed.locks import owned_lock
from seedbed.missing import MissingError
from seedbed.ner.config import CHAMPION, PREFERRED_PACKAGE, REGISTERED_NAME, NerConfig
from seedbed.ner.entity import ModelIdentity
from seedbed.ner.model_card import CARD, ModelCard, read_card
from seedbed.ner.model_place import ModelPlace
from seedbed.ner.ports import Recognizer
from seedbed.recognition.config import NerDataConfig, NerTrainConfig
from seedbed.settings import Settings, load_settings, project_folder
from seedbed.tracking.config import TrackingConfig
from seedbed.tracking.registry import ModelPackage, ModelRegistry, ModelVersion, artifact_of
from seedbed.wiring import tracked_run

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from seedbed.ner.entity import Entity
    from seedbed.ner.training import Trainer
    from seedbed.progress import Progress
    from seedbed.recognition.evaluate import Finder
    from seedbed.tracking.run import Run

logger = logging.getLogger(__name__)

DEFAULT_SEED = 7
"""Of the model that is trained where there is none: on machines of one kind it is the same one."""
_TRAINING_TIMEOUT_S = 1800.0
_EXAMPLE = "Mira Kowalski joined Northwind Bank in Oslo."


def recognizer(config: NerConfig, home: Path, tracking: TrackingConfig | None = None) -> Recognizer:
    """Return what runs the configured model; the first call of it looks for the model and loads it.

    `tracking` says where models are registered; default: under the home folder.
    """
    from seedbed.ner.adapters.spacy import SpacyRecognizer

    return SpacyRecognizer(partial(find_model, config, home, tracking or TrackingConfig()))


def newer_recognizer(
    config: NerConfig, home: Path, tracking: TrackingConfig
) -> "Callable[[ModelIdentity], Recognizer | None]":
    """Return what looks for a model to serve instead of the served one: what the alias of the settings has moved to.

    It returns None while there is none; folders, packages and digests stay what they were. It raises WorldError when
    the registry does not answer.
    """
    models = cache(partial(registry, tracking, home))  # opening it takes ten times as long as asking it

    def look(served: ModelIdentity) -> Recognizer | None:
        from seedbed.ner.adapters.spacy import SpacyRecognizer

        version = models().aliases(REGISTERED_NAME).get(config.model or CHAMPION)
        digest = version.tags.get("digest") if version else None
        if digest in (None, served.digest):
            return None
        place = find_model(config, home, tracking)
        return SpacyRecognizer(lambda: place) if place.folder == home / "models" / "ner" / str(digest) else None

    return look


def entities_html(text: str, entities: "Sequence[Entity]") -> str:
    """Return the text as HTML with its entities marked."""
    from seedbed.ner.adapters import displacy

    return displacy.entities_html(text, entities)


def registry(tracking: TrackingConfig, home: Path) -> ModelRegistry:
    """Return where models are registered."""
    from seedbed.tracking.adapters.mlflow_registry import MlflowRegistry

    return MlflowRegistry(tracking, home)


def find_model(config: NerConfig, home: Path, tracking: TrackingConfig) -> ModelPlace:
    """Return where the configured model lies: a folder, an installed package, what an alias or a digest names.

    Where none is configured it is the champion, or without one the preferred package, if that is installed.

    Raises:
        UserError: there is no such model; the error lists what there is. MissingError: none was asked for, either.
        WorldError: the registry does not answer.
    """
    from seedbed.ner.adapters.spacy_loading import installed_package, installed_packages

    name = config.model or CHAMPION
    folder = Path(name).expanduser()
    if (folder / "config.cfg").is_file():
        return ModelPlace(folder.resolve().name, "folder", folder)
    if package := installed_package(name):
        return package
    if card := read_card(home / "models" / "ner" / name):
        return ModelPlace(card.name, card.version, home / "models" / "ner" / name)
    models = registry(tracking, home)
    aliases = models.aliases(REGISTERED_NAME)
    if name in aliases:
        return _place(aliases[name], home, models)
    if config.model is None and (package := installed_package(PREFERRED_PACKAGE)):
        return package
    guess = nearest(name, [*aliases, *installed_packages()])
    hint = f" (did you mean {guess!r}?)" if guess else ""
    raise (UserError if config.model else MissingError)(
        f"NER model {name!r} is no alias of a registered model, no folder with a spaCy model and no installed "
        f"package{hint}; aliases are {sorted(aliases)}, packages {list(installed_packages())}. "
        "Train the champion: seedbed run ner-train. Example: SEEDBED_NER__MODEL=path/to/model"
    )


def finder(config: NerConfig, run: "Run") -> "tuple[Finder, ModelIdentity]":
    """Return what finds entities in samples with the configured model, and which model that is; the run records it."""
    from seedbed.ner.adapters.spacy_finding import SpacyFinder

    place = find_model(config, run.home, load_settings().tracking)
    identity = recognizer(NerConfig(model=place.package or str(place.folder)), run.home).identity()
    kept = f"{identity.run_id}/{artifact_of(identity.digest)}" if identity.run_id else ""
    run.use_model("ner", identity.digest, source="" if place.package else place.folder, artifact=kept)
    if place.folder == run.home / "models" / "ner" / identity.digest:  # an alias points elsewhere some day
        run.pin("ner.model", identity.digest)
    return SpacyFinder(place), identity


def train_ner(config: NerTrainConfig, run: "Run", settings: Settings | None = None) -> dict[str, float]:
    """Train, measure, register and perhaps promote a model; return its metrics."""
    try:
        from seedbed.ner.adapters.faker_names import FakerNames
    except ImportError as error:
        raise not_installed("training a NER model", "Faker", "ner") from error
    from seedbed.ner.adapters.spacy_finding import SpacyFinder
    from seedbed.recognition.train import Workshop, train_model

    open_registry = partial(registry, (settings or load_settings()).tracking, run.home)
    workshop = Workshop(
        trainer=_trainer(config, run),
        make_names=FakerNames,
        finder=SpacyFinder,
        registry=open_registry,
        place=lambda version: _place(version, run.home, open_registry()),
        package=_package,
    )
    return train_model(config, run, workshop)


def ensure_default_model(settings: Settings, progress: "Progress") -> None:
    """Train the model that is served by default, unless another one is chosen or it is there; takes minutes.

    Several processes train one model: the others wait for it.

    Raises:
        UserError: the training data is not here.
        WorldError: the registry does not answer, or another process trains for too long.
    """
    from seedbed.ner.adapters.spacy_loading import installed_package

    if settings.ner.model not in (None, CHAMPION) or _has_champion(settings):
        return
    if settings.ner.model is None and installed_package(PREFERRED_PACKAGE):
        return
    data = project_folder() / "data" / "ner"
    if not (data / "source" / "train").is_dir():
        raise UserError(
            f"there is no NER model yet and no data to train one in {str(data)!r}; start in the project's folder, or "
            "name a model. Example: SEEDBED_NER__MODEL=path/to/model"
        )
    with owned_lock(settings.home / "locks" / "ner-train.lock", "the training of a NER model", _TRAINING_TIMEOUT_S):
        if _has_champion(settings):
            return
        logger.info("default_model_training", extra={"data": str(data), "seed": DEFAULT_SEED})
        source = data / "source"
        config = NerTrainConfig(
            data=NerDataConfig(
                train=source / "train", dev=source / "dev", test=source / "test", behaviour=data / "behaviour.yaml"
            )
        )
        with tracked_run("ner_train", config, seed=DEFAULT_SEED, settings=settings) as run:
            run.progress = progress
            run.log_metrics(train_ner(config, run, settings))


def _has_champion(settings: Settings) -> bool:
    return CHAMPION in registry(settings.tracking, settings.home).aliases(REGISTERED_NAME)


def _place(version: ModelVersion, home: Path, models: ModelRegistry) -> ModelPlace:
    """Return where a registered model lies here; it is fetched where it was trained elsewhere."""
    digest = version.tags.get("digest", version.run_id)
    folder = home / "models" / "ner" / digest
    if not (folder / CARD).is_file():
        with owned_lock(folder.with_suffix(".lock"), f"the download of {version.name}", _TRAINING_TIMEOUT_S):
            if not (folder / CARD).is_file():
                models.fetch(version, folder.with_suffix(".partial")).rename(folder)
    return ModelPlace(version.name, version.version, folder)


def _trainer(config: NerTrainConfig, run: "Run") -> "Trainer":
    seed = run.seeds.seed("ner-training")

    def progress(done: int, total: int | None, unit: str) -> None:
        run.progress(done, total, unit)  # looked up at each call: who shows it may come later

    if config.training.architecture == "tok2vec":
        from seedbed.ner.adapters.tok2vec_training import Tok2VecTrainer

        return Tok2VecTrainer(config.training, seed, progress)
    from seedbed.embedding.adapters.openvino_conversion import padded_encoder
    from seedbed.embedding.config import EmbeddingConfig
    from seedbed.embedding.model_files import model_folder
    from seedbed.ner.adapters.encoder_training import EncoderTrainer

    folder = model_folder(EmbeddingConfig(), run.home / "models")
    return EncoderTrainer(config.training, partial(padded_encoder, folder), folder / "tokenizer.json", seed, progress)


def _package(folder: Path, card: ModelCard) -> ModelPackage:
    """Return the model as the registry keeps it; its answer to the example is its own."""
    from dataclasses import asdict
    from importlib.metadata import version

    answer = recognizer(NerConfig(model=str(folder)), folder).recognize([_EXAMPLE])[0]
    keys = ("text", "label", "start", "end", "sentence")
    return ModelPackage(
        name=card.name,
        code=Path(__file__).parent / "ner" / "adapters" / "mlflow_model.py",  # run by the registry, never imported
        files=folder,
        inputs={"text": [_EXAMPLE]},
        outputs=[{"entities": [{key: asdict(each)[key] for key in keys} for each in answer.entities]}],
        requirements=tuple(f"{name}=={version(name)}" for name in ("seedbed", "spacy", "openvino", "tokenizers")),
        tags={"digest": card.digest, "run_id": card.run_id or "", "seed": str(card.seed)},
    )
