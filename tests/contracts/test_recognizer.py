"""Hold every recogniser to the same promises: exact slices, neighbours without influence, whose fault it is.

tests/contracts/test_recognizer.py - v0.1.0
"""

import warnings

import pytest

from seedbed import wiring_ner
from seedbed.errors import UserError, WorldError
from seedbed.ner.config import NerConfig
from seedbed.ner.model_card import ModelCard, write_card

PATTERNS = [
    {"label": "PERSON", "pattern": "Zoë Novák"},
    {"label": "GPE", "pattern": "Oslo"},
    {"label": "GPE", "pattern": "東京"},
]
TEXTS = ["Zoë Novák moved to Oslo. Oslo was 😀 cold.", "", "  \n", "nothing here", "in 東京 again"]


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import spacy

        nlp = spacy.blank("en")
    nlp.add_pipe("entity_ruler").add_patterns(PATTERNS)
    folder = tmp_path_factory.mktemp("models") / "ruler"
    nlp.to_disk(folder)
    write_card(folder, ModelCard(name="ruler", version="3", labels=("GPE", "PERSON"), run_id="a" * 32, seed=7))
    return folder


@pytest.fixture(scope="module")
def recognizer(model, tmp_path_factory):
    return wiring_ner.recognizer(NerConfig(model=str(model)), tmp_path_factory.mktemp("home"))


def test_every_entity_is_its_slice_of_the_text(recognizer):
    found = recognizer.recognize(TEXTS)

    assert [[(each.text, each.label) for each in answer.entities] for answer in found] == [
        [("Zoë Novák", "PERSON"), ("Oslo", "GPE"), ("Oslo", "GPE")],
        [],
        [],
        [],
        [("東京", "GPE")],
    ]
    for text, answer in zip(TEXTS, found, strict=True):
        assert all(text[each.start : each.end] == each.text for each in answer.entities)


def test_entities_know_their_sentence(recognizer):
    assert [each.sentence for each in recognizer.recognize(TEXTS)[0].entities] == [0, 0, 1]


def test_neighbours_have_no_influence(recognizer):
    assert recognizer.recognize(TEXTS) == [recognizer.recognize([text])[0] for text in TEXTS]


def test_no_texts_give_no_answers(recognizer):
    assert recognizer.recognize([]) == []


def test_half_a_surrogate_pair_is_refused_by_its_place(recognizer):
    with pytest.raises(UserError, match="text 1 is no valid Unicode: .* at character 2"):
        recognizer.recognize(["fine", "ab\ud83d"])


def test_text_beyond_the_limit_is_refused_and_one_at_the_limit_is_not(recognizer):
    limit = recognizer.identity().max_chars
    with pytest.raises(UserError, match=rf"text 0 has {limit + 1} characters; at most {limit} are taken"):
        recognizer.recognize(["a" * (limit + 1)])
    assert len(recognizer.recognize(["a" * limit])) == 1


def test_identity_is_what_the_card_says(recognizer):
    identity = recognizer.identity()

    assert (identity.name, identity.version, identity.labels) == ("ruler", "folder", ("GPE", "PERSON"))
    assert (identity.run_id, identity.seed) == ("a" * 32, 7)
    assert len(identity.digest) == 32


def test_altered_model_is_not_served(model, tmp_path):
    import shutil

    copy = shutil.copytree(model, tmp_path / "copy")
    (copy / "tokenizer").write_bytes((copy / "tokenizer").read_bytes() + b"\0")

    with pytest.raises(WorldError, match="a file was altered"):
        wiring_ner.recognizer(NerConfig(model=str(copy)), tmp_path).identity()


def test_model_of_somebody_else_has_no_run_and_its_own_labels(model, tmp_path):
    import shutil

    copy = shutil.copytree(model, tmp_path / "foreign")
    (copy / "seedbed.json").unlink()
    identity = wiring_ner.recognizer(NerConfig(model=str(copy)), tmp_path).identity()

    assert (identity.run_id, identity.seed, identity.labels) == (None, None, ("GPE", "PERSON"))


def test_folder_without_a_model_is_told_with_what_there_is(tmp_path):
    with pytest.raises(UserError, match="no folder with a spaCy model"):
        wiring_ner.recognizer(NerConfig(model=str(tmp_path)), tmp_path).identity()


def test_model_without_entities_is_refused(tmp_path):
    import spacy

    spacy.blank("en").to_disk(tmp_path / "blank")
    with pytest.raises(UserError, match="finds no entities"):
        wiring_ner.recognizer(NerConfig(model=str(tmp_path / "blank")), tmp_path).recognize(["a"])
