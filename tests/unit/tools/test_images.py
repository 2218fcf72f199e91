"""Test what goes into the images, and that the API does its work with that alone.

tests/unit/tools/test_images.py - v0.1.0
"""

import json
import re
import subprocess
import sys
import tomllib

import pytest

from tools.image_lock import _TRAINING, _UNUSED, IMAGES, Part, asked_for, blocks_of, main, part_of
from tools.project_files import ROOT

LOCK = """\
# made by uv
rich==14.1.0 \\
    --hash=sha256:aa
    # via seedbed (pyproject.toml)
tokenizers==1.0 \\
    --hash=sha256:ab
    # via
    #   seedbed (pyproject.toml)
    #   torch
torch==2.8.0 ; sys_platform == 'linux' \\
    --hash=sha256:bb
    # via seedbed (pyproject.toml)
numpy==2.0.0 ; python_version < '3.13' \\
    --hash=sha256:ee
    # via torch
numpy==2.1.0 ; python_version >= '3.13' \\
    --hash=sha256:ef
    # via torch
pytest==8.0 \\
    --hash=sha256:ff
    # via seedbed (pyproject.toml)
"""
PYPROJECT = """
[project]
dependencies = ["Rich[all]>=14", "torch>=2.8 ; sys_platform == 'linux'", "tokenizers"]
[project.optional-dependencies]
dev = ["pytest>=8"]
"""


def names(lock: str) -> list[str]:
    return list(blocks_of(lock))


def test_a_part_has_what_is_asked_for_and_what_that_asks_for_with_hashes():
    assert asked_for(PYPROJECT, ["dev"]) == {"rich", "torch", "tokenizers", "pytest"}
    part = part_of(LOCK, PYPROJECT, Part())
    assert names(part) == ["rich", "tokenizers", "torch", "numpy"]
    assert part.count("--hash=") == 5
    assert names(part_of(LOCK, PYPROJECT, Part(extras=["dev"]))) == ["rich", "tokenizers", "torch", "numpy", "pytest"]


def test_what_is_left_out_takes_along_what_only_it_asks_for():
    assert names(part_of(LOCK, PYPROJECT, Part(without={"torch"}))) == ["rich", "tokenizers"]
    assert names(part_of(LOCK, PYPROJECT, Part(only=["torch"]))) == ["tokenizers", "torch", "numpy"]
    assert names(part_of(LOCK, PYPROJECT, Part(), cuda=False)) == ["rich", "tokenizers", "numpy"]


def test_an_unknown_image_names_the_known(capsys):
    assert main(["gpu"]) == 2
    assert "choose one of ['api'" in capsys.readouterr().err


@pytest.mark.parametrize("image", IMAGES)
def test_every_part_of_the_real_lock_has_hashes_and_what_was_asked_for(image):
    lock, pyproject = (ROOT / "uv.lock").read_text(), (ROOT / "pyproject.toml").read_text()
    part = IMAGES[image]
    blocks = blocks_of(part_of(lock, pyproject, part))
    wanted = set(part.only) or asked_for(pyproject, part.extras) | set(part.also)
    assert wanted - set(part.without) <= blocks.keys()
    assert not blocks.keys() & set(part.without)
    assert all("--hash=sha256:" in block for block in blocks.values())


def test_no_image_has_torch_or_what_belongs_to_development():
    lock, pyproject = (ROOT / "uv.lock").read_text(), (ROOT / "pyproject.toml").read_text()
    for image in ("api", "worker"):
        found = set(names(part_of(lock, pyproject, IMAGES[image])))
        assert not found & {"torch", "triton", "nvidia-cublas", "pytest", "mypy", "ray", "wandb", "jupytext", "uv"}


def test_a_build_is_sent_all_that_the_wheel_is_made_of():
    sent = [line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")]
    described = tomllib.loads((ROOT / "pyproject.toml").read_text())
    wheel = described["tool"]["hatch"]["build"]["targets"]["wheel"]
    needed = [*wheel["packages"], *wheel["force-include"], described["project"]["readme"]]
    needed += described["project"]["license-files"]
    assert [name for name in needed if not any(f"{name}/".startswith(f"{each}/") for each in sent)] == []


SEARCH = """
import sys
class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {absent!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, Absent())

from fastapi.testclient import TestClient
from seedbed.api.app import create_app
from seedbed.api.tokens import mint
from seedbed.settings import load_settings
import seedbed.stores.adapters.chroma, seedbed.stores.adapters.qdrant, seedbed.indexing.index, psycopg

settings = load_settings()
headers = {{"Authorization": "Bearer " + mint(settings, "test", ["search", "experiments:read"], 60)}}
with TestClient(create_app(settings), headers=headers) as client:
    print(client.get("/health").status_code, client.get("/experiments").status_code)
"""


@pytest.mark.slow
def test_the_api_starts_and_reads_runs_without_what_its_image_leaves_out(home):
    modules = {name.replace("-", "_") for name in (_TRAINING | _UNUSED) - {"mlflow"}} | {"prefect", "nncf"}
    program = SEARCH.format(absent=modules)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=home.parent, timeout=120)
    assert done.stdout.split() == ["200", "200"], done.stderr[-2000:]


def test_dashboards_ask_for_numbers_under_names_that_are_counted():
    from seedbed.api.metrics import Metrics

    counted = set(re.findall(r"^# TYPE (\w+)", Metrics().exposition().decode(), re.MULTILINE))
    asked = {}
    for file in sorted((ROOT / "deploy" / "grafana" / "dashboards").glob("*.json")):
        board = json.loads(file.read_text())
        assert board["uid"].startswith("seedbed-")
        assert all(panel["targets"] for panel in board["panels"])
        asked[file.name] = set(re.findall(r"\bseedbed_\w+", file.read_text()))
    assert {name for name, numbers in asked.items() if numbers} >= {"api.json", "llm.json", "ner.json"}
    asked_bare = {re.sub("_(bucket|sum|count)$", "", number) for numbers in asked.values() for number in numbers}
    assert asked_bare - counted == set()
