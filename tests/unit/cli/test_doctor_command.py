"""Test what the doctor finds, and what it advises.

tests/unit/cli/test_doctor_command.py - v0.1.0
"""

import json
import shutil
from collections import namedtuple
from http.server import BaseHTTPRequestHandler

import pytest
import typer
from typer.testing import CliRunner

from seedbed.cli import diagnosis
from seedbed.cli.commands import doctor
from seedbed.cli.diagnosis import diagnose, lock_drift, unreachable
from seedbed.embedding.precision import MatmulRates, choose_precision
from seedbed.errors import UserError, WorldError
from seedbed.hardware import Gpu, measure
from seedbed.settings import load_settings
from tests.declared import declare
from tests.loopback import answering, say

Usage = namedtuple("Usage", ["total", "used", "free"])


@pytest.fixture
def invoke(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    app = typer.Typer()
    doctor.register(app)
    return lambda *arguments: CliRunner().invoke(app, arguments)


@pytest.fixture
def server():
    """A server that answers as it is told, and the paths it was asked for."""
    answers, asked = {"status": 200}, []

    class Told(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            say(self, None, answers["status"])

    with answering(Told) as url:
        yield url, answers, asked


def findings(environ, folder, hardware=None):
    settings = load_settings(environ, folder)
    return {each.name: each for each in diagnose(settings, folder, hardware or measure())}


def test_a_machine_that_is_well_exits_0_and_makes_nothing(invoke, tmp_path):
    result = invoke("--json")
    report = json.loads(result.output)
    assert (result.exit_code, report["ok"]) == (0, True)
    assert report["hardware"]["hardware_class"] == measure().hardware_class()
    assert report["versions"]["pydantic"]
    assert {each["state"] for each in report["findings"]} <= {"ok", "warning"}
    assert list(tmp_path.iterdir()) == []


def test_people_get_a_table(invoke):
    output = invoke().output
    assert "sha256 as published" in output
    assert measure().cpu_model in output


def test_broken_settings_are_a_finding_not_a_crash(invoke, monkeypatch):
    monkeypatch.setenv("SEEDBED_STROE__KIND", "qdrant")
    result = invoke("--json")
    assert result.exit_code == 1
    broken = [each for each in json.loads(result.output)["findings"] if each["state"] == "broken"]
    assert [each["name"] for each in broken] == ["settings"]
    assert "SEEDBED_STORE__KIND" in broken[0]["detail"]


def test_every_finding_that_is_not_well_says_how_to_mend_it(tmp_path, monkeypatch):
    (tmp_path / ".env").write_text("")
    (tmp_path / ".env").chmod(0o644)
    (tmp_path / "uv.lock").write_text("pydantic==0.0.1 \\\n")
    (tmp_path / "file").write_text("")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(1, 1, 0))
    environ = {
        "SEEDBED_HOME": str(tmp_path / "file"),
        "SEEDBED_STORE__URL": "http://127.0.0.1:1",
        "SEEDBED_TRACKING__URI": "http://127.0.0.1:1",
        "PREFECT_API_URL": "127.0.0.1:4200",
        "SEEDBED_INDEXING__LEDGER_URL": "postgresql://ada:hunter2@127.0.0.1:1/ledger",
    }
    found = findings(environ, tmp_path)
    unwell = {name: each.state for name, each in found.items() if each.state != "ok"}
    assert unwell == {
        "packages": "warning",
        "secrets": "warning",
        "home": "broken",
        "disk": "broken",
        "tracking": "broken",
        "store": "broken",
        "prefect": "warning",
        "ledger": "broken",
    }
    assert "hunter2" not in str(found)
    assert all(found[name].mend for name in unwell)


def test_a_model_that_was_altered_is_broken(tmp_path, monkeypatch):
    def altered(name):
        raise WorldError("the weights have another sha256")

    monkeypatch.setattr(diagnosis, "packaged_folder", altered)
    assert findings({}, tmp_path)["model"].state == "broken"


def test_other_models_are_described(tmp_path):
    assert "a folder" in findings({"SEEDBED_EMBEDDING__MODEL": str(tmp_path)}, tmp_path)["model"].detail
    assert "model hub" in findings({"SEEDBED_EMBEDDING__MODEL": "org/name"}, tmp_path)["model"].detail


@pytest.mark.parametrize(("status", "problem"), [(200, ""), (401, ""), (404, ""), (503, "answers with 503")])
def test_a_server_is_there_when_it_answers_without_a_fault_of_its_own(server, status, problem):
    url, answers, asked = server
    answers["status"] = status
    assert unreachable(f"{url}/api/", "/health") == problem
    assert asked == ["/api/health"]


def test_each_service_is_asked_at_its_own_address(server, tmp_path):
    url, _, asked = server
    environ = {
        "SEEDBED_STORE__KIND": "qdrant",
        "SEEDBED_STORE__URL": url,
        "SEEDBED_TRACKING__URI": url,
        "PREFECT_API_URL": f"{url}/api",
        "SEEDBED_INDEXING__LEDGER_URL": f"postgresql://ada:hunter2@{url.removeprefix('http://')}/ledger",
    }
    found = findings(environ, tmp_path)
    assert {found[name].state for name in ("tracking", "store", "prefect", "ledger")} == {"ok"}
    assert asked == ["/health", "/readyz", "/api/health"]


def test_a_tracking_database_is_not_asked(tmp_path):
    found = findings({"SEEDBED_TRACKING__URI": "postgresql://ada:hunter2@db/mlflow"}, tmp_path)["tracking"]
    assert (found.state, found.detail) == ("ok", "postgresql://***@db/mlflow")


def test_drift_from_the_lock_is_counted(tmp_path, monkeypatch):
    for name, version in {"our-torch": "2.9.0+cpu", "our-numpy": "2.4.0"}.items():
        monkeypatch.syspath_prepend(declare(tmp_path / "site", {}, package=name, version=version))
    lock = tmp_path / "uv.lock"
    lock.write_text(
        "our-torch==2.9.0 \\\n    --hash=sha256:x\nOur_NumPy==2.4.0\nwin==1 ; sys_platform == 'win32' \\\n# comment\n"
    )
    assert lock_drift(lock).state == "ok"
    lock.write_text("our-torch==2.8.0 \\\nmissing-one==1.0\n")
    found = lock_drift(lock)
    assert found.state == "warning"
    said = "1 differ from uv.lock and 1 are missing: our-torch 2.9.0+cpu, not 2.8.0, missing-one missing"
    assert found.detail == said


def test_a_gpu_that_containers_cannot_reach_is_a_warning(tmp_path, monkeypatch):
    gpu = Gpu(index=0, name="H100", total_bytes=80 << 30, free_bytes=79 << 30, compute_capability="9.0", driver="1")
    hardware = measure().model_copy(update={"gpus": (gpu,)})
    monkeypatch.setattr(diagnosis, "container_gpu_runtime", lambda: "")
    assert findings({}, tmp_path, hardware)["gpu"].state == "warning"
    monkeypatch.setattr(diagnosis, "container_gpu_runtime", lambda: "CDI")
    assert findings({}, tmp_path, hardware)["gpu"].detail == "H100 (79 of 80 GiB free); containers use it by CDI"


def test_secrets_that_only_their_owner_reads_are_no_finding(tmp_path):
    (tmp_path / ".env").write_text("")
    (tmp_path / ".env").chmod(0o600)
    (tmp_path / ".env.example").write_text("")
    assert "secrets" not in findings({}, tmp_path)


def test_a_fault_in_the_settings_leaves_the_rest_of_the_report(tmp_path):
    found = diagnose(UserError("wrong"), tmp_path, measure())
    assert [each.name for each in found] == ["python", "packages", "settings", "gpu"]


def test_doctor_says_which_encoder_auto_means_and_why(tmp_path):
    hardware = measure().model_copy(update={"instruction_sets": ("avx2", "avx512_bf16"), "gpus": ()})
    unmeasured = findings({}, tmp_path, hardware)["encoder"]
    assert "openvino bf16 or fp32" in unmeasured.detail
    assert "measured once" in unmeasured.detail
    home = tmp_path / ".seedbed"
    home.mkdir()
    choose_precision("openvino", home, hardware, lambda: MatmulRates(90.0, 207.0))
    measured = findings({"SEEDBED_HOME": str(home)}, tmp_path, hardware)["encoder"]
    assert measured.state == "ok"
    assert measured.detail.startswith("openvino bf16: fastest on a CPU; bf16 multiplies 2.3 x as fast as fp32")
    chosen = findings({"SEEDBED_EMBEDDING__BACKEND": "openvino", "SEEDBED_EMBEDDING__PRECISION": "fp32"}, tmp_path)
    assert chosen["encoder"].detail == "openvino fp32: as the settings say"


def test_declared_plugins_are_named_and_only_they_know_how_to_ask_their_store(tmp_path, monkeypatch):
    groups = {"seedbed.stores": {"lite": "nowhere:Lite"}, "seedbed.encoders": {"letters": "nowhere:Letters"}}
    monkeypatch.syspath_prepend(declare(tmp_path / "site", groups))
    environ = {"SEEDBED_STORE__KIND": "lite", "SEEDBED_STORE__URL": "lite://there"}
    found = findings(environ | {"SEEDBED_EMBEDDING__BACKEND": "letters"}, tmp_path)
    assert found["seedbed.stores"].detail == "lite (tiny 1.5)"
    assert (found["store"].state, found["store"].detail) == ("ok", "lite://there")
    assert found["encoder"].detail == "letters, of tiny 1.5"
    assert "seedbed.corpora" not in found
    monkeypatch.syspath_prepend(declare(tmp_path / "two", {"seedbed.stores": {"chroma": "nowhere:Lite"}}, "two"))
    broken = findings({}, tmp_path)["seedbed.stores"]
    assert (broken.state, "has the name of a built-in one" in broken.detail) == ("broken", True)
