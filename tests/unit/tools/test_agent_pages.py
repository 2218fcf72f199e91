"""Test that what agents read first says what there is.

tests/unit/tools/test_agent_pages.py - v0.1.0
"""

import importlib.util
import re
import shlex

import pytest
import typer.main

from seedbed.cli.app import app
from tools.agent_pages import agents, llms_txt
from tools.check import CHECKS
from tools.project_files import ROOT

LLMS = llms_txt()
PAGES = ["AGENTS.md", "m2m/README.md", "docs/how-to/use-with-agents.md"]


def commands(page):
    """Return every command that a page names, in blocks and in words."""
    text = (ROOT / page).read_text()
    blocks = "\n".join(re.findall(r"```(?:bash|console)?\n(.*?)```", text, re.DOTALL))
    inline = re.findall(r"`((?:make|seedbed|python -m) [^`]+)`", text)
    lines = [line.partition(" #")[0].strip().removeprefix("$ ") for line in blocks.splitlines()]
    lines = [line for line in lines if line.startswith(("make ", "seedbed ", "python -m ", ".venv/bin/"))]
    return sorted({part.strip() for line in [*lines, *inline] for part in line.split("&&")})


@pytest.mark.parametrize("page", PAGES)
def test_every_command_that_agents_are_told_exists(page):
    found = commands(page)
    assert len(found) > 3
    assert [command for command in found if not exists(command)] == []


def exists(command):
    """Whether the command line, the Makefile or a module knows the command with its options."""
    program, *words = shlex.split(command.replace("…", "").replace(".venv/bin/", ""))
    match program:
        case "make":
            known = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
            checks = [check.name for check in CHECKS]
            picked = [word.removeprefix("ARGS=").split() for word in words if words[0] == "check" and "ARGS" in word]
            return words[0] in known and all(name in checks for names in picked for name in names)
        case "python":
            return importlib.util.find_spec(words[1]) is not None
        case "seedbed":
            return _is_known(typer.main.get_command(app), words)
    return False


def _is_known(command, words):
    while words and hasattr(command, "commands") and words[0] in command.commands:
        command, words = command.commands[words[0]], words[1:]
    if hasattr(command, "commands") and words and not words[0].startswith("-"):
        return False
    options = {name for parameter in command.params for name in (*parameter.opts, *parameter.secondary_opts)}
    return all(word.partition("=")[0] in {*options, "--help"} for word in words if word.startswith("-"))


def test_a_command_that_does_not_exist_is_seen():
    wrong = ["make everything", "make check ARGS=tpyes", "seedbed fly", "seedbed runs --newest", "python -m tools.fly"]
    assert [command for command in wrong if exists(command)] == []


def test_every_link_of_llms_txt_leads_to_a_file_and_every_page_is_there():
    links = re.findall(r"^- \[[^]]+\]\(([^)]+)\)", LLMS, re.MULTILINE)
    assert [link for link in links if not (ROOT / "m2m" / link).is_file()] == []
    pages = {path.relative_to(ROOT).as_posix() for path in (ROOT / "docs").rglob("*.md")}
    assert {link.removeprefix("../") for link in links} >= pages


def test_llms_txt_has_the_form_that_llmstxt_org_asks_for():
    title, _, summary, *rest = LLMS.splitlines()
    assert title == "# Seedbed"
    assert summary.startswith("> ")
    sections = [line for line in rest if line.startswith("#")]
    assert sections[-1] == "## Optional"
    assert all(line.startswith("## ") for line in sections)


def test_agents_are_told_every_word_of_the_makefile():
    words = re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert [word for word in words if f"| `make {word}` |" not in agents()] == []
