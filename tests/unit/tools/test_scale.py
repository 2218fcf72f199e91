"""See the arithmetic of docs/scale.md follow from its inputs.

tests/unit/tools/test_scale.py - v0.1.0
"""

import pytest

from tools.scale import PAGE, inputs, rendered, results


def test_the_page_says_what_follows_from_its_inputs() -> None:
    page = PAGE.read_text("utf-8")
    assert rendered(page) == page, "docs/scale.md is stale: python -m tools.scale --write"


def test_another_rate_changes_the_page() -> None:
    page = PAGE.read_text("utf-8")
    assert rendered(page.replace("| `embed_rate` | 154 |", "| `embed_rate` | 296 |")) != page


def test_the_numbers_for_a_million_are_those_of_a_calculation_by_hand() -> None:
    given = inputs(PAGE.read_text("utf-8")) | {
        "embed_rate": 100, "dimension": 100, "replicas": 2, "ram_overhead": 1, "graph_bytes": 100, "payload_bytes": 400,
        "parquet_bytes": 500, "ledger_bytes": 300, "store_rate": 1000, "core_hour": 1, "ram_gb_month": 10,
        "disk_gb_month": 1, "node_ram_gb": 1,
    }  # fmt: skip
    found = results(10**7, given)
    assert found["embedding, core hours"] == pytest.approx(10**7 / 100 / 3600)
    assert found["storing, hours with one process"] == pytest.approx(10**4 / 3600)
    assert (found["vectors on disk, GB"], found["ledger, GB"]) == (5, 3)
    assert found["store on disk, GB"] == 20  # 400 of floats, 100 of bytes, 100 of edges, 400 of payload, twice
    assert (found["store in memory, GB"], found["nodes of the store"]) == (2, 2)
    assert found["memory and disk, price a month"] == 2 * 10 + 28
