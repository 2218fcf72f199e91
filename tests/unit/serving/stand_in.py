"""Answer as Ollama and vLLM document it: in a test's own process, or as a program of their name on the PATH.

tests/unit/serving/stand_in.py - v0.1.0

The shapes are written down in docs/how-to/serve-an-llm.md. It generates nothing: what is tested is watching, fetching
and starting.
"""

import json
import os
import shlex
import sys
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

LIBRARY = {"qwen2.5:1.5b-instruct-q4_K_M": "1" * 64, "qwen2.5:7b-instruct-q4_K_M": "7" * 64}
DETAILS = {"parent_model": "", "format": "gguf", "family": "qwen2", "families": ["qwen2"], "parameter_size": "7.6B"}
METRICS = """# HELP vllm:num_requests_running Number of requests in model execution batches.
# TYPE vllm:num_requests_running gauge
vllm:num_requests_running{engine="0",model_name="chat"} 3.0
vllm:kv_cache_usage_perc{engine="0",model_name="chat"} 0.25
vllm:cache_config_info{block_size="16",gpu_memory_utilization="0.85"} 1.0
"""


class StandIn:
    """What a server has on disk and in memory; a test changes it as it likes."""

    def __init__(self, kind="ollama"):
        self.kind = kind
        self.tags: dict[str, str] = {}
        self.loaded: list[dict] = []
        self.served: list[dict] = []
        self.library = dict(LIBRARY)
        self.keys: set[str | None] = set()
        self.cut_pull_short = False

    def load(self, model, *, size=5_600_000_000, vram=0, context=8192):
        self.loaded.append(
            {
                "name": model, "model": model, "digest": self.tags.get(model, "7" * 64), "size": size,
                "size_vram": vram, "context_length": context, "details": DETAILS,
                "expires_at": "2026-11-25T10:00:00.000000+00:00",
            }
        )  # fmt: skip

    def get(self, path):
        if self.kind == "vllm":
            return {
                "/health": "",
                "/version": {"version": "0.30.0"},
                "/v1/models": {"object": "list", "data": self.served},
                "/metrics": METRICS,
            }.get(path)
        tags = [
            {"name": name, "model": name, "digest": digest, "size": 1, "modified_at": "2026-11-25T09:00:00Z",
             "details": DETAILS} for name, digest in self.tags.items()
        ]  # fmt: skip
        answers = {"/api/version": {"version": "0.35.1"}, "/api/tags": {"models": tags}}
        return (answers | {"/api/ps": {"models": self.loaded}}).get(path)

    def pull(self, model):
        yield {"status": "pulling manifest"}
        if model not in self.library:
            yield {"error": "pull model manifest: file does not exist"}
            return
        for layer, total in (("sha256:aa", 4_000), ("sha256:bb", 1_000)):
            for done in (0, total // 2, total):
                yield {"status": f"pulling {layer[-2:]}", "digest": layer, "total": total, "completed": done}
        if not self.cut_pull_short:
            for status in ("verifying sha256 digest", "writing manifest", "success"):
                yield {"status": status}
            self.tags[model] = self.library[model]

    def copy(self, source, destination):
        if source not in self.tags:
            return False
        self.tags[f"{destination}:latest"] = self.tags[source]
        return True


def handler(stand_in):
    class Handler(BaseHTTPRequestHandler):
        def answer(self, status, body, kind="application/json"):
            self.send_response(status)
            self.send_header("content-type", kind)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_GET(self):
            stand_in.keys.add(self.headers.get("authorization"))
            found = stand_in.get(self.path)
            if found is None:
                return self.answer(404, b"404 page not found", "text/plain")
            self.answer(200, (found if isinstance(found, str) else json.dumps(found)).encode())

        def do_POST(self):
            given = json.loads(self.rfile.read(int(self.headers["content-length"])))
            if self.path == "/api/copy":
                if stand_in.copy(given["source"], given["destination"]):
                    return self.answer(200, b"")
                return self.answer(404, json.dumps({"error": f"model {given['source']!r} not found"}).encode())
            lines = "".join(json.dumps(each) + "\n" for each in stand_in.pull(given["model"]))
            self.answer(200, lines.encode(), "application/x-ndjson")

        def log_message(self, *args):
            pass

    return Handler


@contextmanager
def answering(stand_in, port=0):
    with ThreadingHTTPServer(("127.0.0.1", port), handler(stand_in)) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def install(folder: Path, name: str) -> Path:
    """Put a program of that name into a folder; it notes its words and environment in `<name>.log` there."""
    program = folder / name
    words = shlex.join([sys.executable, __file__, str(folder), name])
    program.write_text(f'#!/bin/sh\nexec {words} "$@"\n')
    program.chmod(0o755)
    return folder / f"{name}.log"


def main(folder: Path, name: str, *words: str) -> int:
    own = {key: value for key, value in os.environ.items() if key.startswith(("OLLAMA_", "CUDA_", "LLM_"))}
    with (folder / f"{name}.log").open("a") as log:
        log.write(json.dumps({"words": words, "env": own}) + "\n")
    if words[0] != "serve":
        return 0
    if (folder / "broken").exists():
        sys.stderr.write("out of memory\n")
        return 3
    port = int(words[words.index("--port") + 1] if name == "vllm" else own["OLLAMA_HOST"].rpartition(":")[2])
    stand_in = StandIn(name)
    if name == "vllm":
        stand_in.served = [{"id": each, "max_model_len": 16384} for each in words[5:7]]
    with ThreadingHTTPServer(("127.0.0.1", port), handler(stand_in)) as server:
        server.serve_forever()
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), *sys.argv[2:]))
