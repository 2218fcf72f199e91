"""Write the pages about recorded runs: one run, or several beside each other.

src/seedbed/wiring_reports.py - v0.1.0

```mermaid
flowchart LR
    write_report --> gather --> render
    write_comparison --> compare --> render
    write_report & write_comparison --> RunArchive
```
"""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from seedbed import wiring
from seedbed.errors import WorldError
from seedbed.settings import Settings

if TYPE_CHECKING:
    from seedbed.experiments.compare import Comparison
    from seedbed.experiments.report import Report
    from seedbed.tracking.ports import RunArchive
    from seedbed.tracking.record import RunRecord


def write_report(run_id: str, settings: Settings, file: Path | None = None) -> "tuple[Report, Path]":
    """Write the page of one run, by default into reports/ of the home folder; return what it says and where it is."""
    from seedbed.experiments import report as about

    archive = wiring.archive(settings.tracking, settings.home)
    record = archive.get(run_id)
    with _artifacts(archive, [record], about.NEEDED) as (folder,):
        report = about.gather(record, folder)
        figures = _figures(report, archive, folder)
    from seedbed.experiments.adapters.pages import render

    page = render("report.html.j2", figures, report=report)
    return report, _written(page, file or settings.home / "reports" / f"run-{record.run_id[:8]}.html")


def write_comparison(run_ids: Sequence[str], settings: Settings, file: Path | None = None) -> "tuple[Comparison, Path]":
    """Write the page that compares runs with the first of them; return what it says and where it is."""
    from seedbed.experiments.compare import PROVENANCE_FILE, compare
    from seedbed.experiments.paired import NEEDED

    archive = wiring.archive(settings.tracking, settings.home)
    records = [archive.get(run_id) for run_id in run_ids]
    with _artifacts(archive, records, (*NEEDED, PROVENANCE_FILE)) as folders:
        comparison = compare(records, folders)
        figures = _comparison_figures(comparison, folders)
    from seedbed.experiments.adapters.pages import render
    from seedbed.experiments.adapters.plots import COLOURS

    found = comparison.differences
    page = render(
        "comparison.html.j2",
        figures,
        comparison=comparison,
        colours=COLOURS,
        tested=sorted({(t.method, t.unit, t.num_pairs) for row in comparison.metrics for t in row.tests if t}),
        sections=[
            ("Configuration", found.config, "The same configuration."),
            ("Code", found.code, "The same code."),
            ("Data", found.data, "The same data."),
            ("Environment", found.environment, "The same environment."),
        ],
    )
    name = "-".join(["compare", *(record.run_id[:8] for record in records[:4])])
    return comparison, _written(page, file or settings.home / "reports" / f"{name}.html")


@contextmanager
def _artifacts(archive: "RunArchive", records: "Sequence[RunRecord]", names: Sequence[str]) -> Iterator[list[Path]]:
    """Yield a folder for each run with those of the artefacts that it has; they go when the block ends."""
    with tempfile.TemporaryDirectory(prefix="seedbed-") as scratch:
        folders = []
        for place, record in enumerate(records):
            folder = Path(scratch, str(place))
            folder.mkdir()
            for name in names:
                if name in record.artifacts:
                    archive.download(record.run_id, name, folder)
            folders.append(folder)
        yield folders


def _figures(report: "Report", archive: "RunArchive", folder: Path) -> dict[str, str]:
    from seedbed.experiments.adapters import plots
    from seedbed.experiments.bounds import results
    from seedbed.experiments.group import Journal
    from seedbed.experiments.search import metric_of

    figures: dict[str, str] = {}
    finished = [trial for trial in report.trials if trial.state == "finished"]
    if report.group == "seeds" and finished:
        names = [each.name for each in report.numbers if all(each.name in trial.metrics for trial in finished)]
        figures["One dot for each seed, a line at the mean"] = plots.spread_plot(
            {name: [trial.metrics[name] for trial in finished] for name in names}
        )
    elif report.group and finished:
        plan = Journal(folder).plan()
        metric = metric_of(plan, finished)
        figures["Trials"] = plots.sweep_plot(finished, plan.axes, metric, minimize=plan.minimize)
    elif with_interval := {each.name: [("", each.value, each.interval)] for each in report.numbers if each.interval}:
        figures["Metrics with their 95 % intervals"] = plots.metric_plot(with_interval)
    if not report.group:
        told = {
            name: [(point.step, point.value) for point in archive.history(report.record.run_id, name)]
            for name in results(report.record.metrics)
        }
        if curves := {name: points for name, points in told.items() if len({step for step, _ in points}) > 1}:
            figures["By step"] = plots.curve_plot(curves)
    if per_query := _per_query(folder):
        name, values = per_query
        figures["How many queries achieved how much"] = plots.distribution_plot(values, name)
    return figures


def _comparison_figures(comparison: "Comparison", folders: Sequence[Path]) -> dict[str, str]:
    from seedbed.experiments.adapters import plots

    rows = {
        row.name: [
            (run.run_id[:8], value, interval)
            for run, value, interval in zip(comparison.runs, row.values, row.intervals, strict=True)
            if value is not None
        ]
        for row in comparison.metrics
    }
    figures = {"Metrics": plots.metric_plot(rows)} if rows else {}
    if len(folders) == 2 and (changed := _changes(*folders)):
        name, values = changed
        figures["How many queries changed how much"] = plots.distribution_plot(values, f"{name}, second minus first")
    return figures


def _per_query(folder: Path) -> tuple[str, list[float]] | None:
    from seedbed.retrieval.per_query import FILE_NAME, read_per_query

    if not (folder / FILE_NAME).exists():
        return None
    _, values = read_per_query(folder / FILE_NAME)
    return next(((name, list(map(float, each))) for name, each in values.items()), None)


def _changes(first: Path, second: Path) -> tuple[str, list[float]] | None:
    from seedbed.retrieval.per_query import FILE_NAME, read_per_query

    if not all((folder / FILE_NAME).exists() for folder in (first, second)):
        return None
    (ids, before), (other_ids, after) = (read_per_query(folder / FILE_NAME) for folder in (first, second))
    name = next((name for name in before if name in after), "")
    new = dict(zip(other_ids, after.get(name, ()), strict=False))
    changed = [float(new[each] - value) for each, value in zip(ids, before.get(name, ()), strict=False) if each in new]
    return (name, changed) if changed else None


def _written(page: str, file: Path) -> Path:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(page, encoding="utf-8")
    except OSError as error:
        raise WorldError(
            f"the page {str(file)!r} cannot be written: {error.strerror or error}; name another place: --to FILE"
        ) from error
    return file
