"""Use a running stack as a person would, through the port that it publishes.

tools/journey.py - v0.1.0

What this version of the API does not have is left out, and said.

```mermaid
flowchart LR
    travel --> Traveller --> WorldError
```
"""

import json
import time
from collections.abc import Callable, Collection, Iterator
from typing import Any, final

import httpx

from seedbed.errors import WorldError
from tools.project_files import ROOT

SCOPES = ("experiments:read", "llm", "ner", "pipelines:run", "search")
_PATIENCE_S = 240.0
_TEXT = "Ada Lovelace wrote to Charles Babbage from London."


def paths() -> Collection[str]:
    """Return the paths of this version's API."""
    described: Collection[str] = json.loads((ROOT / "m2m" / "openapi.json").read_text("utf-8"))["paths"]
    return described


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


def travel(traveller: Traveller) -> Iterator[str]:
    """Yield a line for each thing that worked.

    Raises:
        WorldError: something did not.
    """
    asked = {"parameters": {"corpus_kind": "folder", "corpus_path": "/app/m2m", "collection": "check"}}
    started = traveller.ask("POST", "/v1/pipelines/embed-corpus/dev/runs", asked)
    ended = ("COMPLETED", "FAILED", "CRASHED", "CANCELLED")
    run = traveller.ask("GET", started["links"]["status"], until=lambda answer: answer["state"] in ended)
    if run["state"] != "COMPLETED":
        raise WorldError(f"the deployment embed-corpus/dev ended as {run['state']}: {run['message']}")
    yield "embed-corpus/dev completed"
    runs = traveller.ask("GET", "/experiments?experiment=embed-corpus", until=lambda answer: answer["runs"])["runs"]
    yield f"its run {runs[0].get('run_id', runs[0].get('id'))} is in /experiments"
    search = {"index": "check", "query": "which settings are there", "k": 3}
    found = traveller.ask("POST", "/v1/search", search, until=lambda answer: answer["hits"])
    yield f"/v1/search finds {len(found['hits'])} chunks of what it indexed"
    if "/v1/ner" in paths():
        traveller.ask("POST", "/v1/ner", {"text": _TEXT}, until=lambda answer: "London" in str(answer))
        yield "/v1/ner finds London"
    else:
        yield "left out: /v1/ner, which this version does not have"
    if "/v1/chat/completions" in paths():
        question = {"messages": [{"role": "user", "content": "Which tree is it?"}], "max_tokens": 8}
        said = traveller.ask("POST", "/v1/chat/completions", question, until=lambda answer: answer["choices"])
        yield f"chat answers through the gateway with {said['usage']['completion_tokens']} tokens of {said['model']!r}"
    else:
        yield "left out: chat, which this version does not have"
