"""Specify how texts are put into batches.

tests/unit/embedding/test_batching.py - v0.1.0
"""

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from seedbed.embedding.batching import token_batches

lengths = st.lists(st.integers(1, 512), max_size=300)
budgets = st.integers(1, 4096)


def padded_tokens(num_tokens: list[int], batches: list[list[int]]) -> int:
    return sum(max(num_tokens[position] for position in batch) * len(batch) for batch in batches)


@given(lengths, budgets)
def test_every_text_is_in_exactly_one_batch(num_tokens: list[int], budget: int) -> None:
    batches = token_batches(num_tokens, budget)
    assert all(batches)
    assert sorted(position for batch in batches for position in batch) == list(range(len(num_tokens)))


@given(lengths, budgets)
def test_only_a_single_text_may_exceed_the_budget(num_tokens: list[int], budget: int) -> None:
    for batch in token_batches(num_tokens, budget):
        assert len(batch) == 1 or padded_tokens(num_tokens, [batch]) <= budget


@given(lengths, budgets)
def test_batches_go_from_long_to_short_and_texts_of_one_length_stay_in_order(
    num_tokens: list[int], budget: int
) -> None:
    order = [position for batch in token_batches(num_tokens, budget) for position in batch]
    assert order == sorted(order, key=lambda position: (-num_tokens[position], position))


@given(lengths.filter(bool), budgets)
def test_a_batch_ends_only_when_the_next_text_does_not_fit(num_tokens: list[int], budget: int) -> None:
    batches = token_batches(num_tokens, budget)
    for batch in batches[:-1]:
        assert num_tokens[batch[0]] * (len(batch) + 1) > budget


@given(lengths.filter(bool), budgets)
def test_padding_does_not_grow_with_the_number_of_texts(num_tokens: list[int], budget: int) -> None:
    padding = padded_tokens(num_tokens, token_batches(num_tokens, budget)) - sum(num_tokens)
    assert padding <= budget * math.log(max(num_tokens) / min(num_tokens)) + 1e-6


def test_texts_of_mixed_length_are_padded_a_tenth_of_what_fixed_batches_are() -> None:
    num_tokens = np.random.default_rng(7).lognormal(3.6, 0.8, 1500).clip(3, 256).astype(int).tolist()
    fixed = [list(range(start, min(start + 32, 1500))) for start in range(0, 1500, 32)]
    real = sum(num_tokens)
    ours = padded_tokens(num_tokens, token_batches(num_tokens, 1024)) - real
    theirs = padded_tokens(num_tokens, fixed) - real
    assert ours < real / 10
    assert ours < theirs / 10
