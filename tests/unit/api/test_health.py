"""Test that who watches the API learns how it does, and no more.

tests/unit/api/test_health.py - v0.1.0
"""

import json

import pytest
from starlette.exceptions import HTTPException

from seedbed.api.readiness import Readiness
from seedbed.api.services import Services
from seedbed.errors import WorldError
from seedbed.missing import MissingError
from seedbed.settings import load_settings
from tests.unit.api.conftest import KEY

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
            "runs": {"ready": True, "absent": False, "reason": None},
            "redis": {"ready": False, "absent": False, "reason": reason},
        }


async def test_what_nobody_has_set_up_yet_is_shown_and_makes_nothing_unready(app, client, bearer):
    async def lacks():
        raise MissingError("nothing has been indexed yet")

    app.state.services.readiness = Readiness({"runs": works, "index": lacks})
    answer = await client.get("/ready", headers=bearer("search"))
    assert (answer.status_code, answer.json()["ready"]) == (200, True)
    assert answer.json()["dependencies"]["index"] == {
        "ready": False, "absent": True, "reason": "nothing has been indexed yet",
    }  # fmt: skip


async def test_an_api_in_whose_stack_nothing_was_made_yet_is_ready_to_make_it(home, tmp_path):
    backends = json.dumps([{"name": "llm", "url": "http://127.0.0.1:1", "kind": "openai", "optional": True}])
    given = {"home": str(home), "api.key": KEY, "llm.backends": backends, "store.path": str(tmp_path / "store")}
    services = Services(load_settings({}, tmp_path, given))
    try:
        for name in ("index", "llm"):
            with pytest.raises(MissingError):
                await services.readiness._checks[name]()
    finally:
        await services.close()


async def test_asking_often_does_not_ask_the_dependencies_often():
    asked = []

    async def check():
        asked.append(1)

    readiness = Readiness({"runs": check})
    for _ in range(5):
        await readiness.lacks()
    assert len(asked) == 1


async def test_one_that_has_so_much_to_do_that_it_takes_no_more_is_ready_if_it_was_before():
    too_much = HTTPException(429, "too much is waiting already")
    said = [too_much, None, too_much, too_much, WorldError("away"), too_much]

    async def check():
        if (error := said.pop(0)) is not None:
            raise error

    readiness = Readiness({"ner": check}, good_for_s=-1)
    lacks = [(await readiness.lacks())["ner"] for _ in range(6)]
    assert [lack and lack.reason for lack in lacks] == [
        "too much is waiting already",
        None,
        None,
        None,
        "away",
        "too much is waiting already",
    ]


async def test_a_check_that_crashes_is_a_reason():
    async def crash():
        raise ZeroDivisionError

    lack = (await Readiness({"runs": crash}).lacks())["runs"]
    assert lack is not None
    assert ("crashed" in lack.reason, lack.absent) == (True, False)
