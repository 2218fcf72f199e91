"""Test that command lines in the documents are those that the program takes, and that Python there is Python.

tests/unit/tools/test_command_lines.py - v0.1.0
"""

import ast
import re
import shlex

import pytest
import typer

from tools.project_files import ROOT, project_files
from tools.reference.cli import commands

DOCUMENTS = [path for path in project_files() if path.suffix == ".md" and path.parts[0] in ("docs", "m2m", "README.md")]
FENCED = re.compile(r"^( *)```(\w*)[^\n]*\n(.*?)^\1```", re.MULTILINE | re.DOTALL)
SHELL = ("", "bash", "console", "sh")
ENDS = re.compile(r"[|;&<>].*|2>.*|\\")


def command_lines(text):
    """Yield the words behind `seedbed` of every line in a block of shell."""
    for _, language, block in FENCED.findall(text):
        for line in block.splitlines() if language in SHELL else ():
            try:
                words = shlex.split(line.strip().removeprefix("$ "), comments=True)
            except ValueError:  # a text with an apostrophe
                continue
            while words and re.fullmatch(r"[A-Z_]+=.*", words[0]):
                words = words[1:]
            if words[:3] == ["docker", "compose", "exec"]:
                words = words[4:]
            if words and words[0] in ("seedbed", ".venv/bin/seedbed"):
                ends = next((place for place, word in enumerate(words) if ENDS.fullmatch(word)), len(words))
                yield words[1:ends]


def fault_of(words):
    """Return why the program would not take the words, or ""."""
    found = commands()
    name = "seedbed"
    while words and f"{name} {words[0]}" in {" ".join(each.split()[: len(name.split()) + 1]) for each in found}:
        name, words = f"{name} {words[0]}", words[1:]
    if name not in found:
        return f"there is no command {' '.join([name, *words])!r}"
    if name == "seedbed" and words and not words[0].startswith("-"):
        return f"there is no command 'seedbed {words[0]}'"
    if "--help" in words:
        return ""
    try:
        found[name].make_parser(typer.Context(found[name], info_name=name)).parse_args(list(words))
    except typer.TyperException as error:
        return f"{name}: {error.format_message()}"
    return ""


@pytest.mark.parametrize("path", DOCUMENTS, ids=str)
def test_command_lines_of_a_document_are_taken(path):
    lines = command_lines((ROOT / path).read_text("utf-8"))
    assert [(words, fault) for words in lines if (fault := fault_of(words))] == []


@pytest.mark.parametrize("path", DOCUMENTS, ids=str)
def test_python_of_a_document_is_python(path):
    for indent, language, block in FENCED.findall((ROOT / path).read_text("utf-8")):
        if language == "python":
            code = "\n".join(line.removeprefix(indent) for line in block.splitlines())
            is_member = code.startswith('"') and not code.startswith('"""')  # a line of a mapping, shown alone
            ast.parse(f"{{{code}}}" if is_member else code)


def test_documents_have_many_command_lines():
    assert sum(1 for path in DOCUMENTS for _ in command_lines((ROOT / path).read_text("utf-8"))) > 100


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("seedbed run retrieval --seed 7   # a comment", ""),
        ("$ LOG_LEVEL=DEBUG seedbed runs show 1f3a | head", ""),
        ("docker compose exec api seedbed token --scope search", ""),
        ("seedbed serve api > serve.log 2>&1 &", ""),
        ("seedbed", ""),
        ("seedbed walk", "there is no command 'seedbed walk'"),
        ("seedbed serve", "there is no command 'seedbed serve'"),
        ("seedbed run retrieval --speed 7", "seedbed run: No such option"),
    ],
)
def test_a_line_that_the_program_would_not_take_is_seen(line, fault):
    [words] = command_lines(f"```bash\n{line}\n```\n")
    assert fault_of(words).startswith(fault)
    assert bool(fault_of(words)) == bool(fault)
