"""Write one self-contained HTML page, everything in it escaped but the figures.

src/seedbed/experiments/adapters/pages.py - v0.1.0

```mermaid
flowchart LR
    render --> Environment
    render --> number & p_value
```
"""

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import version

from jinja2 import Environment, PackageLoader, StrictUndefined


def render(template: str, figures: Mapping[str, str], **context: object) -> str:
    """Return the page of a template; `figures` are SVG elements that this program drew itself, by title."""
    environment = Environment(
        loader=PackageLoader("seedbed.experiments", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"number": number, "p_value": p_value}
    return environment.get_template(template).render(
        figures=figures,
        made_at=f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        made_by=f"seedbed {version('seedbed')}",
        **context,
    )


def number(value: float | None) -> str:
    """Return a number with as many digits as people compare.

    >>> number(0.123456789), number(None), number(1200000.0)
    ('0.123457', '', '1,200,000')
    """
    if value is None:
        return ""
    if math.isfinite(value) and value == round(value) and abs(value) < 1e15:
        return f"{value:,.0f}"
    return f"{value:.6g}"


def p_value(value: float | None) -> str:
    """Return a p-value as journals print it.

    >>> p_value(0.00004), p_value(0.0312), p_value(None)
    ('< 0.001', '0.031', '')
    """
    if value is None:
        return ""
    return "< 0.001" if value < 0.001 else f"{value:.3f}"
