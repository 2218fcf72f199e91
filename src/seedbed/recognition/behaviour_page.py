"""Show the checks that a model failed, as a page.

src/seedbed/recognition/behaviour_page.py - v0.1.0

```mermaid
flowchart LR
    page --> Check & Plan
    page --> shares
```
"""

from collections.abc import Sequence
from html import escape

from seedbed.recognition.behaviour import Check, Entities, Plan, shares

_HEAD = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Behaviour of a NER model</title>
<style>
body { font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 70rem; padding: 0 1rem; color: #222 }
table { border-collapse: collapse; width: 100%; margin: 1rem 0 }
th, td { text-align: left; vertical-align: top; padding: .3rem .6rem; border-bottom: 1px solid #ccc }
.low { color: #a00; font-weight: bold } td { white-space: pre-wrap }
</style></head><body>
"""


def page(plan: Plan, checks: Sequence[Check]) -> str:
    """Return HTML: the share of each kind beside its threshold, then every failure."""
    held = shares(plan, checks)
    rows = "".join(
        f"<tr{_low(held[kind] < least)}><td>{escape(kind)}</td><td>{held[kind]:.3f}</td><td>{least:g}</td>"
        f"<td>{sum(check.kind == kind for check in checks)}</td></tr>\n"
        for kind, least in plan.thresholds.items()
    )
    failed = "".join(
        f"<tr><td>{escape(check.kind)}</td><td>{escape(check.text)}</td><td>{_shown(check.wanted)}</td>"
        f"<td>{_shown(check.found)}</td></tr>\n"
        for check in checks
        if not check.holds
    )
    return (
        f"{_HEAD}<h1>Behaviour</h1>\n<table><tr><th>kind</th><th>share that holds</th><th>threshold</th><th>checks</th>"
        f"</tr>\n{rows}</table>\n<h2>Failures</h2>\n<table><tr><th>kind</th><th>text</th><th>wanted</th><th>found</th>"
        f"</tr>\n{failed}</table>\n</body></html>\n"
    )


def _low(is_low: bool) -> str:
    return ' class="low"' if is_low else ""


def _shown(entities: Entities) -> str:
    return "<br>".join(f"{escape(text)} <b>{escape(label)}</b>" for text, label in entities) or "nothing"
