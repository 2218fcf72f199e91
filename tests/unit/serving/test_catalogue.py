"""Test the catalogue of language models: its arithmetic, its schema, and what it refuses.

tests/unit/serving/test_catalogue.py - v0.1.0
"""

import json
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator

from seedbed.errors import UserError, WorldError
from seedbed.serving.catalogue import FILE, Catalogue, engine_model, load_catalogue

ROOT = Path(__file__).parents[3]
CATALOGUE = load_catalogue(ROOT)
# Published: safetensors files on Hugging Face; Ollama's /api/tags (`ollama list` where only that is known).
PUBLISHED = {
    ("chat-small", "gpu"): 3_087_467_144,
    ("chat-small", "cpu"): 986_061_892,
    ("chat", "gpu"): 5.6e9,
    ("chat", "cpu"): 4_683_087_332,
    ("chat-large", "gpu"): 41_607_438_677,
    ("chat-large", "cpu"): 47e9,
    ("embed", "gpu"): 1_191_586_416,
    ("embed", "cpu"): 639_150_858,
}


def project(folder, change=None, text=None):
    given = yaml.safe_load((ROOT / FILE).read_text())
    if change:
        change(given)
    (folder / "m2m").mkdir()
    (folder / FILE).write_text(text if text is not None else yaml.safe_dump(given))
    return folder


@pytest.mark.parametrize(("name", "profile"), PUBLISHED)
def test_the_arithmetic_is_within_10_percent_of_the_published_size(name, profile):
    model = CATALOGUE.find(name)
    published = PUBLISHED[name, profile]
    assert abs(model.variant(profile).weights_bytes(model.architecture) - published) < 0.10 * published
    assert model.variant(profile).download == published


@pytest.mark.parametrize(
    ("name", "cache_bytes"), [("chat-small", 28_672), ("chat", 57_344), ("chat-large", 327_680), ("embed", 114_688)]
)
def test_a_token_takes_a_key_and_a_value_in_each_layer(name, cache_bytes):
    assert CATALOGUE.find(name).architecture.cache_bytes_per_token() == cache_bytes


def test_what_ollama_reports_for_a_loaded_model_is_what_the_plan_counts():
    """`ollama ps --json` of qwen2.5-coder:7b, the same architecture, with 4,096 tokens: 5,618,579,456 bytes."""
    model = CATALOGUE.find("chat")
    needed = model.cpu.download + 4096 * model.architecture.cache_bytes_per_token() + model.cpu.overhead
    assert needed == pytest.approx(5_618_579_456, rel=0.10)


def test_revisions_are_commits_and_tags_are_quantised():
    for model in CATALOGUE.root.values():
        assert len(model.gpu.revision) == 40
        assert model.gpu.gpu_memory_utilization == 0.85
        assert model.cpu.model.endswith(("q4_K_M", "q8_0"))
        assert model.license


def test_a_size_that_its_parameters_cannot_have_is_refused(tmp_path):
    def shrink(given):
        given["chat"]["cpu"]["download"] = "2GB"

    with pytest.raises(UserError, match=r"chat: .*4\.61 GB, the download is said to be 2\.00 GB"):
        load_catalogue(project(tmp_path, shrink))


def test_an_unknown_field_is_refused_with_its_place(tmp_path):
    def misspell(given):
        given["chat"]["gpu"]["max_len"] = 1

    with pytest.raises(UserError, match=r"chat\.gpu\.max_len: Extra inputs"):
        load_catalogue(project(tmp_path, misspell))


def test_what_is_no_yaml_is_refused_in_one_line(tmp_path):
    with pytest.raises(UserError) as caught:
        load_catalogue(project(tmp_path, text="chat: [1\nembed: {"))
    assert "\n" not in str(caught.value)


def test_a_file_that_is_no_text_is_the_worlds_fault(tmp_path):
    (project(tmp_path, text="") / FILE).write_bytes(b"\xff\xfe\xff")
    with pytest.raises(WorldError, match="cannot be read"):
        load_catalogue(tmp_path)


def test_outside_a_project_there_is_the_catalogue_of_the_package(tmp_path):
    assert load_catalogue(tmp_path) == CATALOGUE


def test_an_unknown_name_is_refused_with_the_nearest():
    with pytest.raises(UserError, match="did you mean 'chat-large'"):
        CATALOGUE.find("chat-larg")


def test_each_kind_of_server_has_its_own_name_for_a_model():
    assert engine_model(CATALOGUE, "chat", "ollama") == "qwen2.5:7b-instruct-q4_K_M"
    assert engine_model(CATALOGUE, "chat", "vllm") == "Qwen/Qwen2.5-7B-Instruct-AWQ"
    assert engine_model(CATALOGUE, "chat", "openai") == "chat"
    assert engine_model(CATALOGUE, "mistral:7b", "ollama") == "mistral:7b"


def test_the_schema_accepts_the_catalogue_and_refuses_a_misspelt_one():
    schema = Draft202012Validator(json.loads((ROOT / "m2m/model-config.schema.json").read_text()))
    given = yaml.safe_load((ROOT / FILE).read_text())
    schema.validate(given)
    given["chat"]["gpu"]["revision"] = "main"
    assert [list(each.path) for each in schema.iter_errors(given)] == [["chat", "gpu", "revision"]]
    assert Catalogue.model_json_schema()["$defs"]["GpuVariant"]["additionalProperties"] is False
