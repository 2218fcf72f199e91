"""Find out what is not well on this machine, and how to mend it.

src/seedbed/cli/diagnosis.py - v0.1.0

Nothing is made, changed or imported that is heavy: versions come from metadata, and a service is asked for two seconds.

```mermaid
flowchart LR
    diagnose --> Finding & Settings
    diagnose --> services & packaged_folder & lock_drift & plan_llm
```
"""

import os
import re
import shutil
import socket
import stat
import sys
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from pathlib import Path
from typing import Literal, NamedTuple
from urllib.parse import urlsplit

from seedbed.corpora.config import CORPORA
from seedbed.embedding.config import ENCODERS, EmbeddingConfig
from seedbed.embedding.model_files import packaged_folder, read_fingerprint
from seedbed.embedding.model_kind import choose_backend
from seedbed.embedding.precision import judged, kept_rates, unmeasured
from seedbed.errors import SeedbedError, WorldError
from seedbed.hardware import Hardware, container_gpu_runtime
from seedbed.logging_redaction import redact_text
from seedbed.serving.config import LlmConfig
from seedbed.settings import Settings
from seedbed.stores.config import STORES
from seedbed.tracking.provenance import canonical, installed_packages
from seedbed.wiring_serving import how, plan_llm

_NEEDED_PYTHON = (3, 12)
_GIB = 1 << 30
_NEEDED_DISK_BYTES = _GIB // 2
_COMFORTABLE_DISK_BYTES = 5 * _GIB
_TIMEOUT_S = 2.0
_PINNED = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)([^\\]*)")
_SHOWN_VERSIONS = (
    "seedbed", "chromadb", "mlflow", "numpy", "prefect", "pydantic", "qdrant-client", "sentence-transformers", "torch",
)  # fmt: skip

type State = Literal["ok", "warning", "broken"]


class Finding(NamedTuple):
    """One thing that was looked at."""

    name: str
    state: State
    detail: str
    mend: str = ""
    """The next command, or what to change; empty when all is well."""


def diagnose(settings: Settings | SeedbedError, folder: Path, hardware: Hardware) -> list[Finding]:
    """Return what was found, in the order in which one would mend it; `settings` may be why there are none."""
    findings = [_python(), lock_drift(folder / "uv.lock")]
    if isinstance(settings, SeedbedError):
        return [
            *findings,
            Finding("settings", "broken", str(settings), "change it, then: seedbed doctor"),
            _gpu(hardware),
        ]
    return [
        *findings,
        Finding("settings", "ok", f"ENVIRONMENT={settings.environment}"),
        *_private_files(folder),
        *_home(settings.home),
        _model(settings.embedding.model),
        _encoder(settings.embedding, settings.home, hardware),
        *services(settings),
        *_plugins(),
        _gpu(hardware),
        _language_model(settings.llm, folder, hardware),
    ]


def versions() -> dict[str, str | None]:
    """Return the versions of Python and of what results depend on, None for what is not installed."""
    installed = installed_packages()
    return {"python": sys.version.split()[0], **{name: installed.get(name) for name in _SHOWN_VERSIONS}}


def lock_drift(lock: Path) -> Finding:
    """Compare what is installed with what uv.lock pins; build tags like +cpu do not count."""
    if not lock.is_file():
        return Finding("packages", "ok", "no uv.lock in this folder to compare with")
    installed, different, missing = installed_packages(), [], []
    for name, version, marker in filter(None, (_pin(line) for line in lock.read_text("utf-8").splitlines())):
        found = installed.get(name)
        if found is None and not marker:
            missing.append(name)
        elif found is not None and found.partition("+")[0] != version.partition("+")[0] and not marker:
            different.append(f"{name} {found}, not {version}")
    if not different and not missing:
        return Finding("packages", "ok", "installed as uv.lock says")
    shown = ", ".join([*different, *(f"{name} missing" for name in missing)][:5])
    detail = f"{len(different)} differ from uv.lock and {len(missing)} are missing: {shown}"
    return Finding("packages", "warning", detail, "make setup FORCE=1")


