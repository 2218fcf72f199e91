"""Test that entities are found over HTTP.

tests/unit/api/test_ner.py - v0.1.0
"""

import asyncio
import json
from dataclasses import replace
from datetime import UTC, datetime
from threading import Event
from uuid import UUID

import httpx
import pytest
from mcp import Client

from seedbed.api.bounds import Bounds
from seedbed.api.ner_desk import NerDesk
from seedbed.api.readiness import Readiness
from seedbed.errors import UserError, WorldError
from seedbed.mcp_server.server import create_server
from seedbed.mcp_server.tools import READ_ONLY
from seedbed.missing import MissingError
from seedbed.ner.answers import EVERYTHING
from seedbed.orchestration.ports import FlowRun
from tests.ner_model import small_champion
from tests.unit.api.capitals import IDENTITY, Capitals

pytestmark = pytest.mark.anyio
RUN = UUID("6d1e0000-0000-4000-8000-000000000000")
TEXT = "👩‍🔬 went. To Oslo 🙂 and Paris."


def use(app, recognizer, newer=lambda _: None):
    services = app.state.services
    services.ner = NerDesk(recognizer, services.ner._lane, services.metrics, newer)
    services.readiness = Readiness({"ner": services.ner.check})


@pytest.fixture
def post(app, client, bearer):
    use(app, Capitals())

    async def post(path="", content=None, scope="ner", **body):
        headers = bearer(scope) | {"Content-Type": "application/json"}
        return await client.post(f"/v1/ner{path}", content=content or json.dumps(body), headers=headers)

    return post


async def test_entities_come_with_offsets_in_both_units_and_the_model_that_found_them(post):
    answer = (await post(text=TEXT)).json()
    [result] = answer["results"]
    assert [entity["text"] for entity in result["entities"]] == ["To", "Oslo", "Paris"]
    units = TEXT.encode("utf-16-le")
    for entity in result["entities"]:
        assert TEXT[entity["start"] : entity["end"]] == entity["text"]
        assert units[2 * entity["start_utf16"] : 2 * entity["end_utf16"]].decode("utf-16-le") == entity["text"]
    assert result["entities"][1] | {"start_utf16": 0, "end_utf16": 0} == {
        **{"text": "Oslo", "label": "GPE", "start": 13, "end": 17, "start_utf16": 0, "end_utf16": 0},
        **{"sentence": 1, "score": None},
    }
    assert (result["id"], result["num_tokens"], result["truncated"], result["error"]) == (None, 7, False, None)
    assert answer["model_version"] == "v1"
    model = {"name": "capitals", "version": "1.2.3", "digest": "d" * 32, "run_id": "a" * 32, "seed": str(2**60)}
    assert answer["model"] == model
    assert answer["limits"] == {"max_items": 256, "max_chars": 100_000, "max_text_chars": 100_000}


async def test_items_are_answered_in_order_under_their_ids(post):
    items = [{"id": f"n{number}", "text": f"Oslo {number}"} for number in range(256)]
    results = (await post(items=items)).json()["results"]
    assert [result["id"] for result in results] == [item["id"] for item in items]
    assert all(result["entities"][0]["text"] == "Oslo" for result in results)


async def test_a_bad_item_gets_an_error_and_the_others_their_answer(app, post):
    use(app, Capitals(replace(IDENTITY, max_chars=50)))
    bad = [None, 7, ["Oslo"], {"a": 1}, "\ud800", "Crash", "x" * 51]
    items = [{"id": "first", "text": "Oslo"}, *({"id": str(n), "text": text} for n, text in enumerate(bad))]
    answer = await post(items=[*items, {"id": "last", "text": "Paris"}])
    first, *refused, last = answer.json()["results"]
    assert answer.status_code == 200
    assert [first["entities"][0]["text"], last["entities"][0]["text"]] == ["Oslo", "Paris"]
    assert [result["entities"] for result in refused] == [None] * len(bad)
    assert all(result["error"] for result in refused)
    assert "/srv/secret" not in answer.text


