"""Say by the exit code whether an address answers: the health check of images that have no curl.

deploy/healthcheck.py - v0.1.0

```mermaid
flowchart LR
    main --> build_opener
```
"""

import sys
from urllib.request import ProxyHandler, build_opener

_TIMEOUT_S = 8.0


def main(url: str) -> int:
    """Return 0 when the address answers with a status below 400, else 1, and print what it said."""
    try:
        # Asked directly: HTTP_PROXY, where it is set, is for the world outside.
        with build_opener(ProxyHandler({})).open(url, timeout=_TIMEOUT_S) as answer:
            print(answer.status)
    except OSError as error:
        print(error)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
