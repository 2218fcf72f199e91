"""Test that faults of Compose files are seen, and that those of the project have none.

tests/unit/tools/test_check_compose.py - v0.1.0
"""

import pytest
import yaml

from tools.check_compose import combinations, compose_files, file_faults, profiles, required_variables, service_faults
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
    services = yaml.safe_load((ROOT / "compose.yml").read_text())["services"]
    assert services["ollama"]["profiles"] == ["cpu"]
    assert services["vllm"]["profiles"] == ["gpu"]
    for name in ("ollama", "vllm"):
        assert services[name]["networks"]["inside"] == {"aliases": ["llm"]}
    assert services["ollama"]["environment"]["OLLAMA_HOST"].endswith(":11434")
    assert ":11434/" in services["vllm"]["healthcheck"]["test"][-1]
