"""Specify which precision a machine gets by itself, and that it keeps it.

tests/unit/embedding/test_precision.py - v0.1.0
"""

import logging
from pathlib import Path

import pytest

from seedbed import wiring, wiring_encoders
from seedbed.embedding import model_kind
from seedbed.embedding.adapters.openvino_rates import matmul_rates
from seedbed.embedding.config import EmbeddingConfig
from seedbed.embedding.precision import BF16, MatmulRates, choose_precision, kept_rates
from seedbed.hardware import Gpu, measure
from tests.system_parts import needs

WITH = measure().model_copy(update={"instruction_sets": ("avx2", "avx512_bf16"), "gpus": ()})
WITHOUT = measure().model_copy(update={"instruction_sets": ("avx2",)})
FAST, SLOW = MatmulRates(90.0, 200.0), MatmulRates(90.0, 130.0)


def never() -> MatmulRates:
    raise AssertionError("measured")


@pytest.mark.parametrize(("rates", "precision"), [(FAST, "bf16"), (SLOW, "fp32"), (MatmulRates(90.0, 45.0), "fp32")])
def test_bf16_is_taken_only_where_it_was_measured_to_pay(tmp_path: Path, rates: MatmulRates, precision: str) -> None:
    chosen, why = choose_precision("openvino", tmp_path, WITH, lambda: rates)
    assert chosen == precision
    assert f"{rates.gain:.1f} x as fast as fp32" in why


def test_what_was_measured_once_decides_from_then_on(tmp_path: Path) -> None:
    first = choose_precision("openvino", tmp_path, WITH, lambda: FAST)
    assert choose_precision("openvino", tmp_path, WITH, lambda: SLOW) == first
    assert kept_rates(tmp_path, WITH) == FAST


def test_another_processor_is_measured_for_itself(tmp_path: Path) -> None:
    choose_precision("openvino", tmp_path, WITH, lambda: FAST)
    other = WITH.model_copy(update={"cpu_model": "another"})
    assert choose_precision("openvino", tmp_path, other, lambda: SLOW)[0] == "fp32"
    assert choose_precision("openvino", tmp_path, WITH, never)[0] == "bf16"


@pytest.mark.parametrize("text", ["", "{", "[]", '{"fp32": 0, "bf16": 1}', '{"fp32": "many", "bf16": 1}'])
def test_a_damaged_note_is_measured_again(tmp_path: Path, text: str) -> None:
    choose_precision("openvino", tmp_path, WITH, lambda: FAST)
    (file,) = (tmp_path / "hardware").iterdir()
    file.write_text(text)
    assert choose_precision("openvino", tmp_path, WITH, lambda: SLOW)[0] == "fp32"
    assert kept_rates(tmp_path, WITH) == SLOW


def test_a_gpu_takes_fp16_and_torch_on_a_cpu_fp32(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gpu = Gpu(index=0, name="T4", total_bytes=1, free_bytes=1, compute_capability="7.5", driver="1")
    monkeypatch.setattr(model_kind, "version", lambda _: "2.15.0")
    assert choose_precision("torch", tmp_path, WITH.model_copy(update={"gpus": (gpu,)}), never)[0] == "fp16"
    assert choose_precision("torch", tmp_path, WITH, never)[0] == "fp32"


def test_without_the_instructions_nothing_is_measured(tmp_path: Path) -> None:
    chosen, why = choose_precision("openvino", tmp_path, WITHOUT, never)
    assert chosen == "fp32"
    assert "the processor has none of ['amx_bf16', 'avx512_bf16']" in why
    assert choose_precision("sentence_transformers", tmp_path, WITH, never)[0] == "fp32"


def test_a_home_that_is_not_there_stays_away(tmp_path: Path) -> None:
    home = tmp_path / "home"
    assert choose_precision("openvino", home, WITH, lambda: FAST)[0] == "bf16"
    assert not home.exists()


def test_auto_becomes_what_the_kept_rates_say_in_fingerprint_and_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("seedbed.hardware.measure", lambda: WITH)
    monkeypatch.setattr("seedbed.embedding.adapters.openvino.measure", lambda: WITH)
    for rates, precision in ((FAST, "bf16"), (SLOW, "fp32")):
        caplog.clear()
        monkeypatch.setattr(wiring_encoders, "_matmul_rates", lambda rates=rates: rates)
        home = tmp_path / precision
        home.mkdir()
        with caplog.at_level(logging.INFO):
            encoder = wiring.embedder(EmbeddingConfig(backend="openvino"), home)
        (chosen,) = [record for record in caplog.records if record.message == "encoder_chosen"]
        assert encoder.fingerprint().precision == chosen.__dict__["precision"] == precision
        assert "measured" in chosen.__dict__["why"]


def test_a_precision_that_was_asked_for_is_not_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wiring_encoders, "_matmul_rates", never)
    assert wiring.embedder(EmbeddingConfig(precision="fp32"), tmp_path).fingerprint().precision == "fp32"


@needs("bf16", bool(BF16 & set(measure().instruction_sets)), "this processor has no bf16")
def test_rates_are_measured_in_both_precisions() -> None:
    rates = matmul_rates()
    assert 1 < rates.fp32 < 10_000
    assert 0.1 < rates.gain < 100
