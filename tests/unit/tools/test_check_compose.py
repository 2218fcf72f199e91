"""Test that faults of Compose files are seen, and that those of the project have none.

tests/unit/tools/test_check_compose.py - v0.1.0
"""

import re

import pytest
import yaml
from dotenv import dotenv_values

from seedbed.serving.catalogue import load_catalogue
from seedbed.serving.command import ollama_command
from seedbed.settings import load_settings
from tools.check_compose import (
    combinations,
    compose_files,
    file_faults,
    profiles,
    required_variables,
    service_faults,
    volume_faults,
)
from tools.deployment_secrets import contents, make
from tools.project_files import ROOT

GOOD = {
    "image": "redis:8.2.1",
    "init": True,
    "read_only": True,
    "cap_drop": ["ALL"],
    "security_opt": ["no-new-privileges:true"],
    "restart": "unless-stopped",
    "healthcheck": {"test": ["CMD", "true"]},
    "deploy": {"resources": {"limits": {"cpus": "1", "memory": "1G", "pids": 9}}},
}


SERVICES = yaml.safe_load((ROOT / "compose.yml").read_text())["services"]


def faults(**changes):
    service = {key: value for key, value in (GOOD | changes).items() if value is not None}
    return list(service_faults(service, may_publish=False))


def test_a_contained_service_has_no_faults():
    assert faults() == []
    assert faults(ports=["127.0.0.1:${API_PORT:-8000}:8000"]) == []
    assert faults(image="seedbed-api:${SEEDBED_VERSION:-dev}") == []
    assert faults(environment={"POSTGRES_PASSWORD_FILE": "/run/secrets/postgres_password"}) == []


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"image": "redis"}, "no exact version"),
        ({"image": "redis:latest"}, "no exact version"),
        ({"read_only": None}, "read_only"),
        ({"cap_drop": ["NET_RAW"]}, "cap_drop"),
        ({"security_opt": None}, "security_opt"),
        ({"healthcheck": None}, "no healthcheck"),
        ({"deploy": {"resources": {"limits": {"cpus": "1"}}}}, "no limit of memory"),
        ({"deploy": None}, "no limit of cpus"),
        ({"ports": ["8000:8000"]}, "open to the world"),
        ({"ports": ["0.0.0.0:8000:8000"]}, "open to the world"),
        ({"environment": {"REDIS_PASSWORD": "hunter2"}}, "looks like a secret"),
        ({"environment": {"API_KEY_FILE": "/etc/key"}}, "looks like a secret"),
        ({"depends_on": ["postgres"]}, "depends_on is a list"),
        ({"depends_on": {"postgres": {"condition": "service_started"}}}, "wait until it is healthy"),
    ],
)
def test_what_is_not_contained_is_said(changes, said):
    assert any(said in fault for fault in faults(**changes)), faults(**changes)


@pytest.mark.parametrize(("line", "wrong"), [
    ("${NAME}", True), ("$NAME", True), ("${NAME-x}", True), ("${NAME:-}", False), ("${NAME:?why}", False),
    ("$$NAME", False), ("# ${NAME}", False),
])  # fmt: skip
def test_a_variable_that_may_be_unset_is_a_fault(line, wrong):
    text = f"services:\n  a:\n    command: x # a comment\n    hostname: b {line}\n"
    assert bool(list(file_faults("compose.yml", text))) is wrong


@pytest.mark.parametrize(("changes", "wrong"), [
    ({"image": "seedbed-worker:dev", "volumes": ["artifacts:/var/lib/mlflow"]}, True),
    ({"image": "seedbed-worker:dev", "volumes": ["home:/made", "./here:/there:ro"]}, False),
    ({"image": "traefik:v3.7.9", "user": "10001:10001", "volumes": ["certificates:/certificates"]}, True),
    ({"image": "traefik:v3.7.9", "volumes": ["certificates:/certificates"]}, False),
    ({"image": "postgres:17.6", "user": "999:999", "volumes": ["postgres:/var/lib/postgresql/data"]}, False),
])  # fmt: skip
def test_a_volume_that_its_service_cannot_write_to_is_a_fault(changes, wrong):
    assert bool(list(volume_faults(changes, {"/made"}))) is wrong


def test_an_obsolete_version_is_a_fault():
    assert list(file_faults("compose.yml", "version: '3'\nservices: {}\n")) == ["version: is obsolete; remove it"]


def test_only_the_proxy_may_publish_to_the_world():
    text = yaml.safe_dump({"services": {"proxy": GOOD | {"ports": ["443:443"]}}})
    assert list(file_faults("compose.proxy.yml", text)) == []
    assert any("open to the world" in fault for fault in file_faults("compose.yml", text))


def test_files_of_the_project_follow_the_rules():
    files = compose_files()
    assert files[0].name == "compose.yml"
    assert [fault for file in files for fault in file_faults(file.name, file.read_text())] == []
    assert len(combinations(files)) == 2 ** (len(files) - 1)
    assert {"cpu", "gpu"} <= set(profiles([files[0]]))
    assert required_variables(files).keys() == {"ACME_EMAIL", "DOMAIN"}


