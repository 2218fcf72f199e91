"""Move the weights of an entity network through one epoch.

src/seedbed/ner/adapters/encoder_fitting.py - v0.1.0

```mermaid
flowchart LR
    Fitting --> EntityNetwork & EncoderRows
    Fitting --> best_spans --> Counts
    Fitting --> Choices
```
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from torch.nn.functional import cross_entropy
from torch.nn.utils import clip_grad_norm_

from seedbed.hardware import measure
from seedbed.ner.adapters.encoder_decoding import best_spans, tag_names
from seedbed.ner.adapters.encoder_network import EntityNetwork
from seedbed.ner.adapters.encoder_rows import IGNORED, EncoderRows
from seedbed.ner.scores import Counts, count
from seedbed.ner.tags import spans_of_tags
from seedbed.ner.training_config import TrainingConfig

_WARM_UP = 0.1
"""Share of the steps in which the learning rate rises; it falls to nothing in the others."""
_WEIGHT_DECAY, _MAX_NORM, _SCORED_TOGETHER = 0.01, 1.0, 64


@dataclass(frozen=True, slots=True)
class Choices:
    """How the arithmetic is done on this machine."""

    device: Literal["cuda", "cpu"]
    precision: str
    num_threads: int


def choose(precision: str) -> Choices:
    """Return what the guide's 12.3 says for this machine, and set torch up for it.

    A GPU multiplies fp32 with TF32, and bf16 where it has it; a processor gets a thread for each core it may use, and
    fp32: for texts this short bf16 was not measurably faster, and other processors would give another model.
    """
    num_threads = measure().num_usable_cores
    if torch.cuda.is_available():
        torch.set_float32_matmul_precision("high")
        chosen = "bf16" if torch.cuda.is_bf16_supported() else "fp32"
        return Choices("cuda", chosen if precision == "auto" else precision, num_threads)
    torch.set_num_threads(num_threads)
    return Choices("cpu", "fp32" if precision == "auto" else precision, num_threads)


class Fitting:
    """A network and the optimiser that moves it."""

    def __init__(self, network: EntityNetwork, labels: Sequence[str], config: TrainingConfig, choices: Choices) -> None:
        """Take the network; it moves to the device."""
        self.network = network.to(choices.device)
        self._labels, self._config, self._choices = labels, config, choices
        # Words that the training data lacks would stay behind those that move; and it is half of all weights.
        network.encoder.get_input_embeddings().requires_grad_(False)
        named = [(name, weights) for name, weights in network.named_parameters() if weights.requires_grad]
        groups = {
            config.learning_rate: [weights for name, weights in named if name.startswith("encoder.")],
            config.head_learning_rate: [weights for name, weights in named if not name.startswith("encoder.")],
        }
        self._rates = list(groups)
        self.optimizer = torch.optim.AdamW(
            [{"params": weights, "lr": rate} for rate, weights in groups.items()],
            weight_decay=_WEIGHT_DECAY,
            fused=True,
        )

    def epoch(self, rows: EncoderRows, number: int, seed: int, progress: Callable[[int, int], None]) -> float:
        """Learn from all rows once, in an order that depends on seed and number, and return the mean loss."""
        torch.manual_seed((seed + number) % 2**32)  # for dropout
        batches = rows.batches(self._config.batch_size, np.random.default_rng([seed, number]))
        num_steps = len(batches) * self._config.max_epochs
        self.network.train()
        total = 0.0
        for done, batch in enumerate(batches):
            self._set_rates((len(batches) * number + done + 1) / num_steps)
            total += self._step(rows, batch) * len(batch)
            progress(done + 1, len(batches))
        return total / max(1, len(rows.pieces))

    def counts(self, rows: EncoderRows) -> Counts:
        """Return how the network does on rows, in fp32 as it is served."""
        self.network.eval()
        total, names = Counts(), tag_names(self._labels)
        order = sorted(range(len(rows.pieces)), key=lambda place: len(rows.pieces[place].ids))
        for start in range(0, len(order), _SCORED_TOGETHER):
            batch = order[start : start + _SCORED_TOGETHER]
            inputs, targets = rows.tensors(batch, self._choices.device)
            with torch.no_grad():
                scores = self.network(*inputs).float().cpu().numpy()
            seen = (targets != IGNORED).cpu().numpy()
            for row, place in enumerate(batch):
                words = scores[row : row + 1, seen[row]]
                tags = [
                    tag for tag, first in zip(rows.tags[place], rows.pieces[place].firsts, strict=True) if first >= 0
                ]
                total += count(
                    spans_of_tags([names[tag] for tag in tags]), best_spans(words, [len(tags)], self._labels)[0]
                )
        return total

    def _step(self, rows: EncoderRows, batch: Sequence[int]) -> float:
        inputs, targets = rows.tensors(batch, self._choices.device)
        in_bf16 = self._choices.precision == "bf16"
        with torch.autocast(self._choices.device, torch.bfloat16, enabled=in_bf16):
            scores = self.network(*inputs)
        loss = cross_entropy(scores.float().transpose(1, 2), targets, ignore_index=IGNORED)
        self.optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]  # upstream is untyped
        clip_grad_norm_(self.network.parameters(), _MAX_NORM)
        self.optimizer.step()
        return loss.item()

    def _set_rates(self, done: float) -> None:
        share = min(done / _WARM_UP, (1 - done) / (1 - _WARM_UP) + 1e-3)
        for group, rate in zip(self.optimizer.param_groups, self._rates, strict=True):
            group["lr"] = rate * min(1.0, share)
