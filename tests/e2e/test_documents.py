"""Test that the documents build, stand alone, and name what exists.

tests/e2e/test_documents.py - v0.1.0
"""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LOADED = re.compile(
    r"""<(?:script|img|iframe)[^>]*\ssrc=["']?(https?:[^"'\s>]+)|<link[^>]*rel=["']?(?:stylesheet|preload|icon)[^>]*href=["']?(https?:[^"'\s>]+)"""
)
PLACE = re.compile(r"`((?:src|tests|tools|docs|pipelines|benchmarks|m2m)/[\w./-]+)`")


@pytest.mark.slow
def test_the_documentation_builds_strictly_and_loads_nothing_from_outside(tmp_path):
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(tmp_path)]
    done = subprocess.run(
        command, cwd=ROOT, env=os.environ | {"NO_MKDOCS_2_WARNING": "1"}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    pages = list(tmp_path.rglob("*.html"))
    assert len(pages) > 5
    assert [(page.name, found) for page in pages for found in LOADED.findall(page.read_text())] == []


@pytest.mark.parametrize("name", ["README.md", "SECURITY.md", "CONTRIBUTING.md", "docs/architecture.md"])
def test_every_path_that_a_document_names_exists(name):
    places = PLACE.findall((ROOT / name).read_text())
    examples = {"src/seedbed/embedding/adapters/ollama.py"}
    assert [place for place in places if place not in examples and not (ROOT / place).exists()] == []
