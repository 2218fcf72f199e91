"""Train a real model on a handful of texts, register it, find it again, score it.

tests/integration/test_ner_training.py - v0.1.0
"""

import json
import warnings

import pytest

from pipelines.experiments.ner_evaluate import ner_evaluate
from pipelines.experiments.ner_train import ner_train
from seedbed import wiring, wiring_ner
from seedbed.errors import UserError
from seedbed.experiments.define import Experiment
from seedbed.experiments.overrides import resolve
from seedbed.experiments.run import run_experiment
from seedbed.ner.config import CANDIDATE, CHAMPION, NerConfig
from seedbed.recognition.config import NerTrainConfig
from seedbed.recognition.corpus_config import NerEvaluateConfig
from seedbed.settings import load_settings

PEOPLE, PLACES = ("Ann", "Ben", "Carla", "Dev"), ("Oslo", "Rome", "Lima", "Bonn")
SENTENCES = [f"[{person}|PERSON] lives in [{place}|GPE]." for person in PEOPLE for place in PLACES]
TINY = ["training.max_epochs=2", "training.batch_size=4", "training.learning_rate=0.0005", "data.behaviour=null"]

ALIASES = (CHAMPION, CANDIDATE)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data")
    for name, lines in {"train": SENTENCES[::2], "dev": SENTENCES[1::4], "test": SENTENCES[3::4]}.items():
        (folder / f"{name}.txt").write_text("\n".join([*lines, f"Nothing of {name}."]) + "\n")
    return folder


def on_one_thread(patch):
    """Let torch not wait for a second core that other tests keep busy."""
    from seedbed.ner.adapters import encoder_fitting

    one = encoder_fitting.measure().model_copy(update={"num_usable_cores": 1})
    patch.setattr(encoder_fitting, "measure", lambda: one)


@pytest.fixture(autouse=True)
def _one_thread(monkeypatch):
    on_one_thread(monkeypatch)


def run(function, model, overrides, seed=7):
    settings = load_settings()
    config = resolve(model, wiring.sections(settings), overrides)
    experiment = Experiment(name=function.__name__, function=function, config_model=model, source=settings.home)
    with wiring.tracked_run(function.__name__, config, seed=seed, settings=settings) as opened:
        return run_experiment(experiment, config, opened)


def train(data, *overrides, seed=7):
    paths = [f"data.{name}={data / f'{name}.txt'}" for name in ("train", "dev", "test")]
    return run(ner_train, NerTrainConfig, [*paths, *TINY, *overrides], seed)


def record(run_id):
    settings = load_settings()
    return wiring.archive(settings.tracking, settings.home).get(run_id)


@pytest.fixture(scope="module")
def trained(data, tmp_path_factory):
    """A home whose champion was trained in one go, and that training's result."""
    folder = tmp_path_factory.mktemp("trained")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SEEDBED_HOME", str(folder))
        on_one_thread(patch)
        yield folder, train(data)


@pytest.mark.slow  # earns it: the only place where training, conversion, registry and serving meet
def test_trained_model_is_registered_served_and_scored(data, trained, monkeypatch):
    home, result = trained
    monkeypatch.setenv("SEEDBED_HOME", str(home))
    kept = record(result.run_id)

    assert kept.tags["seedbed.promoted"] == "true"
    assert {"per_label.csv", "confusion.csv", "errors.jsonl", "model/MLmodel"} <= set(kept.artifacts)
    assert kept.metrics["train_loss"] > 0

    served = wiring_ner.recognizer(NerConfig(), home)
    identity = served.identity()
    assert (identity.run_id, identity.seed, identity.labels) == (result.run_id, 7, ("GPE", "PERSON"))
    assert (identity.name, identity.version) == ("seedbed-ner", "1")

    scored = run(ner_evaluate, NerEvaluateConfig, [f"corpus.path={data / 'test.txt'}"])
    assert scored.metrics["f1"] == result.metrics["f1"]
    assert record(scored.run_id).tags["seedbed.pin.ner.model"] == identity.digest  # champion may be another tomorrow
    _answers_through_mlflow(result.run_id, served)


@pytest.mark.slow
def test_scores_are_the_same_bits_alone_and_among_others(trained):
    import numpy as np

    from seedbed.ner.adapters.encoder_graph import GRAPH, EncoderGraph
    from seedbed.ner.adapters.encoder_pieces import PieceCutter

    folder, *_ = (trained[0] / "models" / "ner").glob("*/seedbed_entities")
    words = [f"Ann lives in Rome {'and so on ' * number}.".split() for number in range(25)]
    pieces, graph = PieceCutter(folder / "tokenizer.json").cut(words), EncoderGraph(folder / GRAPH, "fp32")
    together = graph.scores(pieces)
    assert all(np.array_equal(graph.scores([each])[0], scores) for each, scores in zip(pieces, together, strict=True))


