"""Fine-tune an encoder to find entities.

src/seedbed/ner/adapters/encoder_training.py - v0.1.0

Every epoch draws from a generator of its own, so that a training that goes on after a kill has the same results.

```mermaid
classDiagram
    Trainer <|-- EncoderTrainer
    EncoderTrainer ..> Fitting : moves
    EncoderTrainer ..> Progressed : keeps
    EncoderTrainer ..> save_graph : calls
```
"""

import json
import logging
import shutil
from collections.abc import Callable, Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any, final

import torch

from seedbed.ner.adapters import encoder_checkpoint
from seedbed.ner.adapters.encoder_checkpoint import Progressed
from seedbed.ner.adapters.encoder_decoding import tag_names
from seedbed.ner.adapters.encoder_fitting import Fitting, choose
from seedbed.ner.adapters.encoder_graph import save_graph
from seedbed.ner.adapters.encoder_network import EntityNetwork
from seedbed.ner.adapters.encoder_pieces import PieceCutter
from seedbed.ner.adapters.encoder_rows import EncoderRows
from seedbed.ner.adapters.entity_component import FACTORY, LABELS, TOKENIZER, EntityComponent
from seedbed.ner.adapters.spacy_docs import pipeline_of, write_pipeline
from seedbed.ner.training import EpochReport, Trainer, TrainingData
from seedbed.ner.training_config import TrainingConfig
from seedbed.progress import Progress

logger = logging.getLogger(__name__)


@final
class EncoderTrainer(Trainer):
    """Trains all layers of an encoder and a new one on top, with AdamW; the epoch that is best on dev is kept."""

    def __init__(
        self,
        config: TrainingConfig,
        make_encoder: Callable[[], Any],
        tokenizer_file: Path,
        seed: int,
        progress: Progress,
    ) -> None:
        """Take what makes the encoder, a module of transformers, and the file that cuts texts as it reads them."""
        self._config = config
        self._make_encoder = make_encoder
        self._tokenizer_file = tokenizer_file
        self._seed = seed
        self._progress = progress

    def train(
        self, data: TrainingData, folder: Path, checkpoints: Path, report: Callable[[EpochReport], None]
    ) -> Mapping[str, str]:
        """Train until dev gets no better, convert the best network for the CPU, write the pipeline."""
        choices = choose(self._config.precision)
        nlp, cutter, names = pipeline_of("encoder"), PieceCutter(self._tokenizer_file), tag_names(data.labels)
        torch.manual_seed(self._seed)
        network = EntityNetwork(self._make_encoder(), len(names), self._config.dropout)
        fitting = Fitting(network, data.labels, self._config, choices)
        state = self._resumed(fitting, checkpoints)
        dev = EncoderRows.of(data.dev, nlp, cutter, names)
        while state.epochs < self._config.max_epochs and state.epochs - state.best_epoch < self._config.patience:
            rows = EncoderRows.of(data.epoch(state.epochs), nlp, cutter, names)
            loss = fitting.epoch(rows, state.epochs, self._seed, self._shown(state.epochs))
            f1 = fitting.counts(dev).f1
            state.epochs += 1
            if is_best := f1 > state.best_f1 or state.epochs == 1:
                state.best_epoch, state.best_f1, state.best = state.epochs, f1, deepcopy(network.state_dict())
            state.network, state.optimizer = network.state_dict(), fitting.optimizer.state_dict()
            encoder_checkpoint.save(state, checkpoints)
            report(EpochReport(state.epochs, loss, f1, is_best))
        network.load_state_dict(state.best)
        self._save(network.cpu(), data.labels, folder)
        return {
            "device": torch.cuda.get_device_name() if choices.device == "cuda" else "cpu",
            "precision": choices.precision,
            "num_threads": str(choices.num_threads),
            "best_epoch": str(state.best_epoch),
        }

    def _resumed(self, fitting: Fitting, checkpoints: Path) -> Progressed:
        state = encoder_checkpoint.load(checkpoints)
        if state is None:
            return Progressed(0, 0, 0.0, {}, {}, {})
        fitting.network.load_state_dict(state.network)
        fitting.optimizer.load_state_dict(state.optimizer)
        logger.info("training_resumed", extra={"epochs": state.epochs, "dev_f1": state.best_f1})
        return state

    def _shown(self, epochs: int) -> Callable[[int, int], None]:
        def show(done: int, total: int) -> None:
            self._progress(epochs * total + done, total * self._config.max_epochs, "steps")

        return show

    def _save(self, network: EntityNetwork, labels: tuple[str, ...], folder: Path) -> None:
        # A fresh one: that of the training holds every word it has cut, and a resumed training has cut fewer.
        nlp: Any = pipeline_of("encoder")
        parts = folder.with_name(f"{folder.name}.parts")
        parts.mkdir(parents=True, exist_ok=True)
        save_graph(network, parts)
        shutil.copyfile(self._tokenizer_file, parts / TOKENIZER)
        (parts / LABELS).write_text(json.dumps(labels) + "\n", encoding="utf-8")
        component: EntityComponent = nlp.get_pipe(FACTORY)
        component.from_disk(parts)
        write_pipeline(nlp, folder)
        shutil.rmtree(parts)
