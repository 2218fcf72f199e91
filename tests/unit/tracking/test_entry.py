"""Check that a process knows how it was started, from every place that people start one.

tests/unit/tracking/test_entry.py - v0.1.0
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from seedbed.experiments.children import SEEDBED
from seedbed.tracking.entry import command_line, entry_kind

SOURCE = Path(__file__).parents[3] / "src"
LIMIT_S = 60
CODE = f"""
import json, sys
sys.path.insert(0, {str(SOURCE)!r})
from seedbed.tracking.entry import code_folder, command_line, entry_kind
print(json.dumps([entry_kind(), str(code_folder()), command_line()]))
"""


@pytest.fixture
def project(tmp_path):
    """Make a project with a script and a package, and another folder to stand in."""
    (tmp_path / "project" / "package").mkdir(parents=True)
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "project" / "package" / "__main__.py").write_text(CODE)
    (tmp_path / "project" / "script.py").write_text(CODE)
    return tmp_path / "project"


def ask(*command: str | Path, cwd: Path, stdin: str | None = None, **variables: str) -> tuple[str, Path, str]:
    done = subprocess.run(
        [str(word) for word in command],
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        cwd=cwd,
        input=stdin,
        env=os.environ | variables,
    )
    assert done.returncode == 0, done.stderr
    kind, folder, line = json.loads(done.stdout.strip().splitlines()[-1])
    return kind, Path(folder), line


def test_script_brings_the_code_of_its_own_folder(project):
    kind, folder, line = ask(sys.executable, project / "script.py", "--k", "a b", cwd=project.parent / "elsewhere")
    assert (kind, folder) == ("script", project)
    assert line.endswith("script.py --k 'a b'")


def test_module_brings_the_code_of_its_package(project):
    where = project.parent / "elsewhere"
    kind, folder, _ = ask(sys.executable, "-m", "package", cwd=where, PYTHONPATH=str(project))
    assert (kind, folder) == ("module", project / "package")


def test_console_script_brings_the_code_of_the_current_folder(project):
    program = Path(sys.prefix) / "bin" / f"entry-test-{os.getpid()}"
    program.write_text(f"#!{sys.executable}\n{CODE}")
    program.chmod(0o755)
    try:
        assert ask(program, cwd=project)[:2] == ("console script", project)
    finally:
        program.unlink()


def test_this_program_by_its_module_is_the_same_as_by_its_script(project):
    done = subprocess.run([*SEEDBED, "--version"], capture_output=True, text=True, timeout=LIMIT_S, cwd=project)
    assert (done.returncode, done.stdout[:8]) == (0, "seedbed ")
    as_module = "import types; __spec__ = types.SimpleNamespace(name='seedbed.__main__')\n"
    assert ask(sys.executable, "-c", as_module + CODE, cwd=project)[:2] == ("console script", project)


def test_command_and_program_from_stdin_bring_the_current_folder(project):
    assert ask(sys.executable, "-c", CODE, cwd=project)[:2] == ("command", project)
    assert ask(sys.executable, "-", cwd=project, stdin=CODE)[:2] == ("stdin", project)


def test_prompt_is_interactive(project):
    assert ask(sys.executable, "-i", "-q", cwd=project, stdin=CODE.replace("\n\n", "\n"))[:2] == (
        "interactive",
        project,
    )


def test_notebook_kernel_is_a_notebook(project):
    shell = "class ZMQInteractiveShell: pass\nimport sys, types\n"
    stand_in = "sys.modules['IPython'] = types.SimpleNamespace(get_ipython=ZMQInteractiveShell)\n"
    assert ask(sys.executable, "-c", shell + stand_in + CODE, cwd=project)[:2] == ("notebook", project)


def test_worker_process_is_a_command_of_the_current_folder(project):
    (project / "parent.py").write_text(
        "import multiprocessing, worker\n"
        "if __name__ == '__main__':\n"
        "    process = multiprocessing.get_context('spawn').Process(target=worker.tell)\n"
        "    process.start(); process.join()\n"
    )
    (project / "worker.py").write_text("def tell():\n" + "".join(f"    {line}\n" for line in CODE.strip().splitlines()))
    kind, folder, _ = ask(sys.executable, "parent.py", cwd=project)
    assert (kind, folder) in {("script", project), ("command", project)}


def test_this_is_pytest():
    assert entry_kind() == "pytest"


@pytest.mark.parametrize(
    ("words", "masked"),
    [
        (["run", "--password=abcdefgh1"], "run '--password=***'"),
        (["run", "--api-key", "abcdefgh1", "x"], "run --api-key '***' x"),
        (["run", "--set", "tracking.password=abc"], "run --set 'tracking.password=***'"),
        (["run", "gh" + "p_" + "aB3dE5gH7jK9mN1pQ3sT5vW7xY9zA1cD3fG5"], "run '***'"),
        (["run", "--set", "top_k=20"], "run --set top_k=20"),
        (["run", "--set", "chunk.tokens=64"], "run --set chunk.tokens=64"),
        (["run", "--tokens", "64"], "run --tokens 64"),
        (["run", "--set", "url=https://me:hunter2@h.example"], "run --set 'url=https://***@h.example'"),
        (["run", "--set", "to=https://me:pw@h"], "run --set 'to=https://***@h'"),
    ],
)
def test_secret_on_the_command_line_is_masked(monkeypatch, words, masked):
    monkeypatch.setattr(sys, "orig_argv", ["seedbed", *words])
    assert command_line() == f"seedbed {masked}"
