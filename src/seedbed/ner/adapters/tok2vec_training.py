"""Train spaCy's own network from scratch.

src/seedbed/ner/adapters/tok2vec_training.py - v0.1.0

spaCy's training cannot be taken up where it was cut off: a killed one begins anew, to the same model.

```mermaid
classDiagram
    Trainer <|-- Tok2VecTrainer
    Tok2VecTrainer ..> pipeline_of : calls
    Tok2VecTrainer ..> gold_doc : calls
    Tok2VecTrainer ..> EpochReport : reports
```
"""

from collections.abc import Callable, Mapping, Sequence
from itertools import batched
from pathlib import Path
from typing import TYPE_CHECKING, Any, final

from seedbed.ner.adapters.spacy_docs import gold_doc, pipeline_of, write_pipeline
from seedbed.ner.sample import Sample
from seedbed.ner.training import EpochReport, Trainer, TrainingData
from seedbed.ner.training_config import TrainingConfig
from seedbed.progress import Progress

if TYPE_CHECKING:
    from spacy.language import Language
    from spacy.training import Example


@final
class Tok2VecTrainer(Trainer):
    """Trains what `pipelines/tok2vec.cfg` describes; the epoch that is best on dev is kept."""

    def __init__(self, config: TrainingConfig, seed: int, progress: Progress) -> None:
        """Take the numbers of the training."""
        self._config = config
        self._seed = seed
        self._progress = progress

    def train(
        self,
        data: TrainingData,
        folder: Path,
        checkpoints: Path,  # noqa: ARG002 - see the head of the file
        report: Callable[[EpochReport], None],
    ) -> Mapping[str, str]:
        """Train until dev gets no better, and write the best pipeline."""
        from thinc.api import fix_random_seed

        fix_random_seed(self._seed % 2**31)
        nlp = pipeline_of("tok2vec")
        nlp.initialize(lambda: _examples(nlp, data.epoch(0)))
        optimizer = _optimizer(self._config)
        dev = _examples(nlp, data.dev)
        best_epoch, best_f1 = 0, -1.0
        for number in range(self._config.max_epochs):
            loss = self._epoch(nlp, optimizer, data.epoch(number), number)
            f1 = float(nlp.evaluate(dev)["ents_f"] or 0.0)
            if is_best := f1 > best_f1:
                best_epoch, best_f1 = number + 1, f1
                write_pipeline(nlp, folder)
            report(EpochReport(number + 1, loss, f1, is_best))
            if number + 1 - best_epoch >= self._config.patience:
                break
        return {"device": "cpu", "precision": "fp32", "num_threads": "1", "best_epoch": str(best_epoch)}

    def _epoch(self, nlp: "Language", optimizer: Any, samples: Sequence[Sample], number: int) -> float:
        import numpy as np

        order = np.random.default_rng([self._seed, number]).permutation(len(samples))
        examples = _examples(nlp, [samples[place] for place in order])
        losses: dict[str, float] = {}
        total = len(examples) * self._config.max_epochs
        for done, batch in enumerate(batched(examples, self._config.batch_size)):
            nlp.update(batch, drop=self._config.dropout, sgd=optimizer, losses=losses)
            seen = number * len(examples) + done * self._config.batch_size + len(batch)
            self._progress(seen, total, "texts")
        return float(losses.get("ner", 0.0)) / max(1, len(examples))


def _examples(nlp: "Language", samples: Sequence[Sample]) -> "list[Example]":
    from spacy.training import Example

    gold = (gold_doc(sample, nlp) for sample in samples)
    return [Example(_bare(doc), doc) for doc in gold]


def _bare(doc: Any) -> Any:
    bare = doc.copy()
    bare.set_ents([], default="missing")
    return bare


def _optimizer(config: TrainingConfig) -> Any:
    from thinc.api import Adam

    return Adam(10 * config.learning_rate, L2=0.01, grad_clip=1.0)
