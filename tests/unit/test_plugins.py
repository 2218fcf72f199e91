"""Find plug-ins that tiny packages on the search path declare.

tests/unit/test_plugins.py - v0.1.0
"""

import sys
from pathlib import Path

import pytest
from pydantic import ValidationError

from seedbed.corpora.config import CORPORA, CorpusConfig
from seedbed.corpora.document import Document
from seedbed.embedding.config import EmbeddingConfig
from seedbed.errors import UserError
from seedbed.indexing.config import IndexConfig
from seedbed.plugins import PluginGroup
from seedbed.stores.config import StoreConfig
from seedbed.wiring import corpus, embedder, index_config, store
from tests.declared import declare

WORDS = """
from typing import Literal
from pydantic import BaseModel
from seedbed.corpora.document import Document
from seedbed.corpora.ports import Corpus

class Options(BaseModel):
    words: Literal["few", "many"] = "few"

class Words(Corpus):
    def __init__(self, config):
        self._options = Options.model_validate(config.options)

    def documents(self):
        yield Document(id="1", text=self._options.words)

class Half(Corpus):
    pass

class Bare(Words):
    def __init__(self):
        pass

def words(config):
    return Words(config)
"""


@pytest.fixture
def words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package with one corpus."""
    folder = declare(tmp_path / "site", {"seedbed.corpora": {"words": "wordy:Words"}}, package="wordy-corpora")
    (folder / "wordy.py").write_text(WORDS)
    monkeypatch.syspath_prepend(folder)
    monkeypatch.delitem(sys.modules, "wordy", raising=False)
    return folder


def test_declared_corpus_is_chosen_by_its_name_and_takes_its_options(words):
    config = CorpusConfig(kind="words", options={"words": "many"})
    assert list(corpus(config).documents()) == [Document(id="1", text="many")]
    assert config.plugin is not None
    assert config.plugin.owner == "wordy-corpora 1.5"


def test_choosing_imports_nothing_and_what_is_built_in_is_found_without_a_look(words, monkeypatch):
    assert CorpusConfig(kind="words").plugin is not None
    assert "wordy" not in sys.modules
    monkeypatch.setattr(PluginGroup, "declared", None)
    assert CorpusConfig(kind="folder").plugin is None


@pytest.mark.parametrize("name", ["wordz", "wordy:Words", "os.path", "../words", "", "wordy.Words"])
def test_only_declared_names_are_taken(words, name):
    with pytest.raises(ValidationError, match=r"Input should be 'docstrings'.* or 'beir', or of what packages declare"):
        CorpusConfig(kind=name)
    with pytest.raises(UserError, match="is unknown: Input should be"):
        CORPORA.find(name)


def test_unknown_name_lists_what_there_is_where_it_comes_from_and_what_to_do(words):
    with pytest.raises(UserError) as caught:
        index_config_of("corpus.kind=wrods")
    assert str(caught.value) == (
        "corpus.kind=wrods: Input should be 'docstrings', 'jsonl', 'parquet', 'folder' or 'beir', or of what packages "
        "declare: 'words' (wordy-corpora 1.5) (did you mean 'words'?); one of your own goes into pyproject.toml, "
        "[project.entry-points.'seedbed.corpora'], then: make setup. Example: corpus.kind=docstrings"
    )


def index_config_of(*overrides: str) -> IndexConfig:
    from seedbed.settings import Settings

    return index_config(Settings(), overrides)


@pytest.mark.parametrize(
    ("declared", "told"),
    [
        ({"folder": "wordy:Words"}, "corpus 'folder' of other 1.5 has the name of a built-in one; rename it in"),
        ({"Words!": "wordy:Words"}, "corpus 'Words!' of other 1.5 has a name that is not allowed: 2 to 30 of a-z"),
        ({"words": "wordy:Words"}, "corpus 'words' of .* is declared by .* too; rename it"),
    ],
)
def test_name_that_another_has_or_none_may_have_is_refused(words, tmp_path, monkeypatch, declared, told):
    monkeypatch.syspath_prepend(declare(tmp_path / "other", {"seedbed.corpora": declared}, package="other"))
    with pytest.raises(UserError, match=told):
        CORPORA.find("words")


@pytest.mark.parametrize(
    ("target", "told"),
    [
        ("nowhere:Words", "'bad' of other 1.5 does not import: nowhere:Words: ModuleNotFoundError: No module named"),
        ("wordy:Nothing", "does not import: wordy:Nothing: AttributeError: module 'wordy' has no attribute 'Nothing'"),
        ("wordy:words", "is no corpus: wordy:words is no class with seedbed.corpora.ports.Corpus as its base"),
        ("wordy:Options", "is no corpus: wordy:Options is no class with seedbed.corpora.ports.Corpus as its base"),
        ("wordy:Half", r"is not complete: wordy:Half has no \['documents'\], which seedbed.corpora.ports.Corpus asks"),
        ("wordy:Bare", r"wordy:Bare cannot be made with \(CorpusConfig\): too many positional arguments"),
    ],
)
def test_class_that_cannot_be_used_is_refused_with_what_is_wrong(words, tmp_path, monkeypatch, target, told):
    monkeypatch.syspath_prepend(declare(tmp_path / "other", {"seedbed.corpora": {"bad": target}}, package="other"))
    with pytest.raises(UserError, match=told):
        corpus(CorpusConfig(kind="bad"))


def test_options_that_the_plugin_does_not_take_are_refused_in_its_own_words(words):
    with pytest.raises(UserError) as caught:
        corpus(CorpusConfig(kind="words", options={"words": "all"}))
    assert str(caught.value) == (
        'corpus \'words\' of wordy-corpora 1.5 does not take the options {"words":"all"}: words: Input should be '
        "'few' or 'many'. Example: SEEDBED_CORPUS__OPTIONS={\"name\": \"value\"}"
    )


def test_built_in_parts_take_no_options():
    for section, name in ((CorpusConfig, "docstrings"), (EmbeddingConfig, "auto"), (StoreConfig, "chroma")):
        with pytest.raises(UserError, match=rf"'{name}' is built in and takes no options, given are \['x'\]"):
            section(options={"x": 1})


def test_options_are_part_of_what_an_index_is_called_and_of_where_a_store_is(words):
    bare, few = IndexConfig(corpus=CorpusConfig(kind="words")), CorpusConfig(kind="words", options={"words": "few"})
    assert bare.name == "words"
    assert IndexConfig(corpus=few).name.startswith("words-")
    at = Path("a.txt")
    names = {IndexConfig(corpus=each.model_copy(update={"path": at})).name for each in (bare.corpus, few)}
    assert len(names) == 2


def test_options_replace_those_of_the_settings_as_a_whole(words):
    from seedbed.experiments.overrides import resolve

    settings = {"corpus": CorpusConfig(kind="words", options={"words": "few", "other": 1})}
    given = 'corpus.options={"words": "many"}'
    assert resolve(IndexConfig, settings, [given]).corpus.options == {"words": "many"}
    recorded = {"corpus": {"kind": "words", "options": {}}}
    assert resolve(IndexConfig, settings, recorded=recorded).corpus.options == {}


STORE = """
from seedbed.stores.ports import VectorStore
class Nowhere(VectorStore):
    def __init__(self, config, folder): self.folder = folder
    def open(self, spec): raise NotImplementedError
    def names(self): return []
    def drop(self, name): pass
