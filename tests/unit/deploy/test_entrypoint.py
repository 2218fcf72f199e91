"""Test how a program runs as the main process of a container.

tests/unit/deploy/test_entrypoint.py - v0.1.0
"""

import json
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest

from deploy import entrypoint
from deploy.entrypoint import as_json, give_models, secrets_of
from seedbed.logging_redaction import remember_secrets
from tools.check_log_lines import faults_of
from tools.project_files import ROOT

SCHEMA = json.loads((ROOT / "m2m" / "log-event.schema.json").read_text())
EVENT = as_json(b"hello", "test")


def run(program: str, **environ: str) -> subprocess.Popen[str]:
    command = [sys.executable, str(ROOT / "deploy" / "entrypoint.py"), sys.executable, "-c", program]
    variables = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT / "src")} | environ
    return subprocess.Popen(command, env=variables, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_text_becomes_a_log_event_and_a_log_event_stays_what_it_is():
    assert json.loads(EVENT)["message"] == "hello"
    assert json.loads(EVENT)["module"] == "test"
    assert as_json(f"{EVENT}\n".encode(), "other") == EVENT
    odd = [as_json(line, "x") for line in (b'{"a": 1}\n', b"12", b"\xff\x00\x1b[31mred", b"[]", b'"text"')]
    assert faults_of([EVENT, *odd], SCHEMA) == []


def test_a_secret_that_a_program_prints_is_masked():
    remember_secrets({"correct-horse-battery"})
    assert "correct-horse" not in as_json(b"connecting with correct-horse-battery", "x")


def test_both_outputs_are_lines_of_json_and_the_exit_code_is_the_programs():
    done = run("import sys; print('out\\n\\nmore'); sys.stderr.write('no line end'); sys.exit(3)")
    out, err = done.communicate(timeout=20)
    assert done.returncode == 3
    assert err == ""
    assert faults_of(out.splitlines(), SCHEMA) == []
    assert sorted(json.loads(line)["message"] for line in out.splitlines()) == ["more", "no line end", "out"]


def test_a_signal_reaches_the_program_which_ends_in_its_own_way():
    started = run("import signal, time; signal.signal(15, lambda *_: exit(7)); print('up', flush=True); time.sleep(30)")
    assert started.stdout is not None
    assert "up" in started.stdout.readline()
    began = time.monotonic()
    started.send_signal(signal.SIGTERM)
    started.communicate(timeout=20)
    assert started.returncode == 7
    assert time.monotonic() - began < 5


def test_a_program_that_was_killed_shows_it_as_a_shell_would():
    killed = run("import os; os.kill(os.getpid(), 9)")
    killed.communicate(timeout=20)
    assert killed.returncode == 137


def test_a_program_that_is_not_there_is_one_event():
    command = [sys.executable, str(ROOT / "deploy" / "entrypoint.py"), "no-such-program"]
    done = subprocess.run(command, env={"PYTHONPATH": str(ROOT / "src")}, capture_output=True, text=True, timeout=20)
    assert done.returncode == 127
    assert faults_of(done.stdout.splitlines(), SCHEMA) == []


def test_a_file_of_secrets_becomes_the_variable_and_other_files_do_not(tmp_path):
    (tmp_path / "url").write_text("postgresql://me:pw@db/x\n")
    environ = {"DB_URL_FILE": f"{tmp_path}/url", "OTHER_FILE": "/etc/passwd", "SSL_CERT_FILE": "/etc/ssl/x"}
    assert secrets_of(environ, str(tmp_path)) == {"DB_URL": "postgresql://me:pw@db/x"}


@pytest.fixture
def graph(tmp_path):
    """The one graph of an image."""
    folder = tmp_path / "image" / "abc"
    folder.mkdir(parents=True)
    (folder / "model.xml").write_text("new")
    return folder


def test_a_start_after_one_that_was_killed_while_it_copied_has_the_model_and_clears_up(tmp_path, graph):
    target = tmp_path / "home" / "models" / "openvino"
    left = target / f"abc.{os.getpid()}-given"  # in a container the next start has the same process id
    left.mkdir(parents=True)
    for name in ("model.xml", "half.bin"):
        (left / name).write_text("ha")
    give_models(tmp_path / "home", graph.parent)
    assert (target / "abc" / "model.xml").read_text() == "new"
    assert [each.relative_to(target).as_posix() for each in target.rglob("*")] == ["abc", "abc/model.xml"]


def test_containers_that_start_together_all_find_the_model(tmp_path, graph):
    home = tmp_path / "home"
    for number in range(40):
        (graph / f"{number}.bin").write_bytes(b"x" * 10_000)

    def sizes_at_the_start(_):
        give_models(home, graph.parent)
        return {each.stat().st_size for each in (home / "models" / "openvino" / "abc").glob("*.bin")}

    with ThreadPoolExecutor(8) as pool:  # of one process: one process id, as containers have
        assert list(pool.map(sizes_at_the_start, range(8))) == [{10_000}] * 8
    assert [each.name for each in (home / "models" / "openvino").iterdir()] == ["abc"]
    assert len(list((home / "models" / "openvino" / "abc").iterdir())) == 41


def test_a_copy_that_fails_is_no_model_and_leaves_nothing(tmp_path, graph):
    (graph / "weights.bin").symlink_to("nowhere")
    with pytest.raises(OSError, match=r"weights\.bin"):
        give_models(tmp_path / "home", graph.parent)
    assert list((tmp_path / "home" / "models" / "openvino").iterdir()) == []


def test_a_home_that_cannot_be_written_is_one_event(tmp_path, graph, monkeypatch, capsys):
    (tmp_path / "home").write_text("a file")
    monkeypatch.setenv("SEEDBED_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(entrypoint, "give_models", partial(give_models, models=graph.parent))
    assert entrypoint.main(["true"]) == 1
    assert "cannot be copied into" in json.loads(capsys.readouterr().out)["message"]


def test_models_are_given_once_and_never_replaced(tmp_path):
    (tmp_path / "image" / "abc").mkdir(parents=True)
    (tmp_path / "image" / "abc" / "model.xml").write_text("new")
    home = tmp_path / "home"
    give_models(home, tmp_path / "image")
    assert (home / "models" / "openvino" / "abc" / "model.xml").read_text() == "new"
    (home / "models" / "openvino" / "abc" / "model.xml").write_text("kept")
    give_models(home, tmp_path / "image")
    assert (home / "models" / "openvino" / "abc" / "model.xml").read_text() == "kept"
    assert [each.name for each in (home / "models" / "openvino").iterdir()] == ["abc"]
    give_models(home, tmp_path / "nothing")
