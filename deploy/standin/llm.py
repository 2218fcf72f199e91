"""Stand in for Ollama in a container: what it fetches is one model of random weights, whatever its name.

deploy/standin/llm.py - v0.1.0

For `make containers` where no image with an engine can be pulled: /api/… answers as Ollama documents it, /v1/… is
llama.cpp's own server, for models that were fetched or copied. What it says means nothing.

```mermaid
sequenceDiagram
    main->>Ollama: serve
    Ollama->>HTTPConnection: /v1/chat/completions
```
"""

import importlib
import json
import sys
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

_ENGINE_PORT = 11435
_DIGEST = "7" * 64


class Ollama(BaseHTTPRequestHandler):
    """The documented shapes of a server with what was fetched since it started."""

    fetched: dict[str, str] = {}  # noqa: RUF012 - of the process

    def do_GET(self) -> None:
        """Answer what is there."""
        models = [{"name": name, "model": name, "digest": digest, "size": 1} for name, digest in self.fetched.items()]
        listed = [{"id": name.removesuffix(":latest"), "object": "model"} for name in self.fetched]
        answers: dict[str, dict[str, object]] = {
            "/api/version": {"version": "0.35.1"},
            "/api/tags": {"models": models},
            "/api/ps": {"models": []},
            "/v1/models": {"object": "list", "data": listed},
        }
        self._say(answers.get(self.path, {}), status=200 if self.path in answers else 404)

    def do_POST(self) -> None:
        """Fetch, copy, or let the engine answer."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        asked = json.loads(body)
        if self.path == "/api/pull":
            self.fetched[asked["model"]] = _DIGEST
            layer = {"status": "pulling 77", "digest": f"sha256:{_DIGEST}", "total": 10, "completed": 10}
            self._say({"status": "pulling manifest"}, layer, {"status": "success"})
        elif self.path == "/api/copy":
            self.fetched[f"{asked['destination']}:latest"] = self.fetched[asked["source"]]
            self._say({})
        elif not {asked["model"], f"{asked['model']}:latest"} & self.fetched.keys():
            self._say({"error": {"message": f"model {asked['model']!r} not found, try pulling it first"}}, status=404)
        else:
            self._pass_on(body)

    def _pass_on(self, body: bytes) -> None:
        engine = HTTPConnection("127.0.0.1", _ENGINE_PORT, timeout=60)
        engine.request("POST", self.path, body, {"Content-Type": "application/json"})
        answer = engine.getresponse()
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.getheader("Content-Type", "application/json"))
        self.end_headers()
        self.wfile.write(answer.read())
        engine.close()

    def _say(self, *lines: dict[str, object], status: int = 200) -> None:
        self.send_response(status)
        self.end_headers()
        self.wfile.write("".join(f"{json.dumps(line)}\n" for line in lines).encode())


def main(model: str, port: str) -> None:
    """Serve the file until the process is ended."""
    xllamacpp = importlib.import_module("xllamacpp")  # ships no types
    params = xllamacpp.CommonParams()
    params.model.path = model
    params.hostnames = ["127.0.0.1"]
    params.port = _ENGINE_PORT
    params.n_ctx, params.n_parallel = 1024, 2
    params.warmup = params.fit_params = False
    engine = xllamacpp.Server(params)
    print(engine.listening_address, flush=True)
    ThreadingHTTPServer(("", int(port)), Ollama).serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])
