"""Test that the gateway finds a server that answers, and passes on what it says.

tests/unit/api/test_llm_gateway.py - v0.1.0

Servers here are scripts on loopback, because a real one breaks off only by accident; real ones are in
tests/contracts/test_chat_server.py and tests/integration/test_llm_gateway.py.
"""

import asyncio
import json

import pytest

from seedbed import wiring_chat
from seedbed.api.llm import answer as answers
from seedbed.api.llm import upstream
from seedbed.api.llm.breaker import MAX_FAILURES
from seedbed.api.services import Services
from seedbed.errors import WorldError
from seedbed.serving.config import Backend
from seedbed.settings import load_settings
from tests.scripted_llm import DONE, FINISH, HEAD, Scripted, chunk, piece, scripted, whole
from tests.unit.api.conftest import KEY
from tests.unit.api.llm_scripts import ASKED, GOOD, STREAMED, ask, dead, numbers, says, says_good, streams_good

pytestmark = pytest.mark.anyio


async def test_an_answer_comes_as_it_is_with_the_servers_name_for_the_model(gateway):
    client, [server] = await gateway(says_good)
    answer = await ask(client, {**ASKED, "temperature": 0.5, "response_format": {"type": "json_object"}})
    assert (answer.status_code, answer.json(), answer.headers["x-seedbed-backend"]) == (200, GOOD, "b0")
    path, headers, body = server.asked[-1]
    assert path == "/v1/chat/completions"
    assert headers["x-request-id"] == answer.headers["x-request-id"] == "mine-1"
    assert json.loads(body) == {
        **ASKED, "temperature": 0.5, "response_format": {"type": "json_object"}, "model": "tiny", "stream": False
    }  # fmt: skip


async def test_what_openai_lets_be_null_may_be_null(gateway):
    client, [server] = await gateway(says_good)
    for path, body in (("chat/completions", ASKED), ("completions", {"prompt": "One, two,"})):
        answer = await ask(client, {**body, "stream": None, "stream_options": None}, f"/v1/{path}")
        assert answer.status_code == 200
        assert json.loads(server.asked[-1][2])["stream"] is False


async def test_the_server_gets_its_own_key_and_never_the_callers_token(gateway, caplog, capsys):
    caplog.set_level(0)
    client, [server] = await gateway(says(500))
    await ask(client)
    headers = server.asked[-1][1]
    assert headers["authorization"] == "bearer key-of-b0"
    said = caplog.text + str([record.__dict__ for record in caplog.records]) + "".join(capsys.readouterr())
    assert "key-of-b0" not in said
    assert client.headers["Authorization"].split()[1].lower() not in str(server.asked)


async def breaks_off_before(talk):
    talk.hang_up()


async def breaks_off_after_the_head(talk):
    await talk.say(HEAD)
    talk.hang_up()


async def says_nothing(talk):
    await talk.say(HEAD, chunk(b""))


async def fails_at_first(talk):
    await talk.say(HEAD, chunk(b'data: {"error": {"message": "out of memory", "code": 500}}\n\n' + DONE), chunk(b""))


FAULTY = [
    breaks_off_before,
    breaks_off_after_the_head,
    says_nothing,
    fails_at_first,
    says(500),
    says(503),
    says(429),
    says(401),
    says(302),
]


@pytest.mark.parametrize("faulty", [*FAULTY, None], ids=lambda each: getattr(each, "__qualname__", "dead")[:25])
async def test_another_server_answers_when_one_fails_before_the_first_byte(gateway, faulty):
    client, _ = await gateway(faulty or dead(), streams_good)
    answer = await ask(client, STREAMED)
    assert (answer.status_code, answer.headers["x-seedbed-backend"]) == (200, "b1")
    assert answer.text.encode() == piece("good") + FINISH + DONE
    assert 'seedbed_llm_failovers_total{backend="b0"} 1.0' in await numbers(client)


async def test_a_whole_answer_that_breaks_off_is_asked_for_elsewhere(gateway):
    async def script(talk):
        await talk.say(whole(200, GOOD)[:-5])
        talk.hang_up()

    client, _ = await gateway(script, says_good)
    assert (await ask(client)).json() == GOOD


async def test_when_nobody_can_answer_the_caller_learns_no_address(gateway, caplog):
    client, _ = await gateway(dead())
    answer = await ask(client)
    assert (answer.status_code, answer.headers["content-type"]) == (503, "application/problem+json")
    assert int(answer.headers["retry-after"]) >= 1
    assert "127.0.0.1" not in answer.text
    assert any(record.message == "llm_backend_failed" for record in caplog.records)


async def test_without_a_server_in_the_settings_it_is_the_one_of_serve_llm(home, tmp_path, monkeypatch):
    async with scripted(says_good) as server:
        monkeypatch.setattr(wiring_chat, "LOCAL", Backend(name="local", url=server.url))
        services = Services(load_settings({}, tmp_path, {"home": str(home), "api.key": KEY}))
        assert [(name, model.name) for name, model in await services.llm.models()] == [("local", "tiny")]
        assert "llm" not in services.readiness._checks  # nobody said that there is to be one
        await services.close()


async def test_a_busy_server_says_when_to_come_back(gateway):
    client, _ = await gateway(says(429, Retry_After="7"))
    answer = await ask(client)
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "7")


async def test_a_server_that_does_not_begin_in_time_is_left(gateway, monkeypatch):
    monkeypatch.setattr(answers, "FIRST_S", 0.1)

    async def silent(talk):
        await talk.until_left()

    client, [server, _] = await gateway(silent, streams_good)
    assert (await ask(client, STREAMED)).headers["x-seedbed-backend"] == "b1"
    await asyncio.wait_for(server.closed.wait(), 1)


