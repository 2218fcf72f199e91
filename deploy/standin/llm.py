"""Serve a language model of random weights in a container, as llama.cpp's own server does.

deploy/standin/llm.py - v0.1.0

For `make containers` where no image with an engine can be pulled: it says nothing that means anything.

```mermaid
flowchart LR
    main --> threading
```
"""

import importlib
import sys
import threading


def main(model: str, port: str) -> None:
    """Serve the file until the process is ended."""
    xllamacpp = importlib.import_module("xllamacpp")  # ships no types
    params = xllamacpp.CommonParams()
    params.model.path = model
    params.model_alias = {"tiny"}
    params.hostnames = ["0.0.0.0"]  # noqa: S104 - of the container
    params.port = int(port)
    params.n_ctx, params.n_parallel = 1024, 2
    params.warmup = params.fit_params = False
    server = xllamacpp.Server(params)
    print(server.listening_address, flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    main(*sys.argv[1:])
