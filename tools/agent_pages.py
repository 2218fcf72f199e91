"""Write what machines read first: m2m/llms.txt, the tables of AGENTS.md and of m2m/README.md.

tools/agent_pages.py - v0.1.0

```mermaid
flowchart LR
    llms_txt --> _pages
    agents --> _between
    m2m_readme --> declarations & _between
```
"""

import re
from collections.abc import Iterator
from pathlib import Path

from seedbed.stores.declaration import Declaration, declarations
from tools.project_files import ROOT

_WORD = re.compile(r"^([a-z-]+):.*?## (.*)$", re.MULTILINE)
_ROW = re.compile(r"^\| ([^|]+) \| \[[^]]+\]\(([^)#]+)\)[^|]*\|$", re.MULTILINE)
_TITLE = re.compile(r"^# (.+)$", re.MULTILINE)
_SUMMARY = re.compile(r"^site_description: (.+)$", re.MULTILINE)
_SECTIONS = {"": "Docs", "how-to": "How to", "reference": "Reference", "decisions": "Optional"}
"""Folders of docs/ that stand by their own name, and what llmstxt.org calls what may be left out."""
_MACHINES = {
    "README.md": "everything that is kept: collections, queues, databases, files, their schemas and keys",
    "openapi.json": "the HTTP API",
    "settings.schema.json": "every setting",
    "experiment.schema.json": "recorded runs",
    "log-event.schema.json": "log lines",
    "collections.schema.json": "points, rows and lines of files",
    "model-config.yaml": "language models by their logical names",
}


def llms_txt(root: Path = ROOT) -> str:
    """Return the map of the documents, as llmstxt.org describes it; links are relative to m2m/."""
    summary = _SUMMARY.search((root / "mkdocs.yml").read_text("utf-8"))
    lines = ["# Seedbed", "", f"> {summary[1] if summary else ''}", ""]
    lines += ["Agents that work on the project itself begin with [AGENTS.md](../AGENTS.md).", ""]
    for folder, title in _SECTIONS.items():
        if found := list(_pages(root, folder)):
            lines += [f"## {title}", "", *found, ""]
        if not folder:
            lines += ["## For machines", "", *(f"- [{name}]({name}): {text}" for name, text in _MACHINES.items()), ""]
    return "\n".join(lines)


def agents(root: Path = ROOT) -> str:
    """Return AGENTS.md with its table of words as the Makefile has them."""
    words = _WORD.findall((root / "Makefile").read_text("utf-8"))
    rows = [f"| `make {word}` | {meaning.replace('|', '\\|')} |" for word, meaning in words]
    return _between((root / "AGENTS.md").read_text("utf-8"), "words", ["| word | what it does |", "|---|---|", *rows])


def m2m_readme(root: Path = ROOT) -> str:
    """Return m2m/README.md with its tables of collections as the stores declare them."""
    sections = [line for name, one in declarations().items() for line in [*_section(name, one), ""]]
    return _between((root / "m2m" / "README.md").read_text("utf-8"), "collections", sections[:-1])


def _pages(root: Path, folder: str) -> Iterator[str]:
    docs = root / "docs"
    wanted = {path: want for want, path in _ROW.findall((docs / "index.md").read_text("utf-8"))}
    for page in sorted((docs / folder).glob("*.md")):
        place = page.relative_to(docs).as_posix()
        title = _TITLE.search(page.read_text("utf-8"))
        about = f": {wanted[place].strip()}" if place in wanted else ""
        yield f"- [{title[1] if title else page.stem}](../docs/{place}){about}"


def _between(text: str, name: str, lines: list[str]) -> str:
    """Return the text with what stands between its two marks exchanged."""
    begin, end = f"<!-- {name}: written by `python -m tools.schemas --write` -->", f"<!-- /{name} -->"
    before, _, rest = text.partition(begin)
    return "\n".join([f"{before}{begin}", "", *lines, "", f"{end}{rest.partition(end)[2]}"])


def _section(name: str, one: Declaration) -> Iterator[str]:
    yield from [f"### `{name}`", "", "| | |", "|---|---|"]
    about = one.model_dump(exclude={"payload", "patterns"})
    yield from (f"| {key.replace('_', ' ')} | {_cell(value)} |" for key, value in about.items())
    yield from ["", "| payload field | type | meaning |", "|---|---|---|"]
    fields = [*one.payload.items(), *(("meta_*", field) for field in one.patterns.values())]
    yield from (f"| `{key}` | {field.type} | {_cell(field.meaning)} |" for key, field in fields)


def _cell(value: object) -> str:
    if isinstance(value, dict):
        value = ", ".join(f"{key} {each}" for key, each in value.items() if each is not None)
    return str(value).replace("|", "\\|").replace("<", "&lt;")
