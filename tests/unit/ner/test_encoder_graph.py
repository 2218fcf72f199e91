"""Test that a text's scores depend on what it is read with in the last bits at most, and that every core has its share.

tests/unit/ner/test_encoder_graph.py - v0.1.0
"""

import numpy as np
import pytest

from seedbed.ner.adapters import encoder_graph
from seedbed.ner.adapters.encoder_graph import GRAPH, EncoderGraph, save_graph
from seedbed.ner.adapters.encoder_network import EntityNetwork
from seedbed.ner.adapters.encoder_pieces import Pieces


@pytest.fixture(scope="module")
def graph(tmp_path_factory):
    import torch
    from transformers import BertConfig, BertModel

    torch.manual_seed(7)
    config = BertConfig(
        vocab_size=500, hidden_size=48, num_hidden_layers=2, num_attention_heads=4, intermediate_size=96
    )
    folder = tmp_path_factory.mktemp("graph")
    save_graph(EntityNetwork(BertModel(config), num_tags=5, dropout=0.0), folder)
    return EncoderGraph(folder / GRAPH, "fp32")


def texts_of(lengths):
    rng = np.random.default_rng(3)
    return [Pieces(rng.integers(1, 500, length).tolist(), [1] * length, [0]) for length in lengths]


def test_scores_are_the_same_alone_and_among_others_but_for_rounding(graph):
    texts = texts_of([5, 31, 17, 90, 5, 128, 40, 16, 33, 2])

    together = graph.scores(texts)

    for text, scores in zip(texts, together, strict=True):
        assert scores.shape == (len(text.ids), 5)
        np.testing.assert_allclose(graph.scores([text])[0], scores, atol=1e-5)


@pytest.mark.parametrize(
    ("lengths", "num_threads", "expected"),
    [
        ([20] * 16, 2, [8, 8]),
        ([20] * 16, 4, [4, 4, 4, 4]),
        ([20, 20], 2, [1, 1]),
        ([100], 2, [1]),
        ([64] * 32, 2, [8, 8, 8, 8]),
        ([], 2, []),
    ],
)
def test_few_texts_are_shared_out_and_many_keep_to_the_budget(lengths, num_threads, expected):
    assert [len(batch) for batch in encoder_graph._batches(lengths, num_threads)] == expected


def test_every_text_is_in_one_batch():
    lengths = [3, 128, 40, 40, 7, 19, 64, 1]
    batches = list(encoder_graph._batches(lengths, 3))
    assert sorted(place for batch in batches for place in batch) == list(range(len(lengths)))
