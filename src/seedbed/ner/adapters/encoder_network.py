"""Put a tag on every piece of a text: a BERT-like encoder that also sees how words are written.

src/seedbed/ner/adapters/encoder_network.py - v0.1.0

```mermaid
classDiagram
    Module <|-- EntityNetwork
    EntityNetwork ..> NUM_SHAPES : embeds
```
"""

from typing import Any

import torch
from torch.nn import Dropout, Embedding, Linear, Module, init

from seedbed.ner.adapters.encoder_pieces import NUM_SHAPES


class EntityNetwork(Module):
    """Encoder, dropout and one linear layer."""

    def __init__(self, encoder: Any, num_tags: int, dropout: float) -> None:
        """Take an encoder of transformers; what it knows stays as it is until training."""
        super().__init__()
        width = int(encoder.config.hidden_size)
        self.encoder = encoder
        self.shapes = Embedding(NUM_SHAPES, width)
        init.zeros_(self.shapes.weight)  # at first the encoder reads what it was trained on
        self.dropout = Dropout(dropout)
        self.head = Linear(width, num_tags)

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor, shapes: torch.Tensor) -> torch.Tensor:
        """Return the scores (n, pieces, tags)."""
        words = self.encoder.get_input_embeddings()(input_ids)
        states = self.encoder(inputs_embeds=words + self.shapes(shapes), attention_mask=attention_mask)
        scores: torch.Tensor = self.head(self.dropout(states.last_hidden_state))
        return scores
