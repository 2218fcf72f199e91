"""Use a running stack as a person would, through the port that it publishes.

tools/journey.py - v0.1.0

```mermaid
flowchart LR
    travel --> Traveller --> WorldError
    travel --> load_catalogue
```
"""

import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any, final

import httpx

from seedbed.errors import WorldError
from seedbed.serving.catalogue import load_catalogue
from tools.project_files import ROOT

SCOPES = ("experiments:read", "llm", "ner", "pipelines:run", "search")
_PATIENCE_S = 240.0
_TEXT = "Ada Lovelace wrote to Charles Babbage from London."


@final
class Traveller:
    """A holder of a token."""

    def __init__(self, url: str, token: str) -> None:
        self._client = httpx.Client(base_url=url, headers={"Authorization": f"Bearer {token}"}, timeout=70)

    def ask(self, method: str, path: str, body: object = None, *, until: Callable[[Any], bool] | None = None) -> Any:
        """Return the answer; with `until`, ask again until it is as wanted.

        Raises:
            WorldError: it never is.
        """
        began, said = time.monotonic(), ""
        while True:
            try:
                answer = self._client.request(method, path, json=body)
                said = f"{answer.status_code} {answer.text[:600]}"
                if answer.is_success and (until is None or until(answer.json())):
                    return answer.json()
            except httpx.TransportError as error:
                said = repr(error)
            if until is None or time.monotonic() - began > _PATIENCE_S:
                raise WorldError(f"{method} {path} answered {said}")
            time.sleep(2)


def travel(traveller: Traveller, champion: str) -> Iterator[str]:
    """Yield a line for each thing that worked; `champion` is the run whose NER model answers.

    Raises:
        WorldError: something did not.
    """
    asked = {"parameters": {"corpus_kind": "folder", "corpus_path": "/app/m2m", "collection": "check"}}
    started = traveller.ask("POST", "/v1/pipelines/embed-corpus/dev/runs", asked)
    ended = ("COMPLETED", "FAILED", "CRASHED", "CANCELLED")
    flow = traveller.ask("GET", started["links"]["status"], until=lambda answer: answer["state"] in ended)
    if flow["state"] != "COMPLETED":
        raise WorldError(f"the deployment embed-corpus/dev ended as {flow['state']}: {flow['message']}")
    yield "embed-corpus/dev completed"
    listed = "/experiments?experiment=embed-corpus"
    run = traveller.ask("GET", listed, until=lambda answer: answer["runs"] and _is_whole(answer["runs"][0]))["runs"][0]
    yield f"its run {run['run_id']} is FINISHED with {run['num_metrics']} metrics"
    search = {"index": "check", "query": "which settings are there", "k": 3}
    found = traveller.ask("POST", "/v1/search", search, until=lambda answer: answer["hits"])
    yield f"/v1/search finds {len(found['hits'])} chunks of what it indexed"
    answer = traveller.ask("POST", "/v1/ner", {"text": _TEXT}, until=lambda said: said["model"]["run_id"] == champion)
    yield f"/v1/ner answers with the champion of run {champion}, version {answer['model_version']}"
    ours = load_catalogue(ROOT).root.keys()
    served = traveller.ask("GET", "/v1/models", until=lambda said: any(each["id"] in ours for each in said["data"]))
    name = next(each["id"] for each in served["data"] if each["id"] in ours)
    question = {"model": name, "messages": [{"role": "user", "content": "Which tree is it?"}], "max_tokens": 8}
    said = traveller.ask("POST", "/v1/chat/completions", question, until=lambda answer: answer["choices"])
    yield f"chat answers through the gateway with {said['usage']['completion_tokens']} tokens of {name!r}"


def _is_whole(run: Mapping[str, Any]) -> bool:
    """Tell whether everything about a run has reached the tracking server."""
    return bool(run["status"] == "FINISHED" and run["num_metrics"])
