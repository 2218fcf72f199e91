"""Draw how a server of language models bears load.

src/seedbed/serving/adapters/load_chart.py - v0.1.0

```mermaid
flowchart LR
    draw_load --> LoadReport
    draw_load --> WorldError
```
"""

from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from seedbed.errors import WorldError
from seedbed.serving.load_report import LoadReport

_MAIN, _OTHER, _GREY = "#1b7f5c", "#7fb8a4", "#b8bcc2"
_INK, _FAINT, _LINE = "#22262b", "#6b7178", "#e6e8eb"


def draw_load(report: LoadReport, file: Path) -> None:
    """Write a PNG with three panels over the number of clients: tokens a second, answers a second, waiting times.

    Raises:
        WorldError: it cannot be written.
    """
    figure = Figure(figsize=(9.6, 3.9), dpi=150)
    speed, use, wait = figure.subplots(1, 3)
    _draw(speed, report, "tokens a second", (("tokens_per_s", "", _MAIN),))
    _draw(
        use,
        report,
        "answers a second",
        (("answers_per_s", "all", _GREY), ("goodput_per_s", "within both limits", _MAIN)),
    )
    waits = (("ttft_p50_ms", "first token, p50", _MAIN), ("ttft_p95_ms", "p95", _OTHER))
    _draw(wait, report, "milliseconds", (*waits, ("itl_p50_ms", "between tokens, p50", _GREY)))
    wait.set_yscale("log")
    figure.text(0.02, 0.93, f"{report.model} under load", fontsize=12, weight="bold", color=_INK)
    words = (
        f"{report.prompts}, at most {report.max_tokens} tokens; limits {report.ttft_limit_ms:,.0f} ms to the first, "
        f"{report.itl_limit_ms:,.0f} ms between; clients on {report.machine}"
    )
    figure.text(0.02, 0.02, words, fontsize=7, color=_FAINT)
    figure.subplots_adjust(left=0.07, right=0.98, top=0.8, bottom=0.2, wspace=0.28)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(file)
    except OSError as error:
        raise WorldError(
            f"the chart {str(file)!r} cannot be written: {error.strerror or error}; make room, or set SEEDBED_HOME"
        ) from error


def _draw(axes: Axes, report: LoadReport, title: str, lines: tuple[tuple[str, str, str], ...]) -> None:
    clients = [level.concurrency for level in report.levels]
    for field, label, colour in lines:
        values = [getattr(level, field) for level in report.levels]
        axes.plot(range(len(clients)), values, marker="o", color=colour, label=label, clip_on=False)
    axes.set_xticks(range(len(clients)), [str(number) for number in clients])
    axes.set_xlabel("clients at a time", fontsize=8, color=_FAINT)
    axes.set_title(title, loc="left", fontsize=9, color=_FAINT)
    axes.set_ylim(bottom=0)
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(_LINE)
    axes.tick_params(length=0, labelsize=8, labelcolor=_INK)
    axes.grid(axis="y", color=_LINE, linewidth=0.8)
    axes.set_axisbelow(True)
    if len(lines) > 1:
        axes.legend(frameon=False, fontsize=7)
