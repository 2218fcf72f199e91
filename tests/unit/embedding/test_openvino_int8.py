"""Specify what int8 promises: built once, calibrated on a named sample, blind to its neighbours.

tests/unit/embedding/test_openvino_int8.py - v0.1.0
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from seedbed.embedding import calibration
from seedbed.embedding.adapters import openvino as adapter
from seedbed.embedding.adapters.openvino import OpenVinoEmbedder
from seedbed.embedding.config import EmbeddingConfig
from seedbed.embedding.precision import VNNI
from seedbed.errors import UserError, WorldError
from seedbed.hardware import measure

NUM_TEXTS = 16
"""Enough to be built, in seconds."""
EMBED = (
    "import json, sys; from pathlib import Path; from seedbed.embedding import calibration;"
    f"calibration._NUM_TEXTS = {NUM_TEXTS};"
    "from seedbed.embedding.config import EmbeddingConfig;"
    "from seedbed.embedding.adapters.openvino import OpenVinoEmbedder as E;"
    "vectors = E(EmbeddingConfig(precision='int8'), Path(sys.argv[1])).embed(['parse a date', 'sit on a mat']).vectors;"
    "print(json.dumps([vectors.tobytes().hex(), sorted(sys.modules)]))"
)
INT8 = EmbeddingConfig(precision="int8")
TEXTS = [f"parse {'the date of a string ' * (number % 23)} into number {number}" for number in range(60)]

needs_vnni = pytest.mark.skipif(not VNNI & set(measure().instruction_sets), reason="this processor has no VNNI")


@pytest.fixture(scope="module")
def few_texts() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(calibration, "_NUM_TEXTS", NUM_TEXTS)
        calibration.calibration_texts.cache_clear()
        yield
    calibration.calibration_texts.cache_clear()


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[list[object]]]:
    """Return a folder where two processes quantised the packaged model at once, and what they said."""
    folder = tmp_path_factory.mktemp("models")
    command = [sys.executable, "-c", EMBED, str(folder)]
    both = [
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8")
        for _ in range(2)
    ]
    answers = [process.communicate(timeout=280) for process in both]
    assert [process.returncode for process in both] == [0, 0], answers
    assert [stderr for _, stderr in answers] == ["", ""]
    return folder, [json.loads(stdout) for stdout, _ in answers]


@needs_vnni
@pytest.mark.slow
def test_two_processes_quantise_once_in_silence_and_agree(built: tuple[Path, list[list[object]]]) -> None:
    folder, ((one, its_modules), (other, others_modules)) = built
    assert one == other
    assert ["nncf" in its_modules, "nncf" in others_modules].count(True) == 1  # type: ignore[operator]
    assert len(list((folder / "openvino").glob("*-int8/model.xml"))) == 1


@needs_vnni
@pytest.mark.slow
@pytest.mark.usefixtures("few_texts")
def test_a_vector_does_not_depend_on_its_neighbours(built: tuple[Path, list[list[object]]]) -> None:
    whole = OpenVinoEmbedder(INT8, built[0]).embed(TEXTS).vectors
    alone = OpenVinoEmbedder(INT8.model_copy(update={"batch_tokens": 1}), built[0]).embed(TEXTS[::-1]).vectors
    assert np.allclose(whole, alone[::-1], atol=1e-6)


@needs_vnni
@pytest.mark.slow
@pytest.mark.usefixtures("few_texts")
def test_int8_gives_unit_vectors_whose_meaning_is_kept(built: tuple[Path, list[list[object]]]) -> None:
    texts = ["read a timestamp out of text", "parse a date from a string", "a cat sat on the mat"]
    vectors = OpenVinoEmbedder(INT8, built[0]).embed(texts).vectors
    question, answer, other = vectors
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert question @ answer > question @ other + 0.2


@needs_vnni
@pytest.mark.slow
@pytest.mark.usefixtures("few_texts")
def test_a_damaged_graph_is_quantised_anew(built: tuple[Path, list[list[object]]]) -> None:
    (file,) = (built[0] / "openvino").glob("*-int8/model.bin")
    data = file.read_bytes()
    file.write_bytes(data[:1000] + bytes([data[1000] ^ 255]) + data[1001:])
    vectors = OpenVinoEmbedder(INT8, built[0]).embed(["parse a date", "sit on a mat"]).vectors
    assert vectors.tobytes().hex() == built[1][0][0]


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
