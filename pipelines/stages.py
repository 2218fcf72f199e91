"""Make one stage of dvc.yaml with the values of params.yaml.

pipelines/stages.py - v0.1.0

```mermaid
flowchart LR
    main --> write_corpus & index & run_experiment & write_ner_data
    run_experiment --> subprocess
    index --> open_index
```
"""

import csv
import json
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from seedbed import wiring
from seedbed.corpora.config import CorpusConfig
from seedbed.corpora.document import Document
from seedbed.corpora.ports import LabelledCorpus
from seedbed.errors import SeedbedError, UserError
from seedbed.experiments.children import SEEDBED
from seedbed.logging_config import configure
from seedbed.ner.annotated_text import read_annotated
from seedbed.settings import load_settings

FOLDER = Path("data/pipeline")
CORPUS = FOLDER / "corpus"
NER = FOLDER / "ner"
OF_CORPUS = ("corpus.kind=beir", f"corpus.path={CORPUS}")


def write_corpus(corpus: LabelledCorpus, num_documents: int, folder: Path) -> None:
    """Write so many documents, evenly picked, and the questions that they answer, in BEIR's layout."""
    documents = [record for record in corpus.documents() if isinstance(record, Document)]
    number = min(num_documents, len(documents))
    chosen = [documents[position * len(documents) // number] for position in range(number)]
    ids = {document.id for document in chosen}
    judgments = [each for each in corpus.judgments() if each.document_id in ids]
    asked = {each.query_id for each in judgments}
    (folder / "qrels").mkdir(parents=True, exist_ok=True)
    _write_lines(folder / "corpus.jsonl", ({"_id": each.id, "title": each.title, "text": each.text} for each in chosen))
    questions = (query for query in corpus.queries() if query.id in asked)
    _write_lines(folder / "queries.jsonl", ({"_id": each.id, "text": each.text} for each in questions))
    lines = [f"{each.query_id}\t{each.document_id}\t{each.relevance}\n" for each in judgments]
    head = "query-id\tcorpus-id\tscore\n"
    (folder / "qrels" / "test.tsv").write_text("".join((head, *lines)), encoding="utf-8")


def write_ner_data(source: Path, folder: Path) -> None:
    """Write each split as JSON lines, offsets counted in code points."""
    folder.mkdir(parents=True, exist_ok=True)
    for split in ("train", "dev", "test"):
        sentences = read_annotated(source / split)
        rows = (
            {"text": each.text, "entities": [{"start": s.start, "end": s.end, "label": s.label} for s in each.spans]}
            for each in sentences
        )
        _write_lines(folder / f"{split}.jsonl", rows)


def index(overrides: Sequence[str], file: Path) -> None:
    """Bring the index up to date; keep what does not change when it is made again, so that DVC stops there."""
    settings = load_settings()
    configure(settings.log, service="cli", home=settings.home)
    with wiring.open_index(wiring.index_config(settings, overrides), settings.home) as opened:
        report = opened.bring_up_to_date()
    kept = {"name", "collection", "encoder", "data_digest", "num_documents", "num_chunks", "num_truncated"}
    _write_json(file, report.model_dump(mode="json", include=kept))


def run_experiment(name: str, seed: int, overrides: Sequence[str], folder: Path) -> None:
    """Run an experiment by the command line; write its metrics, those between 0 and 1 for a plot, and its run id."""
    words = [f"--set={override}" for override in overrides]
    command = [*SEEDBED, "run", name, "--seed", str(seed), *words, "--json"]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=False)
    if done.returncode:
        raise SystemExit(done.returncode)
    result = json.loads(done.stdout)
    folder.mkdir(parents=True, exist_ok=True)
    _write_json(folder / "metrics.json", result["metrics"])
    _write_json(folder / "run.json", {key: result[key] for key in ("run_id", "seed", "results_digest", "data_digest")})
    with (folder / "metrics.csv").open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(["metric", "value"])
        rows.writerows((name, value) for name, value in result["metrics"].items() if 0 <= value <= 1)


def as_overrides(values: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    """Yield `key=value` for every leaf, as `--set` takes it.

    >>> list(as_overrides({"chunk": {"tokens": 64}, "exact": True, "model": None}))
    ['chunk.tokens=64', 'exact=true', 'model=null']
    """
    for key, value in values.items():
        if isinstance(value, Mapping):
            yield from as_overrides(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}={value if isinstance(value, str) else json.dumps(value)}"


def _write_json(file: Path, value: object) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _write_lines(file: Path, rows: Iterator[dict[str, Any]]) -> None:
    with file.open("w", encoding="utf-8") as lines:
        lines.writelines(f"{json.dumps(row, ensure_ascii=False)}\n" for row in rows)


def _make(stage: str, params: Mapping[str, Any]) -> None:
    of_index = (*OF_CORPUS, *as_overrides(params["index"]))
    match stage:
        case "corpus":
            source = wiring.corpus(CorpusConfig(kind="docstrings"))
            assert isinstance(source, LabelledCorpus)  # noqa: S101 - for the type checker
            write_corpus(source, params["corpus"]["num_documents"], CORPUS)
        case "index":
            index(of_index, FOLDER / "index.json")
        case "evaluate":
            overrides = [*of_index, *as_overrides(params["retrieval"])]
            run_experiment("retrieval", params["seed"], overrides, FOLDER / "retrieval")
        case "ner-data":
            write_ner_data(Path("data/ner/source"), NER)
        case "ner-train":
            data = [f"data.{split}={NER / split}.jsonl" for split in ("train", "dev", "test")]
            overrides = [*data, *as_overrides(params["ner_train"])]
            run_experiment("ner_train", params["seed"], overrides, FOLDER / "ner_train")
        case "ner-evaluate":
            overrides = [f"corpus.path={NER / 'test.jsonl'}", *as_overrides(params["ner_evaluate"])]
            run_experiment("ner_evaluate", params["seed"], overrides, FOLDER / "ner_evaluate")
        case _:
            raise UserError(f"stage {stage!r} is unknown; dvc.yaml lists them. Next: .venv/bin/dvc stage list")


def main(words: Sequence[str]) -> int:
    """Make the named stage, return the exit code."""
    try:
        _make(words[0] if words else "", yaml.safe_load(Path("params.yaml").read_text(encoding="utf-8")))
    except SeedbedError as error:
        sys.stderr.write(f"stages: {error}\n")
        return error.exit_code
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
