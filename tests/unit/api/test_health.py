"""Test that who watches the API learns how it does, and no more.

tests/unit/api/test_health.py - v0.1.0
"""

import pytest

from seedbed.api.readiness import Readiness
from seedbed.errors import WorldError

pytestmark = pytest.mark.anyio


async def fails():
    raise WorldError("redis://:pw@cache is away")


async def works(): ...


async def test_a_process_that_answers_is_alive(client):
    answer = await client.get("/health")
    assert (answer.status_code, answer.json()) == (200, {"status": "alive"})


async def test_it_is_ready_when_all_it_stands_on_is(app, client):
    app.state.services.readiness = Readiness({"runs": works})
    answer = await client.get("/ready")
    assert (answer.status_code, answer.json()["ready"]) == (200, True)


async def test_one_dependency_that_is_away_makes_it_unready(app, client, bearer):
    app.state.services.readiness = Readiness({"runs": works, "redis": fails})
    for headers, reason in [({}, None), (bearer("search"), "redis://:pw@cache is away")]:
        answer = await client.get("/ready", headers=headers)
        assert answer.status_code == 503
        assert answer.json()["dependencies"] == {
            "runs": {"ready": True, "reason": None},
            "redis": {"ready": False, "reason": reason},
        }


async def test_asking_often_does_not_ask_the_dependencies_often():
    asked = []

    async def check():
        asked.append(1)

    readiness = Readiness({"runs": check})
    for _ in range(5):
        await readiness.reasons()
    assert len(asked) == 1


async def test_a_check_that_crashes_is_a_reason():
    async def crash():
        raise ZeroDivisionError

    assert "crashed" in ((await Readiness({"runs": crash}).reasons())["runs"] or "")
