"""Specify what is special about OpenVINO: the conversion, its cache, and what a process then needs no more.

tests/unit/embedding/test_openvino.py - v0.1.0
"""

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
from tokenizers import Tokenizer

from seedbed.embedding.adapters import openvino as adapter
from seedbed.embedding.adapters.openvino import OpenVinoEmbedder
from seedbed.embedding.adapters.openvino_graph import graph_file
from seedbed.embedding.adapters.sentence_transformers import SentenceTransformersEmbedder
from seedbed.embedding.config import EmbeddingConfig
from seedbed.embedding.model_files import packaged_folder, read_fingerprint
from seedbed.embedding.precision import BF16
from seedbed.errors import UserError, WorldError
from seedbed.hardware import measure
from seedbed.locks import owned_lock
from tests.system_parts import needs

EMBED = (
    "import json, sys; from pathlib import Path; from seedbed.embedding.config import EmbeddingConfig;"
    "from seedbed.embedding.adapters.openvino import OpenVinoEmbedder as E;"
    "vectors = E(EmbeddingConfig(), Path(sys.argv[1])).embed(['parse a date', 'sit on a mat']).vectors;"
    "print(json.dumps([vectors.tobytes().hex(), sorted(sys.modules)]))"
)
SETS = set(measure().instruction_sets)
RNG = np.random.default_rng(7)
WORDS = ["parse", "a", "date", "from", "string", "to", "socket", "thread", "queue", "matrix", "of", "the"]
TEXTS = [" ".join(RNG.choice(WORDS, length)) for length in RNG.integers(1, 50, 60)]


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder where the packaged model is converted already, by two processes at once."""
    folder = tmp_path_factory.mktemp("models")
    both = [start(folder), start(folder)]
    answers = [process.communicate(timeout=240) for process in both]
    assert [process.returncode for process in both] == [0, 0], answers
    assert [stderr for _, stderr in answers] == ["", ""]
    (folder / "answers.json").write_text(json.dumps([json.loads(stdout) for stdout, _ in answers]))
    return folder


def start(models: Path) -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", EMBED, str(models)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def graph_folder(models: Path) -> Path:
    (graph,) = (models / "openvino").glob("*/model.xml")
    return graph.parent


def packaged() -> Path:
    folder = packaged_folder("all-MiniLM-L6-v2")
    assert folder is not None
    return folder


def test_two_processes_that_convert_at_once_convert_once_and_agree(models: Path) -> None:
    (one, its_modules), (other, others_modules) = json.loads((models / "answers.json").read_text())
    assert one == other
    assert ["torch" in its_modules, "torch" in others_modules].count(True) == 1
    assert sorted(file.name for file in graph_folder(models).iterdir()) == ["digests.json", "model.bin", "model.xml"]
    assert not list((models / "openvino").glob("*.partial"))


def test_a_converted_model_runs_without_torch_and_says_nothing(models: Path) -> None:
    process = start(models)
    stdout, stderr = process.communicate(timeout=60)
    vectors, modules = json.loads(stdout)
    assert not {"torch", "transformers", "sentence_transformers"} & set(modules)
    assert vectors == json.loads((models / "answers.json").read_text())[0][0]
    assert stderr == ""


def test_openvino_finds_no_telemetry(models: Path, tmp_path: Path) -> None:
    package = tmp_path / "openvino_telemetry"
    package.mkdir()
    (package / "__init__.py").write_text("raise SystemExit('it would call home')")
    code = f"import sys; sys.path.insert(0, {str(tmp_path)!r}); {EMBED}"
    subprocess.run([sys.executable, "-c", code, str(models)], check=True, capture_output=True, timeout=60)


def test_same_texts_give_the_same_bits_on_any_number_of_threads(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adapter, "_WINDOW", 32)  # several windows, so that tokenising ahead takes part
    embedders = [OpenVinoEmbedder(EmbeddingConfig(num_threads=num), models) for num in (1, 3)]
    answers = [embedder.embed(TEXTS).vectors.tobytes() for embedder in embedders for _ in range(2)]
    assert len(set(answers)) == 1


@pytest.mark.parametrize(
    "precision",
    [
        "fp32",
        pytest.param("bf16", marks=needs("bf16", bool(BF16 & SETS), "this processor has no bf16")),
    ],
)
def test_windows_and_batches_change_order_and_speed_but_no_vector(
    models: Path, monkeypatch: pytest.MonkeyPatch, precision: Literal["fp32", "bf16"]
) -> None:
    whole = OpenVinoEmbedder(EmbeddingConfig(precision=precision, batch_tokens=4096), models).embed(TEXTS)
    monkeypatch.setattr(adapter, "_WINDOW", 7)
    pieces = OpenVinoEmbedder(EmbeddingConfig(precision=precision, batch_tokens=64), models).embed(TEXTS)
    assert np.allclose(whole.vectors, pieces.vectors, atol=1e-6)
    assert whole.num_tokens.tolist() == pieces.num_tokens.tolist()


def test_a_damaged_conversion_is_made_anew(models: Path) -> None:
    file = graph_folder(models) / "model.bin"
    data = file.read_bytes()
    file.write_bytes(data[:1000] + b"x" + data[1001:])
    vectors = OpenVinoEmbedder(EmbeddingConfig(), models).embed(["parse a date", "sit on a mat"]).vectors
    assert vectors.tobytes().hex() == json.loads((models / "answers.json").read_text())[0][0]
    assert file.read_bytes() == data


def test_what_a_killed_conversion_left_is_cleared_away(models: Path) -> None:
    target = graph_folder(models)
    (target / "digests.json").unlink()
    partial = target.with_suffix(".partial")
    partial.mkdir()
    (partial / "model.bin").write_bytes(b"half")
    fingerprint = OpenVinoEmbedder(EmbeddingConfig(), models).fingerprint()
    tokenizer = Tokenizer.from_file(str(packaged() / "tokenizer.json"))
    assert graph_file(fingerprint, packaged(), models, tokenizer).parent == target
    assert (target / "digests.json").is_file()
    assert not partial.exists()


def test_one_that_waits_too_long_for_another_process_names_it(
    models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("seedbed.embedding.adapters.openvino_graph._BUILD_TIMEOUT_S", 0.1)
    name = graph_folder(models).name
    lock = tmp_path / "openvino" / f"{name}.lock"
    with owned_lock(lock, "the test"), pytest.raises(WorldError, match="conversion of model .* in use by process"):
        OpenVinoEmbedder(EmbeddingConfig(), tmp_path).embed(["one"])


def test_a_folder_that_cannot_be_written_is_one_line(models: Path, tmp_path: Path) -> None:
    (tmp_path / "openvino").mkdir()
    (tmp_path / "openvino" / graph_folder(models).name).with_suffix(".partial").write_text("a file is in the way")
    with pytest.raises(WorldError, match="cannot be converted into .*BACKEND=sentence_transformers") as caught:
        OpenVinoEmbedder(EmbeddingConfig(), tmp_path).embed(["one"])
    assert "\n" not in str(caught.value)


def test_a_model_of_another_kind_is_refused_with_the_way_out(tmp_path: Path) -> None:
    for file in packaged().iterdir():
        (tmp_path / file.name).symlink_to(file)
    (tmp_path / "1_Pooling").unlink()
    (tmp_path / "1_Pooling").mkdir()
    (tmp_path / "1_Pooling" / "config.json").write_text('{"pooling_mode_cls_token": true}')
    with pytest.raises(UserError, match="its pooling is .*cls.*BACKEND=sentence_transformers"):
        OpenVinoEmbedder(EmbeddingConfig(model=str(tmp_path)), tmp_path).fingerprint()


def test_bf16_is_refused_where_the_processor_has_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    without = measure().model_copy(update={"instruction_sets": ("avx2",)})
    monkeypatch.setattr(adapter, "measure", lambda: without)
    with pytest.raises(UserError, match=r"needs a processor with one of .*PRECISION=fp32"):
        OpenVinoEmbedder(EmbeddingConfig(precision="bf16"), tmp_path).fingerprint()


@needs("bf16", bool(BF16 & SETS), "this processor has no bf16")
def test_bf16_is_another_encoder_close_to_fp32(models: Path) -> None:
    exact, fast = (OpenVinoEmbedder(EmbeddingConfig(precision=precision), models) for precision in ("fp32", "bf16"))
    assert exact.fingerprint().digest != fast.fingerprint().digest
    ours, theirs = fast.embed(TEXTS).vectors, exact.embed(TEXTS).vectors
    cosine = np.sum(ours * theirs, axis=1) / np.linalg.norm(ours, axis=1) / np.linalg.norm(theirs, axis=1)
    assert cosine.min() >= 0.9998
    assert not np.array_equal(ours, theirs)
    assert np.allclose(np.linalg.norm(ours, axis=1), 1, atol=1e-5)
    assert len({fast.embed(TEXTS).vectors.tobytes() for _ in range(2)}) == 1


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["roberta", "distilbert", "xlm-roberta"])
def test_every_kind_that_is_taken_gives_the_vectors_of_sentence_transformers(kind: str, tmp_path: Path) -> None:
    from transformers import AutoConfig, AutoModel

    folder = tmp_path / "model"
    folder.mkdir()
    sizes = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 64}
    if kind == "distilbert":
        sizes = {"dim": 32, "n_layers": 2, "n_heads": 4, "hidden_dim": 64}
    config = AutoConfig.for_model(kind, vocab_size=30522, max_position_embeddings=300, **sizes)
    AutoModel.from_config(config).save_pretrained(folder)
    for name in ("tokenizer.json", "tokenizer_config.json", "modules.json", "1_Pooling", "sentence_bert_config.json"):
        (folder / name).symlink_to(packaged() / name)
    chosen = EmbeddingConfig(model=str(folder))
    ours, theirs = (kind(chosen, tmp_path).embed(TEXTS) for kind in (OpenVinoEmbedder, SentenceTransformersEmbedder))
    assert np.sum(ours.vectors * theirs.vectors, axis=1).min() >= 0.99999


def test_a_start_without_conversion_takes_seconds(models: Path) -> None:
    read_fingerprint(EmbeddingConfig(), packaged(), backend="openvino", precision="fp32")
    started = time.perf_counter()
    process = start(models)
    process.communicate(timeout=60)
    assert (process.returncode, time.perf_counter() - started < 10) == (0, True)
