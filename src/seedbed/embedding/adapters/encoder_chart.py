"""Draw how fast the encoders of a machine are.

src/seedbed/embedding/adapters/encoder_chart.py - v0.1.0

```mermaid
flowchart LR
    draw_encoders --> Comparison
    draw_encoders --> WorldError
```
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

from matplotlib.figure import Figure

from seedbed.embedding.comparison import REFERENCE, Comparison, EncoderRates
from seedbed.errors import WorldError

_FASTEST, _OTHER, _GREY = "#1b7f5c", "#7fb8a4", "#b8bcc2"
_WIDTH, _LEFT, _RIGHT = 9.6, 0.235, 0.67
_INK, _FAINT, _LINE = "#22262b", "#6b7178", "#e6e8eb"


def draw_encoders(comparison: Comparison, file: Path) -> None:
    """Write a PNG with one bar per encoder, docs/s by length, the rest in words.

    Raises:
        WorldError: it cannot be written.
    """
    rows = comparison.encoders
    longest = rows[0].docs_per_s
    height = 1.5 + 0.5 * len(rows)
    figure = Figure(figsize=(_WIDTH, height), dpi=150)
    axes = figure.add_axes((_LEFT, 0.65 / height, _RIGHT - _LEFT, 1 - 1.5 / height))
    axes.barh(
        range(len(rows)), [row.docs_per_s for row in rows], color=[_colour(row, rows[0]) for row in rows], height=0.62
    )
    axes.set_yticks(range(len(rows)), [row.encoder.replace("_", "-") for row in rows])
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.set_xlim(0, 1.14 * longest)  # room for the number at the longest bar
    for place, row in enumerate(rows):
        number = f"{row.docs_per_s:,.0f}"
        axes.annotate(number, (row.docs_per_s, place), (5, 0), textcoords="offset points", va="center", color=_INK)
    for right, heading, words in _columns(rows):
        x = (right - _LEFT) / (_RIGHT - _LEFT)
        axes.annotate(heading, (x, 1), (0, 6), "axes fraction", "offset points", ha="right", fontsize=9, color=_FAINT)
        for place, word in enumerate(words):
            axes.text(x, place, word, transform=axes.get_yaxis_transform(), ha="right", va="center", color=_INK)
    axes.set_title("documents a second", loc="left", fontsize=9, color=_FAINT)
    axes.spines[["top", "right", "bottom"]].set_visible(False)
    axes.spines["left"].set_color(_LINE)
    axes.tick_params(axis="y", length=0, labelcolor=_INK)
    axes.tick_params(axis="x", length=0, labelsize=8, labelcolor=_FAINT)
    axes.grid(axis="x", color=_LINE, linewidth=0.8)
    axes.set_axisbelow(True)
    figure.text(0.02, 1 - 0.34 / height, f"Encoders on {comparison.machine}", fontsize=12, weight="bold", color=_INK)
    figure.text(
        0.02,
        0.15 / height,
        f"{comparison.model}, {comparison.num_texts:,} texts of {comparison.tokens_per_text:.0f} tokens on average, "
        f"median of {comparison.num_rounds} rounds in turn",
        fontsize=8,
        color=_FAINT,
    )
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(file)
    except OSError as error:
        raise WorldError(
            f"the chart {str(file)!r} cannot be written: {error.strerror or error}; make room, or set SEEDBED_HOME"
        ) from error


def _colour(row: EncoderRates, fastest: EncoderRates) -> str:
    if row.encoder == REFERENCE:
        return _GREY
    return _FASTEST if row is fastest else _OTHER


def _columns(rows: Sequence[EncoderRates]) -> Iterator[tuple[float, str, list[str]]]:
    """Yield right edge (as a part of the width), heading and words of what stands beside the bars."""
    yield 0.75, "ratio", [f"{row.ratio:.1f} x" for row in rows]
    yield 0.86, "least cosine", [f"{row.cosine_min:.5f}" for row in rows]
    shares = ["-" if row.peak_share is None else f"{row.peak_share:.0%}" for row in rows]
    yield 0.985, "of matmul peak", shares
