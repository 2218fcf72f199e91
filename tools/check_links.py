"""Check that links between this project's documents lead somewhere.

tools/check_links.py - v0.1.0

MkDocs checks links inside docs/; this one sees README, CONTRIBUTING and the links that leave docs/ too.

```mermaid
flowchart LR
    main --> broken --> links & anchors
    main --> project_files
```
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

from tools.project_files import ROOT, project_files

FENCED = re.compile(r"^(`{3,}|~{3,}).*?^\1", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"!?\[(?:[^][]|\[[^]]*\])*\]\(<?([^)<>\s]+)>?(?:\s+\"[^\"]*\")?\)")
HEADING = re.compile(r"^#{1,6}\s+(.+?)\s*(?:\{#([\w-]+)\})?$", re.MULTILINE)


def links(text: str) -> Iterator[str]:
    """Yield the targets of links that stay inside the project; code is not looked at.

    >>> list(links("[a](b.md#c) `[x](y)` [web](https://example.org)"))
    ['b.md#c']
    """
    prose = re.sub(r"`[^`\n]*`", "", FENCED.sub("", text))
    yield from (target for target in LINK.findall(prose) if "://" not in target and not target.startswith("mailto:"))


def anchors(text: str) -> set[str]:
    """Return the anchors of the headings of a document, as renderers make them.

    >>> anchors("# What's *new*, here?")
    {'whats-new-here'}
    """
    found = set()
    for title, given in HEADING.findall(FENCED.sub("", text)):
        plain = re.sub(r"[^\w\s-]", "", re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", title)).strip().lower()
        found.add(given or re.sub(r"\s", "-", plain))
    return found


def broken(document: Path, root: Path) -> Iterator[str]:
    """Yield every link of one document that leads nowhere; `document` is relative to the root."""
    text = (root / document).read_text()
    for link in links(text):
        name, _, anchor = link.partition("#")
        target = (root / document.parent / name).resolve() if name else root / document
        if not target.exists():
            yield f"{link}: there is no such file"
        elif anchor and target.suffix == ".md" and anchor not in anchors(target.read_text()):
            yield f"{link}: there is no such heading"


def main() -> int:
    """Print one line per broken link; return 1 when there is any."""
    faults = [f"{path}: {fault}" for path in project_files() if path.suffix == ".md" for fault in broken(path, ROOT)]
    print("\n".join(faults), end="\n" if faults else "")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