async def test_filters_leave_entities_out(post):
    found = (await post(text=TEXT, allow_list=["Oslo", "pari"], labels=["GPE"])).json()["results"][0]["entities"]
    assert [entity["text"] for entity in found] == ["To", "Paris"]
    assert (await post(text=TEXT, labels=["PERSON"])).json()["results"][0]["entities"] == []


async def test_a_label_that_the_model_does_not_know_is_named_with_the_nearest(post):
    answer = await post(text="x", labels=["PERSN"])
    assert (answer.status_code, "did you mean 'PERSON'?" in answer.json()["detail"]) == (404, True)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"text": None},
        {"text": 7},
        {"text": "x", "items": []},
        {"items": []},
        {"items": ["Oslo"]},
        {"items": [{"id": "a"}]},
        {"items": [{"text": "a"}]},
        {"items": [{"id": 7, "text": "a"}]},
        {"items": [{"id": "\ud800", "text": "a"}]},
        {"items": [{"id": "a", "text": "a", "lang": "en"}]},
        {"items": {"id": "a", "text": "a"}},
        {"text": "\udc00"},
        {"text": "x" * 100_001},
        {"text": "x", "labels": []},
        {"text": "x", "labels": ["\ud800"]},
        {"text": "x", "allow_list": "Oslo"},
    ],
)
async def test_what_does_not_have_the_form_is_refused(post, body):
    assert (await post(**body)).status_code in (413, 422)


@pytest.mark.parametrize(
    "content", [b"", b"{", b"\xff\xfe", b"null", b"[]", b'"x"', b"[" * 50_000, b'{"text":' * 9000, b"1" * 5000, b"NaN"]
)
async def test_what_is_no_json_of_ours_is_refused(post, content):
    assert (await post(content=content or b" ")).status_code in (400, 422)


async def test_an_item_may_hold_deep_json_and_is_refused_alone(post):
    deep = "[" * 400 + "]" * 400
    answer = await post(content=f'{{"items": [{{"id": "a", "text": {deep}}}, {{"id": "b", "text": "Oslo"}}]}}')
    assert [result["error"] is None for result in answer.json()["results"]] == [False, True]


async def test_more_than_a_request_may_have_is_told_where_there_are_no_jobs(post):
    answer = await post(items=[{"id": "a", "text": "x"}] * 257)
    assert answer.status_code == 413
    assert "256 items" in answer.json()["detail"]
    assert "PREFECT_API_URL" in answer.json()["detail"]


async def test_labels_are_those_of_the_model(client, bearer, post):
    answer = (await client.get("/v1/ner/labels", headers=bearer("ner"))).json()
    assert answer["labels"] == ["GPE", "PERSON"]
    assert answer["model"]["name"] == "capitals"


async def test_a_text_is_shown_with_its_entities_marked_and_everything_escaped(post):
    answer = await post("/render", text="<script>Oslo</script>", allow_list=["Paris"])
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "&lt;script&gt;" in answer.text
    assert "<mark" in answer.text
    assert "<script" not in answer.text
    assert "default-src 'none'" in answer.headers["content-security-policy"]


async def test_another_scope_finds_nothing(post, client, bearer):
    assert (await post(text="x", scope="search")).status_code == 403
    assert (await client.get("/v1/ner/labels", headers=bearer("search"))).status_code == 403


class Broken(Capitals):
    """Has no model."""

    def __init__(self, error):
        self.error = error

    def identity(self):
        raise self.error


@pytest.mark.parametrize("error", [UserError("model '/srv/secret' is unknown"), WorldError("/srv/secret is away")])
async def test_a_model_that_cannot_be_loaded_is_not_the_callers_fault(app, post, client, bearer, error):
    use(app, Broken(error))
    answer = await post(text="x")
    assert (answer.status_code, "/srv/secret" in answer.text) == (503, False)
    found = (await client.get("/ready", headers=bearer("ner"))).json()["dependencies"]["ner"]
    assert (found["ready"], "/srv/secret" in found["reason"]) == (False, True)