async def test_a_server_that_fails_again_and_again_is_left_alone(gateway):
    client, [failing, _] = await gateway(says(503), says_good)
    for _ in range(MAX_FAILURES + 3):
        assert (await ask(client)).json() == GOOD
    assert sum(path != "/v1/models" for path, _, _ in failing.asked) == MAX_FAILURES
    assert 'seedbed_llm_backend_resting{backend="b0"} 1.0' in await numbers(client)


async def test_a_server_that_is_back_is_asked_as_soon_as_its_list_shows_it(gateway, stack, monkeypatch):
    monkeypatch.setattr(upstream, "_BAD_FOR_S", 0.0)
    server = Scripted(says_good)
    client, _ = await gateway(server.url)
    for _ in range(MAX_FAILURES + 1):  # by /ready and the page, while it is away
        assert (await client.get("/v1/models")).status_code == 503
    stack.callback((await server.start()).close)
    assert (await client.get("/v1/models")).json()["data"][0]["id"] == "tiny"
    assert 'seedbed_llm_backend_resting{backend="b0"} 0.0' in await numbers(client)
    assert (await ask(client)).json() == GOOD


async def test_a_server_that_lists_models_and_cannot_run_them_goes_on_resting(gateway, monkeypatch):
    monkeypatch.setattr(upstream, "_GOOD_FOR_S", 0.0)
    client, [failing, _] = await gateway(says(503), says_good)
    for _ in range(MAX_FAILURES):
        await ask(client)
    num_asked = len(failing.asked)
    assert (await client.get("/v1/models")).status_code == 200
    assert len(failing.asked) == num_asked + 1
    assert 'seedbed_llm_backend_resting{backend="b0"} 1.0' in await numbers(client)


async def test_who_makes_a_server_crash_does_not_take_it_from_the_others(gateway):
    client, [crashing, _] = await gateway(says(500), says_good)
    for _ in range(MAX_FAILURES + 3):
        await ask(client)
    assert sum(path != "/v1/models" for path, _, _ in crashing.asked) == MAX_FAILURES + 3


@pytest.mark.parametrize("streams", [False, True])
async def test_what_the_server_has_against_a_request_is_passed_on(gateway, streams):
    error = {"message": "too long for 512 tokens", "type": "exceed_context_size_error", "code": 400}

    async def refuses_in_a_stream(talk):
        await talk.say(HEAD, chunk(b"data: " + json.dumps({"error": error}).encode() + b"\n\n"), chunk(b""))

    client, [_, other] = await gateway(refuses_in_a_stream if streams else says(400, {"error": error}), says_good)
    answer = await ask(client, STREAMED)
    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")
    assert answer.json()["error"] == {"message": error["message"], "type": error["type"], "code": "400"}
    assert answer.json()["request_id"] == "mine-1"
    assert other.asked == []


async def test_a_model_that_nobody_has_is_not_found(gateway):
    client, [server] = await gateway(says_good)
    answer = await ask(client, {**ASKED, "model": "gpt-9"})
    assert answer.status_code == 404
    assert [path for path, _, _ in server.asked] == ["/v1/models"]


async def test_models_are_listed_with_who_answers_for_them(gateway):
    client, _ = await gateway(says_good, dead())
    [model] = (await client.get("/v1/models")).json()["data"]
    assert (model["id"], model["owned_by"], model["object"]) == ("tiny", "b0", "model")


@pytest.mark.parametrize(
    "path", ["/v1/load_lora_adapter", "/v1/chat/completions/", "/v1/models/tiny", "/v1/../api/delete"]
)
async def test_no_other_path_of_a_server_can_be_reached(gateway, path):
    client, [server] = await gateway(says_good)
    assert (await ask(client, path=path)).status_code in (404, 405)
    assert server.asked == []


async def test_the_scope_is_needed(client, bearer, app, monkeypatch):
    monkeypatch.setattr(app.state.services.llm, "_upstreams", [])
    for scopes, status in ((["search"], 403), (["llm"], 404)):
        assert (await client.post("/v1/chat/completions", json=ASKED, headers=bearer(*scopes))).status_code == status
    assert (await client.post("/v1/chat/completions", json=ASKED)).status_code == 401


@pytest.mark.parametrize("body", [{}, {"messages": []}, {**ASKED, "stream": "yes"}, {**ASKED, "stream_options": 5}])
async def test_a_request_of_another_form_is_refused(client, bearer, body):
    answer = await client.post("/v1/chat/completions", json=body, headers=bearer("llm"))
    assert answer.status_code == 422


async def test_a_number_that_json_has_not_is_refused(client, bearer):
    body = b'{"messages": [{"role": "user"}], "temperature": NaN}'
    headers = {**bearer("llm"), "Content-Type": "application/json"}
    assert (await client.post("/v1/chat/completions", content=body, headers=headers)).status_code == 422


async def test_a_gateway_that_names_itself_does_not_ask_itself_for_ever(client, bearer):
    headers = {**bearer("llm"), "Via": "1.1 seedbed"}
    assert (await client.post("/v1/chat/completions", json=ASKED, headers=headers)).status_code == 508


async def test_the_api_is_not_ready_while_no_server_answers(home, tmp_path):
    backends = json.dumps([{"name": "b0", "url": dead()}])
    services = Services(load_settings({}, tmp_path, {"home": str(home), "api.key": KEY, "llm.backends": backends}))
    with pytest.raises(WorldError, match="SEEDBED_LLM__BACKENDS"):
        await services.readiness._checks["llm"]()
    await services.close()
