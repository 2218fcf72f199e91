"""Check what `seedbed runs` shows to people and to programs.

tests/integration/test_tracking_cli.py - v0.1.0
"""

import json
import math
import re

import pytest
import typer
from jsonschema import Draft202012Validator
from typer.testing import CliRunner

from seedbed import wiring
from seedbed.api.schemas.experiments import detail
from seedbed.cli.commands import runs
from seedbed.errors import UserError
from seedbed.tracking.config import TrackingConfig
from seedbed.tracking.record import RunBatch
from seedbed.tracking.run import tracked_run
from seedbed.tracking.spool_event import Finish, Log
from seedbed.tracking.unsent import Spool, unsent_folder
from seedbed.wiring import tracking_store
from tools.project_files import ROOT


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def recorded(home):
    """Record two runs of two experiments and return the second's id."""
    store = tracking_store(TrackingConfig(), home)
    for experiment in ("first", "second"):
        with tracked_run(experiment, {"top_k": 10}, tracker=store, home=home, seed=7) as run:
            run.log_metrics({"ndcg": 0.6444, "bad": math.nan})
            run.log_costs({"seconds": 2.0})
    return run.run_id


@pytest.fixture
def seedbed(home, monkeypatch):
    """Return what calls the command line and gives back its exit code and output."""
    monkeypatch.setenv("SEEDBED_HOME", str(home))
    monkeypatch.setenv("COLUMNS", "200")
    app = typer.Typer()
    app.callback()(lambda: None)
    runs.register(app)

    def call(*words: str):
        result = CliRunner().invoke(app, ["runs", *words])
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return call


def test_list_for_programs_is_one_document_newest_first(seedbed, recorded):
    found = json.loads(seedbed("--json").stdout)
    assert [run["experiment"] for run in found["runs"]] == ["second", "first"]
    assert found["unsent"] == []
    newest = found["runs"][0]
    assert (newest["run_id"], newest["seed"], newest["metrics"]["ndcg"]) == (recorded, 7, 0.6444)
    assert len(newest["results_digest"]) == 32
    assert newest["metrics"]["bad"] == "NaN"


def test_a_run_is_what_its_schema_says_for_programs_and_over_http(seedbed, home, recorded):
    schema = json.loads((ROOT / "m2m" / "experiment.schema.json").read_text())
    shown = json.loads(seedbed("show", recorded, "--json").stdout)
    Draft202012Validator(schema).validate(shown)
    ours = {name for name in shown["tags"] if name.startswith("seedbed.")}
    known, families = (schema["properties"]["tags"][key] for key in ("properties", "patternProperties"))
    assert [name for name in ours - known.keys() if not any(re.match(each, name) for each in families)] == []
    over_http = detail(wiring.archive(TrackingConfig(), home).get(recorded)).model_dump(mode="json")
    Draft202012Validator({"$ref": "#/$defs/RunDetail", "$defs": schema["$defs"]}).validate(over_http)


def test_list_can_be_narrowed(seedbed, recorded):
    assert len(json.loads(seedbed("--json", "--experiment", "first").stdout)["runs"]) == 1
    assert len(json.loads(seedbed("--json", "--limit", "1").stdout)["runs"]) == 1
    with pytest.raises(UserError, match="did you mean 'second'"):
        seedbed("--experiment", "secnd")


@pytest.mark.parametrize("option", [("--json",), ("--limit", "20"), ("--experiment", "first", "--json")])
def test_option_that_a_command_behind_it_would_not_see_is_refused(seedbed, recorded, option):
    with pytest.raises(UserError, match=rf"{option[0]}.* before 'show' .* Next: seedbed runs show --help") as caught:
        seedbed(*option, "show", recorded)
    assert len(str(caught.value).splitlines()) == 1


def test_show_takes_the_beginning_of_an_id(seedbed, recorded):
    found = json.loads(seedbed("show", recorded[:12], "--json").stdout)
    assert found["run_id"] == recorded
    assert found["params"] == {"seed": "7", "top_k": "10"}
    assert found["metrics"]["cost/seconds"] == 2.0
    assert {"config.json", "provenance.json"} <= set(found["artifacts"])


def test_people_see_the_same_as_a_table(seedbed, recorded):
    listed, shown = seedbed().stdout, seedbed("show", recorded).stdout
    assert recorded[:8] in listed
    assert "ndcg 0.6444" in listed
    assert "Next: seedbed runs show RUN" in listed
    for text in (recorded, "top_k", "cost/seconds", "results_digest", "provenance.json"):
        assert text in shown


def test_push_with_nothing_to_send_says_so(seedbed, recorded):
    assert json.loads(seedbed("push", "--json").stdout) == {"sent": [], "kept": {}}
    assert "0 sent, 0 left" in seedbed("push").stdout


def test_waiting_run_is_announced_sent_and_gone(seedbed, recorded, home):
    spool = Spool(unsent_folder(home) / recorded)
    spool.append(Log(batch=RunBatch(timestamp_ms=1, metrics={"late": 1.0})))
    spool.close()
    assert json.loads(seedbed("--json").stdout)["unsent"] == [recorded]
    assert "1 runs wait on disk. Next: seedbed runs push" in seedbed().stderr
    assert f"sent {recorded}" in seedbed("push").stdout
    found = json.loads(seedbed("show", recorded, "--json").stdout)
    assert (found["metrics"]["late"], found["status"]) == (1.0, "KILLED")


def test_run_that_cannot_be_sent_is_named_and_the_exit_code_says_so(seedbed, recorded, home):
    spool = Spool(unsent_folder(home) / ("0" * 32))
    spool.append(Finish(status="FINISHED", timestamp_ms=1))
    spool.close()
    result = seedbed("push")
    assert result.exit_code == 1
    assert f"seedbed: {'0' * 32} stays on disk: " in result.stderr
    assert "0 sent, 1 left" in result.stdout


@pytest.mark.parametrize("words", [(), ("show",), ("push",)])
def test_help_shows_an_example(seedbed, words):
    assert "Example: seedbed runs" in seedbed(*words, "--help").stdout
