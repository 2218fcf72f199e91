"""Plan, start, watch and fill servers of language models, as the settings say.

src/seedbed/wiring_serving.py - v0.1.0

```mermaid
flowchart LR
    plan_llm --> make_plan & find_means
    serve_llm --> run_server & start_in_compose
    llm_status --> ServerState
    model_server --> ModelServer
```
"""

import math
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from seedbed.errors import SeedbedError, UserError, WorldError
from seedbed.hardware import Hardware, measure
from seedbed.serving.catalogue import Catalogue, load_catalogue
from seedbed.serving.command import PORT, as_text, server_command
from seedbed.serving.config import Backend, LlmConfig
from seedbed.serving.env_file import choose
from seedbed.serving.machine import COMPOSE_FILE, Means, find_means
from seedbed.serving.plan import Candidate, Plan, make_plan
from seedbed.serving.plan import demand as demand
from seedbed.serving.servers import Loaded, ModelServer
from seedbed.serving.start import run_server, start_in_compose
from seedbed.serving.status import Served, keep, last_served, warnings

if TYPE_CHECKING:
    from seedbed.progress import Progress

LOCAL = f"http://127.0.0.1:{PORT}"
_SERVICES = {"ollama": "ollama-model", "vllm": "vllm"}
"""Of compose.yml: what is healthy once the model is there, and needs all that it takes."""
type Say = Callable[[str], None]


class Outlook(NamedTuple):
    """The plan, and what it stands on."""

    plan: Plan
    means: Means
    catalogue: Catalogue
    here: dict[str, tuple[ModelServer, str]]
    """Servers that answer on this machine, with their addresses, by engine."""

    def served(self, chosen: Candidate, url: str) -> Served:
        """Return what is remembered of serving what was chosen; vLLM is started on the pinned commit."""
        model = self.catalogue.find(chosen.model)
        return Served(
            model=chosen.model,
            engine=chosen.engine,
            engine_model=chosen.engine_model,
            place=chosen.fit.place,
            context_tokens=model.variant(chosen.profile).context_tokens,
            url=url,
            digest=model.gpu.revision if chosen.engine == "vllm" else None,
        )


class ServerState(NamedTuple):
    """What one server says of itself."""

    backend: Backend
    version: str | None
    loaded: list[Loaded]
    warnings: list[str]


def model_server(backend: Backend) -> ModelServer:
    """Return the words for one kind of server; one that is neither Ollama nor vLLM has none to be asked with."""
    if backend.kind == "ollama":
        from seedbed.serving.adapters.ollama_models import OllamaModels

        return OllamaModels(backend)
    if backend.kind == "vllm":
        from seedbed.serving.adapters.vllm_models import VllmModels

        return VllmModels(backend)
    raise UserError(f"backend {backend.name!r} is of kind 'openai', which says nothing of itself; kinds: ollama, vllm")


def backends(config: LlmConfig) -> tuple[Backend, ...]:
    """Return the servers of the settings, and those that `serve llm` would start here."""
    local = (_local(engine) for engine in ("ollama", "vllm"))
    named = {(each.url, each.kind) for each in config.backends}
    return (*config.backends, *(each for each in local if (each.url, each.kind) not in named))


def plan_llm(config: LlmConfig, folder: Path, hardware: Hardware | None = None) -> Outlook:
    """Look at the machine and choose; nothing is started or written."""
    hardware = hardware or measure()
    catalogue = load_catalogue(folder)
    here = dict(_here(config))
    loaded = tuple(name for server, _ in here.values() for name in _loaded_names(server))
    means = find_means(folder, hardware, serving=tuple(here), loaded=loaded)
    return Outlook(make_plan(catalogue, hardware, means, config), means, catalogue, here)


def how(outlook: Outlook) -> str:
    """Return in words, best the command itself, how what was chosen would be served here."""
    chosen = outlook.plan.chosen
    if chosen is None:
        return ""
    if chosen.engine in outlook.here:
        return f"the server at {outlook.here[chosen.engine][1]} answers already"
    if outlook.means.has_program(chosen.engine):
        return as_text(_command(outlook, chosen))
    if outlook.means.compose:
        return f"docker compose --profile {chosen.profile} up --detach --wait {_SERVICES[chosen.engine]}"
    return _how_to_start(chosen)


