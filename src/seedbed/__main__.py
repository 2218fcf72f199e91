"""Run the command line as `python -m seedbed`.

src/seedbed/__main__.py - v0.1.0

How this program starts itself: where the script `seedbed` lies depends on how it was installed.

```mermaid
flowchart LR
    seedbed --> main
```
"""

from seedbed.cli.app import main

if __name__ == "__main__":
    main()
