"""Test that whatever the program offers has its entry in the reference, seen by another way than the generators go.

tests/unit/tools/test_reference.py - v0.1.0
"""

import ast
import re
import tomllib

import pytest
from fastapi.routing import APIRoute

from seedbed.api.app import create_app
from seedbed.cli.app import app as command_line
from seedbed.errors import SeedbedError, UserError
from seedbed.settings import Settings, load_settings
from seedbed.settings_sources import fields_of, variable_of
from tools.project_files import ROOT
from tools.reference.cli import commands
from tools.reference.errors import error_classes, refusals
from tools.reference.log_events import events, events_of
from tools.reference.markdown import cell, table

REFERENCE = ROOT / "docs" / "reference"


def entries(page, *, head):
    """Return the first words in code of the rows of the tables that begin with `head`."""
    found = re.findall(rf"^\| {head} \|.*\n\|[-|]+\|\n((?:\|.*\n)+)", (REFERENCE / page).read_text(), re.MULTILINE)
    return {re.match(r"\| \[?`([^`]+)`", row)[1] for rows in found for row in rows.splitlines()}


def registered(group, words=""):
    for each in group.registered_commands:
        yield f"seedbed{words} {each.name or each.callback.__name__.replace('_', '-')}"
    for each in group.registered_groups:
        yield from registered(each.typer_instance, f"{words} {each.name}")


def test_every_command_has_its_entry():
    assert set(registered(command_line)) <= entries("cli.md", head="command") | {"seedbed"}


def test_every_command_says_what_it_does_and_has_an_example():
    page = (REFERENCE / "cli.md").read_text()
    for words in commands().keys() - {"seedbed"}:
        section = page.partition(f"\n## {words}\n")[2].partition("\n## ")[0]
        assert words in section.partition("```bash\n")[2], words


def test_every_option_that_help_shows_has_its_entry():
    page = (REFERENCE / "cli.md").read_text()
    for words, command in commands().items():
        section = page.partition(f"\n## {words}\n")[2].partition("\n## ")[0]
        shown = [option for each in command.params if not each.hidden for option in each.opts]
        assert [option for option in shown if option != "--help" and option not in section] == [], words


def test_every_setting_has_its_entry():
    assert {variable_of(path) for path in fields_of(Settings)} <= entries("settings.md", head="variable")


def test_every_route_has_its_entry(tmp_path):
    app = create_app(load_settings({"SEEDBED_HOME": str(tmp_path)}, tmp_path))
    described = {f"{method.upper()} {path}" for path, each in app.openapi()["paths"].items() for method in each}
    assert described == entries("api.md", head="route")
    shown = {route.path for route in app.routes if isinstance(route, APIRoute) and route.include_in_schema}
    assert shown <= {entry.split()[1] for entry in described}


def test_every_event_has_its_entry():
    called = re.compile(r'logger\.\w+\(\s*(?:level,\s*)?"([^"]+)"')
    sources = [path for folder in ("src", "pipelines") for path in (ROOT / folder).rglob("*.py")]
    logged = {name for path in sources if "tests" not in path.parts for name in called.findall(path.read_text())}
    assert len(logged) > 40
    assert logged <= entries("log-events.md", head="event")


def test_every_extra_has_its_entry_and_an_error_names_only_those():
    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    extras = set(pyproject["project"]["optional-dependencies"])
    assert extras == entries("extras.md", head="extra")
    texts = [path.read_text("utf-8") for folder in ("src", "pipelines") for path in (ROOT / folder).rglob("*.py")]
    callers = [ast.walk(ast.parse(text)) for text in texts if "not_installed(" in text]
    calls = [node for nodes in callers for node in nodes if is_call(node)]
    assert len(calls) >= 7
    assert {call.args[2].value for call in calls} <= extras


def is_call(node):
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "not_installed"


def test_types_of_the_api_are_told_in_words_and_not_by_the_name_of_a_model():
    page = (REFERENCE / "api.md").read_text()
    assert re.findall(r"\| body \| [^|]*`[A-Z]\w+`", page) == []
    assert "| `model` | body | string (at most 200 characters) or null | | one of GET /v1/models" in page


@pytest.mark.parametrize("page", ["api.md", "cli.md"])
def test_headings_carry_no_marks_that_some_renderers_show(page):
    assert re.findall(r"^#.*\{#.*$", (REFERENCE / page).read_text(), re.MULTILINE) == []


def test_names_of_events_are_words_and_not_sentences():
    assert [each.name for each in events() if not re.fullmatch("[a-z][a-z0-9_]+", each.name)] == []


def test_every_error_has_its_entry():
    def below(error):
        return {error, *(one for each in error.__subclasses__() for one in below(each))}

    ours = {each for each in below(SeedbedError) if each.__module__.startswith("seedbed.")}
    assert ours <= set(error_classes())
    named = entries("errors.md", head="class")
    assert {f"{each.__module__}.{each.__name__}" for each in ours} <= named
    assert f"{UserError.__module__}.UserError" in named


def test_every_refusal_with_a_status_in_the_source_has_its_entry():
    page = (REFERENCE / "errors.md").read_text()
    found = list(refusals())
    assert {401, 403, 404, 408, 413, 422, 429, 500, 503, 508} <= {each.status for each in found}
    assert [each for each in found if f"| {each.status} | {cell(each.detail)} | `{each.module}` |" not in page] == []


@pytest.mark.parametrize(
    ("source", "level", "fields"),
    [
        ('def f(): logger.exception("e")', "ERROR", ()),
        ('def f(): logger.warning("e", extra={"a": 1, **counts})', "WARNING", ("a", "…")),
        ('def f():\n    facts = {"a": 1}\n    logger.info("e", extra=facts | {"b": 2})', "INFO", ("a", "b")),
        ('def f():\n    level = logging.DEBUG if x else logging.INFO\n    logger.log(level, "e")', "DEBUG or INFO", ()),
        ('def f():\n    def g(): logger.info("e", extra=t.model_dump(include={"a"}))', "INFO", ("a",)),
    ],
)
def test_level_and_fields_are_read_from_the_call(source, level, fields):
    [event] = events_of(source, "m")
    assert (event.name, event.level, event.fields) == ("e", level, fields)


def test_a_table_without_rows_is_none_and_cells_stay_cells():
    assert table(["a"], []) == ""
    assert table(["a", "b"], [("x|y\nz", "")]) == "| a | b |\n|---|---|\n| x\\|y z | |\n"
