"""Test searching and embedding over HTTP, with the real encoder over a small index.

tests/unit/api/test_search.py - v0.1.0
"""

import asyncio
import base64

import httpx
import numpy as np
import pytest
from mcp import Client

from seedbed import wiring
from seedbed.api import model_desk
from seedbed.api.app import create_app
from seedbed.api.tokens import mint
from seedbed.mcp_server.server import create_server
from seedbed.mcp_server.tools import READ_ONLY
from seedbed.settings import load_settings
from seedbed.stores.folder_lock import own_folder

pytestmark = [pytest.mark.anyio, pytest.mark.slow]
TEXTS = {"cats": "A cat sleeps on the warm windowsill.", "rates": "The central bank raised its interest rate."}


@pytest.fixture(scope="module")
def indexed(tmp_path_factory):
    """A home with an index of two documents, and an application whose model is loaded once."""
    folder = tmp_path_factory.mktemp("api-search")
    (folder / "texts").mkdir()
    for name, text in TEXTS.items():
        (folder / "texts" / f"{name}.md").write_text(text)
    explicit = {"corpus.kind": "folder", "corpus.path": str(folder / "texts"), "api.key": "k" * 32}
    settings = load_settings({"SEEDBED_HOME": str(folder / "home")}, folder, explicit)
    with wiring.open_index(wiring.index_config(settings), settings.home) as index:
        index.bring_up_to_date()
    return create_app(settings)


@pytest.fixture
async def post(indexed):
    token = mint(indexed.state.services.settings, "ada", ["search"], 600)
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(indexed),
        base_url="http://api",
        headers={"Authorization": f"Bearer {token}"},
    ) as client:
        yield lambda path, **body: client.post(f"/v1/{path}", json=body)


async def test_the_nearest_text_comes_first(post):
    answer = (await post("search", query="a sleeping animal", k=2)).json()
    assert answer["model_version"] == "v1"
    assert [hit["text"] for hit in answer["hits"]] == [TEXTS["cats"], TEXTS["rates"]]
    assert answer["hits"][0]["score"] > answer["hits"][1]["score"]


async def test_a_search_may_be_kept_to_one_document(post):
    document = (await post("search", query="interest", k=1)).json()["hits"][0]["document_id"]
    answer = (await post("search", query="a sleeping animal", document_id=document)).json()
    assert [hit["text"] for hit in answer["hits"]] == [TEXTS["rates"]]


async def test_an_index_that_is_not_there_is_not_found(post):
    answer = await post("search", query="x", index="nowhere")
    assert (answer.status_code, "nowhere" in answer.json()["detail"]) == (404, True)


@pytest.mark.parametrize("body", [{}, {"query": " \n"}, {"query": "x", "k": 0}, {"query": "x", "k": 101}, {"q": "x"}])
async def test_a_search_for_nothing_is_refused(post, body):
    assert (await post("search", **body)).status_code == 422


async def test_an_idle_api_leaves_the_store_to_others(indexed, post, monkeypatch):
    monkeypatch.setattr(model_desk, "IDLE_S", 0.05)
    await post("search", query="x")
    lane = indexed.state.services.desk._lane
    await asyncio.sleep(0.2)
    await lane.run(lambda: None)
    assert indexed.state.services.desk._opened is None
    own_folder(indexed.state.services.settings.home / "chroma", wait_s=0.5).release()


async def test_vectors_are_those_of_the_index(post):
    answer = (await post("embeddings", input=list(TEXTS.values()), model="all-MiniLM-L6-v2")).json()
    vectors = np.array([each["embedding"] for each in answer["data"]])
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    hit = (await post("search", query=TEXTS["cats"], k=1)).json()["hits"][0]
    assert hit["score"] == pytest.approx(1, abs=1e-4)
    assert answer["usage"]["prompt_tokens"] == answer["usage"]["total_tokens"] > 10
    assert [each["truncated"] for each in answer["data"]] == [False, False]


async def test_base64_carries_the_same_numbers(post):
    text = TEXTS["cats"]
    numbers = (await post("embeddings", input=text)).json()["data"][0]["embedding"]
    packed = (await post("embeddings", input=text, encoding_format="base64")).json()["data"][0]["embedding"]
    assert np.array_equal(np.frombuffer(base64.b64decode(packed), "<f4"), np.float32(numbers))


async def test_what_was_cut_off_is_said(post):
    assert (await post("embeddings", input="word " * 1000)).json()["data"][0]["truncated"] is True


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"input": []}, 422),
        ({"input": ["x"] * 257}, 422),
        ({"input": ["x", ""]}, 422),
        ({"input": ["x", None]}, 422),
        ({"input": [1, 2]}, 422),
        ({"input": "x" * 20_001}, 422),
        ({"input": "x", "encoding_format": "int8"}, 422),
        ({"input": "x", "model": "gpt-4"}, 404),
        ({"input": "x", "dimensions": 7}, 404),
    ],
)
async def test_what_cannot_be_embedded_is_refused(post, body, status):
    assert (await post("embeddings", **body)).status_code == status


async def test_an_agent_is_shown_the_same(indexed, post):
    services = indexed.state.services
    async with Client(create_server(services, READ_ONLY, is_local=True)) as client:
        answer = await client.call_tool("search", {"query": "a sleeping animal", "k": 2})
    assert answer.structured_content == (await post("search", query="a sleeping animal", k=2)).json()
