"""Run servers of language models beside a test: our API in a thread, Ollama as documented, `transformers serve`.

tests/llm_servers.py - v0.1.0
"""

import asyncio
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import httpx
import uvicorn

from seedbed.api.app import create_app
from seedbed.settings import Settings
from tests.loopback import answering, say
from tests.store_servers import free_port

OLLAMA_MODEL = "llama3.2:latest"
OLLAMA_DIGEST = "a80c4f17acd55265feec403c7aef86be0c25983ab279d83f3bcd3abbcb5b8b72"


@contextmanager
def api_in_a_thread(settings: Settings) -> Iterator[str]:
    """Serve the API on a loopback port and yield its address."""
    port, app = free_port(), create_app(settings)
    server = uvicorn.Server(
        uvicorn.Config(app, port=port, log_config=None, access_log=False, lifespan="off", ws="none")
    )

    async def serve() -> None:  # without the lifespan, which would load the encoder
        await server.serve()
        await app.state.services.close()

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    while not server.started:
        time.sleep(0.005)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = server.force_exit = True
        thread.join(10)


class _Documented(BaseHTTPRequestHandler):
    """Answers as the documents of Ollama (docs/api.md, docs/openai.md) have it."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        details = {"format": "gguf", "family": "llama", "families": None, "parameter_size": "3.2B"}
        model: dict[str, object] = {
            "name": OLLAMA_MODEL,
            "model": OLLAMA_MODEL,
            "modified_at": "2026-05-04T17:37:44.706015396-07:00",
        }
        model |= {"size": 2019393189, "digest": OLLAMA_DIGEST, "details": details}
        say(self, {"models": [model]} if self.path == "/api/tags" else {"error": "404 page not found"}, 200)

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if asked["model"] not in (OLLAMA_MODEL, OLLAMA_MODEL.removesuffix(":latest")):
            message = f'model "{asked["model"]}" not found, try pulling it first'
            say(self, {"error": {"message": message, "type": "api_error", "param": None, "code": None}}, 404)
        elif self.path == "/v1/completions":
            choice = {"text": "x", "index": 0, "finish_reason": "length"}
            say(self, {"id": "cmpl-1", "object": "text_completion", "choices": [choice]}, 200)
        else:
            self._stream(asked["model"])

    def _stream(self, model: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        common = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": model}
        common["system_fingerprint"] = "fp_ollama"
        turns = [("The", None), (" sky", None), ("", "stop")]
        events = [
            common | {"choices": [{"index": 0, "delta": {"role": "assistant", "content": text}, "finish_reason": why}]}
            for text, why in turns
        ]
        usage = {"prompt_tokens": 26, "completion_tokens": 3, "total_tokens": 29}
        for event in [*events, common | {"choices": [], "usage": usage}, None]:
            said = f"data: {'[DONE]' if event is None else json.dumps(event)}\n\n".encode()
            self.wfile.write(b"%x\r\n%s\r\n" % (len(said), said))
        self.wfile.write(b"0\r\n\r\n")


def documented_ollama() -> AbstractContextManager[str]:
    """Serve the documented shapes of Ollama and yield the address."""
    return answering(_Documented)


def write_transformer(folder: Path) -> Path:
    """Write a Llama of random weights in the form that `transformers` reads, its tokenizer with it.

    By hand: importing `transformers` takes longer than everything else here.
    """
    import numpy as np
    from safetensors.numpy import save_file
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers

    folder.mkdir()
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {token: place for place, token in enumerate(["<s>", "</s>", *alphabet])}
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.save(str(folder / "tokenizer.json"))
    template = "{% for message in messages %}{{ message['content'] }}\n{% endfor %}"
    marks = {"tokenizer_class": "PreTrainedTokenizerFast", "bos_token": "<s>", "eos_token": "</s>", "pad_token": "</s>"}
    (folder / "tokenizer_config.json").write_text(json.dumps(marks | {"chat_template": template}))
    sizes = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 1, "num_attention_heads": 2}
    kind = {"architectures": ["LlamaForCausalLM"], "model_type": "llama", "vocab_size": len(vocabulary)}
    marks_by_id = {"bos_token_id": 0, "eos_token_id": 1, "pad_token_id": 1}
    (folder / "config.json").write_text(json.dumps(kind | sizes | marks_by_id | {"torch_dtype": "float32"}))
    square, column, row = (32, 32), (64, 32), (32,)
    layer: dict[str, tuple[int, ...]] = {f"self_attn.{each}_proj": square for each in "qkvo"}
    layer |= {"mlp.gate_proj": column, "mlp.up_proj": column, "mlp.down_proj": (32, 64)}
    layer |= {"input_layernorm": row, "post_attention_layernorm": row}
    shapes: dict[str, tuple[int, ...]] = {f"model.layers.0.{name}": shape for name, shape in layer.items()}
    shapes |= {"model.embed_tokens": (len(vocabulary), 32), "lm_head": (len(vocabulary), 32), "model.norm": row}
    rng = np.random.default_rng(7)
    weights = {f"{name}.weight": rng.normal(0, 0.2, shape).astype(np.float32) for name, shape in shapes.items()}
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    return folder


@contextmanager
def transformers_serve(model: Path) -> Iterator[str]:
    """Run `transformers serve` with a model on a loopback port and yield its address; killed on the way out."""
    port = free_port()
    program = Path(sys.executable).with_name("transformers")
    log = model.with_suffix(".log")
    command = [str(program), "serve", str(model), "--host", "127.0.0.1", "--port", str(port), "--device", "cpu"]
    (model.parent / "hub").mkdir(exist_ok=True)  # without the folder its list of models is a crash
    environment = os.environ | {"HF_HOME": str(model.parent)}
    with log.open("wb") as output, subprocess.Popen(command, stdout=output, stderr=output, env=environment) as process:
        try:
            url = f"http://127.0.0.1:{port}"
            for _ in range(600):
                with suppress(httpx.HTTPError):
                    if process.poll() is not None or httpx.get(f"{url}/health", timeout=2).status_code == 200:
                        break
                time.sleep(0.1)
            if process.poll() is not None:
                raise RuntimeError(f"transformers serve did not start: {log.read_text()[-2000:]}")
            yield url
        finally:
            process.kill()
