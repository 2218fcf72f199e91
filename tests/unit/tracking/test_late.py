"""Check that a module is acted on at its import, however it comes.

tests/unit/tracking/test_late.py - v0.1.0
"""

import importlib
import importlib.util
import sys
from importlib import resources

import pytest

from seedbed.tracking.late import after_import


@pytest.fixture
def package(tmp_path, monkeypatch):
    """Write a package that nothing has imported and return its name."""
    name = f"late_{tmp_path.name.replace('-', '_')}"
    (tmp_path / name).mkdir()
    (tmp_path / name / "__init__.py").write_text("state = 'unset'\n")
    (tmp_path / name / "data.txt").write_text("hello")
    monkeypatch.syspath_prepend(tmp_path)
    yield name
    sys.modules.pop(name, None)


def mark(text):
    return lambda module: setattr(module, "state", text)


def test_module_that_is_imported_later_is_acted_on_once_it_is_there(package):
    after_import(package, mark("seen"))
    assert package not in sys.modules
    assert importlib.import_module(package).state == "seen"


def test_module_that_is_there_is_acted_on_now(package):
    module = importlib.import_module(package)
    after_import(package, mark("seen"))
    assert module.state == "seen"


def test_latest_action_counts(package):
    after_import(package, mark("first"))
    after_import(package, mark("second"))
    assert importlib.import_module(package).state == "second"


def test_looking_whether_a_module_exists_does_not_use_the_action_up(package):
    after_import(package, mark("seen"))
    assert importlib.util.find_spec(package) is not None
    assert importlib.import_module(package).state == "seen"


def test_module_keeps_its_own_loader(package):
    usual = type(importlib.util.find_spec(package).loader)  # a library may have put its own in Python's place
    after_import(package, mark("seen"))
    module = importlib.import_module(package)
    assert type(module.__spec__.loader) is type(module.__loader__) is usual
    assert resources.files(module).joinpath("data.txt").read_text() == "hello"
    assert importlib.reload(module).state == "unset"


def test_module_that_does_not_exist_stays_missing():
    after_import("no_such_module_anywhere", mark("seen"))
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module("no_such_module_anywhere")
