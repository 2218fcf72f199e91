"""Write pages about recorded runs, read them in a browser, and remove runs that came to nothing.

tests/integration/test_run_pages.py - v0.1.0
"""

import json
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from pydantic import BaseModel, ConfigDict
from typer.testing import CliRunner

from seedbed import wiring
from seedbed.cli.app import app
from seedbed.errors import SeedbedError
from seedbed.experiments.adapters import plots
from seedbed.experiments.define import Experiment
from seedbed.experiments.group import Journal
from seedbed.experiments.plan import plan_sweep
from seedbed.experiments.sweep import result_of
from seedbed.experiments.trial import Plan, Trial
from seedbed.retrieval.evaluate import Evaluation
from seedbed.retrieval.per_query import write_per_query
from seedbed.settings import load_settings
from seedbed.tracking.adapters.mlflow_client import connect
from seedbed.tracking.spool_event import Finish
from seedbed.tracking.unsent import Spool, unsent_folder
from seedbed.wiring_garbage import find_garbage, remove
from seedbed.wiring_reports import write_comparison, write_report
from tests.system_parts import program

NOBODYS = "0" * 32
HOSTILE = """</title><script>alert(1)</script><img src="http://evil.example/x.png" onerror=alert(2)> & "q" '$x_1$'"""


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """Two runs over the same queries, the second with hostile texts, one that failed, and a sweep."""
    home = tmp_path_factory.mktemp("store") / "home"
    settings = load_settings({"SEEDBED_HOME": str(home)}, home.parent)
    rng = np.random.default_rng(1)
    before = rng.random(40)
    runs = {}
    for name, shift, tags in (
        ("plain", 0.0, {}),
        ("hostile", 0.2, {"mlflow.note.content": HOSTILE, "seedbed.summary": HOSTILE}),
    ):
        with wiring.tracked_run("pages", {"k": HOSTILE if tags else "10"}, seed=7, settings=settings, tags=tags) as run:
            ids = tuple(f"q{i}" for i in range(40))
            values = np.clip(before + shift, 0, 1)
            write_per_query(Evaluation(ids, ids, tuple(() for _ in ids), {"ndcg_at_10": values}, ()), run.artifacts)
            for step in (1, 2, 3):
                run.log_metrics({"loss": 1 / step}, step=step)
            mean = float(values.mean())
            run.log_metrics({"ndcg_at_10": mean, "ndcg_at_10_low": mean - 0.1, "ndcg_at_10_high": mean + 0.1})
            run.log_costs({"seconds": 2.5})
        runs[name] = run.run_id
    with pytest.raises(RuntimeError), wiring.tracked_run("pages", {}, seed=7, settings=settings) as run:
        (run.artifacts / "big.bin").write_bytes(b"x" * 100_000)
        raise RuntimeError(HOSTILE)
    runs["failed"] = run.run_id
    return SimpleNamespace(settings=settings, home=home, **runs)


def page_of(store, run_id, tmp_path):
    return write_report(run_id, store.settings, tmp_path / "page.html")[1].read_text()


def test_page_says_what_why_how_and_how_to_make_it_again(store, tmp_path):
    page = page_of(store, store.plain, tmp_path)
    digest = wiring.archive(store.settings.tracking, store.home).get(store.plain).tags["seedbed.results_digest"]

    told = (store.plain, digest, "Nobody noted why", "ndcg_at_10", "Python", "numpy", "per_query.parquet", "By step")
    for words in told:
        assert words.lower() in page.lower()
    assert page.count("<svg ") == 3
    assert "--seed 7" in page


class Elements(HTMLParser):
    """The elements of a page, and what its attributes point at."""

    def __init__(self, page):
        super().__init__()
        self.names, self.targets = set(), set()
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.names.add(tag)
        self.targets |= {text for name, text in attrs if name in ("src", "href", "xlink:href", "data", "action")}


def test_what_was_recorded_is_text_and_never_markup_and_nothing_is_fetched(store, tmp_path):
    runs = [store.plain, store.hostile, store.failed]
    reports = [page_of(store, run_id, tmp_path) for run_id in runs[1:]]
    compared = write_comparison(runs, store.settings, tmp_path / "c.html")[1].read_text()

    for page in (*reports, compared):
        elements = Elements(page)
        assert elements.names & {"script", "img", "link", "iframe", "object", "embed", "form", "base"} == set()
        assert {target for target in elements.targets if not target.startswith("#")} == set()
        assert "default-src 'none'" in page
        assert "&lt;/title&gt;&lt;script&gt;" in page


