"""Show the main job on real texts: index, evaluate, record, and say what to try next.

pipelines/demo.py - v0.1.0

The index is made by the Prefect flow, the experiment by the command that users type; `make demo` runs this.

```mermaid
flowchart LR
    main --> embed
    main --> evaluate
    main --> show
```
"""

import json
import subprocess
import sys
from typing import Any

from seedbed.errors import SeedbedError
from seedbed.experiments.children import SEEDBED
from seedbed.indexing.report import IndexReport
from seedbed.logging_config import configure
from seedbed.settings import load_settings

SEED = 7


def embed() -> IndexReport:
    """Bring the standard library's docstrings into the store, as a Prefect flow."""
    print("Indexing the docstrings of the standard library as a Prefect flow (a temporary server starts first) …")
    from pipelines.embed_corpus import embed_corpus

    settings = load_settings()
    configure(settings.log, service="cli", home=settings.home)
    return embed_corpus(corpus_kind="docstrings")


def evaluate() -> dict[str, Any]:
    """Run the retrieval experiment as a program would: one JSON object from the command line."""
    print("Asking every summary line for the rest of its docstring, and recording the run …")
    command = [*SEEDBED, "run", "retrieval", "--seed", str(SEED), "--json"]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=False)
    if done.returncode:
        raise SystemExit(done.returncode)
    return dict(json.loads(done.stdout))


def show(report: IndexReport, result: dict[str, Any]) -> None:
    """Print what came out, for people."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    metrics = result["metrics"]
    rows = {
        "run id": result["run_id"],
        "seed": result["seed"],
        "data digest": result["data_digest"],
        "documents": f"{report.num_documents:,} ({report.num_embedded:,} chunks embedded now)",
        "queries": f"{metrics['num_queries']:,.0f}, the summary line asks for the rest of its docstring",
        **{
            name: f"{metrics[key]:.4f}  (95 % interval {metrics[f'{key}_low']:.4f} to {metrics[f'{key}_high']:.4f})"
            for name, key in (("nDCG@10", "ndcg_at_10"), ("recall@10", "recall_at_10"), ("MRR@10", "mrr_at_10"))
        },
        "docs/s": f"{report.docs_per_s:,.0f}",
        "artefacts": result["artifacts"],
    }
    table = Table(title="Known-item retrieval on Python's own docstrings", show_header=False, title_justify="left")
    for name, value in rows.items():
        table.add_row(name, Text(str(value), overflow="fold"))
    console = Console(highlight=False)
    console.print(table)
    console.print("Next:", f"  .venv/bin/seedbed runs show {result['run_id'][:8]}", sep="\n")
    console.print('  .venv/bin/seedbed search "parse a date from a string" -k 5')
    console.print("  .venv/bin/seedbed run retrieval --seed 7 --set chunk.tokens=64")


def main() -> int:
    """Run the demo, return the exit code."""
    try:
        report = embed()
        show(report, evaluate())
    except SeedbedError as error:
        print(f"seedbed: {error}", file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
