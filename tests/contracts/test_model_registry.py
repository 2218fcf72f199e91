"""Hold every registry of models to the same promises: what went in comes out, aliases point where they were told.

tests/contracts/test_model_registry.py - v0.1.0
"""

from dataclasses import replace

import pytest

from seedbed import wiring, wiring_ner
from seedbed.ner.config import REGISTERED_NAME, NerConfig
from seedbed.ner.entity import ModelIdentity
from seedbed.ner.model_card import ModelCard, write_card
from seedbed.settings import load_settings
from seedbed.tracking.registry import ModelPackage, ModelVersion

CODE = """
from pathlib import Path
from mlflow.models import set_model
from mlflow.pyfunc import PythonModel


class Model(PythonModel):
    def load_context(self, context):
        self.word = Path(context.artifacts["model"], "word.txt").read_text()

    def predict(self, context, model_input, params=None):
        return [{"found": [self.word, text]} for text in model_input["text"]]


set_model(Model())
"""


@pytest.fixture
def package(tmp_path):
    (tmp_path / "code.py").write_text(CODE)
    (tmp_path / "abc123" / "deep").mkdir(parents=True)
    (tmp_path / "abc123" / "word.txt").write_text("yes")
    (tmp_path / "abc123" / "deep" / "more.bin").write_bytes(b"\0\1")
    return ModelPackage(
        name="a-model",
        code=tmp_path / "code.py",
        files=tmp_path / "abc123",
        inputs={"text": ["one"]},
        outputs=[{"found": ["yes", "one"]}],
        requirements=("pandas",),
        tags={"digest": "abc123"},
    )


def test_registered_model_is_pointed_at_fetched_and_answers(package, home, tmp_path):
    settings = load_settings()
    registry = wiring_ner.registry(settings.tracking, settings.home)
    assert registry.aliases("a-model") == {}

    with wiring.tracked_run("any", {"x": 1}, seed=7, settings=settings) as run:
        first, second = (registry.register(run.run_id, package) for _ in range(2))
        registry.point("champion", first)
        registry.point("candidate", second)
        registry.point("champion", second)
        registry.point("champion", first)

    assert (first.name, first.version, second.version, first.run_id) == ("a-model", "1", "2", run.run_id)
    assert registry.aliases("a-model") == {"champion": first, "candidate": second}
    assert isinstance(first, ModelVersion)
    assert first.tags["digest"] == "abc123"

    fetched = registry.fetch(first, tmp_path / "fetched")
    assert (fetched / "word.txt").read_text() == "yes"
    assert (fetched / "deep" / "more.bin").read_bytes() == b"\0\1"

    import mlflow
    import pandas

    model = mlflow.pyfunc.load_model(f"{run.artifact_uri}/model")
    assert model.predict(pandas.DataFrame({"text": ["two"]})) == [{"found": ["yes", "two"]}]
    assert model.metadata.signature is not None
    assert model.metadata.saved_input_example_info is not None


def test_a_model_is_newer_when_its_alias_has_moved_and_nothing_else_was_chosen(home, tmp_path):
    settings = load_settings()
    (tmp_path / "ours").mkdir()
    (tmp_path / "ours" / "config.cfg").write_text("[nlp]")  # what it finds is not asked here
    card = write_card(tmp_path / "ours", ModelCard(name="x", version="1", labels=("GPE",)))
    (home / "models" / "ner").mkdir(parents=True)
    folder = (tmp_path / "ours").rename(home / "models" / "ner" / card.digest)
    registry = wiring_ner.registry(settings.tracking, home)
    served = ModelIdentity("seedbed-ner", "1", "d" * 32, ("GPE",), 10)

    def newer(model=None, digest=served.digest):
        look = wiring_ner.newer_recognizer(NerConfig(model=model), home, settings.tracking)
        return look(replace(served, digest=digest))

    assert newer() is None
    client = registry._client
    client.create_registered_model(REGISTERED_NAME)
    made = client.create_model_version(REGISTERED_NAME, str(folder), tags={"digest": card.digest})
    registry.point("champion", ModelVersion(REGISTERED_NAME, made.version, "", {}))
    assert newer().identity().digest == card.digest
    for chosen, digest in ((None, card.digest), (str(folder), "d" * 32), (card.digest, "d" * 32), ("mine", "d" * 32)):
        assert newer(chosen, digest) is None