def test_page_is_read_by_a_browser_without_any_request_or_complaint(store, tmp_path):
    chromium = program("chromium", "chromium")
    from playwright.sync_api import sync_playwright

    file = write_report(store.hostile, store.settings, tmp_path / "page.html")[1]
    asked, said = [], []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page()
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda message: said.append(message.text))
        page.goto(file.as_uri())
        headings = page.locator("h2").all_inner_texts()
        wide = page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        browser.close()

    assert (asked, said, wide) == ([file.as_uri()], [], True)
    assert headings == ["What and why", "Numbers", "How it was made", "How to reproduce it"]


def test_comparison_tests_query_by_query_and_names_what_differs(store):
    comparison, file = write_comparison([store.plain, store.hostile], store.settings)
    row = next(row for row in comparison.metrics if row.name == "ndcg_at_10")

    assert row.tests[1] is not None
    assert row.tests[1].num_pairs == 40
    assert row.tests[1].p_value < 0.01
    assert list(comparison.differences.config) == ["k"]
    assert comparison.differences.code == comparison.differences.environment == {}
    assert "How many queries changed how much" in file.read_text()
    assert file.parent == store.home / "reports"


def test_same_comparison_says_the_same(store):
    first, second = (write_comparison([store.plain, store.hostile], store.settings)[0] for _ in range(2))
    assert first == second


def test_commands_print_and_give_json(store, monkeypatch):
    monkeypatch.setenv("SEEDBED_HOME", str(store.home))
    monkeypatch.setenv("COLUMNS", "200")
    runner = CliRunner()
    compared = runner.invoke(app, ["compare", store.plain[:8], store.hostile[:8]])
    facts = json.loads(runner.invoke(app, ["compare", store.plain, store.hostile, "--json"]).stdout)
    report = json.loads(runner.invoke(app, ["report", store.plain[:8], "--json"]).stdout)
    alone = runner.invoke(app, ["compare", store.plain])

    assert compared.exit_code == 0
    assert "Same code." in compared.stdout
    assert "ndcg_at_10" in compared.stdout
    assert [run["run_id"] for run in facts["runs"]] == [store.plain, store.hostile]
    assert Path(report["report"]).exists()
    assert isinstance(alone.exception, SeedbedError)