async def test_no_model_at_all_is_shown_as_absent_and_the_caller_is_told_to_come_back(app, post, client, bearer):
    use(app, Broken(MissingError("no champion yet")))
    assert (await post(text="x")).status_code == 503
    found = (await client.get("/ready", headers=bearer("ner"))).json()["dependencies"]["ner"]
    assert found == {"ready": False, "absent": True, "reason": "no champion yet"}


async def test_numbers_name_the_model(client, post):
    await post(text="x")
    numbers = (await client.get("/metrics")).text
    assert f'seedbed_ner_model_info{{digest="{"d" * 32}",name="capitals",version="1.2.3"}} 1.0' in numbers


class Held(Capitals):
    """Answers when it may."""

    def __init__(self):
        super().__init__()
        self.has_begun, self.may_answer = Event(), Event()

    def recognize(self, texts):
        self.has_begun.set()
        assert self.may_answer.wait(20)
        return super().recognize(texts)


NEWER = replace(IDENTITY, version="1.2.4", digest="e" * 32)


async def test_a_newer_model_answers_from_then_on_and_what_the_old_one_answers_says_so(app, client, post):
    old, champion = Held(), []
    use(app, old, lambda served: next((each for each in champion if each.identity() != served), None))
    desk = app.state.services.ner
    await desk.served()
    first = asyncio.ensure_future(post(text="Oslo"))
    await asyncio.to_thread(old.has_begun.wait, 20)
    champion.append(Capitals(NEWER))
    desk.warm()  # looks at once, and then every minute
    while (await desk.served()).identity != NEWER:
        await asyncio.sleep(0.01)
    second = asyncio.ensure_future(post(text="Paris"))
    await asyncio.sleep(0.01)
    old.may_answer.set()
    said = [(await answer).json() for answer in (first, second)]
    assert [each["model"]["digest"] for each in said] == ["d" * 32, "e" * 32]
    assert [each["results"][0]["entities"][0]["text"] for each in said] == ["Oslo", "Paris"]
    numbers = (await client.get("/metrics")).text
    assert f'seedbed_ner_model_info{{digest="{"d" * 32}",name="capitals",version="1.2.3"}} 0.0' in numbers
    assert f'seedbed_ner_model_info{{digest="{"e" * 32}",name="capitals",version="1.2.4"}} 1.0' in numbers


async def test_the_api_looks_for_newer_models_in_its_own_registry(app, home):
    card = small_champion(home)
    assert app.state.services.ner._newer(IDENTITY).identity().digest == card.digest


@pytest.mark.parametrize("fault", ["is away", "does not load", "fails on texts"])
async def test_a_newer_model_that_does_not_work_leaves_the_old_one_answering(app, post, caplog, monkeypatch, fault):
    def newer(_):
        if fault == "is away":
            raise WorldError("the registry is away")
        if fault == "does not load":
            return Broken(UserError("a part of it is not installed"))
        useless = Capitals(NEWER)
        monkeypatch.setattr(useless, "recognize", lambda _: 1 / 0)
        return useless

    use(app, Capitals(), newer)
    await app.state.services.ner.served()
    await asyncio.to_thread(app.state.services.ner._renew)
    assert (await post(text="Oslo")).json()["model"]["digest"] == "d" * 32
    assert [record.message for record in caplog.records if record.levelname == "WARNING"] == ["ner_model_not_renewed"]


class Flows:
    """Takes what is started."""

    state, started = "SCHEDULED", ()

    def start(self, deployment, parameters, once):
        self.started = (deployment, dict(parameters), once)
        return self.get(RUN)

    def get(self, run_id):
        return FlowRun(RUN, self.state, "", datetime.now(UTC), None, None)


@pytest.fixture
def flows(app):
    services, flows = app.state.services, Flows()
    services.settings = services.settings.model_copy(update={"prefect_api_url": "http://127.0.0.1:9/api"})
    services.flow_runs = lambda: flows
    return flows


