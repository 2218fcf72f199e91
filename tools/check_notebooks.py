"""Check that notebooks hold what is compared and what is read, and nothing else.

tools/check_notebooks.py - v0.1.0

nbval passes a cell that has no execution count, whatever it prints: so each has one, in order.

```mermaid
flowchart LR
    main --> faults_in
    main --> project_files
```
"""

import json
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tools.project_files import ROOT, project_files

METADATA: Mapping[str, Any] = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
"""All that a notebook says about how it is run; the rest is the machine's."""
MIME_TYPES = {"image/png", "text/markdown", "text/plain"}
MAX_PICTURE_CHARACTERS = 200_000
_NAME = re.compile(r"(?P<number>\d\d)-[a-z0-9-]+\.ipynb")
_MACHINE = re.compile(r"(?<![\w.])/(?:home|root|tmp|Users|work|mnt)/\w")
_NEXT = "Next: make notebooks WRITE=1"


def faults_in(name: str, notebook: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is wrong with a notebook, by its file name and its JSON."""
    cells = notebook["cells"]
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    yield from _frame(name, cells, code)
    if [cell["execution_count"] for cell in code] != list(range(1, len(code) + 1)):
        yield f"was not run from top to bottom in a fresh kernel, so that nbval would skip cells. {_NEXT}"
    if notebook["metadata"] != METADATA or any(cell["metadata"] for cell in cells):
        yield f"carries metadata of an editor or a machine. {_NEXT}"
    outputs = [output for cell in code for output in cell["outputs"]]
    yield from _outputs(outputs)


def _frame(name: str, cells: list[Any], code: list[Any]) -> Iterator[str]:
    match = _NAME.fullmatch(name)
    title = _text(cells[0]["source"]).split("\n")[0] if cells else ""
    if match is None:
        yield "is not named like 07-some-words.ipynb"
    elif not re.fullmatch(rf"# {match['number']}\. [A-Z].*\?", title):
        yield f"begins with {title!r}; a notebook asks one numbered question: '# {match['number']}. …?'"
    if not code or not re.search(r"seedbed\.notebook\(.*seed=\d", _text(code[0]["source"]), re.DOTALL):
        yield 'does not open its run in the first code cell: book = seedbed.notebook("…?", seed=7)'
    if not code or ".conclude(" not in _text(code[-1]["source"]):
        yield "does not end in a conclusion: book.conclude(text, figure)"


def _outputs(outputs: list[Any]) -> Iterator[str]:
    for output in outputs:
        if output["output_type"] == "error" or output.get("name") == "stderr":
            yield f"holds an error or what went to stderr: {_text(output.get('text', output.get('evalue', '')))[:80]!r}"
        if unwanted := set(output.get("data", ())) - MIME_TYPES:
            yield f"holds {sorted(unwanted)}, which nobody compares; print text, or show one picture"
        texts = [
            output.get("text", ""),
            *(output.get("data", {}).get(kind, "") for kind in ("text/markdown", "text/plain")),
        ]
        if found := _MACHINE.search("".join(map(_text, texts))):
            yield f"names a path of a machine: {found[0]}…"
    pictures = [output["data"]["image/png"] for output in outputs if "image/png" in output.get("data", ())]
    if len(pictures) != 1:
        yield f"holds {len(pictures)} pictures; it ends in one"
    if any(len(_text(picture)) > MAX_PICTURE_CHARACTERS for picture in pictures):
        yield f"holds a picture of more than {MAX_PICTURE_CHARACTERS:,} characters; make it smaller"
    concluded = [_text(output.get("data", {}).get("text/markdown", "")) for output in outputs]
    if not any("**Conclusion.**" in text for text in concluded):
        yield f"holds no conclusion. {_NEXT}"
    if any("cannot be made again" in text for text in concluded):
        yield f"was not run as it is written. {_NEXT}"


def _text(source: str | list[str]) -> str:
    return "".join(source)


def main() -> int:
    """Print one line per fault; return 1 when there is any."""
    num_faults = 0
    for path in [path for path in project_files() if path.suffix == ".ipynb"]:
        for fault in _faults_of(path):
            num_faults += 1
            print(f"{path}: {fault}")
    return 1 if num_faults else 0


def _faults_of(path: Path) -> Iterator[str]:
    try:
        notebook = json.loads((ROOT / path).read_text(encoding="utf-8"))
    except ValueError as error:
        yield f"is no notebook: {error}"
        return
    if path.parent.as_posix() != "notebooks":
        yield "stands outside notebooks/, where nothing runs it"
    yield from faults_in(path.name, notebook)


if __name__ == "__main__":
    sys.exit(main())