class Config(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")
    rate: float = 0.1
    kind: str = "a"


def measure(config: Config, run):
    """Measure."""


def test_page_of_a_sweep_shows_trials_and_what_was_varied(store, tmp_path):
    chosen = Experiment("pages", measure, Config, Path("pages.py"))
    asked = {"grid": ["kind=a,$b$"], "ranges": ["rate=0.001:1:log"], "search": "optuna"}
    plan = plan_sweep(chosen, "pages", {}, **asked, num_trials=3, seed=7)
    with wiring.tracked_run("pages", {}, seed=7, settings=store.settings, tags={"seedbed.group": "optuna"}) as run:
        journal = Journal(run.artifacts)
        journal.begin(plan)
        for number, state in enumerate(("finished", "pruned", "finished", "failed")):
            values = {"kind": "$b$" if number else "a", "rate": "0.01"}
            metrics = {"loss": number / 10} if state == "finished" else {}
            journal.add(Trial(number=number, seed=7, values=values, state=state, metrics=metrics, error="<b>no</b>"))
        result = result_of(run, plan, journal.trials())
        assert result.best is not None
        run.log_metrics(result.best.metrics)
    page = page_of(store, run.run_id, tmp_path)

    assert page.count("<svg ") == 1
    assert "4 trials, searched by optuna" in page
    assert "&lt;b&gt;no&lt;/b&gt;" in page


def test_page_of_a_sweep_shows_what_the_sweep_has_decided_by(store, tmp_path, monkeypatch):
    shown = []
    monkeypatch.setattr(plots, "sweep_plot", lambda *given, **_: shown.append(given[2]) or "<svg/>")
    plan = Plan(kind="grid", experiment="pages", seeds=(7,), num_trials=2, num_workers=1)
    with wiring.tracked_run("pages", {}, seed=7, settings=store.settings, tags={"seedbed.group": "grid"}) as run:
        Journal(run.artifacts).begin(plan)
        for number, metrics in enumerate(({"at_10": 0.5, "at_5": 0.4}, {"at_5": 0.6})):
            Journal(run.artifacts).add(Trial(number=number, seed=7, state="finished", metrics=metrics))
        run.log_metrics({"at_5": 0.6})
    page_of(store, run.run_id, tmp_path)

    assert shown == ["at_5"]


def test_files_of_ones_own_that_are_named_like_those_of_a_group_are_left_alone(store, tmp_path):
    with wiring.tracked_run("pages", {}, seed=7, settings=store.settings) as run:
        for name in ("trials.jsonl", "spreads.json", "plan.json"):
            (run.artifacts / name).write_text('{"mine": 1}\n')
        run.log_metrics({"loss": 0.5})

    assert "trials.jsonl" in page_of(store, run.run_id, tmp_path)


def test_what_came_to_nothing_is_removed_and_what_is_registered_stays(store):
    client = connect(store.settings.tracking, store.home)
    begun = {"seedbed.begun_as": store.plain}
    with (
        pytest.raises(RuntimeError),
        wiring.tracked_run("pages", {}, seed=7, settings=store.settings, tags=begun) as kept,
    ):
        raise RuntimeError("registered all the same")
    client.create_registered_model("model")
    client.create_model_version("model", f"file://{store.home}/artifacts", run_id=kept.run_id)
    client.delete_run(store.plain)
    nobodys = f"artifacts/{NOBODYS}"
    (store.home / nobodys).mkdir()
    (store.home / "artifacts" / "models" / "m-1").mkdir(parents=True)  # a model that MLflow keeps: of no run's folder
    (store.home / "running" / "left").mkdir(parents=True)
    (store.home / "running" / "left" / "link").symlink_to("nowhere")
    for run_id in (store.failed, store.plain):  # of the second, the registered one has the checkpoints
        (store.home / "checkpoints" / run_id).mkdir(parents=True)
    with wiring.tracked_run("pages", {}, seed=7, settings=store.settings) as unsent:
        unsent.log_metrics({"m": 1})
    client.update_run(unsent.run_id, status="RUNNING")
    spool = Spool(unsent_folder(store.home) / unsent.run_id)
    spool.append(Finish(status="FINISHED", timestamp_ms=1))
    spool.close()

    assert find_garbage(store.settings, timedelta(days=7)).can_go[0].name == store.plain
    found = find_garbage(store.settings, timedelta(0))

    assert {item.name: item.reason for item in found.can_go} == {
        store.failed: "failed",
        store.plain: "deleted by hand",
        nobodys: "belongs to no run",
        "running/left": "left by a run that is not open",
        f"checkpoints/{store.failed}": "no run can go on from it",
    }
    assert [(item.name, item.reason) for item in found.must_stay] == [
        (kept.run_id, "registered as model version 1"),
        (unsent.run_id, "its results wait on disk. Next: seedbed runs push"),
    ]
    assert found.num_bytes > 100_000
    gone = []
    remove(found, store.settings, gone.append)

    assert gone == found.can_go
    archive = wiring.archive(store.settings.tracking, store.home)
    assert {store.failed, store.plain} & {record.run_id for record in archive.find("pages")} == set()
    assert archive.get(store.hostile).artifacts
    assert archive.get(kept.run_id).status == "FAILED"
    for name in (f"artifacts/{store.failed}", f"artifacts/{store.plain}", nobodys, "running/left"):
        assert not (store.home / name).exists()
    assert [path.name for path in (store.home / "checkpoints").iterdir()] == [store.plain]
    assert find_garbage(store.settings, timedelta(0)).can_go == []


def test_nothing_is_removed_before_somebody_says_yes(store, monkeypatch):
    monkeypatch.setenv("SEEDBED_HOME", str(store.home))
    remove(find_garbage(store.settings, timedelta(0)), store.settings, lambda _: None)  # where it was not removed above
    (store.home / "artifacts" / NOBODYS).mkdir()
    runner = CliRunner()
    words = ["runs", "gc", "--older-than", "0"]

    refused = runner.invoke(app, words, input="n\n")
    asked_by_program = json.loads(runner.invoke(app, [*words, "--json"]).stdout)
    assert (store.home / "artifacts" / NOBODYS).exists()
    assert "can go and free" in refused.stdout
    assert (asked_by_program["removed"], len(asked_by_program["can_go"])) == ([], 1)

    assert "Removed 1." in runner.invoke(app, words, input="y\n").stdout
    assert not (store.home / "artifacts" / NOBODYS).exists()