def choose_compose_profile(outlook: Outlook, folder: Path) -> str:
    """Write the plan's profile to `.env` unless one stands there; return in words what was done, "" without Compose."""
    if outlook.plan.chosen is None or not (folder / COMPOSE_FILE).is_file():
        return ""
    return "; ".join(choose(folder / ".env", {"COMPOSE_PROFILES": outlook.plan.chosen.profile}))


def serve_llm(config: LlmConfig, folder: Path, home: Path, say: Say, progress: "Progress") -> int:
    """Run the plan by what is there: a server that answers, a program, Compose; return the exit code of a program.

    Raises:
        UserError: it is less than was asked for, and that is refused.
        WorldError: nothing fits, nothing here can start it, or it does not start.
    """
    outlook = plan_llm(config, folder)
    plan, chosen = outlook.plan, demand(outlook.plan, strict=config.strict)
    _say_plan(plan, say)
    if chosen.engine in outlook.here:
        server, url = outlook.here[chosen.engine]
        # Which commit others started a vLLM on is not known.
        _make_ready(server, outlook.served(chosen, url).model_copy(update={"digest": None}), home, say, progress)
        return 0
    if outlook.means.has_program(chosen.engine):
        server, served = model_server(_local(chosen.engine)), outlook.served(chosen, LOCAL)
        words = _command(outlook, chosen)
        say(f"Starting: {as_text(words)}")
        return run_server(words, lambda: is_up(server), lambda: _make_ready(server, served, home, say, progress))
    if outlook.means.compose:
        _serve_in_compose(outlook, chosen, folder, say)
        keep(outlook.served(chosen, ""), home)
        say(f"{chosen.model} answers inside the stack as {chosen.model!r}; see: docker compose ps")
        return 0
    raise WorldError(_how_to_start(chosen))


def pull_llm(config: LlmConfig, folder: Path, home: Path, say: Say, progress: "Progress") -> Served:
    """Fetch the model that the plan chooses, by Ollama or for vLLM; return what was fetched, its digest with it.

    Raises:
        UserError: there is no such model, or the vLLM of the plan is in a container, whose files are not ours.
        WorldError: no Ollama answers here, or it cannot be fetched.
    """
    outlook = plan_llm(config, folder)
    chosen = demand(outlook.plan, strict=config.strict)
    _say_plan(outlook.plan, say)
    if chosen.engine == "vllm":
        return _fetch_for_vllm(outlook, chosen, home, progress)
    if "ollama" not in outlook.here:
        raise WorldError(f"no Ollama answers at {LOCAL} to fetch {chosen.engine_model}. Next: seedbed serve llm")
    server, url = outlook.here["ollama"]
    digest = server.pull(chosen.engine_model, chosen.model, progress)
    fetched = outlook.served(chosen, url).model_copy(update={"digest": digest})
    keep(fetched, home)
    return fetched


def _say_plan(plan: Plan, say: Say) -> None:
    say(plan.reason())
    if plan.less_than_asked:
        say(f"Less than hoped for: {plan.less_than_asked}")


def _fetch_for_vllm(outlook: Outlook, chosen: Candidate, home: Path, progress: "Progress") -> Served:
    if not outlook.means.vllm:
        raise UserError(
            f"{chosen.label} is the plan here, and a vLLM in a container fetches {chosen.engine_model} when it starts. "
            "Next: seedbed serve llm, or for Ollama: seedbed llm pull --profile cpu"
        )
    from seedbed.serving.adapters.hub_models import fetch_commit

    fetched = outlook.served(chosen, LOCAL)
    fetch_commit(chosen.engine_model, str(fetched.digest), progress)
    keep(fetched, home)
    return fetched


def llm_status(config: LlmConfig, home: Path) -> tuple[Served | None, list[ServerState]]:
    """Return what was planned last, and what the servers of the settings and those that answer here say."""
    planned = last_served(home)
    return planned, [state for backend in backends(config) if (state := _state(backend, planned, config))]