def test_every_secret_that_a_file_names_is_made():
    named = {
        secret["file"].removeprefix("deploy/secrets/")
        for file in compose_files()
        for secret in yaml.safe_load(file.read_text()).get("secrets", {}).values()
    }
    assert named == contents({}).keys()


def test_secrets_are_made_once_readable_in_a_closed_folder_and_agree(tmp_path):
    folder = tmp_path / "secrets"
    assert make(folder) == sorted(contents({}))
    assert folder.stat().st_mode & 0o777 == 0o700
    password = (folder / "postgres_password").read_text().strip()
    assert len(password) == 64
    assert f":{password}@postgres:5432/mlflow" in (folder / "mlflow_database_url").read_text()
    assert {file.stat().st_mode & 0o777 for file in folder.iterdir()} == {0o444}
    (folder / "mlflow_database_url").unlink()
    assert make(folder) == ["mlflow_database_url"]
    assert f":{password}@" in (folder / "mlflow_database_url").read_text()
    assert make(folder) == []


def test_the_profiles_of_language_models_answer_under_one_name_and_port():
    assert SERVICES["ollama"]["profiles"] == ["cpu"]
    assert SERVICES["vllm"]["profiles"] == ["gpu"]
    for name in ("ollama", "vllm"):
        assert SERVICES[name]["networks"]["inside"] == {"aliases": ["llm"]}
    assert SERVICES["ollama"]["environment"]["OLLAMA_HOST"].endswith(":11434")
    assert ":11434/" in SERVICES["vllm"]["healthcheck"]["test"][-1]


def test_ollama_runs_under_the_limits_that_the_plan_counts_with():
    given = SERVICES["ollama"]["environment"]
    for model in load_catalogue(ROOT).root.values():
        words = ollama_command(model.cpu, "0.0.0.0", 11434)
        planned = dict(word.split("=", 1) for word in words if word.startswith("OLLAMA_"))
        assert {name: re.sub(r"\$\{\w+:-(.*)\}", r"\1", value) for name, value in given.items()} == planned


def test_profile_cpu_fetches_a_model_under_ollamas_limit_and_is_healthy_then():
    fetching, ollama = SERVICES["ollama-model"], SERVICES["ollama"]
    assert fetching["profiles"] == ollama["profiles"]
    assert fetching["network_mode"] == "service:ollama"
    assert fetching["deploy"]["resources"]["limits"]["memory"] == ollama["deploy"]["resources"]["limits"]["memory"]
    assert "seedbed llm pull --profile cpu" in fetching["command"][-1]
    assert fetching["environment"]["SEEDBED_LLM__MODEL"] == "${LLM_MODEL:-}"
    assert SERVICES["vllm"]["command"] == ["--model", "${LLM_MODEL:-}"]


def test_what_the_api_goes_by_can_be_changed_and_asks_for_no_model_server():
    for name in ("api", "worker"):
        assert SERVICES[name]["env_file"] == ["deploy/defaults.env", {"path": ".env.prod", "required": False}]
        assert not [each for each in SERVICES[name]["environment"] if each.startswith("SEEDBED_LLM")]
    defaults = dotenv_values(ROOT / "deploy" / "defaults.env", interpolate=False)
    settings = load_settings({"ENVIRONMENT": "prod", **defaults}, ROOT / "deploy")
    assert [(each.url, each.optional) for each in settings.llm.backends] == [("http://llm:11434", True)]


def test_a_worker_runs_a_few_flows_at_a_time():
    assert SERVICES["worker"]["command"][-2:] == ["--limit", "${WORKER_RUNS:-2}"]


def test_mlflow_changes_the_tables_of_an_earlier_release_before_it_serves():
    script = SERVICES["mlflow"]["command"][-1]
    assert -1 < script.index('mlflow db upgrade "$$MLFLOW_BACKEND_STORE_URI"') < script.index("exec mlflow server")


def test_the_proxy_counts_open_requests_for_each_client():
    routes = yaml.safe_load(re.sub(r"\{\{.*?\}\}", "x", (ROOT / "deploy" / "traefik" / "routes.yml").read_text()))
    counted = routes["http"]["middlewares"]["connections"]["inFlightReq"]
    assert counted["sourceCriterion"] == {"ipStrategy": {"depth": 0}}
    assert counted["amount"] < 256 / 4  # of the gateway: four clients cannot fill it


def test_time_to_answer_is_measured_without_language_models():
    without = '_bucket{route!~"/v1/(chat/)?completions"}'
    assert without in (ROOT / "deploy" / "prometheus" / "alerts.yml").read_text()
    board = (ROOT / "deploy" / "grafana" / "dashboards" / "api.json").read_text().replace('\\"', '"')
    assert board.count(without) == 3
    assert "sum by (le) (rate(seedbed_http_request_seconds_bucket[" not in board
