"""Run the tutorial: every command in one shell, in order, and compare what the page says that it prints.

tests/e2e/test_tutorial.py - v0.1.0

Ids of runs are random: one that the page shows stands for the one that was seen where the page shows it first.
"""

import os
import re
import socket
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "tutorial.md"
BLOCK = re.compile(r'^```(?:python title="(\S+)"|console)\n(.*?)^```', re.MULTILINE | re.DOTALL)
OPEN = re.compile(r"(\.\.\.|\b[0-9a-f]{8}\b)")
END = "end-of-command"
GIT = {f"GIT_{who}_{what}": "ada@example.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}


class Shell:
    """One bash for all commands, so that variables, folders and jobs last."""

    def __init__(self, home):
        environment = {name: value for name, value in os.environ.items() if name != "SEEDBED_HOME"}
        environment |= GIT | {"HOME": str(home), "COLUMNS": "100", "NO_PROXY": "127.0.0.1"}
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
        self._bash = subprocess.Popen(["bash", "--norc"], cwd=ROOT, env=environment, text=True, **pipes)

    def run(self, command):
        """Return what it prints, and its exit code."""
        self._bash.stdin.write(f'{command}\nprintf "\\n{END} $?\\n"\n')
        self._bash.stdin.flush()
        printed = ""
        while not (ended := re.fullmatch(rf"{END} (\d+)\n", line := self._bash.stdout.readline())):
            assert line, f"the shell ended in {command!r}: {printed}"
            printed += line
        return printed, int(ended[1])

    def close(self):
        self._bash.communicate("kill $(jobs -p); wait; exit\n", timeout=90)


def squeezed(text):
    """Return the text without what only the width of a table decides."""
    return re.sub(r"[ \t]+", " ", re.sub(r"\s*\n\s*", "\n", text)).strip()


def pattern_of(expected, ids):
    """Return an expression for what the page shows: `...` is anything, an id that nobody has seen yet is any id."""
    seen, parts = set(), []
    for part in OPEN.split(squeezed(expected)):
        if part == "...":
            parts.append(r"[\s\S]*?")
        elif part in ids or not OPEN.fullmatch(part):
            parts.append(re.escape(ids.get(part, part)))
        else:
            parts.append(f"(?P=id_{part})" if part in seen else f"(?P<id_{part}>[0-9a-f]{{8}})")
            seen.add(part)
    return "".join(parts)


def steps(page):
    """Yield the name and text of a file to write, or a command and what it prints."""
    for title, body in BLOCK.findall(page):
        if title:
            yield title, "", body
        for given in re.split(r"^\$ ", body, flags=re.MULTILINE)[1:] if not title else ():
            command, _, expected = given.partition("\n")
            yield "", command, expected


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_every_command_of_the_tutorial_does_what_the_page_says(tmp_path):
    shell, ids, port = Shell(tmp_path), {}, free_port()
    try:
        for title, command, text in steps(PAGE.read_text("utf-8")):
            if title:
                shell.run(f"cat > {title} <<'END-OF-FILE'\n{text}END-OF-FILE")
                continue
            for shown, real in {**ids, "8000": port}.items():
                command = command.replace(shown, real)
            printed, exit_code = shell.run(command)
            assert (exit_code == 0) != text.startswith("seedbed: "), f"{command}\n{printed}"
            if text:
                found = re.fullmatch(pattern_of(text, ids), squeezed(printed))
                assert found, f"{command}\nprints\n{squeezed(printed)}\nand the page says\n{squeezed(text)}"
                ids |= {name.removeprefix("id_"): value for name, value in found.groupdict().items()}
    finally:
        shell.close()
    assert len(ids) == 2


@pytest.mark.parametrize(
    ("expected", "printed", "ids"),
    [
        ("a  ...\nc", "a b\nb\n  c ", {}),
        ("run 04c42383...\nNext: 04c42383", "run aaaabbbbcccc\nNext: aaaabbbb", {"id_04c42383": "aaaabbbb"}),
        ("run 04c42383...\nNext: 04c42383", "run aaaabbbbcccc\nNext: ccccbbbb", None),
        ("1.5 (x)", "175 (x)", None),
        ("only this", "only this and more", None),
    ],
)
def test_what_is_shown_is_compared_but_for_what_is_left_open(expected, printed, ids):
    found = re.fullmatch(pattern_of(expected, {}), squeezed(printed))
    assert (found and found.groupdict()) == ids


def test_an_id_that_was_seen_stands_for_what_it_was():
    assert re.fullmatch(pattern_of("show 04c42383", {"04c42383": "aaaabbbb"}), "show aaaabbbb")
