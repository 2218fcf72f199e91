"""Choose a model that turns text into vectors.

src/seedbed/embedding/config.py - v0.1.0

```mermaid
classDiagram
    BaseModel <|-- EmbeddingConfig
    EmbeddingConfig ..> PluginGroup : asks
```
"""

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PositiveInt, WithJsonSchema, model_validator

from seedbed.plugins import ABOUT_OPTIONS, Options, Plugin, PluginGroup

ENCODERS = PluginGroup(
    "encoder", "seedbed.encoders", "embedding.backend", ("auto", "openvino", "torch", "sentence_transformers")
)

type EncoderBackend = Annotated[str, AfterValidator(ENCODERS.checked), WithJsonSchema(ENCODERS.json_schema())]


class EmbeddingConfig(BaseModel):
    """Which model, on which runtime, with which limits."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    backend: EncoderBackend = Field(
        "auto", description="runtime that runs the model; auto takes the fastest that gives the same vectors"
    )
    precision: Literal["auto", "fp32", "bf16", "fp16", "int8"] = Field(
        "auto",
        description="auto takes bf16 where that is measured to pay (cosine 0.9999), fp16 on a GPU, otherwise fp32; "
        "int8 (openvino) is fastest, moves vectors most (mean cosine 0.998, least 0.992) and is never taken by itself",
    )
    model: str = Field(
        "all-MiniLM-L6-v2", min_length=1, description="the packaged model, a folder, or a name on the model hub"
    )
    revision: str | None = Field(None, description="commit of a hub model; needed for a run that can be made again")
    max_tokens: PositiveInt | None = Field(None, description="truncate here; default: the model's own limit")
    document_prompt: str = Field("", description="put before every document chunk (E5: 'passage: ')")
    query_prompt: str = Field("", description="put before every query (E5: 'query: ')")
    batch_size: PositiveInt = Field(32, le=4096, description="texts in one forward pass (sentence_transformers)")
    batch_tokens: PositiveInt | None = Field(
        None,
        le=1_000_000,
        description="tokens in one forward pass, padding included (openvino, torch); default: by the hardware",
    )
    num_threads: PositiveInt | None = Field(
        None, le=1024, description="CPU threads; default: every core this process may use"
    )
    options: Options = Field({}, description=ABOUT_OPTIONS)

    @property
    def plugin(self) -> Plugin | None:
        """What a package declares under the name, None for what is built in."""
        return ENCODERS.find(self.backend)

    @model_validator(mode="after")
    def _options_go_to_plugins(self) -> Self:
        ENCODERS.refuse_options(self.backend, self.options)
        return self
