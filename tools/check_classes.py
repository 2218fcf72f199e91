"""Check that no file holds more than three classes.

tools/check_classes.py - v0.1.0

```mermaid
flowchart LR
    main --> num_classes --> ast
    main --> project_files
```
"""

import ast
import sys

from tools.project_files import ROOT, project_files

MAX_CLASSES = 3


def num_classes(text: str) -> int:
    r"""Return how many classes a Python file defines, nested ones included.

    >>> num_classes("class A:\n    class B: ...")
    2
    """
    return sum(isinstance(node, ast.ClassDef) for node in ast.walk(ast.parse(text)))


def main() -> int:
    """Print one line per file that holds too many; return 1 when there is any."""
    crowded = [
        f"{path}: {count} classes, at most {MAX_CLASSES}; give the rest files of their own"
        for path in project_files()
        if path.suffix == ".py" and (count := num_classes((ROOT / path).read_text())) > MAX_CLASSES
    ]
    print("\n".join(crowded), end="\n" if crowded else "")
    return 1 if crowded else 0


if __name__ == "__main__":
    sys.exit(main())
