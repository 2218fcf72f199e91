"""Specify what int8 promises: built once, calibrated on a named sample, blind to its neighbours.

tests/unit/embedding/test_openvino_int8.py - v0.1.0
"""

import json
import logging
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from seedbed.embedding import calibration
from seedbed.embedding.adapters import openvino as adapter
from seedbed.embedding.adapters.openvino import OpenVinoEmbedder
from seedbed.embedding.config import EmbeddingConfig
from seedbed.embedding.model_files import packaged_folder
from seedbed.embedding.precision import VNNI
from seedbed.errors import UserError, WorldError
from seedbed.hardware import measure
from tests.system_parts import needs

NUM_TEXTS = 8
LEAST_COSINE = 0.992
"""Of a sentence of six words; short texts are moved most."""
EMBED = (
    "import json, sys; from pathlib import Path; from seedbed.embedding import calibration;"
    f"calibration._NUM_TEXTS = {NUM_TEXTS};"
    "from seedbed.embedding.config import EmbeddingConfig;"
    "from seedbed.embedding.adapters.openvino import OpenVinoEmbedder as E;"
    "embedder = E(EmbeddingConfig(model=sys.argv[1], precision='int8'), Path(sys.argv[2]));"
    "vectors = embedder.embed(['parse a date', 'sit on a mat']).vectors;"
    "print(json.dumps([vectors.tobytes().hex(), sorted(sys.modules)]))"
)
INT8 = EmbeddingConfig(precision="int8")
TEXTS = [f"parse {'the date of a string ' * (number % 23)} into number {number}" for number in range(60)]

needs_vnni = needs("vnni", bool(VNNI & set(measure().instruction_sets)), "this processor has no VNNI")


@dataclass(frozen=True)
class Built:
    """What two processes left when they quantised a tiny model at once, and what they said."""

    config: EmbeddingConfig
    models: Path
    answers: tuple[tuple[str, list[str]], ...]


@pytest.fixture
def few_texts() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(calibration, "_NUM_TEXTS", NUM_TEXTS)
        calibration.calibration_texts.cache_clear()
        yield
    calibration.calibration_texts.cache_clear()


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    folder = tmp_path_factory.mktemp("tiny")
    write_tiny_model(folder / "model")
    command = [sys.executable, "-c", EMBED, str(folder / "model"), str(folder)]
    both = [
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8")
        for _ in range(2)
    ]
    answers = [process.communicate(timeout=120) for process in both]
    assert [process.returncode for process in both] == [0, 0], answers
    assert [stderr for _, stderr in answers] == ["", ""]
    config = INT8.model_copy(update={"model": str(folder / "model")})
    return Built(config, folder, tuple(json.loads(stdout) for stdout, _ in answers))


def write_tiny_model(folder: Path) -> None:
    """Write a random BERT of two layers with the packaged model's tokenizer and pooling."""
    import torch
    from transformers import BertConfig, BertModel

    folder.mkdir()
    sizes = BertConfig(hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=64)
    torch.manual_seed(7)
    BertModel(sizes).save_pretrained(folder)
    packaged = packaged_folder("all-MiniLM-L6-v2")
    assert packaged is not None
    for name in ("tokenizer.json", "tokenizer_config.json", "modules.json", "1_Pooling", "sentence_bert_config.json"):
        (folder / name).symlink_to(packaged / name)


@needs_vnni
@pytest.mark.slow
def test_two_processes_quantise_once_in_silence_and_agree(built: Built) -> None:
    (one, its_modules), (other, others_modules) = built.answers
    assert one == other
    assert ["nncf" in its_modules, "nncf" in others_modules].count(True) == 1
    assert len(list((built.models / "openvino").glob("*-int8/model.xml"))) == 1


@needs_vnni
@pytest.mark.slow
@pytest.mark.usefixtures("few_texts")
def test_a_vector_does_not_depend_on_its_neighbours(built: Built) -> None:
    whole = OpenVinoEmbedder(built.config, built.models).embed(TEXTS).vectors
    one_by_one = built.config.model_copy(update={"batch_tokens": 1})
    alone = OpenVinoEmbedder(one_by_one, built.models).embed(TEXTS[::-1]).vectors
    assert np.allclose(whole, alone[::-1], atol=1e-6)


@needs_vnni
@pytest.mark.slow
@pytest.mark.usefixtures("few_texts")
def test_a_damaged_graph_is_quantised_anew_and_who_listens_to_nncf_goes_on(built: Built) -> None:
    listener = logging.NullHandler(logging.INFO)
    logging.getLogger("nncf").addHandler(listener)
    (file,) = (built.models / "openvino").glob("*-int8/model.bin")
    data = file.read_bytes()
    file.write_bytes(data[:1000] + bytes([data[1000] ^ 255]) + data[1001:])
    vectors = OpenVinoEmbedder(built.config, built.models).embed(["parse a date", "sit on a mat"]).vectors
    assert vectors.tobytes().hex() == built.answers[0][0]
    logging.getLogger("nncf").removeHandler(listener)
    assert listener.level == logging.INFO


@needs_vnni
@pytest.mark.slow
def test_int8_of_the_packaged_model_stays_close_to_fp32(tmp_path: Path) -> None:
    texts = ["read a timestamp out of text", "parse a date from a string", "a cat sat on the mat", *TEXTS]
    vectors = OpenVinoEmbedder(INT8, tmp_path).embed(texts).vectors
    exact = OpenVinoEmbedder(EmbeddingConfig(precision="fp32"), tmp_path).embed(texts).vectors
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert np.sum(vectors * exact, axis=1).min() >= LEAST_COSINE
    question, answer, other = vectors[:3]
    assert question @ answer > question @ other + 0.2


@needs_vnni
def test_the_calibration_sample_names_the_encoder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    name = "seedbed.embedding.adapters.openvino_int8.calibration_texts"
    monkeypatch.setattr(name, lambda: ("one", "two"))
    one = OpenVinoEmbedder(INT8, tmp_path).fingerprint()
    assert one == OpenVinoEmbedder(INT8, tmp_path).fingerprint()
    monkeypatch.setattr(name, lambda: ("one", "three"))
    assert OpenVinoEmbedder(INT8, tmp_path).fingerprint().digest != one.digest


def test_int8_is_refused_where_the_processor_has_no_vnni(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    without = measure().model_copy(update={"instruction_sets": ("avx2", "avx512_bf16")})
    monkeypatch.setattr(adapter, "measure", lambda: without)
    with pytest.raises(UserError, match=r"'int8' needs a processor with one of .*avx512_vnni.*PRECISION=fp32"):
        OpenVinoEmbedder(INT8, tmp_path).fingerprint()


def test_the_sample_is_seeded_and_without_empty_texts() -> None:
    calibration.calibration_texts.cache_clear()
    first = calibration.calibration_texts()
    calibration.calibration_texts.cache_clear()
    assert first == calibration.calibration_texts()
    assert len(first) == 256
    assert all(text.strip() for text in first)


def test_a_python_without_sources_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "one.py").write_text('"""Only one text."""')
    monkeypatch.setattr("seedbed.embedding.calibration.sysconfig.get_path", lambda _: str(tmp_path))
    calibration.calibration_texts.cache_clear()
    with pytest.raises(WorldError, match=r"has 1 docstrings, int8 is calibrated on 256.*PRECISION=fp32"):
        calibration.calibration_texts()
