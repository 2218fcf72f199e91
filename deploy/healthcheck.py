"""Say by the exit code whether an address answers: the health check of images that have no curl.

deploy/healthcheck.py - v0.1.0

```mermaid
flowchart LR
    main --> urlopen
```
"""

import sys
from urllib.request import urlopen

_TIMEOUT_S = 8.0


def main(url: str) -> int:
    """Return 0 when the address answers with a status below 400, else 1, and print what it said."""
    try:
        with urlopen(url, timeout=_TIMEOUT_S) as answer:  # noqa: S310 - the address stands in our own files
            print(answer.status)
    except OSError as error:
        print(error)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
