"""Render the files of a project.

src/seedbed/template/render.py - v0.1.0

```mermaid
flowchart LR
    render --> wanted
    render --> repository_file & skeleton_files & Environment
```
"""

import json
from collections.abc import Mapping

from jinja2 import Environment, StrictUndefined, select_autoescape

from seedbed.template.answers import PARTS, Answers
from seedbed.template.source import ADOPTED, OF_PART, SHARED, repository_file, skeleton_files

EXECUTABLE = frozenset({"tools/setup.sh"})

type Files = Mapping[str, bytes]
"""Content by path, folders apart by /."""


def render(answers: Answers, version: str, *, vendored: bool) -> dict[str, bytes]:
    """Return what a project has that people edit: the same answers and version give the same bytes.

    Args:
        answers: what was asked.
        version: the seedbed that it will use.
        vendored: it comes from a wheel in the project and not from an index.
    """
    environment = Environment(
        autoescape=select_autoescape((), default_for_string=False),  # texts and programs, no HTML
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {"quoted": quoted, "without": without}
    facts: dict[str, object] = {
        "answers": answers,
        "extras": "[ner]" if answers.has("ner") else "",
        "repository": lambda path: repository_file(path).decode("utf-8"),
        "vendored": vendored,
        "version": version,
        **{part: answers.has(part) for part in PARTS},
    }
    found = {path: repository_file(path) for path in SHARED if wanted(path, answers)}
    for path, template in skeleton_files().items():
        if wanted(path, answers):
            target = path.replace("src/package/", f"src/{answers.package}/")
            found[target] = environment.from_string(template).render(facts).encode("utf-8")
    return dict(sorted(found.items()))


def wanted(path: str, answers: Answers) -> bool:
    """Tell whether a project with these answers has a file."""
    if answers.adopted and not _below(path, ADOPTED):
        return False
    if path == "LICENSE" and answers.license == "none":
        return False
    return not any(_below(path, OF_PART[part]) for part in answers.without)


def _below(path: str, places: tuple[str, ...]) -> bool:
    return any(path == place or (place.endswith("/") and path.startswith(place)) for place in places)


def quoted(text: str) -> str:
    r"""Return a text as TOML, YAML and Python write it.

    >>> print(quoted('5" nails'))
    "5\" nails"
    """
    return json.dumps(text, ensure_ascii=False)


def without(text: str, *words: str) -> str:
    r"""Return a text without the lines that have one of the words.

    >>> without("a b" + chr(10) + "c" + chr(10), "b")
    'c\n'
    """
    return "".join(line for line in text.splitlines(keepends=True) if not any(word in line for word in words))
