"""Test that names which would break a project are refused.

tests/unit/template/test_names.py - v0.1.0
"""

import pytest

from seedbed.errors import UserError
from seedbed.template.names import package_name, project_name


@pytest.mark.parametrize("text", ["bird-songs", "Bird Songs", "bird_songs", "Bird.Songs"])
def test_names_are_written_as_indexes_write_them(text):
    assert project_name(text) == "bird-songs"
    assert package_name(text) == "bird_songs"


@pytest.mark.parametrize("text", ["", "-", "bird/songs", "vögel", "a b!", "../x"])
def test_what_is_no_name_is_refused(text):
    with pytest.raises(UserError, match=r"is refused: letters.*Example: seedbed new"):
        project_name(text)


@pytest.mark.parametrize("text", ["numpy", "PyTorch-not", "scikit-learn", "seedbed", "pytest"])
def test_name_of_a_dependency_is_refused(text):
    if text == "PyTorch-not":
        assert project_name(text) == "pytorch-not"
        return
    with pytest.raises(UserError, match="a package that the project installs has it"):
        project_name(text)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("json", "would hide a module of the standard library"),
        ("Statistics", "would hide a module of the standard library"),
        ("class", "is a word of the language"),
        ("match", "is a word of the language"),
        ("3d-cats", "a letter first"),
        ("vögel", "ASCII letters"),
        ("pipelines", "a folder of the project has it"),
        ("tests", "a folder of the project has it"),
        ("seedbed", "a folder of the project has it"),
        ("torch", "would hide what torch installs"),
        ("sklearn", "would hide what scikit-learn installs"),
        ("yaml", "would hide what pyyaml installs"),
    ],
)
def test_package_that_would_break_imports_is_refused_with_the_reason(text, reason):
    with pytest.raises(UserError, match=reason) as raised:
        package_name(text)
    assert "Example: --package my_" in str(raised.value)
