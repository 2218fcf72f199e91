"""Specify what people read who get the command line, or its surroundings, wrong.

tests/e2e/test_wrong_usage.py - v0.1.0
"""

import os
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
SEEDBED = str(Path(sys.executable).with_name("seedbed"))


def shell(folder: Path, line: str) -> subprocess.CompletedProcess[str]:
    """Run a line of shell in which `seedbed` is the command line; the exit code is that of the first program."""
    words = ["bash", "-c", f'seedbed() {{ "{SEEDBED}" "$@"; }}; {line}; exit ${{PIPESTATUS[0]}}']
    environment = {**os.environ, "SEEDBED_HOME": str(folder / "home")}
    return subprocess.run(words, cwd=folder, env=environment, capture_output=True, text=True, timeout=60)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
@pytest.mark.parametrize("words", ["settings", "settings --json", "--help"])
def test_a_full_disk_under_the_answer_is_one_line(tmp_path, words):
    done = shell(tmp_path, f"seedbed {words} >/dev/full")
    assert done.returncode == 1
    assert done.stderr.startswith("seedbed: the answer cannot be written: No space left on device; ")
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("words", ["settings", "settings --names --json", "--help"])
@pytest.mark.parametrize("reader", ["head -n 1", "true"])
def test_a_reader_that_has_enough_ends_the_answer_without_a_word(tmp_path, words, reader):
    done = shell(tmp_path, f"seedbed {words} | {reader}")
    assert done.returncode in (0, 1)
    assert done.stderr == ""


def test_a_closed_output_is_no_fault(tmp_path):
    done = shell(tmp_path, "seedbed settings --json >&-")
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("serach x", "No such command 'serach'. Did you mean 'search'? Next: seedbed --help"),
        ("xyzzy", "No such command 'xyzzy'. Next: seedbed --help"),
        ("runs shwo", "No such command 'shwo'. Did you mean 'show'? Next: seedbed runs --help"),
        ("settings --jsn", "No such option: --jsn (Possible options: --json). Next: seedbed settings --help"),
        ("--nope", "No such option: --nope. Next: seedbed --help"),
        ("search x -k 0", "Invalid value for '-k' / '--top-k': "),
        ("search x -k many", "Invalid value for '-k' / '--top-k': "),
        ("search a b", "Got unexpected extra argument"),
        ("search", "Missing argument 'text'. Next: seedbed search --help"),
        ("index --corpus-kind", "Option '--corpus-kind' requires an argument. Next: seedbed "),
    ],
)
def test_wrong_words_are_one_line_with_exit_code_2_and_the_next_command(tmp_path, words, told):
    done = shell(tmp_path, f"seedbed {words}")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.lower().startswith(f"seedbed: {told}".lower())
    assert len(done.stderr.splitlines()) == 1
    assert done.stderr.endswith("--help\n")


def test_the_version_is_told(tmp_path):
    done = shell(tmp_path, "seedbed --version")
    assert (done.returncode, done.stdout, done.stderr) == (0, f"seedbed {version('seedbed')}\n", "")


def test_no_word_at_all_shows_the_help(tmp_path):
    done = shell(tmp_path, "seedbed")
    assert (done.returncode, done.stderr) == (0, "")
    assert "Usage: seedbed" in done.stdout


@pytest.mark.parametrize(
    ("words", "told", "example"),
    [
        ("index --corpus-kind nope", "corpus.kind=nope: Input should be 'docstrings', ", "corpus.kind=docstrings"),
        (
            "index --collection 'Bad Name'",
            "store.collection=Bad Name: Input should be: name of ",
            "store.collection=my-index",
        ),
        ("run retrieval --show-config --set topk=5", "key 'topk' is unknown (did you mean 'top_k'?)", "top_k=100"),
    ],
)
def test_a_value_that_is_not_allowed_is_told_in_words_that_fit_whoever_gave_it(tmp_path, words, told, example):
    done = shell(tmp_path, f"cd {PROJECT} && seedbed {words}")
    assert done.returncode == 2
    assert done.stderr.startswith(f"seedbed: {told}")
    assert "--set" not in done.stderr
    assert "^" not in done.stderr
    assert done.stderr.endswith(f"Example: {example}\n")
