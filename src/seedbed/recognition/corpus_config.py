"""Choose what a model is scored on.

src/seedbed/recognition/corpus_config.py - v0.1.0

```mermaid
classDiagram
    BaseModel <|-- AnnotatedCorpusConfig
    BaseModel <|-- NerEvaluateConfig
    NerEvaluateConfig ..> NerConfig : holds
```
"""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from seedbed.ner.config import NerConfig
from seedbed.ner.corpus import Format


class AnnotatedCorpusConfig(BaseModel):
    """A file or folder of annotated texts."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: Path = Field(Path("data/ner/source/test"), description="file, or folder of marked text")
    format: Format = Field("auto", description="marked = [Oslo|GPE]; conll; jsonl; auto = by the end of the name")


class NerEvaluateConfig(BaseModel):
    """A model and a corpus."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    corpus: AnnotatedCorpusConfig = AnnotatedCorpusConfig()
    ner: NerConfig = NerConfig()
    only_shared_labels: bool = Field(
        False, description="leave out entities whose label the corpus, or the model, does not have"
    )
