"""Train a NER model, measure it, keep it.

src/seedbed/recognition/train.py - v0.1.0

```mermaid
flowchart LR
    train_model --> Trainer & Workshop
    train_model --> evaluate & check_behaviour
    train_model --> write_card
    _registered --> decide
```
"""

import logging
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from seedbed.digests import digest_json
from seedbed.ner.augmentation import Augmenter, NameMaker
from seedbed.ner.config import CANDIDATE, CHAMPION
from seedbed.ner.corpus import read_samples
from seedbed.ner.model_card import ModelCard, write_card
from seedbed.ner.model_place import ModelPlace
from seedbed.ner.sample import Sample, labels_of, samples_digest
from seedbed.ner.training import EpochReport, Trainer, TrainingData
from seedbed.recognition.behaviour import below, check_behaviour, read_plan, shares
from seedbed.recognition.behaviour_page import page
from seedbed.recognition.config import NerDataConfig, NerTrainConfig
from seedbed.recognition.evaluate import Evaluation, Finder, evaluate, metrics_of
from seedbed.recognition.promotion import Verdict, decide
from seedbed.recognition.report import write_report
from seedbed.tracking.registry import ModelPackage, ModelRegistry, ModelVersion
from seedbed.tracking.run import Run

logger = logging.getLogger(__name__)
_REVISION = 1
"""Counts changes of the training: what an older one left is not taken up."""


@dataclass(frozen=True, slots=True)
class Workshop:
    """The parts that a training needs, chosen by whoever knows the machine."""

    trainer: Trainer
    make_names: Callable[[int], NameMaker]
    finder: Callable[[ModelPlace], Finder]
    registry: Callable[[], ModelRegistry]
    place: Callable[[ModelVersion], ModelPlace]
    """Returns where a registered model lies; it is fetched where it is not here."""
    package: Callable[[Path, ModelCard], ModelPackage]


def train_model(config: NerTrainConfig, run: Run, workshop: Workshop) -> dict[str, float]:
    """Train, measure on test, check the behaviour, register; return the metrics.

    Raises:
        UserError: the data is not what it should be.
        WorldError: a file cannot be read or written, or the registry is away; a repeated run goes on where this ended.
    """
    splits = _read(config.data, run)
    started = time.perf_counter()
    folder, checkpoints = _trained(config, splits, run, workshop)
    run.log_costs({"training_s": time.perf_counter() - started})
    card = write_card(
        folder,
        ModelCard(
            name=config.name,
            version=run.run_id[:8],
            labels=labels_of(splits["train"]),
            run_id=run.run_id,
            seed=run.seed,
        ),
    )
    kept = _kept(folder, run.home / "models" / "ner" / card.digest)
    run.set_tags({"seedbed.model_digest": card.digest})
    run.record_result("model", card.digest)
    find = workshop.finder(ModelPlace(card.name, card.version, kept))
    metrics, evaluation = _measured(config.data, splits, find, run)
    if config.register_model:
        verdict = _registered(evaluation, card, kept, run, workshop)
        run.set_tags({"seedbed.promoted": str(verdict.promoted).lower(), "seedbed.promotion": verdict.reason})
    shutil.rmtree(checkpoints, ignore_errors=True)
    return metrics


def _read(config: NerDataConfig, run: Run) -> dict[str, list[Sample]]:
    splits = {name: read_samples(getattr(config, name), config.format) for name in ("train", "dev", "test")}
    for name, samples in splits.items():
        run.use_data(name, samples_digest(samples), source=str(getattr(config, name)))
    return splits


def _trained(
    config: NerTrainConfig, splits: dict[str, list[Sample]], run: Run, workshop: Workshop
) -> tuple[Path, Path]:
    """Return the folder of the model, and that of the checkpoints, which may go once the run is safe."""
    key = {
        "config": [config.training.model_dump(mode="json"), config.augmentation.model_dump(mode="json")],
        "data": [samples_digest(samples) for samples in splits.values()],
        "seed": run.seed,
        "revision": _REVISION,
    }
    augmenter = Augmenter(splits["train"], config.augmentation, workshop.make_names, run.seeds.generator)
    data = TrainingData(augmenter.epoch, splits["dev"], labels_of(splits["train"]))

    def report(epoch: EpochReport) -> None:
        run.log_metrics({"train_loss": epoch.loss, "dev_f1": epoch.dev_f1}, step=epoch.number)
        logger.info("epoch_done", extra={"epoch": epoch.number, "loss": epoch.loss, "dev_f1": epoch.dev_f1})

    folder = run.artifacts.parent / "model"
    checkpoints = run.home / "checkpoints" / "ner" / digest_json(key)
    choices = workshop.trainer.train(data, folder, checkpoints, report)
    run.set_tags({f"seedbed.training.{name}": value for name, value in choices.items()})
    return folder, checkpoints


def _kept(folder: Path, target: Path) -> Path:
    """Move a model to where models lie; one that is there already has the same files."""
    if target.is_dir():
        shutil.rmtree(folder)
    else:
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(folder, target)
    return target


def _measured(
    config: NerDataConfig, splits: dict[str, list[Sample]], find: Finder, run: Run
) -> tuple[dict[str, float], Evaluation]:
    evaluation = evaluate(find, splits["test"])
    run.record_result("test", evaluation.digest)
    write_report(evaluation, run.artifacts)
    metrics = metrics_of(evaluation) | {"dev_f1": evaluate(find, splits["dev"]).total.f1}
    if config.behaviour is not None:
        plan = read_plan(config.behaviour)
        checks = check_behaviour(plan, find)
        held = shares(plan, checks)
        (run.artifacts / "behaviour.html").write_text(page(plan, checks), encoding="utf-8")
        run.set_tags({"seedbed.behaviour_below_threshold": " ".join(below(plan, held)) or "none"})
        metrics |= {f"behaviour_{kind}": share for kind, share in held.items()}
    return metrics, evaluation


def _registered(evaluation: Evaluation, card: ModelCard, folder: Path, run: Run, workshop: Workshop) -> Verdict:
    registry = workshop.registry()
    before = registry.aliases(card.name).get(CHAMPION)
    version = registry.register(run.run_id, workshop.package(folder, card))
    registry.point(CANDIDATE, version)
    champion = None if before is None else workshop.finder(workshop.place(before))(evaluation.samples)
    verdict = decide(
        None if champion is None else Evaluation(evaluation.samples, tuple(champion)).counts,
        evaluation.counts,
        run.seeds.generator("promotion"),
    )
    if verdict.promoted:
        registry.point(CHAMPION, version)
    logger.info("promotion_decided", extra={"promoted": verdict.promoted, "why": verdict.reason, "model": card.name})
    return verdict
