"""Draw the numbers of runs as SVG that stands inside a page.

src/seedbed/experiments/adapters/plots.py - v0.1.0

```mermaid
flowchart LR
    metric_plot & spread_plot & distribution_plot & curve_plot & sweep_plot --> as_svg
    as_svg --> Figure
```
"""

import io
import re
from collections.abc import Mapping, Sequence

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from seedbed.experiments.trial import Axis, Trial

type Point = tuple[str, float, tuple[float, float] | None]
"""(whose, value, interval)"""

COLOURS = ("#1b7f5c", "#c2571a", "#3b5bb5", "#8a3d8f", "#6b7178", "#a68a00", "#2a8ca8", "#b03a48", "#5a7d2a", "#444444")
_INK, _FAINT, _LINE = "#22262b", "#6b7178", "#e6e8eb"
_MOST_ROWS = 12


def metric_plot(rows: Mapping[str, Sequence[Point]]) -> str:
    """Return one row for each metric, each on a scale of its own, one dot for each run and its interval."""
    shown = dict(list(rows.items())[:_MOST_ROWS])
    height = sum(0.42 + 0.16 * len(points) for points in shown.values()) + 0.3
    figure = Figure(figsize=(7.6, height), layout="constrained")
    ratios = [0.42 + 0.16 * len(points) for points in shown.values()]
    every = figure.subplots(len(shown), 1, squeeze=False, height_ratios=ratios)[:, 0]
    for axes, (name, points) in zip(every, shown.items(), strict=True):
        for place, (_, value, interval) in enumerate(points):
            colour = COLOURS[place % len(COLOURS)]
            if interval:
                axes.plot(interval, (place, place), color=colour, linewidth=1.6, solid_capstyle="butt")
            axes.plot(value, place, "o", color=colour, markersize=5)
        axes.set_ylim(len(points) - 0.4, -0.6)
        axes.margins(x=0.12)
        if len(points) > 1:
            axes.set_yticks(range(len(points)), [whose for whose, _, _ in points], fontsize=8)
        else:
            axes.set_yticks([])
        axes.set_ylabel(name, rotation=0, ha="right", va="center", labelpad=12, color=_INK)
        _plain(axes)
    return as_svg(figure)


def spread_plot(values: Mapping[str, Sequence[float]]) -> str:
    """Return one row for each metric, one dot for each seed, the mean as a line."""
    shown = dict(list(values.items())[:_MOST_ROWS])
    figure = Figure(figsize=(7.6, 0.62 * len(shown) + 0.3), layout="constrained")
    for axes, (name, each) in zip(figure.subplots(len(shown), 1, squeeze=False)[:, 0], shown.items(), strict=True):
        axes.plot(each, np.zeros(len(each)), "o", color=COLOURS[0], alpha=0.5, markersize=7, markeredgewidth=0)
        axes.axvline(float(np.mean(each)), color=COLOURS[1], linewidth=1.4)
        axes.set_yticks([])
        axes.margins(x=0.12)
        axes.set_ylabel(name, rotation=0, ha="right", va="center", labelpad=12, color=_INK)
        _plain(axes)
    return as_svg(figure)


def distribution_plot(values: Sequence[float], label: str) -> str:
    """Return how often each value came: queries by what they achieved, or by how they changed."""
    figure = Figure(figsize=(7.6, 2.4), layout="constrained")
    axes = figure.subplots()
    axes.hist(values, bins=min(20, max(5, len(set(values)))), color=COLOURS[0], edgecolor="white")
    axes.set_xlabel(label, color=_FAINT)
    axes.set_ylabel("queries", color=_FAINT)
    _plain(axes)
    return as_svg(figure)


def curve_plot(curves: Mapping[str, Sequence[tuple[int, float]]]) -> str:
    """Return metrics by step, a panel each."""
    shown = dict(list(curves.items())[:_MOST_ROWS])
    rows = -(-len(shown) // 2)
    figure = Figure(figsize=(7.6, 2.1 * rows), layout="constrained")
    panels = figure.subplots(rows, 2, squeeze=False).ravel()
    for axes, (name, points) in zip(panels, shown.items(), strict=False):
        axes.plot(*zip(*points, strict=True), color=COLOURS[0], linewidth=1.4, marker="o", markersize=2.5)
        axes.set_title(name, loc="left", fontsize=9, color=_INK)
        axes.set_xlabel("step", color=_FAINT)
        _plain(axes)
    for axes in panels[len(shown) :]:
        axes.set_visible(False)
    return as_svg(figure)


def sweep_plot(trials: Sequence[Trial], axes_of_plan: Sequence[Axis], metric: str, *, minimize: bool) -> str:
    """Return the metric by trial with the best so far, and by every key that was varied."""
    found = [trial for trial in trials if trial.state == "finished" and metric in trial.metrics]
    values = np.array([trial.metrics[metric] for trial in found])
    num_panels = 1 + len(axes_of_plan)
    rows = -(-num_panels // 2)
    figure = Figure(figsize=(7.6, 2.4 * rows), layout="constrained")
    panels = figure.subplots(rows, 2, squeeze=False).ravel()
    panels[0].plot([trial.number for trial in found], values, "o", color=COLOURS[0], alpha=0.6, markersize=4)
    so_far = np.minimum.accumulate(values) if minimize else np.maximum.accumulate(values)
    panels[0].step([trial.number for trial in found], so_far, where="post", color=COLOURS[1], linewidth=1.4)
    panels[0].set_xlabel("trial, and the best so far", color=_FAINT)
    panels[0].set_ylabel(metric, color=_FAINT)
    for panel, axis in zip(panels[1:], axes_of_plan, strict=False):
        given = [trial.values[axis.key] for trial in found]
        if axis.values:
            panel.plot([axis.values.index(value) for value in given], values, "o", color=COLOURS[0], alpha=0.6)
            panel.set_xticks(range(len(axis.values)), [value[:20].replace("$", r"\$") for value in axis.values])
            panel.margins(x=0.2)
        else:
            panel.plot([float(value) for value in given], values, "o", color=COLOURS[0], alpha=0.6, markersize=4)
            panel.set_xscale("log" if axis.is_log else "linear")
        panel.set_xlabel(axis.key, color=_FAINT)
    for panel in panels:
        _plain(panel)
    for panel in panels[num_panels:]:
        panel.set_visible(False)
    return as_svg(figure)


def as_svg(figure: Figure) -> str:
    """Return an element without prologue, metadata and date: equal figures are equal texts."""
    file = io.StringIO()
    with mpl.rc_context({"svg.hashsalt": "seedbed", "svg.fonttype": "path"}):
        figure.savefig(file, format="svg", metadata={"Date": None, "Creator": None})
    svg = file.getvalue()
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg[svg.index("<svg") :], flags=re.DOTALL)
    return svg.replace("<svg ", '<svg role="img" ', 1)


def _plain(axes: Axes) -> None:
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(labelsize=8, labelcolor=_INK, color=_LINE)
    axes.grid(axis="x", color=_LINE, linewidth=0.7)
    axes.set_axisbelow(True)