"""
ENCODER = """
from seedbed.embedding.fingerprint import Fingerprint
from seedbed.embedding.ports import Embedder
class Ones(Embedder):
    def __init__(self, config, models): self.config = config
    def fingerprint(self):
        return Fingerprint(model="ones", model_digest="1", dimension=2, max_tokens=9, pooling="none", normalized=True,
                           precision=self.config.model, backend="whatever")
    def tokenizer_file(self): raise NotImplementedError
    def embed(self, texts): raise NotImplementedError
"""


def test_declared_store_gets_a_folder_that_no_other_state_lies_in(tmp_path, monkeypatch):
    folder = declare(tmp_path / "site", {"seedbed.stores": {"vectors": "nowhere_store:Nowhere"}})
    (folder / "nowhere_store.py").write_text(STORE)
    monkeypatch.syspath_prepend(folder)
    config = StoreConfig(kind="vectors", options={"shards": 2})
    assert store(config, tmp_path).folder == tmp_path / "stores" / "vectors"
    assert config.place == 'vectors embedded {"shards":2}'


def test_name_and_options_of_a_declared_encoder_are_in_its_fingerprint_whatever_it_says(tmp_path, monkeypatch):
    folder = declare(tmp_path / "site", {"seedbed.encoders": {"ones": "ones_encoder:Ones"}})
    (folder / "ones_encoder.py").write_text(ENCODER)
    monkeypatch.syspath_prepend(folder)
    plain, other = (
        embedder(EmbeddingConfig(backend="ones", model="fp32", options=options), tmp_path).fingerprint()
        for options in ({}, {"number": 2})
    )
    assert (plain.backend, plain.model_digest) == ("ones", "1")
    assert plain.digest != other.digest
    with pytest.raises(UserError, match="encoder 'ones' has the precision 'float64': Input should be 'auto', 'fp32'"):
        embedder(EmbeddingConfig(backend="ones", model="float64"), tmp_path).fingerprint()
