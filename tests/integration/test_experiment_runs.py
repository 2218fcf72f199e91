"""Run the retrieval experiment with the real model, store and tracking on a corpus small enough to check by eye.

tests/integration/test_experiment_runs.py - v0.1.0
"""

import json

import pytest

from pipelines.experiments.retrieval import RetrievalConfig, retrieval
from seedbed import wiring
from seedbed.errors import UserError
from seedbed.experiments.define import Experiment
from seedbed.experiments.overrides import resolve
from seedbed.experiments.run import run_experiment
from seedbed.retrieval.per_query import read_per_query
from seedbed.settings import load_settings

DOCUMENTS = {
    "bread": "Knead the dough of flour, water and yeast, let it rise and bake it.",
    "tide": "The pull of the moon raises and lowers the sea twice a day.",
    "bee": "A bee dances to tell the hive where the flowers are.",
    "violin": "A bow of horse hair makes the strings of a violin sound.",
    "glacier": "Snow that never melts is pressed into ice and flows down the valley.",
    "printer": "Movable type let a printer set a page and copy it a thousand times.",
    "vaccine": "A vaccine shows the immune system a harmless part of a virus.",
    "bridge": "The cables of a suspension bridge carry its deck between two towers.",
    "compass": "A compass needle turns to the north because the earth is a magnet.",
    "coffee": "Roasted beans are ground and hot water is pressed through them.",
    "owl": "Soft feathers let an owl fly without a sound at night.",
}
QUESTIONS = {"q1": ("How do I bake a loaf?", "bread"), "q2": ("Why is there high and low water?", "tide")}
QUESTIONS |= {"q3": ("How do insects tell each other of food?", "bee"), "q4": ("protection from disease", "vaccine")}
QUESTIONS |= {"q5": ("Which animal flies at night?", "bee"), "q6": ("What is pressed?", "printer")}  # owl, coffee


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    folder = tmp_path_factory.mktemp("beir")
    (folder / "qrels").mkdir()
    lines = {
        "corpus.jsonl": [json.dumps({"_id": name, "title": "", "text": text}) for name, text in DOCUMENTS.items()],
        "queries.jsonl": [json.dumps({"_id": name, "text": text}) for name, (text, _) in QUESTIONS.items()],
        "qrels/test.tsv": ["query-id\tcorpus-id\tscore", *(f"{q}\t{d}\t1" for q, (_, d) in QUESTIONS.items())],
    }
    lines["corpus.jsonl"].append("no document")
    for name, rows in lines.items():
        (folder / name).write_text("\n".join(rows) + "\n")
    return folder


def run(corpus, *overrides, seed=7):
    settings = load_settings()
    config = resolve(RetrievalConfig, overrides=["corpus.kind=beir", f"corpus.path={corpus}", *overrides])
    experiment = Experiment(name="retrieval", function=retrieval, config_model=RetrievalConfig, source=corpus)
    with wiring.tracked_run("retrieval", config, seed=seed, settings=settings) as opened:
        result = run_experiment(experiment, config, opened)
    return result, wiring.archive(settings.tracking, settings.home)


@pytest.mark.slow
def test_first_run_embeds_everything_and_the_second_nothing_with_equal_results(corpus, tmp_path, home):
    first, archive = run(corpus, "top_k=100", "num_bootstrap=200")
    second, _ = run(corpus, "top_k=100", "num_bootstrap=200")
    third, _ = run(corpus, "top_k=100", "num_bootstrap=200", seed=8)

    assert first.num_embedded == len(DOCUMENTS) + len(QUESTIONS)
    assert second.num_embedded == 0
    assert first.metrics["ndcg_at_10"] > 0.7
    assert first.metrics["recall_at_10"] == first.metrics["recall_at_100"] == 1
    assert first.metrics["num_queries"] == 6
    assert first.metrics["ndcg_at_10_low"] < first.metrics["ndcg_at_10"] < first.metrics["ndcg_at_10_high"]

    assert second.run_id != first.run_id
    assert (second.metrics, second.results_digest, second.data_digest) == (
        first.metrics,
        first.results_digest,
        first.data_digest,
    )
    means = [name for name in first.metrics if not name.endswith(("_low", "_high"))]
    assert [third.metrics[name] for name in means] == [first.metrics[name] for name in means]
    assert third.metrics != first.metrics
    assert third.results_digest != first.results_digest

    recorded = archive.get(first.run_id)
    assert recorded.metrics.items() >= first.metrics.items()
    assert recorded.params["top_k"] == "100"
    assert recorded.params["corpus.path"] == str(corpus)
    assert recorded.params["embedding.precision"] == "auto"
    assert recorded.tags["seedbed.encoder"] in {"openvino fp32", "openvino bf16"}
    assert {"per_query.parquet", "worst_queries.md", "index.json", "dead_letter.jsonl"} <= set(recorded.artifacts)
    assert first.artifacts == recorded.artifact_uri
    query_ids, values = read_per_query(archive.download(first.run_id, "per_query.parquet", tmp_path))
    assert query_ids == tuple(QUESTIONS)
    assert values["ndcg_at_10"].mean() == first.metrics["ndcg_at_10"]


def test_small_top_k_leaves_out_the_metrics_that_need_more_and_says_so(corpus, home):
    ten, archive = run(corpus, "top_k=10", "search=store")
    five, _ = run(corpus, "top_k=5", "search=store")

    assert archive.get(ten.run_id).tags["seedbed.metrics_left_out"] == "recall_at_100"
    assert "ndcg_at_10" in ten.metrics
    assert "ndcg_at_10" not in five.metrics
    assert "ndcg_at_10" in archive.get(five.run_id).tags["seedbed.metrics_left_out"].split()
    assert five.metrics["ndcg_at_5"] == ten.metrics["ndcg_at_5"]  # the same five documents, whoever asked for more


def test_corpus_without_labels_is_refused_before_anything_is_embedded(tmp_path, home):
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / "one.txt").write_text("only a text")
    config = resolve(RetrievalConfig, overrides=["corpus.kind=folder", f"corpus.path={tmp_path / 'texts'}"])

    with (
        pytest.raises(UserError, match="corpus kind 'folder' has no queries with judgments"),
        wiring.tracked_run("retrieval", config, seed=7) as opened,
    ):
        retrieval(config, opened)

    (recorded,) = wiring.archive(load_settings().tracking, home).find("retrieval")
    assert recorded.status == "FAILED"
    assert not list(home.glob("vectors/*/*"))