async def test_more_than_a_request_may_have_becomes_a_job(app, client, bearer, post, flows):
    answer = await post(items=[{"id": str(n), "text": "Oslo" if n else None} for n in range(257)], labels=["GPE"])
    assert answer.status_code == 202
    job, url = answer.json(), answer.headers["location"]
    assert flows.started == ("recognize-entities/on-demand", {"job": job["id"]}, job["id"])
    assert (job["num_items"], job["num_done"], job["links"]) == (257, 0, {"status": url})
    assert job["model"] is None
    assert (await client.get(f"{url}/result", headers=bearer("ner"))).status_code == 404
    jobs = app.state.services.jobs
    newer = replace(IDENTITY, version="1.2.4", digest="e" * 32)
    jobs.work(jobs.get(job["id"]), Capitals(newer))  # the worker looks for the champion when the job begins
    flows.state = "COMPLETED"
    shown = (await client.get(url, headers=bearer("ner"))).json()
    assert (shown["state"], shown["num_done"]) == ("COMPLETED", 257)
    assert (shown["model"]["version"], shown["model"]["digest"]) == ("1.2.4", "e" * 32)
    result = await client.get(shown["links"]["result"], headers=bearer("ner"))
    lines = [json.loads(line) for line in result.text.splitlines()]
    assert result.headers["content-type"] == "application/jsonl"
    assert [line["id"] for line in lines] == [str(n) for n in range(257)]
    assert (lines[0]["entities"], lines[1]["entities"][0]["text"]) == (None, "Oslo")
    other = bearer("ner", subject="somebody else")
    assert [(await client.get(path, headers=other)).status_code for path in (url, f"{url}/result")] == [404, 404]


async def test_a_result_may_be_read_for_longer_than_other_answers(app, bearer, monkeypatch):
    monkeypatch.setattr(Bounds.__init__, "__defaults__", (0.5, 0.5))
    jobs = app.state.services.jobs
    job = jobs.create("tester", [("a", "Oslo")] * 2000, EVERYTHING)
    jobs.work(job, Capitals())

    async def slowly(scope, receive, send):
        async def late(message):
            if message["type"] == "http.response.start":
                await asyncio.sleep(0.6)
            await send(message)

        await app(scope, receive, late)

    async with httpx.AsyncClient(transport=httpx.ASGITransport(slowly), base_url="http://api") as client:
        result = await client.get(f"/v1/ner/jobs/{job.id}/result", headers=bearer("ner"))
    assert (result.status_code, len(result.text.splitlines())) == (200, 2000)


async def test_more_jobs_than_the_worker_can_do_are_refused_until_some_are_done(post, flows, monkeypatch):
    monkeypatch.setattr("seedbed.ner.jobs.MAX_OPEN", 1)
    items = [{"id": "a", "text": "x"}] * 257
    assert (await post(items=items)).status_code == 202
    flows.started = None
    answer = await post(items=items)
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "60")
    assert "1 jobs of yours are not done" in answer.json()["detail"]
    assert flows.started is None


async def test_too_many_characters_are_a_job_and_one_text_that_no_model_takes_is_none(app, post, flows):
    half = "x" * 33_000
    answer = await post(items=[{"id": "a", "text": half}, {"id": "b", "text": half}])
    assert answer.status_code == 200
    use(app, Capitals(replace(IDENTITY, max_chars=100)))
    answer = await post(items=[{"id": "a", "text": half}, {"id": "b", "text": "Oslo"}])
    assert [result["error"] is None for result in answer.json()["results"]] == [False, True]


async def test_a_job_that_nobody_takes_leaves_nothing_behind(app, post, flows, home):
    def refuse(*_):
        raise MissingError("deployment 'recognize-entities/on-demand' is not known")

    flows.start = refuse
    answer = await post(items=[{"id": "a", "text": "x"}] * 257)
    assert answer.status_code == 503
    assert list((home / "jobs" / "ner").iterdir()) == []


async def test_an_agent_is_shown_the_same_and_is_told_what_is_refused(app, post):
    asked = {"text": TEXT, "labels": ["GPE"]}
    async with Client(create_server(app.state.services, READ_ONLY, is_local=True)) as agent:
        answer = await agent.call_tool("find_entities", asked)
        unknown = await agent.call_tool("find_entities", {"text": TEXT, "labels": ["CITY"]})
    assert answer.structured_content == (await post(**asked)).json()
    assert unknown.is_error
    assert "label 'CITY' is unknown" in unknown.content[0].text
