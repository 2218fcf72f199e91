"""Specify `seedbed index` and `seedbed search` as a user meets them, with the real model.

tests/e2e/test_index_command.py - v0.1.0
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

BAD_LINES = [
    b'{"id": "b1", "text": "caf\xe9"}',
    b'{"id": "b2", "text": ',
    b'["b3", "no object"]',
    b'{"id": "b4"}',
    b'{"id": "b5", "text": "  "}',
    b'{"id": "b6", "text": 6}',
    b'{"text": "no id"}',
    b'{"id": "d1", "text": "an id that is there already"}',
    b'{"id": "b9", "text": "' + b"x" * 10_000_000 + b'"}',
    b'{"id": "b10", "text": "\\ud800"}',
]


def seedbed(home: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run the command line on a state folder of its own."""
    return subprocess.run(
        [Path(sys.executable).with_name("seedbed"), *map(str, arguments)],
        env={**os.environ, "SEEDBED_HOME": str(home)},
        cwd=home.parent,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.mark.slow
def test_ten_kinds_of_bad_lines_among_a_thousand_good_are_listed_and_the_good_are_indexed(home: Path) -> None:
    lines = [json.dumps({"id": f"d{i}", "text": f"document number {i}"}).encode() for i in range(1000)]
    for position, bad in enumerate(BAD_LINES):
        lines.insert(90 * position + 45, bad)
    corpus = home.parent / "corpus.jsonl"
    corpus.write_bytes(b"\n".join(lines))

    done = seedbed(home, "index", "--corpus-kind", "jsonl", "--corpus-path", corpus, "--json")

    report = json.loads(done.stdout)
    assert (report["num_documents"], report["num_rejected"], report["num_embedded"]) == (1000, 10, 1000)
    letters = [json.loads(line) for line in Path(report["dead_letter"]).read_text().splitlines()]
    assert [letter["line"] for letter in letters] == [90 * position + 46 for position in range(10)]
    assert all(letter["reason"] for letter in letters)
    assert done.returncode == 1
    assert f"seedbed: 10 records were not indexed; why: {report['dead_letter']}" in done.stderr


@pytest.mark.slow
def test_folder_is_indexed_and_asked_and_indexed_again_for_nothing(home: Path) -> None:
    folder = home.parent / "texts"
    folder.mkdir()
    (folder / "dates.md").write_text("# Dates\n\nstrptime reads a timestamp out of text.\n")
    (folder / "cats.txt").write_text("A cat sat on the mat and would not move.\n")

    first = seedbed(home, "index", "--corpus-kind", "folder", "--corpus-path", folder, "--json")
    assert (first.returncode, json.loads(first.stdout)["num_embedded"]) == (0, 2)

    found = seedbed(home, "search", "parse a date from a string", "-k", "1", "--json")
    assert json.loads(found.stdout)["hits"][0]["document_id"] == "dates.md"

    again = json.loads(seedbed(home, "index", "--corpus-kind", "folder", "--corpus-path", folder, "--json").stdout)
    assert (again["num_embedded"], again["num_upserted"], again["num_documents"]) == (0, 0, 2)


@pytest.mark.slow
def test_a_run_is_planned_done_verified_and_has_nothing_to_go_back_to(home: Path) -> None:
    folder = home.parent / "texts"
    folder.mkdir()
    (folder / "dates.md").write_text("strptime reads a timestamp out of text.\n")
    (folder / "cats.txt").write_text("A cat sat on the mat.\n")
    corpus = ["--corpus-kind", "folder", "--corpus-path", str(folder)]

    first = seedbed(home, "index", "--plan", *corpus, "--json")
    plan = json.loads(first.stdout)
    assert (first.returncode, plan["num_new"], plan["num_to_embed"], plan["refusal"]) == (0, 2, 2, None)
    assert not home.exists()

    assert seedbed(home, "index", *corpus).returncode == 0
    before = sorted((path, path.stat().st_mtime_ns) for path in home.rglob("*"))
    (folder / "cats.txt").unlink()
    shown = seedbed(home, "index", "--plan", *corpus)
    assert (shown.returncode, sorted((path, path.stat().st_mtime_ns) for path in home.rglob("*"))) == (0, before)
    assert "It would be refused: 1 of 2 documents" in shown.stdout

    verified = seedbed(home, "index", "--verify", *corpus, "--json")
    report = json.loads(verified.stdout)
    assert (verified.returncode, report["num_points"], report["num_missing"], report["num_left"]) == (0, 2, 0, 0)

    refused = seedbed(home, "index", "--rollback", *corpus)
    assert (refused.returncode, refused.stderr.count("\n")) == (2, 1)
    assert "has no earlier collection to go back to. Next: seedbed index --plan" in refused.stderr


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["index", "--corpus-kind", "fodler"], "fodler"),
        (["index", "--corpus-kind", "folder", "--corpus-path", "nowhere"], "nowhere"),
        (["index", "--plan", "--verify"], "--plan and --verify cannot be done at once. Example: seedbed index --plan"),
        (["search", "anything"], "nothing has been indexed yet. Next: seedbed index"),
        (["search", " "], "the text to search for has 1 characters"),
    ],
)
def test_wrong_input_is_one_line_with_exit_code_2(home: Path, arguments: list[str], told: str) -> None:
    done = seedbed(home, *arguments)
    assert done.returncode == 2
    assert told in done.stderr
    assert done.stderr.count("\n") == 1
    assert done.stdout == ""
