"""Test the evaluation of a served language model, through the gateway, with a real server of a tiny one.

tests/integration/test_llm_eval.py - v0.1.0
"""

import json

import pytest

from pipelines.experiments import llm_eval as recipe
from pipelines.experiments.llm_eval import LlmEvalConfig, llm_eval, metrics_of
from seedbed.errors import UserError
from seedbed.experiments.define import load
from seedbed.experiments.discover import project_folder
from seedbed.serving.adapters.openai_http import OpenAiServer
from seedbed.settings import load_settings
from seedbed.tracking.run import Run
from tests.llm_servers import api_in_a_thread
from tests.tiny_llm import tiny_llm, write_model
from tests.unit.tracking.listing import ListingTracker

pytestmark = pytest.mark.filterwarnings("default")  # lm-eval's and its datasets' own are not ours to mend


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    with tiny_llm(write_model(tmp_path_factory.mktemp("llm") / "tiny.gguf")) as server:
        yield server


@pytest.fixture
def url(tiny, monkeypatch):
    monkeypatch.setenv("SEEDBED_LLM__BACKENDS", json.dumps([{"name": "tiny", "url": tiny.url}]))
    with api_in_a_thread(load_settings()) as url:
        yield url


@pytest.fixture
def run(tmp_path):
    run = Run(ListingTracker(), run_id="1f3a", experiment="llm_eval", seed=7, home=tmp_path)
    run.artifacts.mkdir(parents=True)
    return run


@pytest.mark.slow  # importing lm-eval takes that long
def test_answers_that_came_by_the_gateway_are_scored_and_say_which_model_gave_them(url, run, tiny):
    metrics = llm_eval(LlmEvalConfig(url=url, limit=3), run)
    assert metrics == {"seedbed_arithmetic.exact_match.number": 0.0, "seedbed_arithmetic.num_questions": 3.0}
    answers = [json.loads(line) for line in (run.artifacts / "answers.jsonl").read_text().splitlines()]
    assert len(answers) == 3
    assert all(answer["answers"][0][0].strip() for answer in answers)
    tags = {name: text for batch in run._tracker.batches for name, text in batch.tags.items()}
    assert (tags["seedbed.llm.model"], tags["seedbed.llm.asked"]) == ("tiny", "gateway")
    assert tags["seedbed.llm.digest"] == "not told by the server"
    assert len(tags["seedbed.llm.description_digest"]) == len(tags["seedbed.data.seedbed_arithmetic"]) == 32
    again = Run(ListingTracker(), run_id="2f3a", experiment="llm_eval", seed=7, home=run.home)
    again.artifacts.mkdir(parents=True)
    assert llm_eval(LlmEvalConfig(url=url, limit=3, num_concurrent=1), again) == metrics
    assert again.results_digest() == run.results_digest()


def test_tasks_that_need_scores_are_refused_before_anything_is_asked(url):
    config = LlmEvalConfig(backend="tiny", tasks="seedbed_arithmetic, seedbed_everyday")
    with pytest.raises(UserError, match=r"seedbed_everyday.*log-probabilities"):
        llm_eval(config, None)


def test_scores_need_a_tokenizer(url, monkeypatch):
    monkeypatch.setattr(OpenAiServer, "can_score_prompts", lambda *_: True)
    with pytest.raises(UserError, match="tokenizer"):
        llm_eval(LlmEvalConfig(backend="tiny", tasks="seedbed_everyday"), None)


@pytest.mark.parametrize(("tasks", "said"), [(" , ", "no task is named"), ("seedbed_nothing", "seedbed_nothing")])
def test_tasks_that_are_not_there_are_refused(tasks, said, monkeypatch):
    import lm_eval.tasks

    whole = lm_eval.tasks.TaskManager  # indexing lm-eval's own takes seconds, and nothing of ours is in there
    monkeypatch.setattr(lm_eval.tasks, "TaskManager", lambda **options: whole(**options | {"include_defaults": False}))
    with pytest.raises(UserError, match=said):
        llm_eval(LlmEvalConfig(tasks=tasks), None)


def test_the_experiment_is_found_as_it_is_written():
    assert load("llm-eval", project_folder(recipe.LOCAL)).name == "llm_eval"


def test_results_that_are_no_numbers_are_left_out():
    found = metrics_of({"t": {"alias": "t", "acc,none": 1, "acc_stderr,none": "N/A", "sample_len": 3}})
    assert found == {"t.acc": 1.0, "t.num_questions": 3.0}


def test_every_local_question_has_an_answer_and_an_id_of_its_own():
    from pipelines.llm_tasks.local import DATA

    for file in DATA.glob("*.jsonl"):
        rows = [json.loads(line) for line in file.read_text().splitlines()]
        assert len({row["id"] for row in rows}) == len({row["question"] for row in rows}) == len(rows)
        assert all(str(row["answer"]) for row in rows)
