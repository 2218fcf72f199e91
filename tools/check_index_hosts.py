"""Check that no file names a package index, so that every mirror serves a clone.

tools/check_index_hosts.py - v0.1.0

```mermaid
flowchart LR
    main --> mentions --> INDEX
    main --> project_files
```
"""

import re
import sys
from collections.abc import Iterator

from tools.project_files import ROOT, project_files

# By the shape of an index address: none is named here.
INDEX = re.compile(
    r"\b(?:[\w-]+\.)+[a-z]{2,}/(?:\S+/)?(?:simple|whl)\b|https?://\S+/(?:simple|whl)\b|https?://\S+\.(?:whl|tar\.gz)\b"
    r"|--(?:extra-)?index-url[= ]+\S*\w+://|--find-links[= ]+\S*\w+://|\bindex-url\s*=\s*\"|\[\[(?:tool\.uv\.)?index\]\]"
)


def mentions(text: str) -> Iterator[tuple[int, str]]:
    """Yield line number and words where a text names an index.

    >>> list(mentions('[[tool.uv.index]]'))
    [(1, '[[tool.uv.index]]')]
    """
    for number, line in enumerate(text.splitlines(), 1):
        if match := INDEX.search(line):
            yield number, match[0]


def main() -> int:
    """Print one line per mention; return 1 when there is any."""
    num_mentions = 0
    for path in project_files():
        if path.name == "check_index_hosts.py":
            continue  # what the check is made of
        for number, words in mentions((ROOT / path).read_bytes().decode(errors="replace")):
            num_mentions += 1
            print(f"{path}:{number}: names a package index ({words}); leave it to the machine's own settings")
    return 1 if num_mentions else 0


if __name__ == "__main__":
    sys.exit(main())