def _state(backend: Backend, planned: Served | None, config: LlmConfig) -> ServerState | None:
    if backend.kind == "openai":
        return ServerState(backend, None, [], ["a server of kind openai says nothing of itself"])
    server = model_server(backend)
    concerned = (
        planned if planned and (planned.engine, planned.url or backend.url) == (backend.kind, backend.url) else None
    )
    try:
        version, loaded = server.version(), server.loaded()
        found = warnings(concerned, loaded, server.digest(concerned.engine_model)) if concerned else []
    except WorldError as error:
        missed = backend in config.backends or (concerned and concerned.url)
        return ServerState(backend, None, [], [str(error)]) if missed else None
    return ServerState(backend, version, loaded, found)


def is_up(server: ModelServer) -> bool:
    """Tell whether the server answers."""
    with suppress(WorldError):
        return bool(server.version())
    return False


def _local(engine: str) -> Backend:
    return Backend(name="local", url=LOCAL, kind="vllm" if engine == "vllm" else "ollama")


def _here(config: LlmConfig) -> Iterator[tuple[str, tuple[ModelServer, str]]]:
    """Yield the engines that answer on this machine, the settings' last: they win in a dict."""
    for backend in reversed(backends(config)):
        if backend.kind != "openai" and urlsplit(backend.url).hostname in {"127.0.0.1", "localhost", "::1"}:
            server = model_server(backend)
            if is_up(server):
                yield backend.kind, (server, backend.url)


def _loaded_names(server: ModelServer) -> list[str]:
    try:
        return [each.model for each in server.loaded()]
    except SeedbedError:
        return []


def _make_ready(server: ModelServer, served: Served, home: Path, say: Say, progress: "Progress") -> None:
    digest = served.digest
    if served.engine == "ollama":
        digest = server.digest(served.engine_model)
        if digest is None or server.digest(served.model) is None:
            say(f"Fetching {served.engine_model}")
            digest = server.pull(served.engine_model, served.model, progress)
    elif not {served.model, served.engine_model} & {each.model for each in server.loaded()}:
        raise WorldError(
            f"the vLLM at {served.url} serves another model than {served.model}; stop it, then start again"
        )
    before, place = last_served(home), served.place
    if before and before.engine_model == served.engine_model and before.engine_model in _loaded_names(server):
        place = before.place  # it takes the memory by which one would judge where it was to go
    keep(served.model_copy(update={"digest": digest, "place": place}), home)
    say(f"{served.model} answers at {served.url}/v1 as {served.model!r}")


def _serve_in_compose(outlook: Outlook, chosen: Candidate, folder: Path, say: Say) -> None:
    values = _compose_values(outlook, chosen)
    for line in choose(folder / ".env", values):  # else the next `docker compose up` would undo it
        say(f"For docker compose: {line}")
    service = _SERVICES[chosen.engine]
    say(f"Starting service {service} of {COMPOSE_FILE}; it fetches {chosen.engine_model} first")
    say(f"What it does meanwhile: docker compose --profile {chosen.profile} logs --follow {service}")
    start_in_compose(folder, chosen.profile, service, values)


def _compose_values(outlook: Outlook, chosen: Candidate) -> dict[str, str]:
    """Return the variables of compose.yml under which it serves what was chosen, now and at the next `up`."""
    values = {"COMPOSE_PROFILES": chosen.profile, "LLM_MODEL": chosen.model}
    if chosen.engine == "ollama":
        values["OLLAMA_CONTEXT_LENGTH"] = str(outlook.served(chosen, "").context_tokens)
        values["LLM_MEMORY"] = f"{math.ceil(chosen.fit.needed_bytes / 2**30) + 2}G"
    else:  # for a compose.yml with vLLM's own image, whose entrypoint is `vllm serve`
        words = server_command(chosen, outlook.catalogue.find(chosen.model), host="0.0.0.0")  # a container  # noqa: S104  # nosec B104
        values["LLM_ARGUMENTS"] = as_text(words[words.index("serve") + 1 :])
        values["LLM_DEVICES"] = ",".join(map(str, chosen.fit.devices))
    return values


def _command(outlook: Outlook, chosen: Candidate) -> list[str]:
    return server_command(chosen, outlook.catalogue.find(chosen.model), port=urlsplit(LOCAL).port or PORT)


def _how_to_start(chosen: Candidate) -> str:
    if chosen.engine == "vllm":
        return f"{chosen.label} fits, and nothing here can start it; install vllm, or Docker with Compose"
    return f"{chosen.label} fits, and nothing here can start it; install Ollama (https://ollama.com/download) or Docker"
