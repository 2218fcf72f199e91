"""Test that a rule without a row, a place that is gone and a proof that proves nothing are seen.

tests/unit/tools/test_check_guide_map.py - v0.1.0
"""

import pytest

from tools.check_guide_map import MAP, differences, faults_of, main, read_rows
from tools.guide import rules_of, shortened

GUIDE = """
# Guide
### Not a rule: it stands before the sections

## Our Ethos
* **HDR-UML**  - Include a diagram.

## 5. Testing

| Goal | Command |
| ---- | ------- |
| **Fail early** | `pytest -x` |
|      | second line of a group |

| Aspect | Tool | | ------ | ----
| | **Wrapped** row |
MLflow | | Another | DVC |

* Plain point with more than eight words in its first line
  * nested point
* **Bold:** is its own name

```bash
# * not a rule
```

### 5.1 Nothing below but prose
Words.

> **Rule:** quoted

## 14. References
* **NOT-A-RULE**
"""
NAMES = [
    "Fail early",
    "second line of a group",
    "Wrapped row",
    "Another",
    "Plain point with more than eight words in",
    "nested point",
    "Bold",
    "5.1 Nothing below but prose",
    "Rule: quoted",
]
PAGE = """
| here | means |
|---|---|
| yes | in an introduction, no row |

## Ethos (1 rules)

| rule | here | where | proof | note |
|---|---|---|---|---|
| HDR-UML | yes | `code.py` | `tests/test_code.py::test_it` | |

## Testing (2 rules)

| rule | here | where | proof | note |
|---|---|---|---|---|
| Fail early | otherwise | `code.py` | `make check ARGS=lint` | because |
| Bold | no | | | nobody asked |
"""


@pytest.fixture
def root(tmp_path):
    (tmp_path / "code.py").write_text("")
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_code.py").write_text("def test_it(): ...\n")
    return tmp_path


def faults(page, root):
    return [fault.partition(": ")[2] for fault in faults_of(*read_rows(page), root)]


def test_points_rows_quotes_and_bare_headings_are_rules():
    assert rules_of(GUIDE) == {"ethos": ["HDR-UML"], "5": NAMES}


def test_names_are_short_and_plain():
    assert shortened("**Auth & AuthZ** (see [the page](x.md))") == "Auth AuthZ (see the page)"


def test_a_map_that_holds_has_no_faults(root):
    assert faults(PAGE, root) == []


@pytest.mark.parametrize(
    ("before", "after", "fault"),
    [
        ("(2 rules)", "(3 rules)", "announces 3 rules and has 2 rows"),
        ("| HDR-UML | yes | `code.py` |", "| HDR-UML | yes | `gone.py` |", "there is no gone.py"),
        ("::test_it", "::test_that", "there is no test tests/test_code.py::test_that"),
        ("test_code.py::", "test_gone.py::", "there is no test tests/test_gone.py::test_it"),
        ("ARGS=lint", "ARGS=lunt", "'make check ARGS=lunt' is neither a test nor a check"),
        ("| `tests/test_code.py::test_it` | |", "| | |", "says 'yes' without a place and a proof"),
        ("| because |", "| |", "says 'otherwise' without a reason"),
        ("| nobody asked |", "| |", "says 'no' without a reason"),
        ("| no |", "| perhaps |", "'perhaps' is not one of ['yes', 'otherwise', 'practice', 'no']"),
    ],
)
def test_each_planted_fault_is_told(root, before, after, fault):
    assert before in PAGE
    assert fault in faults(PAGE.replace(before, after), root)


def test_rules_without_a_row_and_rows_without_a_rule_are_told():
    told = list(differences(GUIDE, read_rows(PAGE.replace("| Bold |", "| Bald |"))[1]))
    assert "Testing: the guide has no rule 'Bald'" in told
    assert [line for line in told if "no row for" in line] == [
        f"Testing: no row for the rule {name!r}" for name in NAMES if name != "Fail early"
    ]


def test_the_map_of_this_project_holds(capsys):
    assert main([]) == 0, capsys.readouterr().out


def test_a_guide_that_is_named_is_compared(root, capsys):
    (root / "docs").mkdir()
    (root / MAP).write_text(PAGE)
    (root / "guide.md").write_text(GUIDE)
    assert main([str(root / "guide.md")], root) == 1
    assert "docs/guide-map.md: Testing: no row for the rule 'nested point'" in capsys.readouterr().out
