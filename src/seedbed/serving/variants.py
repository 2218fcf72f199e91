"""Describe one model as one engine runs it, with the memory that it takes.

src/seedbed/serving/variants.py - v0.1.0

```mermaid
classDiagram
    BaseModel <|-- Architecture
    BaseModel <|-- GpuVariant
    BaseModel <|-- CpuVariant
    GpuVariant ..> Architecture : takes
    CpuVariant ..> Architecture : takes
```
"""

from typing import ClassVar, Literal

from pydantic import BaseModel, ByteSize, ConfigDict, Field, PositiveInt

_STRICT = ConfigDict(frozen=True, extra="forbid")
_CACHE_BYTES = 2
"""Of one number in the KV cache: both engines keep 16 bits unless told otherwise."""
_AWQ_BITS = 4 + (16 + 4) / 128
"""Four, and a scale and a zero for each group of 128."""
_GGUF_BITS = {"Q4_K_M": 4.84, "Q8_0": 8.5, "F16": 16.0}
"""Per parameter, a mean over a whole file: llama.cpp, tools/quantize/README.md (Q4_K_M varies: 4.84 to 5.2)."""


class Architecture(BaseModel):
    """The numbers of a transformer that its memory follows from."""

    model_config = _STRICT

    parameters: PositiveInt
    unquantized: PositiveInt = Field(description="of these, embedding and output head: AWQ leaves them as they are")
    layers: PositiveInt
    kv_heads: PositiveInt
    head_dim: PositiveInt

    def cache_bytes_per_token(self) -> int:
        """Return what one token takes in the KV cache: a key and a value in each layer."""
        return 2 * self.layers * self.kv_heads * self.head_dim * _CACHE_BYTES


class GpuVariant(BaseModel):
    """A model of Hugging Face, run by vLLM."""

    model_config = _STRICT
    engine: ClassVar[Literal["vllm"]] = "vllm"

    model: str = Field(pattern=r"^[\w.-]+/[\w.-]+$", description="repository on Hugging Face")
    revision: str = Field(pattern=r"^[0-9a-f]{40}$", description="commit of that repository")
    quantization: Literal["none", "awq"]
    dtype: Literal["bfloat16", "float16"]
    max_model_len: PositiveInt = Field(description="longest prompt with its answer, in tokens")
    tensor_parallel: tuple[PositiveInt, ...] = Field(
        min_length=1, description="over how many GPUs it may be spread; the fewest that hold it are taken"
    )
    gpu_memory_utilization: float = Field(0.85, gt=0, le=0.95, description="share of each GPU's memory that vLLM takes")
    download: ByteSize = Field(description="published size of its files")
    overhead: ByteSize = Field(description="on each GPU, beside weights and cache: context, activations, graphs")

    @property
    def context_tokens(self) -> int:
        """How many tokens one request may have."""
        return self.max_model_len

    @property
    def needed_capability(self) -> float:
        """Compute capability below which vLLM refuses it: bfloat16 came with 8.0, AWQ's kernels want 7.5."""
        return 8.0 if self.dtype == "bfloat16" else 7.5

    def weights_bytes(self, of: Architecture) -> int:
        """Return by arithmetic what the weights take."""
        if self.quantization == "none":
            return of.parameters * 2
        return int((of.parameters - of.unquantized) * _AWQ_BITS / 8) + of.unquantized * 2


class CpuVariant(BaseModel):
    """A model of Ollama's library, run by Ollama: on the processor, or on a GPU that it finds."""

    model_config = _STRICT
    engine: ClassVar[Literal["ollama"]] = "ollama"

    model: str = Field(pattern=r"^[\w./-]+:[\w.-]+$", description="name and tag in Ollama's library")
    quantization: Literal["Q4_K_M", "Q8_0", "F16"]
    context_length: PositiveInt = Field(description="tokens of a request; Ollama cuts what is longer without a word")
    keep_alive: str = Field("30m", pattern=r"^-?\d+(s|m|h)?$", description="how long it stays loaded without a request")
    download: ByteSize = Field(description="published size of its files")
    overhead: ByteSize = Field(description="beside weights and cache: buffers of the computation")

    @property
    def context_tokens(self) -> int:
        """How many tokens one request may have."""
        return self.context_length

    def weights_bytes(self, of: Architecture) -> int:
        """Return by arithmetic what the weights take."""
        return int(of.parameters * _GGUF_BITS[self.quantization] / 8)


type Variant = GpuVariant | CpuVariant
