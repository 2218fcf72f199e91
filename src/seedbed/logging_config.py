"""Send every log record of this process to one place, as one line of JSON.

src/seedbed/logging_config.py - v0.1.0

Services write to stdout. The command line keeps stdout for its answers: warnings go to stderr, everything to a file.

```mermaid
flowchart LR
    configure --> JsonLine & SharedFile & start_sentry
    worker_initializer --> configure & remember_secrets
    bind_run & bind_request --> logging_format
```
"""

import contextlib
import functools
import io
import logging
import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Literal, TextIO

from seedbed import logging_format
from seedbed.logging_file import SharedFile
from seedbed.logging_format import JsonLine
from seedbed.logging_redaction import known_secrets, remember_secrets

if TYPE_CHECKING:
    from seedbed.logging_section import LoggingConfig

type Service = Literal["cli", "api", "flow", "worker", "notebook", "script"]

logger = logging.getLogger(__name__)

LOG_FILE = Path("logs", "seedbed.jsonl")
"""Below the home folder."""
_CHATTY = ("alembic", "asyncio", "httpcore", "httpx", "huey", "sqlalchemy.engine", "urllib3")
"""Libraries that report every statement or request at INFO."""


class Console(logging.Handler):
    """Writes to what is sys.stdout or sys.stderr at that moment: tests and notebooks exchange them.

    Its name has no underscore in front: Prefect takes such handlers for nobody's and puts its own in their place.
    """

    def __init__(self, stream_name: Literal["stdout", "stderr"], given: TextIO | None) -> None:
        super().__init__()
        self._stream_name, self._given = stream_name, given

    def emit(self, record: logging.LogRecord) -> None:
        """Write one line."""
        stream: TextIO = self._given or getattr(sys, self._stream_name)
        with contextlib.suppress(OSError, ValueError, AttributeError):  # closed or None: nowhere is left to say so
            stream.write(f"{self.format(record)}\n")
            stream.flush()


def configure(
    config: "LoggingConfig",
    *,
    service: Service,
    home: Path | None = None,
    stream: TextIO | None = None,
) -> None:
    """Route everything that logs, warns or crashes in this process; calling it again replaces what it did before.

    Args:
        config: the section `log` of the settings.
        service: what this process is; "cli" and "notebook" keep stdout free.
        home: where "cli" and "notebook" keep the file; None keeps none.
        stream: written to instead of stdout or stderr.
    """
    quiet = service in {"cli", "notebook"}
    console = Console("stderr" if quiet else "stdout", stream)
    console.setLevel(logging.WARNING if quiet else logging.NOTSET)
    root = logging.getLogger()
    _drop_consoles()
    _add(root, console)
    root.setLevel(config.level)
    for name in _CHATTY:
        logging.getLogger(name).setLevel(logging.NOTSET if config.level == "DEBUG" else logging.WARNING)
    os.environ.setdefault("MLFLOW_CONFIGURE_LOGGING", "false")  # else importing it later puts text handlers back
    logging.captureWarnings(True)
    sys.excepthook = _log_uncaught
    threading.excepthook = _log_uncaught_in_thread
    sys.unraisablehook = _log_unraisable
    if quiet and home is not None:
        _open_file(root, home / LOG_FILE, config)
    if config.sentry_dsn is not None:
        from seedbed.logging_sentry import start_sentry

        environment = config.sentry_environment or "dev"
        start_sentry(config.sentry_dsn.get_secret_value(), service=service, environment=environment)


def worker_initializer(config: "LoggingConfig", *, service: Service, home: Path | None) -> Callable[[], None]:
    """Return the `initializer` of a process pool whose workers log like this process, with its run and request id."""
    bound = (logging_format.run_id.get(), logging_format.request_id.get())
    return functools.partial(_start_worker, config, service, home, known_secrets(), bound)


def _start_worker(
    config: "LoggingConfig",
    service: Service,
    home: Path | None,
    secrets: frozenset[str],
    bound: tuple[str | None, str | None],
) -> None:
    remember_secrets(secrets)
    configure(config, service=service, home=home)
    logging_format.run_id.set(bound[0])
    logging_format.request_id.set(bound[1])


@contextlib.contextmanager
def bind_run(run_id: str) -> Iterator[None]:
    """Write this run id into every record of the block.

    A thread started inside does not inherit it before Python 3.14: start it with `contextvars.copy_context().run`.
    """
    with _bound(logging_format.run_id, run_id):
        yield


@contextlib.contextmanager
def bind_request(request_id: str) -> Iterator[None]:
    """Write this request id into every record of the block."""
    with _bound(logging_format.request_id, request_id):
        yield


@contextlib.contextmanager
def _bound(variable: ContextVar[str | None], value: str) -> Iterator[None]:
    token = variable.set(value)
    try:
        yield
    finally:
        variable.reset(token)


def _add(root: logging.Logger, handler: logging.Handler) -> None:
    handler.setFormatter(JsonLine())
    root.addHandler(handler)


def _open_file(root: logging.Logger, path: Path, config: "LoggingConfig") -> None:
    try:
        handler = SharedFile(path, config.max_file_bytes, config.num_files)
    except OSError as error:
        logger.warning("log_file_unavailable", extra={"path": path, "reason": error.strerror})
    else:
        _add(root, handler)


def _drop_consoles() -> None:
    """Take away handlers that write to a console, and ours of an earlier call, so that all records reach the root.

    Handlers that write to files, to memory or to a server (as Prefect's do) stay: somebody asked for them.
    """
    existing = [each for each in logging.Logger.manager.loggerDict.values() if isinstance(each, logging.Logger)]
    for each in [logging.getLogger(), *existing]:
        for handler in each.handlers[:]:
            if isinstance(handler, SharedFile) or _is_console(handler):
                each.removeHandler(handler)
                handler.close()
                each.propagate = True


def _is_console(handler: logging.Handler) -> bool:
    if isinstance(handler, logging.FileHandler) or not isinstance(handler, logging.StreamHandler):
        return isinstance(handler, Console)
    return not isinstance(handler.stream, io.StringIO)


def _log_uncaught(kind: type[BaseException], error: BaseException, traceback: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        logger.warning("interrupted")
    else:
        logger.critical("uncaught_exception", exc_info=(kind, error, traceback))


def _log_uncaught_in_thread(args: threading.ExceptHookArgs) -> None:
    if args.exc_value is not None and not issubclass(args.exc_type, SystemExit):
        thread_name = args.thread.name if args.thread else None
        exc_info = (args.exc_type, args.exc_value, args.exc_traceback)
        logger.critical("uncaught_exception_in_thread", exc_info=exc_info, extra={"thread_name": thread_name})


def _log_unraisable(args: "sys.UnraisableHookArgs") -> None:
    if args.exc_value is not None:
        exc_info = (args.exc_type, args.exc_value, args.exc_traceback)
        logger.error("unraisable_exception", exc_info=exc_info, extra={"where": repr(args.object)})
