"""Specify how encoders are compared: in turns, with those that do not run named, against a reference.

tests/unit/embedding/test_comparison.py - v0.1.0
"""

import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, final

import numpy as np
import pytest

from seedbed.embedding.adapters.encoder_chart import draw_encoders
from seedbed.embedding.adapters.matmul import matmul_gflops, matmul_unit
from seedbed.embedding.comparison import REFERENCE, Comparison, compare, linear_flop_per_token, variants
from seedbed.embedding.config import EmbeddingConfig
from seedbed.embedding.fingerprint import Fingerprint
from seedbed.embedding.model_files import packaged_folder
from seedbed.embedding.ports import Embedder, Embeddings
from seedbed.errors import UserError, WorldError
from tests.declared import declare

TEXTS = [f"text number {number}" for number in range(40)]


@final
class TimedEmbedder(Embedder):
    """Takes so long for each call; vectors lean away from the reference's by `tilt`, those of the last text twice."""

    def __init__(self, folder: Path, name: str, seconds: float = 0.0, tilt: float = 0.0, fault: str = "") -> None:
        self.folder, self.seconds, self.tilt, self.fault = folder, seconds, tilt, fault
        self.backend, self.precision = name.split()
        self.calls: list[int] = []

    def fingerprint(self) -> Fingerprint:
        """Return a fingerprint of two dimensions."""
        if self.fault == "refuses":
            raise UserError(f"precision {self.precision!r} needs a GPU. Example: SEEDBED_EMBEDDING__PRECISION=fp32")
        return Fingerprint(
            model="tiny", model_digest="0", dimension=2, max_tokens=8, pooling="mean", normalized=True,
            precision=self.precision, backend=self.backend,
        )  # fmt: skip

    def tokenizer_file(self) -> Path:
        """Return a file beside the model's config.json."""
        return self.folder / "tokenizer.json"

    def embed(self, texts: Sequence[str]) -> Embeddings:
        """Return directions near (1, 0)."""
        if self.fault == "breaks":
            raise WorldError("no such device")
        self.calls.append(len(texts))
        time.sleep(self.seconds)
        angles = np.full(len(texts), self.tilt)
        angles[-1] *= 2
        vectors = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
        return Embeddings(vectors, np.full(len(texts), 5, dtype=np.int32), np.zeros(len(texts), dtype=np.bool_))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    sizes = {"hidden_size": 10, "num_hidden_layers": 2, "intermediate_size": 20}
    (tmp_path / "config.json").write_text(json.dumps(sizes))
    return tmp_path


def unit_of(fingerprint: Fingerprint) -> str | None:
    return None if fingerprint.precision == "int8" else f"cpu {fingerprint.precision}"


PEAKS: dict[str, Any] = {"unit_of": unit_of, "peak_of": lambda unit: {"cpu bf16": 0.001, "cpu fp32": 0.0005}[unit]}


def compared(folder: Path, **changes: Any) -> Comparison:
    names = {"openvino bf16": (0.01, 0.1), REFERENCE: (0.04, 0.0), "openvino int8": (0.02, 0.0)}
    encoders = {name: TimedEmbedder(folder, name, *values) for name, values in names.items()}
    return compare(encoders, TEXTS, machine="a machine", **PEAKS, **changes)


def test_rates_ratios_and_cosines_are_against_the_reference(folder: Path) -> None:
    found = compared(folder)
    assert [each.encoder for each in found.encoders] == ["openvino bf16", "openvino int8", REFERENCE]
    fast, _, reference = found.encoders
    assert (reference.ratio, reference.cosine_min, reference.cosine_mean) == (1, 1, 1)
    assert 2 < fast.ratio < 5
    assert 800 < reference.docs_per_s <= 1000
    assert reference.tokens_per_s == pytest.approx(5 * reference.docs_per_s)
    assert fast.cosine_min == pytest.approx(np.cos(0.2), abs=1e-6)
    assert fast.cosine_mean == pytest.approx((39 * np.cos(0.1) + np.cos(0.2)) / 40, abs=1e-6)


def test_the_share_of_the_peak_follows_from_the_models_own_sizes(folder: Path) -> None:
    found = {each.encoder: each for each in compared(folder).encoders}
    flop = 2 * 2 * (4 * 10 * 10 + 2 * 10 * 20)
    assert linear_flop_per_token(folder) == flop
    fast = found["openvino bf16"]
    assert fast.peak == "cpu bf16"
    assert fast.peak_share == pytest.approx(fast.tokens_per_s * flop / 1e6)
    assert found["openvino int8"].peak_share is None  # torch has no such product


