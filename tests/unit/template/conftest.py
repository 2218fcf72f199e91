"""Give tests of the template a library that is a small file, and projects made with it.

tests/unit/template/conftest.py - v0.1.0

The wheel of these tests holds nothing; tests/e2e/test_template.py builds a real one.
"""

from hashlib import sha256
from pathlib import Path

import pytest

from seedbed.template.answers import Answers
from seedbed.template.create import create
from seedbed.template.library import Library


@pytest.fixture
def library() -> Library:
    return a_library()


def a_library(content: bytes = b"a wheel", version: str = "0.1.0") -> Library:
    return Library(version, (sha256(content).hexdigest(),), f"seedbed-{version}-py3-none-any.whl", content)


@pytest.fixture
def answers() -> Answers:
    return Answers(name="bird-songs", package="bird_songs", description='Songs, 5" long.', author="Ada O'Neil")


@pytest.fixture
def project(tmp_path: Path, answers: Answers, library: Library) -> Path:
    return create(tmp_path / "bird-songs", answers, library).path
