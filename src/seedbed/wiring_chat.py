"""Find the server of language models that answers.

src/seedbed/wiring_chat.py - v0.1.0

```mermaid
flowchart LR
    open_chat --> chat_server --> ChatServer
    open_chat --> served_name
    open_chat --> names_by_backend & WorldError
```
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, NamedTuple

from seedbed.errors import WorldError, unknown_choice
from seedbed.missing import MissingError
from seedbed.serving.command import PORT
from seedbed.serving.config import Backend, LlmConfig
from seedbed.serving.naming import served_name
from seedbed.settings import Settings, project_folder

if TYPE_CHECKING:
    from seedbed.serving.ports import ChatServer, ServedModel

LOCAL = Backend(name="local", url=f"http://127.0.0.1:{PORT}")
"""Where `seedbed serve llm` serves, on either engine."""


class Chat(NamedTuple):
    """A server that answers, and a model that it has."""

    backend: str
    server: "ChatServer"
    model: "ServedModel"


def chat_server(backend: Backend) -> "ChatServer":
    """Return what speaks to that server."""
    if backend.kind == "ollama":
        from seedbed.serving.adapters.ollama_http import OllamaServer

        return OllamaServer(backend)
    from seedbed.serving.adapters.openai_http import OpenAiServer

    return OpenAiServer(backend)


def chat_backends(config: LlmConfig) -> Sequence[Backend]:
    """Return the servers of the settings; without any, the one that `seedbed serve llm` starts here."""
    return config.backends or (LOCAL,)


def names_by_backend(backends: Sequence[Backend]) -> dict[str, dict[str, str]]:
    """Return for each backend its names of the models in the catalogue."""
    from seedbed.serving.catalogue import engine_model, load_catalogue

    catalogue = load_catalogue(project_folder())
    return {
        backend.name: {name: engine_model(catalogue, name, backend.kind) for name in catalogue.root}
        for backend in backends
    }


@contextmanager
def open_chat(settings: Settings, model: str | None = None, backend: str | None = None) -> Iterator[Chat]:
    """Yield the first backend that answers and has the model; without a model: that of the settings, or its first.

    Raises:
        UserError: no backend has that name; MissingError: none has the model.
        WorldError: none answers.
    """
    backends = _chosen(chat_backends(settings.llm), backend)
    names: Mapping[str, Mapping[str, str]] = names_by_backend(backends)
    away, have = [], set[str]()
    for each in backends:
        with closing(chat_server(each)) as server:
            try:
                listed = {served.name: served for served in server.models()}
            except WorldError as error:
                away.append(error)
                continue
            own = names[each.name]
            found = served_name(model or settings.llm.model, list(listed), own)
            if found is None and model is None:  # that of the settings is elsewhere
                found = served_name(None, list(listed), own)
            if found is not None:
                yield Chat(each.name, server, listed[found])
                return
            have |= set(listed)
    if have or len(away) < len(backends):
        raise MissingError(f"no backend has the model {model!r}; there is {sorted(have)}. Next: seedbed chat --models")
    raise _silence(away)


def served_models(settings: Settings) -> list[tuple[str, "ServedModel"]]:
    """Return every model of every backend that answers.

    Raises:
        WorldError: none answers.
    """
    found, away = [], []
    for backend in chat_backends(settings.llm):
        with closing(chat_server(backend)) as server:
            try:
                found += [(backend.name, model) for model in server.models()]
            except WorldError as error:
                away.append(error)
    if not found and away:
        raise _silence(away)
    return found


def _silence(away: Sequence[WorldError]) -> WorldError:
    return WorldError(
        f"no server of language models answers: {'; '.join(map(str, away))}. Next: seedbed serve llm --plan"
    )


def _chosen(backends: Sequence[Backend], name: str | None) -> Sequence[Backend]:
    if name is None:
        return backends
    by_name = {backend.name: backend for backend in backends}
    if name not in by_name:
        raise unknown_choice("backend", name, by_name, example=f"--backend {backends[0].name}")
    return [by_name[name]]
