"""Test that deployments are started over HTTP, against a server that answers as Prefect does.

tests/unit/api/test_pipelines.py - v0.1.0
"""

import json
from http.server import BaseHTTPRequestHandler

import pytest

from seedbed.orchestration.adapters import prefect_rest
from tests.loopback import answering, say

pytestmark = pytest.mark.anyio
DEPLOYMENT, RUN = "11111111-1111-1111-1111-111111111111", "22222222-2222-2222-2222-222222222222"
SCHEDULED = {"id": RUN, "state_type": "SCHEDULED", "state": {"message": "soon"}, "created": "2026-11-24T10:00:00Z"}


@pytest.fixture
def prefect():
    """Answer as Prefect 3.8 does; return the requests that came and what is answered to a start."""
    seen, answers = [], {"start": (201, SCHEDULED)}

    class Prefect(BaseHTTPRequestHandler):
        def do_POST(self):
            length = int(self.headers.get("Content-Length", 0))
            seen.append((self.command, self.path, json.loads(self.rfile.read(length) or "null")))
            known = {
                "/api/deployments/name/embed-corpus/dev": (200, {"id": DEPLOYMENT}),
                f"/api/deployments/{DEPLOYMENT}/create_flow_run": answers["start"],
                f"/api/flow_runs/{RUN}": (
                    200,
                    SCHEDULED | {"state_type": "COMPLETED", "end_time": "2026-11-24T10:01Z"},
                ),
            }
            status, body = known.get(self.path, (404, {"detail": "not found"}))
            if self.path.endswith("/create_flow_run") and answers.get("busy", 0):
                answers["busy"] -= 1
                status, body = 503, {"exception_message": "Service Unavailable"}
            say(self, body, status)

        def do_GET(self):
            self.do_POST()

    with answering(Prefect) as url:
        yield f"{url}/api", seen, answers


@pytest.fixture
def call(app, client, bearer, prefect):
    services = app.state.services
    services.settings = services.settings.model_copy(update={"prefect_api_url": prefect[0]})

    async def call(method, path, body=None, scope="pipelines:run", content=None, **headers):
        sent = {"json": body} if content is None else {"content": content}
        headers = bearer(scope) | {"Content-Type": "application/json"} | headers
        return await client.request(method, f"/v1/pipelines/{path}", **sent, headers=headers)

    return call


async def test_a_deployment_is_started_and_its_run_can_be_followed(call, prefect):
    body = {"parameters": {"k": 1}}
    answer = await call("POST", "embed-corpus/dev/runs", body, **{"Idempotency-Key": "once"})
    assert answer.status_code == 202
    assert answer.json()["state"] == "SCHEDULED"
    asked = {"parameters": {"k": 1}, "idempotency_key": "tester:once", "enforce_parameter_schema": True}
    assert prefect[1][-1][2] == asked
    status = await call("GET", answer.headers["location"].removeprefix("/v1/pipelines/"))
    assert (status.json()["state"], status.json()["ended_at"]) == ("COMPLETED", "2026-11-24T10:01:00Z")


@pytest.mark.parametrize("path", ["embed-corpus/nowhere/runs", "a/b/runs"])
async def test_a_deployment_that_is_not_there_is_not_found(call, path):
    assert (await call("POST", path, {})).status_code == 404


async def test_a_run_that_is_not_there_is_not_found(call):
    assert (await call("GET", f"runs/{DEPLOYMENT}")).status_code == 404


@pytest.mark.parametrize("path", ["dev/runs", "a/b/c/runs", "../admin/runs", "a%3Fb/c/runs", "a/..%2Fb/runs"])
async def test_what_is_no_deployment_never_reaches_prefect(call, prefect, path):
    assert (await call("POST", path, {})).status_code in (404, 422)
    assert prefect[1] == []


async def test_parameters_that_the_flow_does_not_take_are_the_callers_fault(call, prefect):
    prefect[2]["start"] = (409, {"detail": "Error creating flow run: k is not of type integer"})
    answer = await call("POST", "embed-corpus/dev/runs", {"parameters": {"k": "x"}})
    assert (answer.status_code, "not of type integer" in answer.json()["detail"]) == (400, True)


async def test_a_parameter_that_prefect_would_render_is_refused(call, prefect):
    template = {"list": [{"__prefect_kind": "jinja", "template": "{{ secrets }}"}]}
    assert (await call("POST", "embed-corpus/dev/runs", {"parameters": template})).status_code == 400
    assert prefect[1] == []


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("[" * 101 + "]" * 101, "deeper than 100 levels"),
        ("[" * 3000 + "]" * 3000, "deeper than 100 levels"),
        ('{"a":' * 3000 + "1" + "}" * 3000, "deeper than 100 levels"),
        ("NaN", "no JSON"),
        ("1e400", "no JSON"),
        ('"\\ud800"', "no JSON"),
    ],
    ids=["deep", "deeper", "deep objects", "NaN", "infinite", "half a pair"],
)
async def test_parameters_that_cannot_be_sent_are_the_callers_fault(call, prefect, value, reason):
    answer = await call("POST", "embed-corpus/dev/runs", content=f'{{"parameters": {{"k": {value}}}}}')
    assert (answer.status_code, reason in answer.json()["detail"]) == (400, True)
    assert prefect[1] == []


async def test_parameters_may_be_nested_as_deep_as_people_nest_them(call, prefect):
    body = {"parameters": {"k": json.loads("[" * 98 + '"é"' + "]" * 98)}}
    assert (await call("POST", "embed-corpus/dev/runs", body)).status_code == 202
    assert prefect[1][-1][2]["parameters"] == body["parameters"]


@pytest.mark.parametrize("num_busy", [1, 2, 3])
async def test_a_server_whose_database_is_locked_is_asked_again_for_the_same_run(call, prefect, monkeypatch, num_busy):
    monkeypatch.setattr(prefect_rest, "_AGAIN_AFTER_S", (0.01, 0.01))
    prefect[2]["busy"] = num_busy
    answer = await call("POST", "embed-corpus/dev/runs", {})
    assert answer.status_code == (202 if num_busy <= 2 else 503)
    keys = [asked["idempotency_key"] for _, _, asked in prefect[1] if asked]
    assert len(keys) == min(num_busy + 1, 3)
    assert len(set(keys)) == 1


@pytest.mark.parametrize("answer", [(500, {}), (201, {}), (201, [])])
async def test_a_server_that_does_not_do_its_work_is_the_worlds_fault(call, prefect, answer):
    prefect[2]["start"] = answer
    assert (await call("POST", "embed-corpus/dev/runs", {})).status_code == 503


async def test_without_a_server_it_says_so(client, bearer):
    answer = await client.post("/v1/pipelines/embed-corpus/dev/runs", json={}, headers=bearer("pipelines:run"))
    assert answer.status_code == 503
    assert "PREFECT_API_URL" in answer.json()["detail"]


async def test_another_scope_starts_nothing(call, prefect):
    assert (await call("POST", "embed-corpus/dev/runs", {}, scope="search")).status_code == 403
    assert prefect[1] == []
