"""Read which rules a guide has: names only, its text stays where it is.

tools/guide.py - v0.1.0

```mermaid
flowchart LR
    rules_of --> shortened
```
"""

import re
from collections.abc import Iterator

_FENCED = re.compile(r"^ *(`{3,}).*?^ *\1 *$", re.MULTILINE | re.DOTALL)
_SECTION = re.compile(r"^## (?:(\d+)\.|(Our Ethos))", re.MULTILINE)
_LAST_SECTION = 13
_POINT = re.compile(r"^(?: {0,3}(?:\*|\d+\.|>) (?=\S)|(?=\*\*))(.+)$")
_HEADING = re.compile(r"^(#{3,4}) (.+)$")
_LABELS = ("Rule", "Golden Rule", "Tip", "Docker tip", "Note", "Remember", "Shortcut")
_MAX_WORDS = 8


def rules_of(guide: str) -> dict[str, list[str]]:
    """Return the names of the rules by section: points of lists, rows of tables, quotes, headings with none of these.

    >>> rules_of('''## Our Ethos
    ... * **HDR-UML** - a diagram
    ... ## 5. Testing
    ...
    ... | Goal | Command |
    ... | --- | --- |
    ... | **Fail early** | x |
    ... ''')
    {'ethos': ['HDR-UML'], '5': ['Fail early']}
    """
    text = _FENCED.sub("", guide)
    heads = list(_SECTION.finditer(text))
    ends = [head.start() for head in heads[1:]] + [len(text)]
    sections = ((head[1] or "ethos", text[head.end() : end]) for head, end in zip(heads, ends, strict=True))
    return {name: list(_names(part)) for name, part in sections if name == "ethos" or int(name) <= _LAST_SECTION}


def _names(section: str) -> Iterator[str]:
    bare = ("", "")
    for paragraph in re.split(r"\n\s*\n", section):
        for line in _lines(paragraph.strip("\n")):
            found, name = _HEADING.match(line), _name_of(line)
            if bare[0] and (found or name):
                if line.startswith(">") or (found and len(found[1]) <= len(bare[0])):
                    yield bare[1]
                bare = ("", "")
            if found:
                bare = (found[1], shortened(found[2]))
            elif name:
                yield name
    if bare[0]:
        yield bare[1]


def _lines(paragraph: str) -> list[str]:
    """Return the lines of a paragraph; of a table, its rows without the head, also where a formatter wrapped them."""
    lines = paragraph.split("\n")
    if not paragraph.startswith("|"):
        return lines
    if not all(line.startswith("|") for line in lines):
        lines = [f"|{row}|" for row in re.split(r"\| (?=\|)", " ".join(lines))]
    rules = [place for place, line in enumerate(lines) if "-" in line and not set(line) - set("|-: ")]
    return lines[rules[-1] + 1 if rules else 0 :]


def _name_of(line: str) -> str:
    if line.startswith("|"):
        return shortened(next((cell for cell in line.split("|") if cell.strip()), ""))
    if not (found := _POINT.match(line)):
        return ""
    bold = re.match(r"\*\*(.+?)\*\*", found[1])
    return shortened(bold[1] if bold and bold[1].strip(":") not in _LABELS else found[1])


def shortened(name: str) -> str:
    """Return the first words of a name, without markup.

    >>> shortened("**Dependency Management (`uv`-centric):** and so on and on and on")
    'Dependency Management (uv-centric): and so on and on'
    """
    plain = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", re.sub(r"[*`\\|]", "", name))
    words = [word for word in plain.split() if any(letter.isalnum() or letter == "_" for letter in word)]
    return " ".join(words[:_MAX_WORDS]).strip(" .:;,—(")
