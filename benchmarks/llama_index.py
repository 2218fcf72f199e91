"""Compare indexing with LlamaIndex's IngestionPipeline, end to end into an embedded Chroma.

benchmarks/llama_index.py - v0.1.0

Run it: python benchmarks/llama_index.py [--documents 3000]
Same docstrings, same packaged model, each warm in a process of its own; theirs in .bench/llama-index, made here once.

```mermaid
flowchart LR
    main --> theirs & ours
    ours --> Bench
```
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks._verdict import NOT_MEASURED
from benchmarks.pipeline import Bench, docstrings, measured, with_changes
from seedbed.embedding.config import EmbeddingConfig
from seedbed.embedding.model_files import model_folder

ROOT = Path(__file__).parent.parent
ENVIRONMENT = ROOT / ".bench" / "llama-index"
REQUIREMENTS = ROOT / "benchmarks" / "llama_index.txt"
BAR = 8.0


def installed() -> str | None:
    """Make their environment where it is not there yet; return why that fails, None where it does not."""
    if not (mark := ENVIRONMENT / REQUIREMENTS.name).exists() or mark.read_text() != REQUIREMENTS.read_text():
        uv = str(found) if (found := ROOT / ".uv" / "bin" / "uv").exists() else "uv"
        python = str(ENVIRONMENT / "bin" / "python")
        make = [uv, "venv", "--clear", "--python", sys.executable, str(ENVIRONMENT)]
        # Copied: nltk refuses to read a file that has a second name, as uv's links into its cache have.
        install = [uv, "pip", "install", "--link-mode=copy", "--python", python, "--requirements", str(REQUIREMENTS)]
        try:
            for command in (make, install):
                subprocess.run(command, check=True, capture_output=True, text=True)
        except (OSError, subprocess.CalledProcessError) as error:
            return str(getattr(error, "stderr", None) or error).strip()
        mark.write_text(REQUIREMENTS.read_text())
    return None


def theirs(corpora: Sequence[Path]) -> list[float]:
    """Return the seconds that LlamaIndex takes for each corpus, one after the other."""
    model = model_folder(EmbeddingConfig(), ROOT)
    side = ROOT / "benchmarks" / "_llama_index_side.py"
    program = [ENVIRONMENT / "bin" / "python", "-P", side]  # -P: this file has the name of their package
    command = [str(part) for part in (*program, model, *corpora)]
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", "DO_NOT_TRACK": "true"}
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=environment)
    return [float(seconds) for seconds in json.loads(done.stdout.splitlines()[-1])]


def ours(folder: Path, corpora: Sequence[Path]) -> list[float]:
    """Return the seconds that an index takes for each corpus, one after the other."""
    bench = Bench(folder, [])
    seconds = []
    for corpus in corpora:
        bench.write(corpus.read_text("utf-8").splitlines(keepends=True))
        seconds.append(measured(bench.index)[1].wall_s)
    return seconds


def main(arguments: Sequence[str] | None = None) -> int:
    """Print both rates with their ratio; 0 where the bars are met."""
    parser = argparse.ArgumentParser(prog="python benchmarks/llama_index.py", description=__doc__.partition("\n")[0])
    parser.add_argument("--documents", type=int, default=3_000, help="how many docstrings; 1 % of them change")
    num = parser.parse_args(arguments).documents
    if why := installed():
        print(f"not measured: LlamaIndex cannot be installed: {why}")
        return NOT_MEASURED
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        lines = docstrings(num)
        corpora = folder / "first.jsonl", folder / "second.jsonl"
        corpora[0].write_text("".join(lines), "utf-8")
        corpora[1].write_text("".join(with_changes(lines)), "utf-8")
        other, own = theirs(corpora), ours(folder, corpora)
    ratios = [a / b for a, b in zip(other, own, strict=True)]
    print(f"{len(lines):,} docstrings{'':8}{'LlamaIndex':>12}{'ours':>10}{'ratio':>8}")
    print(f"{'docs/s, all new':24}{num / other[0]:12.1f}{num / own[0]:10.1f}{ratios[0]:8.1f}   (bar: at least {BAR:g})")
    print(f"{'seconds, 1 % changed':24}{other[1]:12.2f}{own[1]:10.2f}{ratios[1]:8.1f}   (bar: at least 1)")
    return 0 if ratios[0] >= BAR and ratios[1] >= 1 else 1


if __name__ == "__main__":
    raise SystemExit(main())