def services(settings: Settings) -> Iterator[Finding]:
    """Ask every configured server whether it is there."""
    health = {"chroma": "/api/v2/heartbeat", "qdrant": "/readyz"}.get(settings.store.kind, "")
    asked: tuple[tuple[str, str | None, str, str, State], ...] = (
        ("tracking", settings.tracking.uri, "/health", "SEEDBED_TRACKING__URI", "broken"),
        ("store", settings.store.url, health, "SEEDBED_STORE__URL", "broken"),
        ("prefect", settings.prefect_api_url, "/health", "PREFECT_API_URL", "warning"),
    )
    for name, url, path, variable, state in asked:
        if url is None:
            yield Finding(name, "ok", "no server needed")
        elif (name == "tracking" and not url.startswith("http")) or not path:  # only its plug-in knows how to ask
            yield Finding(name, "ok", redact_text(url))
        elif problem := unreachable(url, path):
            yield Finding(name, state, f"{redact_text(url)} {problem}", f"start the server, or change {variable}")
        else:
            yield Finding(name, "ok", f"{redact_text(url)} answers")
    ledger = settings.indexing.ledger_url
    yield _ledger(ledger.get_secret_value() if ledger else None)


def _ledger(url: str | None) -> Finding:
    """Ask for the port only: a driver is heavy, and whoever may log in finds out with the first command."""
    if url is None:
        return Finding("ledger", "ok", "no server needed")
    parts = urlsplit(url)
    where = f"{parts.hostname}:{parts.port or 5432}"
    try:
        socket.create_connection((parts.hostname or "", parts.port or 5432), _TIMEOUT_S).close()
    except (OSError, ValueError) as error:
        return Finding(
            "ledger", "broken", f"{where} does not answer: {error}", "start it, or change SEEDBED_INDEXING__LEDGER_URL"
        )
    return Finding("ledger", "ok", f"{where} answers")


def unreachable(url: str, path: str) -> str:
    """Return why a server cannot be used, "" when it answers; that it wants to know who asks is an answer, too."""
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"}:
        return "is no http(s) address"
    try:
        connection_type = HTTPSConnection if parts.scheme == "https" else HTTPConnection
        connection = connection_type(parts.hostname or "", parts.port, timeout=_TIMEOUT_S)
        try:
            connection.request("GET", parts.path.rstrip("/") + path)
            status = connection.getresponse().status
        finally:
            connection.close()
    except (OSError, HTTPException, ValueError) as error:
        return f"does not answer: {error}"
    return f"answers with {status}" if status >= 500 else ""


def _python() -> Finding:
    version = sys.version.split()[0]
    if sys.version_info < _NEEDED_PYTHON:
        return Finding("python", "broken", f"{version} is too old, 3.12 is needed", "make setup")
    return Finding("python", "ok", version)


def _pin(line: str) -> tuple[str, str, str] | None:
    match = _PINNED.match(line)
    return (canonical(match[1]), match[2], match[3].strip()) if match else None


def _private_files(folder: Path) -> Iterator[Finding]:
    files = [*folder.glob(".env"), *folder.glob(".env.*"), *folder.glob("secrets/*")]
    private = [file for file in files if file.is_file() and file.name != ".env.example"]
    if open_ones := [file for file in private if file.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO)]:
        names = " ".join(str(file.relative_to(folder)) for file in open_ones)
        yield Finding("secrets", "warning", f"others on this machine may read {names}", f"chmod 600 {names}")


