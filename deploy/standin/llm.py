"""Serve a language model of random weights in a container, as llama.cpp's own server does.

deploy/standin/llm.py - v0.1.0

For `make containers` where no image with an engine can be pulled: it says nothing that means anything.

```mermaid
flowchart LR
    main --> CommonParams
```
"""

import sys
import threading

from xllamacpp import CommonParams, Server


def main(model: str, port: str) -> None:
    """Serve the file until the process is ended."""
    params = CommonParams()
    params.model.path = model
    params.model_alias = {"tiny"}
    params.hostname = "0.0.0.0"  # noqa: S104 - of the container
    params.port = int(port)
    params.n_ctx, params.n_parallel = 1024, 2
    params.warmup = params.fit_params = False
    server = Server(params)
    print(server.listening_address, flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    main(*sys.argv[1:])
