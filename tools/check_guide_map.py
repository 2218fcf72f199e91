"""Check that every rule of the guide has its row in docs/guide-map.md, with a living path and proof, or a reason.

tools/check_guide_map.py - v0.1.0

The guide is not in this repository. Where it lies beside the checkout, or is named, its rules are compared.

```mermaid
flowchart LR
    main --> read_rows & faults_of & differences
    faults_of --> proof_fault
    differences --> rules_of
```
"""

import ast
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

from tools.check import CHECKS
from tools.guide import rules_of
from tools.project_files import ROOT

MAP = "docs/guide-map.md"
BESIDE = ROOT.parent / "shared" / "guide.md"
_SECTION = re.compile(r"^## (.+) \((\d+) rules\)$")
_HERE = ("yes", "otherwise", "practice", "no")
_CODE = re.compile(r"`([^`]+)`")


class Row(NamedTuple):
    """What the map says of one rule."""

    section: str
    rule: str
    here: str
    where: str
    proof: str
    note: str


def read_rows(text: str) -> tuple[dict[str, int], list[Row]]:
    """Return how many rules each section announces, and the rows."""
    counts: dict[str, int] = {}
    rows = []
    section = ""
    for line in text.splitlines():
        if found := _SECTION.match(line):
            section = found[1]
            counts[section] = int(found[2])
        elif section and line.startswith("| ") and not line.startswith("| rule "):
            cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
            rows.append(Row(section, *(cells + [""] * 5)[:5]))
    return counts, rows


def faults_of(counts: Mapping[str, int], rows: Sequence[Row], root: Path = ROOT) -> Iterator[str]:
    """Yield a line for everything that is wrong with the map by itself."""
    for section, announced in counts.items():
        if announced != (found := sum(row.section == section for row in rows)):
            yield f"{section}: announces {announced} rules and has {found} rows"
    for row in rows:
        name = f"{row.section}, {row.rule}"
        if row.here not in _HERE:
            yield f"{name}: {row.here!r} is not one of {list(_HERE)}"
        if row.here in ("yes", "otherwise") and not (row.where and row.proof):
            yield f"{name}: says {row.here!r} without a place and a proof"
        if row.here in ("otherwise", "no") and not row.note:
            yield f"{name}: says {row.here!r} without a reason"
        yield from (f"{name}: there is no {place}" for place in _CODE.findall(row.where) if not (root / place).exists())
        yield from (f"{name}: {fault}" for proof in _CODE.findall(row.proof) if (fault := proof_fault(proof, root)))


def proof_fault(proof: str, root: Path) -> str:
    """Return what is wrong with `tests/file.py::test_name` or `make check ARGS=name`, or ""."""
    path, is_test, name = proof.partition("::")
    if is_test:
        return "" if name in _tests_in(root / path) else f"there is no test {proof}"
    checks = [f"make check ARGS={check.name}" for check in CHECKS]
    return "" if proof in checks else f"{proof!r} is neither a test nor a check"


@cache
def _tests_in(path: Path) -> frozenset[str]:
    if not path.is_file():
        return frozenset()
    functions = ast.walk(ast.parse(path.read_text("utf-8")))
    return frozenset(each.name for each in functions if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef))


def differences(guide: str, rows: Sequence[Row]) -> Iterator[str]:
    """Yield a line for each rule of the guide without a row, and each row without a rule; sections in their order."""
    sections = list(dict.fromkeys(row.section for row in rows))
    rules = rules_of(guide)
    if len(rules) != len(sections):
        yield f"the guide has {len(rules)} sections with rules, the map {len(sections)}"
    for section, named in zip(sections, rules.values(), strict=False):
        there = [_plain(row.rule) for row in rows if row.section == section]
        expected = [_plain(name) for name in named]
        yield from (f"{section}: no row for the rule {name!r}" for name in expected if name not in there)
        yield from (f"{section}: the guide has no rule {name!r}" for name in there if name not in expected)


def _plain(name: str) -> str:
    return name.replace("\\", "").replace("&lt;", "<")


def main(arguments: Sequence[str], root: Path = ROOT) -> int:
    """Print one line per fault; return 1 when there is any."""
    counts, rows = read_rows((root / MAP).read_text("utf-8"))
    faults = list(faults_of(counts, rows, root))
    guide = Path(arguments[0]) if arguments else BESIDE
    if arguments or guide.is_file():
        faults += differences(guide.read_text("utf-8"), rows)
        compared = f"compared with those of {guide}"
    else:
        compared = f"the guide is not in {guide.parent}, so they are not compared with its own"
    print("\n".join(f"{MAP}: {fault}" for fault in faults) or f"{len(rows)} rules and their proofs, {compared}")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
