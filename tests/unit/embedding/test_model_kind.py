"""Specify which runtime runs which model where.

tests/unit/embedding/test_model_kind.py - v0.1.0
"""

import json
import logging
import shutil
from pathlib import Path

import pytest

from seedbed import wiring
from seedbed.embedding import model_kind
from seedbed.embedding.config import EmbeddingConfig
from seedbed.embedding.model_files import packaged_folder
from seedbed.embedding.model_kind import choose_backend, why_not_plain
from seedbed.errors import UserError
from seedbed.hardware import Gpu, measure

CPU = measure().model_copy(update={"gpus": (), "platform": "linux", "arch": "x86_64"})
GPU = Gpu(index=0, name="NVIDIA H100", total_bytes=1, free_bytes=1, compute_capability="9.0", driver="1")


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """Copy the packaged model's small files; the weights are not read by what is tested here."""
    packaged = packaged_folder("all-MiniLM-L6-v2")
    assert packaged is not None
    folder = tmp_path / "model"
    shutil.copytree(packaged, folder, ignore=shutil.ignore_patterns("*.safetensors"))
    (folder / "model.safetensors").write_bytes(b"none")
    return folder


def change(file: Path, **values: object) -> None:
    found = json.loads(file.read_text()) if file.is_file() else {}
    file.write_text(json.dumps(found | values))


def test_the_packaged_model_runs_on_openvino(model: Path) -> None:
    assert choose_backend(model, "pooling_mode_mean_tokens", CPU) == ("openvino", "fastest on a CPU")


@pytest.mark.parametrize(
    ("file", "values", "reason"),
    [
        ("config.json", {"model_type": "modernbert"}, "its type is 'modernbert'"),
        ("sentence_bert_config.json", {"do_lower_case": True}, "it lower-cases"),
        ("config_sentence_transformers.json", {"default_prompt_name": "query"}, "it puts its prompt 'query'"),
    ],
)
def test_a_model_that_does_more_is_left_to_sentence_transformers(
    model: Path, file: str, values: dict[str, object], reason: str
) -> None:
    change(model / file, **values)
    backend, why = choose_backend(model, "mean", CPU)
    assert backend == "sentence_transformers"
    assert reason in why


@pytest.mark.parametrize(
    ("module", "reason"),
    [
        ({"path": "2_Dense", "type": "sentence_transformers.models.Dense"}, "it has the modules ['Dense']"),
        ({"path": "3_LayerNorm", "type": "LayerNorm"}, "it has the modules ['LayerNorm']"),
    ],
)
def test_a_model_with_more_modules_is_left_to_sentence_transformers(
    model: Path, module: dict[str, str], reason: str
) -> None:
    modules = json.loads((model / "modules.json").read_text())
    (model / "modules.json").write_text(json.dumps([*modules, module]))
    assert why_not_plain(model, "mean") == reason


@pytest.mark.parametrize(
    "pooling", ["cls", "pooling_mode_cls_token", "pooling_mode_max_tokens,pooling_mode_mean_tokens"]
)
def test_other_pooling_is_left_to_sentence_transformers(model: Path, pooling: str) -> None:
    assert why_not_plain(model, pooling) == f"its pooling is {pooling!r}, not the mean"


def test_a_transformer_in_a_subfolder_is_left_to_sentence_transformers(model: Path) -> None:
    modules = json.loads((model / "modules.json").read_text())
    modules[0]["path"] = "0_Transformer"
    (model / "modules.json").write_text(json.dumps(modules))
    assert "0_Transformer" in why_not_plain(model, "mean")


def test_auto_never_leaves_a_gpu_idle(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model_kind, "version", lambda _: "2.9.0")
    with_gpu = CPU.model_copy(update={"gpus": (GPU,)})
    assert choose_backend(model, "mean", with_gpu) == ("torch", "it uses the NVIDIA H100")
    assert choose_backend(model, "cls", with_gpu)[0] == "sentence_transformers"
    monkeypatch.setattr(model_kind, "version", lambda _: "2.9.0+cpu")
    assert choose_backend(model, "mean", with_gpu)[0] == "openvino"
    apple = CPU.model_copy(update={"platform": "darwin", "arch": "arm64"})
    assert choose_backend(model, "mean", apple)[0] == "sentence_transformers"


def test_without_openvino_auto_falls_back(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model_kind, "find_spec", lambda _: None)
    assert choose_backend(model, "mean", CPU) == ("sentence_transformers", "openvino is not installed")


def test_auto_is_resolved_in_the_fingerprint_and_logged_with_its_reason(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        fingerprint = wiring.embedder(EmbeddingConfig(), tmp_path).fingerprint()
    (chosen,) = [record for record in caplog.records if record.message == "encoder_chosen"]
    assert fingerprint.backend == chosen.__dict__["backend"]
    assert chosen.__dict__["why"]
    assert (
        fingerprint
        == wiring.embedder(EmbeddingConfig.model_validate({"backend": fingerprint.backend}), tmp_path).fingerprint()
    )


def test_bf16_with_sentence_transformers_is_refused(tmp_path: Path) -> None:
    config = EmbeddingConfig(backend="sentence_transformers", precision="bf16")
    with pytest.raises(UserError, match="needs the backend 'openvino'"):
        wiring.embedder(config, tmp_path).fingerprint()
