"""Test that one file decides what is deployed, and that a fault in it is found before a server meets it.

pipelines/tests/test_schedules.py - v0.1.0
"""

import socket
from pathlib import Path
from typing import Any

import pytest
import yaml
from prefect.cli.deploy._models import PrefectYamlModel, RawScheduleConfig
from prefect.flows import Flow, load_flow_from_entrypoint
from prefect.settings import PREFECT_API_URL, PREFECT_CLIENT_MAX_RETRIES, temporary_settings

from pipelines import schedules
from seedbed.errors import UserError, WorldError

GOOD = """
project: demo
deployments:
  - deployment: embed-corpus/nightly
    description: Every night.
    pool: local
    parameters: {corpus_kind: folder}
    schedules:
      - {slug: nightly, cron: "30 2 * * *", timezone: Europe/Berlin}
"""


@pytest.fixture
def write(tmp_path):
    def write(text):
        path = tmp_path / "schedules.yaml"
        path.write_text(text)
        return path

    return write


@pytest.fixture
def project(tmp_path, monkeypatch, write):
    """A project folder of its own, with GOOD as its schedules.yaml."""
    monkeypatch.setattr(schedules, "SOURCE", write(GOOD))
    monkeypatch.setattr(schedules, "TARGET", tmp_path / "prefect.yaml")
    return tmp_path


def test_prefect_yaml_in_the_repository_is_what_schedules_yaml_says():
    assert schedules.TARGET.read_text() == schedules.rendered(schedules.load(schedules.SOURCE))


@pytest.mark.parametrize("deployment", schedules.load(schedules.SOURCE).deployments, ids=lambda item: item.deployment)
def test_entrypoint_of_every_deployment_imports_and_is_the_flow_it_says(deployment, monkeypatch):
    monkeypatch.chdir(schedules.TARGET.parent)
    flow: Flow[..., Any] = load_flow_from_entrypoint(deployment.entrypoint)
    assert flow.name == deployment.deployment.partition("/")[0]
    by_whoever_starts_it = dict.fromkeys(set(flow.parameters.required) - set(deployment.parameters), "x")
    assert not (by_whoever_starts_it and deployment.schedules), "nobody gives these to what a schedule starts"
    flow.validate_parameters({**deployment.parameters, **by_whoever_starts_it})
    for schedule in deployment.schedules:
        flow.validate_parameters({**deployment.parameters, **schedule.parameters})


def test_generated_file_is_one_that_prefect_reads_with_nothing_lost(write):
    text = schedules.rendered(schedules.load(write(GOOD)))
    [deployment] = PrefectYamlModel.model_validate(yaml.safe_load(text)).deployments
    assert (deployment.name, deployment.entrypoint) == ("nightly", "pipelines/embed_corpus.py:embed_corpus")
    assert deployment.tags == ["demo"]
    assert deployment.parameters == {"corpus_kind": "folder"}
    [schedule] = deployment.schedules or []
    assert isinstance(schedule, RawScheduleConfig)
    assert (schedule.slug, schedule.cron, schedule.timezone, schedule.active) == (
        "nightly",
        "30 2 * * *",
        "Europe/Berlin",
        True,
    )


def test_no_path_of_this_machine_is_generated():
    assert str(Path.cwd()) not in schedules.rendered(schedules.load(schedules.SOURCE))
    assert "{{ $SEEDBED_ROOT }}" in schedules.rendered(schedules.load(schedules.SOURCE))


@pytest.mark.parametrize(
    ("broken", "mended", "said"),
    [
        ('"30 25 * * *"', '"30 2 * * *"', 'deployments.0.schedules.0: Invalid cron string: "30 25 * * *"'),
        ('"H 2 * * *"', '"30 2 * * *"', "Invalid cron string"),
        ('"every night"', '"30 2 * * *"', "Invalid cron string"),
        ("* * * * *", '"30 2 * * *"', "Cron lines are quoted"),
        ("Mars/Olympus", "Europe/Berlin", 'Invalid timezone: "Mars/Olympus"'),
        ("crontab: x, cron:", "cron:", "Extra inputs are not permitted"),
        ("Nightly!,", "nightly,", "String should match pattern"),
        ("embed_corpus", "embed-corpus", "deployments.0.deployment: String should match pattern"),
        ("[1]", "{corpus_kind: folder}", "deployments.0.parameters"),
    ],
)
def test_fault_is_refused_in_one_line_that_names_the_place(write, broken, mended, said):
    assert mended in GOOD
    with pytest.raises(UserError, match=r"schedules\.yaml") as raised:
        schedules.load(write(GOOD.replace(mended, broken)))
    assert said in str(raised.value)
    assert "\n" not in str(raised.value)


def test_slug_and_deployment_stand_there_once(write):
    twice = GOOD + '      - {slug: nightly, cron: "0 4 * * *", timezone: UTC}\n'
    with pytest.raises(UserError, match="schedule 'nightly' stands there twice"):
        schedules.load(write(twice))
    twice = GOOD + "  - {deployment: embed-corpus/nightly, description: Again., pool: local}\n"
    with pytest.raises(UserError, match="deployment 'embed-corpus/nightly' stands there twice"):
        schedules.load(write(twice))


def test_missing_file_is_the_users_fault(tmp_path):
    with pytest.raises(UserError, match="cannot read"):
        schedules.load(tmp_path / "schedules.yaml")


def test_check_fails_until_the_file_is_written_and_names_the_command(project, capsys):
    assert schedules.main(["--check"]) == 1
    assert "run: python -m pipelines.schedules --write" in capsys.readouterr().err
    assert schedules.main(["--write"]) == 0
    assert schedules.main(["--check"]) == 0
    (project / "schedules.yaml").write_text(GOOD.replace("30 2", "40 2"))
    assert schedules.main(["--check"]) == 1


def test_check_of_a_broken_file_exits_with_the_users_code(project, capsys):
    (project / "schedules.yaml").write_text(GOOD.replace("30 2 *", "30 25 *"))
    assert schedules.main(["--check"]) == UserError.exit_code
    assert "Invalid cron string" in capsys.readouterr().err


def test_pruning_without_a_server_is_the_worlds_fault(project, capsys):
    with socket.socket() as taken:  # bound and not listening: nobody answers there
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/api"
        with temporary_settings({PREFECT_API_URL: url, PREFECT_CLIENT_MAX_RETRIES: 0}):
            assert schedules.main(["--prune"]) == WorldError.exit_code
    assert f"no Prefect server answers at {url}" in capsys.readouterr().err
