"""Send what breaks servers to a real one with a real spaCy model: no 5xx, and offsets right in Python and JavaScript.

tests/integration/test_ner_hard_inputs.py - v0.1.0
"""

import json
import socket
import threading
import time

import httpx
import pytest
from playwright.sync_api import sync_playwright
from starlette.middleware import Middleware

from benchmarks._data import DATA
from seedbed.api.app import create_app
from seedbed.api.bounds import Bounds
from seedbed.api.tokens import mint
from seedbed.settings import load_settings
from tests.api_server import served
from tests.ner_model import small_model
from tests.system_parts import missing, program

BLNS = DATA / "blns" / "blns.json"
pytestmark = pytest.mark.slow
NUM_SLOW = 200
SLICES = """(answers) => answers.flatMap(({ text, entities }) => entities.filter(
    (entity) => text.slice(entity.start_utf16, entity.end_utf16) !== entity.text
))"""


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """The address of the API and the header that lets in."""
    folder = tmp_path_factory.mktemp("hard")
    explicit = {"api.key": "k" * 32, "ner.model": str(small_model(folder / "model")), "api.rate_limit": "9999/second"}
    settings = load_settings({"SEEDBED_HOME": str(folder / "home")}, folder, explicit)
    app = create_app(settings)
    [bounds] = [each for each in app.user_middleware if each.cls is Bounds]
    app.user_middleware[app.user_middleware.index(bounds)] = Middleware(Bounds, **bounds.kwargs, body_s=2.0)
    with served(app) as url:
        yield url, {"Authorization": f"Bearer {mint(settings, 'ada', ['ner'], 600)}"}


@pytest.fixture(scope="module")
def post(server):
    url, headers = server
    with httpx.Client(base_url=url, headers=headers | {"Content-Type": "application/json"}, timeout=60) as client:
        yield lambda content: client.post("/v1/ner", content=content)


def test_offsets_are_right_for_every_naughty_string_in_python_and_in_javascript(post):
    path = program("chromium", "chromium")
    if not BLNS.is_file():
        missing("blns", f"the big list of naughty strings is not in {BLNS.parent}")
    strings = json.loads(BLNS.read_text(encoding="utf-8"))
    texts = [text for string in strings for text in (string, f"{string} Oslo {string} Lisbon.")]
    answers = []
    for start in range(0, len(texts), 200):
        items = [{"id": str(start + n), "text": text} for n, text in enumerate(texts[start : start + 200])]
        answers += post(json.dumps({"items": items})).raise_for_status().json()["results"]
    assert [answer["error"] for answer in answers] == [None] * len(texts)
    shown = [{"text": text, "entities": answer["entities"]} for text, answer in zip(texts, answers, strict=True)]
    for answer in shown:
        for entity in answer["entities"]:
            assert answer["text"][entity["start"] : entity["end"]] == entity["text"]
    for string, answer in zip(strings, shown[1::2], strict=True):
        assert len(string) + 1 in [entity["start"] for entity in answer["entities"]]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        wrong = browser.new_page().evaluate(SLICES, shown)
        browser.close()
    assert wrong == []


@pytest.mark.parametrize(
    ("content", "statuses"),
    [
        (b'{"text": "\\ud800"}', {422}),
        (b'{"text": "\\ude00\\ud83d"}', {422}),
        (b'{"text": "\\ud83d\\ude00 Oslo"}', {200}),
        (b'{"text": "' + b"\xed\xa0\x80" + b'"}', {400, 422}),
        (b'{"items": [{"id": "\\udfff", "text": "x"}]}', {422}),
        (b'{"text": "x", "labels": ["\\udfff"]}', {422}),
        (b'{"text": "' + b"x" * 5_000_000 + b'"}', {413}),
        (b"[" * 100_000 + b"]" * 100_000, {400, 422}),
        (b'{"items":[{"id":"a","text":' * 20_000, {400, 422}),
        (b'{"text": ' + b"9" * 100_000 + b"}", {400, 422}),
        (b'{"text": 1e999, "items": NaN}', {400, 422}),
        (b'{"text": "\\u0000 Oslo"}', {200}),
        (b'{"text": "a", "text": "Oslo"}', {200}),
        (b"\x00" * 1000, {400, 422}),
        (b'\xff\xfe{\x00"\x00t\x00', {400, 422}),
    ],
    ids=range(15),
)
def test_what_breaks_servers_is_refused_without_a_trace(post, content, statuses):
    answer = post(content)
    assert answer.status_code in statuses
    assert "Traceback" not in answer.text


def test_a_body_without_a_declared_length_is_bounded_too(post):
    assert post(b"x" * 100_000 for _ in range(50)).status_code == 413


def test_a_lone_surrogate_fails_its_own_item_alone(post):
    results = post(b'{"items": [{"id": "a", "text": "\\ud800 Oslo"}, {"id": "b", "text": "Oslo"}]}').json()["results"]
    assert [result["error"] is None for result in results] == [False, True]
    assert "half of a surrogate pair" in results[0]["error"]


def test_many_slow_clients_hold_up_nobody_and_are_let_go(server, post):
    url, headers = server
    host, port = url.removeprefix("http://").split(":")
    head = f"POST /v1/ner HTTP/1.1\r\nHost: {host}\r\nAuthorization: {headers['Authorization']}\r\n"
    head += "Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n"
    slow = [socket.create_connection((host, int(port)), timeout=30) for _ in range(NUM_SLOW)]
    is_over = threading.Event()

    def trickle():
        while not is_over.wait(0.5):
            for each in slow:
                try:
                    each.sendall(b" ")
                except OSError:  # it was let go
                    continue

    try:
        for each in slow:
            each.sendall(head.encode())
        trickling = threading.Thread(target=trickle)
        trickling.start()
        started = time.monotonic()
        for _ in range(20):
            assert post(b'{"text": "Oslo"}').status_code == 200
        assert time.monotonic() - started < 5
        answers = [each.recv(4096) for each in slow]
        is_over.set()
        trickling.join()
    finally:
        is_over.set()
        for each in slow:
            each.close()
    assert {answer.split()[1] for answer in answers} == {b"408"}