def test_sizes_of_the_packaged_model_and_of_distilbert_are_understood(tmp_path: Path) -> None:
    packaged = packaged_folder("all-MiniLM-L6-v2")
    assert packaged is not None
    assert linear_flop_per_token(packaged) == 2 * 6 * (4 * 384**2 + 2 * 384 * 1536)
    (tmp_path / "config.json").write_text(json.dumps({"dim": 10, "n_layers": 2, "hidden_dim": 20}))
    assert linear_flop_per_token(tmp_path) == 3200
    (tmp_path / "config.json").write_text(json.dumps({"hidden_size": 10}))
    assert linear_flop_per_token(tmp_path) is None


def test_rounds_go_over_all_encoders_in_turn_after_a_warm_up(folder: Path) -> None:
    order: list[str] = []
    compared(folder, num_rounds=2, progress=lambda done, total, unit: order.append(f"{done}/{total} {unit}"))
    names = ["openvino bf16", REFERENCE, "openvino int8"]
    assert order[:3] == [f"0/None loading {name}" for name in names]
    assert order[3:] == [f"{40 * step}/240 texts ({name})" for step, name in enumerate(names * 2)]
    encoder = TimedEmbedder(folder, REFERENCE)
    compare({REFERENCE: encoder}, TEXTS * 3, machine="a machine", num_rounds=2, **PEAKS)
    assert encoder.calls == [64, 120, 120]


def test_an_encoder_that_does_not_run_is_named_with_its_reason(folder: Path) -> None:
    encoders = {
        "torch fp16": TimedEmbedder(folder, "torch fp16", fault="refuses"),
        "torch bf16": TimedEmbedder(folder, "torch bf16", fault="breaks"),
        REFERENCE: TimedEmbedder(folder, REFERENCE),
    }
    found = compare(encoders, TEXTS, machine="a machine", **PEAKS)
    assert found.not_measured == {"torch fp16": "precision 'fp16' needs a GPU.", "torch bf16": "no such device"}
    assert [each.encoder for each in found.encoders] == [REFERENCE]


def test_without_its_reference_there_is_no_comparison(folder: Path) -> None:
    with pytest.raises(WorldError, match="no such device"):
        compare({REFERENCE: TimedEmbedder(folder, REFERENCE, fault="breaks")}, TEXTS, machine="", **PEAKS)


def test_every_backend_meets_every_precision_of_the_settings_but_auto() -> None:
    found = dict(variants(EmbeddingConfig(max_tokens=99)))
    assert {"openvino fp32", "openvino bf16", "torch fp16", REFERENCE} <= set(found)
    assert not any("auto" in name for name in found)
    for name, config in found.items():
        assert f"{config.backend} {config.precision}" == name
        assert config.max_tokens == 99


def test_the_chart_is_a_picture_and_a_folder_that_cannot_be_written_is_one_line(folder: Path) -> None:
    file = folder / "reports" / "encoders.png"
    draw_encoders(compared(folder, num_rounds=1), file)
    assert file.read_bytes().startswith(b"\x89PNG")
    with pytest.raises(WorldError, match="cannot be written: .*SEEDBED_HOME"):
        draw_encoders(compared(folder, num_rounds=1), file / "below.png")


def test_the_peak_is_measured_for_what_torch_multiplies(folder: Path) -> None:
    assert matmul_unit(TimedEmbedder(folder, "openvino fp32").fingerprint()) == "cpu fp32"
    assert matmul_unit(TimedEmbedder(folder, "openvino int8").fingerprint()) is None
    assert matmul_gflops("cpu fp32") > 0.1


def test_encoder_of_a_plugin_is_compared_too_unless_its_vectors_have_another_length(folder, tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(declare(tmp_path / "site", {"seedbed.encoders": {"letters": "nowhere:Letters"}}))
    found = dict(variants(EmbeddingConfig(backend="letters", options={"letters": "ab"})))
    assert found["letters"].options == {"letters": "ab"}
    assert found[REFERENCE].options == {}
    short = TimedEmbedder(folder, "letters fp32", 0.0, 0.0)
    shorter = short.fingerprint().model_copy(update={"dimension": 1})
    monkeypatch.setattr(short, "fingerprint", lambda: shorter, raising=False)
    encoders = {REFERENCE: TimedEmbedder(folder, REFERENCE, 0.0, 0.0), "letters": short}
    answer = compare(encoders, TEXTS, machine="a machine", **PEAKS)
    assert answer.not_measured == {
        "letters": "its vectors have 1 numbers, those of the others 2: they cannot be compared"
    }
