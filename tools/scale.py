"""Calculate the results of docs/scale.md from the inputs that stand there.

tools/scale.py - v0.1.0

Run as: python -m tools.scale --write; a test fails when the page is not what this writes.

```mermaid
flowchart LR
    main --> rendered --> inputs & results
```
"""

import re
import sys
from collections.abc import Mapping, Sequence

from tools.project_files import ROOT

PAGE = ROOT / "docs" / "scale.md"
BEGIN, END = "<!-- results: written by tools/scale.py -->", "<!-- /results -->"
SIZES = {"1 M": 10**6, "100 M": 10**8, "10 B": 10**10}
_GB = 1e9


def inputs(page: str) -> dict[str, float]:
    """Return the values of the table of inputs by their names."""
    return {name: float(value) for name, value in re.findall(r"^\| `(\w+)` \| ([\d.]+) \|", page, re.MULTILINE)}


def results(num: int, given: Mapping[str, float]) -> dict[str, float]:
    """Return what so many chunks need."""
    core_hours = num / given["embed_rate"] / 3600
    true_bytes, small_bytes = 4 * given["dimension"], given["dimension"]
    vectors_gb = num * given["parquet_bytes"] / _GB
    ledger_gb = num * given["ledger_bytes"] / _GB
    each = true_bytes + small_bytes + given["graph_bytes"] + given["payload_bytes"]
    store_gb = num * given["replicas"] * each / _GB
    ram_gb = num * given["replicas"] * small_bytes * given["ram_overhead"] / _GB
    disk_gb = vectors_gb + ledger_gb + store_gb
    return {
        "embedding, core hours": core_hours,
        "embedding, hours on 64 cores": core_hours / 64,
        "storing, hours with one process": num / given["store_rate"] / 3600,
        "vectors on disk, GB": vectors_gb,
        "ledger, GB": ledger_gb,
        "store on disk, GB": store_gb,
        "store in memory, GB": ram_gb,
        "nodes of the store": max(1.0, -(-ram_gb // given["node_ram_gb"])),
        "embedding once, price": core_hours * given["core_hour"],
        "memory and disk, price a month": ram_gb * given["ram_gb_month"] + disk_gb * given["disk_gb_month"],
    }


def rendered(page: str) -> str:
    """Return the page with its results calculated from its inputs."""
    given = inputs(page)
    columns = [results(num, given) for num in SIZES.values()]
    lines = [f"| | {' | '.join(SIZES)} |", f"|---|{'---|' * len(SIZES)}"]
    lines += [f"| {name} | {' | '.join(_shown(column[name]) for column in columns)} |" for name in columns[0]]
    before, _, rest = page.partition(BEGIN)
    return "\n".join([f"{before}{BEGIN}", "", *lines, "", f"{END}{rest.partition(END)[2]}"])


def main(arguments: Sequence[str]) -> int:
    """Write the page."""
    if list(arguments) != ["--write"]:
        sys.stderr.write("scale: say --write. Example: python -m tools.scale --write\n")
        return 2
    PAGE.write_text(rendered(PAGE.read_text("utf-8")), "utf-8")
    return 0


def _shown(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.2g}" if value < 10 else f"{value:.0f}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