def _answers_through_mlflow(run_id, served):
    text = "Ann lives in Rome."
    wanted = [(each.text, each.label, each.start, each.end) for each in served.recognize([text])[0].entities]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import mlflow
        import pandas

        model = mlflow.pyfunc.load_model(f"{record(run_id).artifact_uri}/model")
        (answer,) = model.predict(pandas.DataFrame({"text": [text]}))
    assert [(e["text"], e["label"], e["start"], e["end"]) for e in answer["entities"]] == wanted
    assert model.metadata.signature is not None
    assert model.metadata.saved_input_example_info is not None


@pytest.mark.slow
def test_training_that_was_killed_goes_on_to_the_same_results_which_are_not_better(data, trained, monkeypatch):
    from seedbed.ner.adapters.encoder_fitting import Fitting

    home, whole = trained
    monkeypatch.setenv("SEEDBED_HOME", str(home))
    real_epoch = Fitting.epoch

    def killed_in_the_second(self, rows, number, seed, progress):
        if number == 1:
            raise KeyboardInterrupt
        return real_epoch(self, rows, number, seed, progress)

    monkeypatch.setattr(Fitting, "epoch", killed_in_the_second)
    with pytest.raises(KeyboardInterrupt):
        train(data)
    calls = []
    monkeypatch.setattr(Fitting, "epoch", lambda *given: calls.append(given[2]) or real_epoch(*given))
    resumed = train(data)

    assert calls == [1]
    assert resumed.metrics == whole.metrics
    assert (resumed.results_digest, resumed.data_digest) == (whole.results_digest, whole.data_digest)
    assert record(resumed.run_id).tags["seedbed.model_digest"] == record(whole.run_id).tags["seedbed.model_digest"]
    assert list((home / "checkpoints" / "ner").iterdir()) == []
    assert record(resumed.run_id).tags["seedbed.promoted"] == "false"
    versions = [wiring_ner.recognizer(NerConfig(model=alias), home).identity().version for alias in ALIASES]
    assert versions == ["1", "2"]


def test_spacys_own_network_is_trained_too(data, home):
    result = train(data, "training.architecture=tok2vec", "register_model=false")

    assert record(result.run_id).tags["seedbed.training.device"] == "cpu"
    assert result.metrics["f1"] > 0


def test_default_model_that_cannot_be_found_says_what_there_is(home):
    with pytest.raises(UserError, match=r"aliases are \[\], packages \[\].*seedbed run ner-train"):
        wiring_ner.recognizer(NerConfig(), home).identity()


def test_default_model_is_not_trained_where_another_is_chosen(home, monkeypatch):
    monkeypatch.setattr(wiring_ner, "train_ner", lambda *_: pytest.fail("trained"))
    settings = load_settings(explicit={"ner.model": "en_core_web_sm"})
    wiring_ner.ensure_default_model(settings, lambda *_: None)


def test_default_model_needs_the_data_of_the_project(home, tmp_path, monkeypatch):
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match="no data to train one in"):
        wiring_ner.ensure_default_model(load_settings(), lambda *_: None)


def test_scores_of_a_foreign_model_on_conll_are_exact(tmp_path, home):
    import spacy

    nlp = spacy.blank("en")
    nlp.add_pipe("entity_ruler").add_patterns([{"label": "GPE", "pattern": "Oslo"}])
    nlp.to_disk(tmp_path / "ruler")
    (tmp_path / "a.conll").write_text("Oslo B-GPE\nvs O\nRome B-GPE\n\nOslo B-ORG\n\nin-Oslo O\n")

    result = run(
        ner_evaluate, NerEvaluateConfig, [f"corpus.path={tmp_path / 'a.conll'}", f"ner.model={tmp_path / 'ruler'}"]
    )
    assert (result.metrics["precision"], result.metrics["recall"]) == (0.5, pytest.approx(1 / 3))
    errors = [json.loads(line) for line in record_file(result.run_id, "errors.jsonl", tmp_path)]
    assert [row["missed"] for row in errors] == [["Rome|GPE"], ["Oslo|ORG"]]


def record_file(run_id, name, folder):
    settings = load_settings()
    return wiring.archive(settings.tracking, settings.home).download(run_id, name, folder).read_text().splitlines()
