"""Specify what is special about torch: batches halve when memory ends, texts may lie end to end, GPUs decide precision.

tests/unit/embedding/test_torch_encoder.py - v0.1.0

There is no GPU where this runs: the device is the CPU, and FlashAttention is stood in for by attention text by text.
"""

import logging
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from transformers import AutoConfig, AutoModel

from seedbed.embedding.adapters import torch_encoder, torch_model
from seedbed.embedding.adapters.torch_encoder import TorchEmbedder
from seedbed.embedding.adapters.torch_model import TorchModel, bytes_per_token, packed_attention
from seedbed.embedding.config import EmbeddingConfig
from seedbed.embedding.model_files import packaged_folder
from seedbed.embedding.precision import BF16
from seedbed.errors import UserError, WorldError
from seedbed.hardware import Gpu, measure
from tests.system_parts import needs

RNG = np.random.default_rng(7)
WORDS = ["parse", "a", "date", "from", "string", "to", "socket", "thread", "queue", "matrix", "of", "the"]
TEXTS = [" ".join(RNG.choice(WORDS, length)) for length in RNG.integers(1, 50, 60)]
CPU = measure().model_copy(update={"gpus": (), "instruction_sets": ("avx2",)})


class CrampedModel:
    """Take batches up to so many padded tokens; a row's vector is its length and its first id."""

    device = "cuda"
    packs = False

    def __init__(self, max_padded_tokens: int) -> None:
        self.max_padded_tokens = max_padded_tokens
        self.sizes: list[int] = []

    def unit_vectors(self, rows: list[list[int]]) -> torch.Tensor:
        size = max(map(len, rows)) * len(rows)
        self.sizes.append(size)
        if size > self.max_padded_tokens:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")
        vectors = torch.zeros(len(rows), 384)
        vectors[:, 0] = torch.tensor([float(len(row)) for row in rows])
        vectors[:, 1] = torch.tensor([float(row[1]) for row in rows])
        return vectors

    def fetched(self, parts: list[torch.Tensor]) -> np.ndarray[Any, Any]:
        return torch.cat(parts).numpy()

    def default_batch_tokens(self) -> int:
        return 4096

    def free_memory(self) -> None:
        self.sizes.append(0)


def cramped(tmp_path: Path, max_padded_tokens: int, **config: Any) -> tuple[TorchEmbedder, CrampedModel]:
    embedder, model = TorchEmbedder(EmbeddingConfig(**config), tmp_path), CrampedModel(max_padded_tokens)
    embedder.__dict__["_model"] = model
    return embedder, model


def packaged() -> Path:
    folder = packaged_folder("all-MiniLM-L6-v2")
    assert folder is not None
    return folder


def on_hardware(monkeypatch: pytest.MonkeyPatch, **changes: object) -> None:
    hardware = CPU.model_copy(update=changes)
    monkeypatch.setattr(torch_encoder, "measure", lambda: hardware)


def gpu(compute_capability: str) -> Gpu:
    return Gpu(index=0, name="T4", total_bytes=1, free_bytes=1, compute_capability=compute_capability, driver="1")


def attend_one_by_one(
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    bounds: torch.Tensor,
    _: torch.Tensor,
    longest: int,
    __: int,
    *,
    scale: float,
    num_splits: int,
) -> torch.Tensor:
    """Do what torch's varlen_attn does on a GPU: (tokens, heads, width), texts between the bounds."""
    assert num_splits == 1
    assert bounds.dtype == torch.int32
    assert longest == int(bounds.diff().max())
    attended = []
    for start, end in zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True):
        ours, keys, values = (each[start:end].transpose(0, 1) for each in (query, key, value))
        attended.append(
            torch.nn.functional.scaled_dot_product_attention(ours, keys, values, scale=scale).transpose(0, 1)
        )
    return torch.cat(attended)


class OnePretendedGpu(TorchModel):
    """Pack as on a GPU, on the CPU."""

    def _can_pack(self) -> bool:
        self.device = "cuda"
        self._dtype = torch.float16
        return super()._can_pack()

    def _sent(self, array: Any) -> torch.Tensor:
        return torch.from_numpy(array)


