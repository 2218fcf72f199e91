"""Test that no measurement says more than it measured.

tests/unit/tools/test_benchmarks.py - v0.1.0
"""

from collections import Counter

import pytest

from benchmarks import kills, scifact, sts
from benchmarks._verdict import NOT_MEASURED
from tools.bench import main as bench


@pytest.mark.parametrize(("benchmark", "data"), [(sts, "STS"), (scifact, "SCIFACT")])
def test_a_benchmark_without_its_data_exits_with_a_code_of_its_own(benchmark, data, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(benchmark, data, tmp_path / "none")
    assert benchmark.main([]) == NOT_MEASURED
    assert capsys.readouterr().out.startswith(f"not measured: no {tmp_path}")


@pytest.mark.parametrize(
    ("programs", "code", "last"),
    [
        ({"met": 0, "without": NOT_MEASURED}, NOT_MEASURED, "bench: NOT MEASURED: without"),
        ({"slow": 1, "without": NOT_MEASURED}, 1, "bench: missed its bar: slow; NOT MEASURED: without"),
        ({"met": 0}, 0, "bench: every bar met"),
    ],
)
def test_what_was_not_measured_is_neither_met_nor_missed(programs, code, last, tmp_path, capfd):
    for name, exit_code in programs.items():
        (tmp_path / f"{name}.py").write_text(f"raise SystemExit({exit_code})\n")
    assert bench([], tmp_path) == code
    assert capfd.readouterr().out.splitlines()[-1] == last


@pytest.mark.parametrize(
    ("ndcg", "recall", "agree"), [(0.6451, 0.925, True), (0.6420, 0.925, False), (0.6451, 0.930, False)]
)
def test_scores_agree_only_within_their_tolerance(ndcg, recall, agree):
    lines, verdict = scifact.compared({"ndcg_at_10": ndcg, "recall_at_100": recall})
    assert verdict is agree
    assert ["DIFFERS" in line for line in lines].count(True) == (not agree)


def test_a_folder_that_is_no_corpus_fails_as_the_command_does(tmp_path, capfd):
    assert scifact.main(["--beir", str(tmp_path), "--home", str(tmp_path / "home")]) == 2
    assert "corpus.jsonl" in capfd.readouterr().err


@pytest.mark.parametrize(
    ("kept", "told", "code"),
    [("abc", "0 lost, 0 duplicated", 0), ("ab", "2 lost, 0 duplicated", 1), ("abcd", "0 lost, 2 duplicated", 1)],
)
def test_a_round_that_ends_otherwise_than_the_undisturbed_run_fails_the_kills(kept, told, code, monkeypatch, capsys):
    monkeypatch.setattr(kills, "run_through", lambda *_: 0.0)
    monkeypatch.setattr(kills, "kill_after", lambda *_: True)
    monkeypatch.setattr(kills, "stored", lambda home: Counter(kept if home.name.startswith("round") else "abc"))
    monkeypatch.setattr(kills, "num_in_ledger", lambda _: len(kept))
    assert kills.main(["--kills", "12"]) == code
    assert capsys.readouterr().out.splitlines()[-1] == f"12 kills in 2 rounds: {told}"
