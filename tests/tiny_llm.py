"""Serve a tiny language model of random weights, as llama.cpp's own server does.

tests/tiny_llm.py - v0.1.0

A process of its own, so that a test can kill it: `python -m tests.tiny_llm MODEL PORT KEY SLOTS`. It says nothing that
means anything, but streams, counts, refuses and obeys a JSON schema like any other model.
"""

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import httpx
import numpy as np

from tests.store_servers import free_port

NAME = "tiny"
CONTEXT = 512
"""Tokens that one slot holds."""
_TEMPLATE = (
    "{% for message in messages %}{{ message['role'] }}: {{ message['content'] }}\n{% endfor %}"
    "{% if add_generation_prompt %}assistant: {% endif %}"
)
_WORDS = (
    "a", "and", "apple", "are", "bee", "blue", "bread", "cat", "day", "dog", "earth",
    "fire", "fish", "fog", "green", "hill", "ice", "in", "is", "it", "lake", "leaf",
    "moon", "near", "night", "not", "of", "on", "or", "owl", "pine", "rain", "red",
    "river", "road", "salt", "sea", "sky", "snow", "star", "stone", "sun", "the", "tree",
    "under", "wind", "wood",
)  # fmt: skip


class TinyLlm(NamedTuple):
    """A server that runs."""

    url: str
    process: subprocess.Popen[bytes]
    log: Path

    def num_busy(self, key: str = "") -> int:
        """Return how many slots generate right now."""
        return sum(bool(slot["is_processing"]) for slot in self._get("slots", key).json())

    def wait_until_idle(self, key: str = "", within_s: float = 1) -> None:
        """Wait until no slot generates; TimeoutError when one still does after the time."""
        started = time.monotonic()
        while self.num_busy(key):
            if time.monotonic() - started > within_s:
                raise TimeoutError(f"it still generates after {within_s} s")
            time.sleep(0.01)

    def num_generated(self, key: str = "") -> int:
        """Return how many tokens it has made so far, those that nobody waited for included."""
        numbers = dict(line.rsplit(" ", 1) for line in self._get("metrics", key).text.splitlines())
        return int(numbers["llamacpp:tokens_predicted_total"])

    def _get(self, path: str, key: str) -> httpx.Response:
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        return httpx.get(f"{self.url}/{path}", headers=headers, timeout=10).raise_for_status()


def write_model(path: Path, *, width: int = 64, num_layers: int = 2, seed: int = 7) -> Path:
    """Write a GGUF file with a random Llama and a vocabulary of bytes and some words; 0.5 MB as it stands."""
    import gguf

    rng = np.random.default_rng(seed)
    specials = [("<unk>", 2), ("<s>", 3), ("</s>", 3)]
    pieces = [(f"<0x{byte:02X}>", 6) for byte in range(256)]
    marks = [("\n", 1), *((chr(code), 1) for code in range(33, 127)), ("▁", 1)]
    words = [(f"▁{word}", 1) for word in _WORDS]
    vocabulary = [*specials, *pieces, *marks, *words]
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_name(NAME)
    writer.add_context_length(4096)
    writer.add_embedding_length(width)
    writer.add_block_count(num_layers)
    writer.add_feed_forward_length(2 * width)
    writer.add_head_count(4)
    writer.add_head_count_kv(4)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_dimension_count(width // 4)
    writer.add_vocab_size(len(vocabulary))
    writer.add_tokenizer_model("llama")
    writer.add_token_list([text for text, _ in vocabulary])
    writer.add_token_scores([-float(place) for place in range(len(vocabulary))])
    writer.add_token_types([kind for _, kind in vocabulary])
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_add_space_prefix(False)  # with it llama.cpp does not find its own prompt before a JSON schema
    writer.add_chat_template(_TEMPLATE)

    def matrix(rows: int, columns: int) -> np.ndarray:
        return rng.normal(0, columns**-0.5, (rows, columns)).astype(np.float32)

    writer.add_tensor("token_embd.weight", matrix(len(vocabulary), width))
    heads = np.zeros((len(vocabulary), width), np.float32)  # bytes and the end of text are never the likeliest
    heads[-len(words) :] = 8 * matrix(len(words), width)
    writer.add_tensor("output.weight", heads)
    writer.add_tensor("output_norm.weight", np.ones(width, np.float32))
    for layer in range(num_layers):
        for name, rows, columns in (
            ("attn_q", width, width),
            ("attn_k", width, width),
            ("attn_v", width, width),
            ("attn_output", width, width),
            ("ffn_gate", 2 * width, width),
            ("ffn_up", 2 * width, width),
            ("ffn_down", width, 2 * width),
        ):
            writer.add_tensor(f"blk.{layer}.{name}.weight", matrix(rows, columns))
        for name in ("attn_norm", "ffn_norm"):
            writer.add_tensor(f"blk.{layer}.{name}.weight", np.ones(width, np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


@contextmanager
def tiny_llm(model: Path, *, key: str = "", num_slots: int = 4, port: int | None = None) -> Iterator[TinyLlm]:
    """Run the server on a loopback port; killed on the way out."""
    port = port or free_port()
    log = model.with_name(f"{model.stem}-{port}.log")
    command = [sys.executable, "-m", __name__, str(model), str(port), key, str(num_slots)]
    with log.open("wb") as output, subprocess.Popen(command, stdout=output, stderr=output) as process:
        try:
            url = f"http://127.0.0.1:{port}"
            _wait(url, process, log)
            yield TinyLlm(url, process, log)
        finally:
            process.kill()


def _wait(url: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    for _ in range(600):
        if process.poll() is not None:
            break
        try:
            if httpx.get(f"{url}/health", timeout=2).status_code == 200:
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.05)
    raise RuntimeError(f"the tiny server did not start: {log.read_text()[-2000:]}")


def _serve(model: str, port: int, key: str, num_slots: int) -> None:
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = model
    params.model_alias = {NAME}
    params.port = port
    params.n_parallel = num_slots
    params.n_ctx = CONTEXT * num_slots
    params.n_threads_http = num_slots + 4
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 1
    params.api_keys = [key] if key else []
    params.endpoint_metrics = params.endpoint_slots = True
    params.warmup = params.fit_params = False
    params.cache_ram_mib = 0
    server = xllamacpp.Server(params)
    print(server.listening_address, flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    _serve(sys.argv[1], int(sys.argv[2]), sys.argv[3], int(sys.argv[4]))