def test_a_batch_that_does_not_fit_is_halved_and_everything_comes_back_in_order(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    roomy, _ = cramped(tmp_path, 10**9)
    tight, model = cramped(tmp_path, 300)
    with caplog.at_level(logging.WARNING):
        found = tight.embed(TEXTS)
    assert np.array_equal(found.vectors, roomy.embed(TEXTS).vectors)
    assert found.num_tokens.tolist() == found.vectors[:, 0].astype(int).tolist()
    halvings = [record.__dict__["batch_tokens"] for record in caplog.records if record.message == "batch_halved"]
    assert halvings == sorted(halvings, reverse=True)
    assert 150 <= halvings[-1] <= 300
    assert model.sizes.count(0) == len(halvings)


def test_the_smaller_budget_is_kept_for_the_next_texts(tmp_path: Path) -> None:
    embedder, model = cramped(tmp_path, 300)
    embedder.embed(TEXTS)
    model.sizes.clear()
    embedder.embed(TEXTS)
    assert max(model.sizes) <= 300
    assert 0 not in model.sizes


def test_one_text_that_does_not_fit_says_what_to_do(tmp_path: Path) -> None:
    embedder, _ = cramped(tmp_path, 20)
    with pytest.raises(WorldError, match=r"one text of 49 tokens .*nvidia-smi.*MAX_TOKENS.*BACKEND=openvino") as caught:
        embedder.embed(["word " * 47, "a", "b"])
    assert "\n" not in str(caught.value)
    assert embedder.embed(["a", "b"]).num_tokens.tolist() == [3, 3]  # the next ones go on


def test_a_budget_that_is_set_is_taken_instead_of_the_hardwares(tmp_path: Path) -> None:
    embedder, model = cramped(tmp_path, 10**9, batch_tokens=100)
    embedder.embed(TEXTS)
    assert 50 < max(model.sizes) <= 100


def test_windows_and_batches_change_order_and_speed_but_no_vector(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = TorchEmbedder(EmbeddingConfig(num_threads=1), tmp_path).embed(TEXTS)
    monkeypatch.setattr(torch_encoder, "_WINDOW", 7)
    pieces = TorchEmbedder(EmbeddingConfig(batch_tokens=256, num_threads=1), tmp_path).embed(TEXTS)
    assert np.allclose(whole.vectors, pieces.vectors, atol=1e-6)
    assert whole.num_tokens.tolist() == pieces.num_tokens.tolist()


@needs("bf16", bool(BF16 & set(measure().instruction_sets)), "this processor has no bf16")
def test_bf16_is_another_encoder_close_to_fp32(tmp_path: Path) -> None:
    exact, fast = (TorchEmbedder(EmbeddingConfig(precision=precision), tmp_path) for precision in ("fp32", "bf16"))
    assert exact.fingerprint().digest != fast.fingerprint().digest
    ours, theirs = fast.embed(TEXTS).vectors, exact.embed(TEXTS).vectors
    assert 0.9995 <= np.sum(ours * theirs, axis=1).min() < 1
    assert np.allclose(np.linalg.norm(ours, axis=1), 1, atol=1e-5)  # pooled and normalised in fp32


@pytest.mark.parametrize("kind", ["bert", "roberta", "distilbert", "xlm-roberta"])
def test_texts_that_lie_end_to_end_give_the_vectors_of_padded_ones(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("torch.nn.attention.varlen.varlen_attn", attend_one_by_one)
    sizes = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 64}
    if kind == "distilbert":
        sizes = {"dim": 32, "n_layers": 2, "n_heads": 4, "hidden_dim": 64}
    AutoModel.from_config(
        AutoConfig.for_model(kind, vocab_size=200, max_position_embeddings=60, **sizes)
    ).save_pretrained(tmp_path)
    rows = [RNG.integers(5, 200, length).tolist() for length in (1, 30, 7, 50, 7)]
    packed = OnePretendedGpu(tmp_path, "fp32", "cpu")
    assert packed.packs
    vectors = packed.unit_vectors(rows)
    assert torch.allclose(vectors, TorchModel(tmp_path, "fp32", "cpu").unit_vectors(rows), atol=1e-5)
    assert torch.allclose(vectors[2:3], packed.unit_vectors(rows[2:3]), atol=1e-6)


@pytest.mark.parametrize("fault", ["raises", "ignores the bounds"])
def test_packing_that_fails_or_mixes_texts_is_left_for_padding(
    fault: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(query: torch.Tensor, *_: Any, num_splits: int, **__: Any) -> torch.Tensor:
        if fault == "raises":
            raise RuntimeError("FlashAttention only supports Ampere GPUs or newer.")
        return query

    monkeypatch.setattr("torch.nn.attention.varlen.varlen_attn", broken)
    with caplog.at_level(logging.INFO):
        model = OnePretendedGpu(packaged(), "fp32", "cpu")
    assert not model.packs
    (left,) = [record.__dict__["why"] for record in caplog.records if record.message == "packing_left"]
    assert ("Ampere" if fault == "raises" else "cosine") in left
    theirs = TorchModel(packaged(), "fp32", "cpu").unit_vectors([[101, 2054, 102]])
    assert torch.equal(model.unit_vectors([[101, 2054, 102]]), theirs)


def test_a_torch_without_splits_pads(monkeypatch: pytest.MonkeyPatch) -> None:
    assert packed_attention() is not None
    monkeypatch.setattr("torch.nn.attention.varlen.varlen_attn", torch.nn.functional.normalize)
    assert packed_attention() is None


def test_the_budget_of_a_gpu_follows_its_free_memory() -> None:
    minilm = AutoConfig.from_pretrained(packaged())
    assert 20_000 < bytes_per_token(minilm, 2) < 60_000
    budgets = [torch_model.gpu_batch_tokens(free, bytes_per_token(minilm, 2)) for free in (10**8, 10**9, 80 * 10**9)]
    assert budgets == sorted(set(budgets))
    assert budgets[-1] == 65_536


@pytest.mark.parametrize(
    ("precision", "changes", "reason"),
    [
        ("fp16", {}, "'fp16' needs a GPU"),
        ("bf16", {}, r"'bf16' needs a processor with one of .*PRECISION=fp32"),
        ("bf16", {"gpus": (gpu("7.5"),)}, r"'bf16' needs compute capability 8.0, the T4 has 7.5"),
    ],
)
def test_a_precision_that_the_machine_does_not_multiply_is_refused(
    precision: Any, changes: dict[str, object], reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    on_hardware(monkeypatch, **changes)
    monkeypatch.setattr("seedbed.embedding.model_kind.version", lambda _: "2.15.0")
    with pytest.raises(UserError, match=reason):
        TorchEmbedder(EmbeddingConfig(precision=precision), tmp_path).fingerprint()


@pytest.mark.skipif(torch.cuda.is_available(), reason="here torch does reach a GPU")
def test_fp16_is_refused_when_torch_does_not_reach_the_gpu(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    on_hardware(monkeypatch, gpus=(gpu("9.0"),))
    monkeypatch.setattr("seedbed.embedding.model_kind.version", lambda _: "2.15.0")
    embedder = TorchEmbedder(EmbeddingConfig(precision="fp16"), tmp_path)
    assert embedder.fingerprint().runtime == "torch fp16"
    with pytest.raises(WorldError, match="does not reach the GPU.*seedbed doctor"):
        embedder.embed(["one"])


def test_a_model_of_another_kind_is_refused_with_the_way_out(tmp_path: Path) -> None:
    for file in packaged().iterdir():
        (tmp_path / file.name).symlink_to(file)
    (tmp_path / "1_Pooling").unlink()
    (tmp_path / "1_Pooling").mkdir()
    (tmp_path / "1_Pooling" / "config.json").write_text('{"pooling_mode_cls_token": true}')
    with pytest.raises(UserError, match="its pooling is .*cls.*BACKEND=sentence_transformers"):
        TorchEmbedder(EmbeddingConfig(model=str(tmp_path)), tmp_path).fingerprint()


def test_a_model_that_cannot_be_read_is_one_line(tmp_path: Path) -> None:
    for file in packaged().iterdir():
        (tmp_path / file.name).symlink_to(file)
    (tmp_path / "model.safetensors").unlink()
    (tmp_path / "model.safetensors").write_bytes(b"no weights")
    with pytest.raises(WorldError, match="cannot be loaded") as caught:
        TorchEmbedder(EmbeddingConfig(model=str(tmp_path)), tmp_path).embed(["one"])
    assert "\n" not in str(caught.value)
