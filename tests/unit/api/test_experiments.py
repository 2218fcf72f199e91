"""Test that recorded runs can be read over HTTP.

tests/unit/api/test_experiments.py - v0.1.0
"""

from datetime import UTC, datetime, timedelta

import pytest

from seedbed.missing import MissingError
from seedbed.tracking.history import MetricPoint
from seedbed.tracking.page import RunPage
from seedbed.tracking.ports import RunArchive
from seedbed.tracking.record import RunRecord

pytestmark = pytest.mark.anyio


def record(number, **changes):
    return RunRecord(
        run_id=f"{number:032x}",
        experiment="coin",
        name=f"run {number}",
        status="FINISHED",
        started_at=datetime(2026, 11, 1, tzinfo=UTC) + timedelta(minutes=number),
        ended_at=None,
        params={"throws": "100", "bias": f"0.{number}"},
        metrics={"heads": 0.5, "broken": float("nan")},
        tags={"seedbed.seed": "12345678901234567890", "seedbed.git.commit": "61bff10", "mlflow.user": "ada"},
        artifact_uri="file:///artifacts",
        artifacts=tuple(f"a{i}" for i in range(600)),
    ).model_copy(update=changes)


class Shelf(RunArchive):
    """Runs in memory."""

    def __init__(self, runs):
        self.runs = runs
        self.has_listed = False

    def get(self, run_id, *, artifacts=True):
        self.has_listed |= artifacts
        for run in self.runs:
            if run.run_id == run_id:
                return run if artifacts else run.model_copy(update={"artifacts": ()})
        raise MissingError(f"there is no run {run_id!r}")

    def find(self, experiment=None, limit=20):
        return self.runs[:limit]

    def page(self, query):
        found = self.runs[query.offset() :][: query.size]
        end = query.offset() + len(found)
        return RunPage(runs=tuple(found), next_token=query.token_of(end) if end < len(self.runs) else None)

    def history(self, run_id, metric, max_points=None):
        self.max_points = max_points
        if metric not in self.get(run_id).metrics:
            raise MissingError(f"there is no metric {metric!r}")
        start = datetime(2026, 11, 1, tzinfo=UTC)
        values = [float("nan"), *(1 / step for step in range(1, 3000))]
        return [MetricPoint(step, start + timedelta(seconds=step), value) for step, value in enumerate(values)]

    def download(self, run_id, artifact, folder):
        raise NotImplementedError


@pytest.fixture
def get(app, client, bearer):
    app.state.services.__dict__["_archive"] = Shelf([record(number) for number in range(1, 6)])

    async def get(path, scope="experiments:read", **params):
        return await client.get(path, params=params, headers=bearer(scope))

    return get


async def test_runs_come_in_pages_that_follow_each_other(get):
    seen, token = [], {}
    for _ in range(3):
        page = (await get("/experiments", size=2, **token)).json()
        seen += [run["name"] for run in page["runs"]]
        token = {"token": page["next_token"]}
    assert seen == [f"run {number}" for number in range(1, 6)]
    assert token == {"token": None}


@pytest.mark.parametrize("token", ["x", "W10=", "WyJhIiwgMV0=", "é", "a" * 199])
async def test_a_token_that_is_none_is_refused(get, token):
    answer = await get("/experiments", token=token)
    assert (answer.status_code, "token" in answer.json()["detail"]) == (404, True)


async def test_a_token_of_another_query_is_refused(get):
    token = (await get("/experiments", size=2)).json()["next_token"]
    assert (await get("/experiments", size=2, token=token, order="oldest")).status_code == 404


@pytest.mark.parametrize("params", [{"size": 0}, {"size": 201}, {"status": "DONE"}, {"order": "best"}, {"limit": 5}])
async def test_what_is_not_offered_is_refused(get, params):
    assert (await get("/experiments", **params)).status_code == 422


async def test_a_run_is_shown_with_what_made_it(get):
    run = (await get(f"/experiments/{1:032x}")).json()
    assert run["params"] == {"throws": "100", "bias": "0.1"}
    assert run["metrics"] == {"heads": 0.5, "broken": "NaN"}
    assert run["seed"] == "12345678901234567890"
    assert run["provenance"]["git.commit"] == "61bff10"
    assert "mlflow.user" not in run["provenance"]
    assert run["links"] == {"self": f"/experiments/{1:032x}", "artifacts": "file:///artifacts"}
    assert (len(run["artifacts"]), run["num_artifacts"]) == (500, 600)


async def test_a_run_that_is_not_there_is_not_found(get):
    assert (await get("/experiments/beef")).status_code == 404


@pytest.mark.parametrize("run_id", ["abc", "BEEF", "beef%25", "beef'", "f" * 33])
async def test_what_is_no_id_never_reaches_the_store(get, run_id):
    assert (await get(f"/experiments/{run_id}")).status_code == 422


async def test_two_runs_are_compared_without_listing_their_artefacts(get, app):
    answer = (await get("/experiments/compare", run=[f"{1:032x}", f"{2:032x}"])).json()
    assert answer["params"] == {"bias": ["0.1", "0.2"]}
    assert answer["num_same_params"] == 1
    assert (answer["code"], answer["data"], answer["environment"]) == ({}, {}, {})
    assert answer["metrics"] == {"heads": [0.5, 0.5], "broken": ["NaN", "NaN"]}
    assert [run["name"] for run in answer["runs"]] == ["run 1", "run 2"]
    assert not app.state.services._archive.has_listed


async def test_runs_of_other_code_data_and_environment_say_in_what_they_differ(get, app):
    other = record(2).tags | {
        "seedbed.git.commit": "09ac2e1",
        "seedbed.data_digest": "77b1",
        "seedbed.python": "3.12.9",
    }
    app.state.services.__dict__["_archive"] = Shelf([record(1), record(2, tags=other)])
    answer = (await get("/experiments/compare", run=[f"{1:032x}", f"{2:032x}"])).json()
    assert answer["code"] == {"git.commit": ["61bff10", "09ac2e1"]}
    assert answer["data"] == {"data_digest": [None, "77b1"]}
    assert answer["environment"] == {"python": [None, "3.12.9"]}


@pytest.mark.parametrize("num_runs", [1, 11])
async def test_a_comparison_is_of_2_to_10_runs(get, num_runs):
    assert (await get("/experiments/compare", run=[f"{1:032x}"] * num_runs)).status_code == 422


async def test_another_scope_reads_nothing(get):
    for path in ("/experiments", "/experiments/compare", "/experiments/beef"):
        assert (await get(path, scope="search")).status_code == 403


async def test_a_curve_has_a_bounded_number_of_points_first_and_last_among_them(get, app):
    answer = (await get(f"/experiments/{1:032x}/history", metric="heads")).json()
    assert (answer["metric"], answer["num_points"], len(answer["points"])) == ("heads", 3000, 500)
    assert [answer["points"][i]["step"] for i in (0, -1)] == [0, 2999]
    assert app.state.services._archive.max_points == 100_000
    assert (answer["points"][0]["value"], answer["points"][0]["at"]) == ("NaN", "2026-11-01T00:00:00Z")


@pytest.mark.parametrize(("run", "metric"), [(1, "nothing"), (99, "heads")])
async def test_a_curve_that_is_not_there_is_not_found(get, run, metric):
    assert (await get(f"/experiments/{run:032x}/history", metric=metric)).status_code == 404