def _home(home: Path) -> Iterator[Finding]:
    existing = next(each for each in (home, *home.parents) if each.exists())
    if existing.is_dir() and os.access(existing, os.W_OK | os.X_OK):
        yield Finding("home", "ok", str(home))
    else:
        yield Finding("home", "broken", f"{existing} cannot be written to", "set SEEDBED_HOME to a folder of your own")
    free = shutil.disk_usage(existing).free
    enough = free >= _COMFORTABLE_DISK_BYTES
    state: State = "ok" if enough else "warning" if free >= _NEEDED_DISK_BYTES else "broken"
    mend = "" if enough else "make room, or set SEEDBED_HOME to a folder on another disk"
    yield Finding("disk", state, f"{free / _GIB:.1f} GiB free", mend)


def _model(name: str) -> Finding:
    try:
        folder = packaged_folder(name)
    except WorldError as error:
        return Finding("model", "broken", str(error), "make clean setup")
    if folder is not None:
        return Finding("model", "ok", f"{name}, packaged, sha256 as published")
    if Path(name).expanduser().is_dir():
        return Finding("model", "ok", f"{name}, a folder")
    return Finding("model", "ok", f"{name}, fetched from the model hub when it is first used")


def _encoder(config: EmbeddingConfig, home: Path, hardware: Hardware) -> Finding:
    """Say what `auto` means here; what has not been measured yet is not measured for this."""
    backend, precision, reasons = str(config.backend), str(config.precision), []
    try:
        if plugin := config.plugin:
            return Finding("encoder", "ok", f"{backend}, of {plugin.owner}")
        if backend == "auto":
            folder = packaged_folder(config.model) or Path(config.model).expanduser()
            if not folder.is_dir():
                return Finding("encoder", "ok", "chosen when the model is here")
            pooling = read_fingerprint(config, folder, backend=backend, precision=precision).pooling
            backend, why = choose_backend(folder, pooling, hardware)
            reasons.append(why)
    except SeedbedError as error:
        return Finding("encoder", "broken", str(error), "fetch the model again, or choose another")
    if precision == "auto":
        if given := unmeasured(backend, hardware):
            precision, why = given
        elif rates := kept_rates(home, hardware):
            precision, why = judged(rates)
        else:
            precision, why = "bf16 or fp32", "the faster one, measured once before the first text is embedded"
        reasons.append(why)
    return Finding("encoder", "ok", f"{backend} {precision}: {'; '.join(reasons) or 'as the settings say'}")


def _plugins() -> Iterator[Finding]:
    """Say what packages declare; nothing of them is imported."""
    for group in (CORPORA, ENCODERS, STORES):
        try:
            declared = group.declared()
        except SeedbedError as error:
            yield Finding(group.group, "broken", str(error))
            continue
        if declared:
            shown = ", ".join(f"{name} ({plugin.owner})" for name, plugin in sorted(declared.items()))
            yield Finding(group.group, "ok", shown)


def _language_model(config: LlmConfig, folder: Path, hardware: Hardware) -> Finding:
    try:
        outlook = plan_llm(config, folder, hardware)
    except SeedbedError as error:
        return Finding("language model", "broken", str(error), "change it, then: seedbed serve llm --plan")
    plan = outlook.plan
    if plan.chosen is None and config.model is None:
        return Finding("language model", "ok", plan.reason())
    if plan.less_than_asked:
        detail = plan.less_than_asked if plan.chosen is None else f"{plan.chosen.label}, because {plan.less_than_asked}"
        return Finding("language model", "warning", detail, "see: seedbed serve llm --plan")
    return Finding("language model", "ok", f"{plan.reason()}; {how(outlook)}")


def _gpu(hardware: Hardware) -> Finding:
    if not hardware.gpus:
        return Finding("gpu", "ok", f"none: {hardware.no_gpu_reason}")
    names = ", ".join(
        f"{gpu.name} ({gpu.free_bytes / _GIB:.0f} of {gpu.total_bytes / _GIB:.0f} GiB free)" for gpu in hardware.gpus
    )
    runtime = container_gpu_runtime()
    if not runtime:
        return Finding(
            "gpu", "warning", f"{names}, but containers cannot use it", "install the NVIDIA Container Toolkit"
        )
    return Finding("gpu", "ok", f"{names}; containers use it by {runtime}")
