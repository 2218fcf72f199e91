"""Test where records go.

tests/unit/test_logging_config.py - v0.1.0
"""

import io
import json
import logging
import pickle
import sys
import threading
import warnings

import pytest

from seedbed.logging_config import bind_request, bind_run, configure, worker_initializer
from seedbed.logging_redaction import remember_secrets
from seedbed.logging_section import LoggingConfig

logger = logging.getLogger(__name__)


@pytest.fixture(autouse=True)
def restored(monkeypatch):
    """Put the logging of the test run back, whatever a test configured."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    for module, hook in ((sys, "excepthook"), (sys, "unraisablehook"), (threading, "excepthook")):
        monkeypatch.setattr(module, hook, getattr(module, hook))
    monkeypatch.setenv("MLFLOW_CONFIGURE_LOGGING", "false")
    yield
    for handler in set(root.handlers) - set(handlers):
        root.removeHandler(handler)
        handler.close()
    root.setLevel(level)
    logging.captureWarnings(False)


@pytest.fixture
def log():
    """The lines of a service."""
    stream = io.StringIO()
    configure(LoggingConfig(), service="api", stream=stream)
    return lambda: [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_service_writes_to_stdout_from_its_level_on(capsys):
    configure(LoggingConfig(level="INFO"), service="api")
    logging.getLogger("a").debug("quiet")
    logging.getLogger("a").info("said")
    captured = capsys.readouterr()
    assert [json.loads(line)["message"] for line in captured.out.splitlines()] == ["said"]
    assert captured.err == ""


def test_the_command_line_writes_warnings_to_stderr_and_everything_to_the_file(capsys, tmp_path):
    configure(LoggingConfig(level="INFO"), service="cli", home=tmp_path)
    logging.getLogger("a").info("said")
    logging.getLogger("a").warning("warned")
    captured = capsys.readouterr()
    file = tmp_path / "logs" / "seedbed.jsonl"
    assert captured.out == ""
    assert [json.loads(line)["message"] for line in captured.err.splitlines()] == ["warned"]
    assert [json.loads(line)["message"] for line in file.read_text().splitlines()] == ["said", "warned"]


def test_configuring_again_replaces_what_was_configured(tmp_path, capsys):
    for _ in range(3):
        configure(LoggingConfig(), service="cli", home=tmp_path)
    logging.getLogger("a").warning("once")
    assert len(capsys.readouterr().err.splitlines()) == 1
    assert len((tmp_path / "logs" / "seedbed.jsonl").read_text().splitlines()) == 1


def test_without_a_writable_home_the_command_line_still_logs(tmp_path, capsys):
    (tmp_path / "home").write_text("a file, no folder")
    configure(LoggingConfig(), service="cli", home=tmp_path / "home")
    assert json.loads(capsys.readouterr().err)["message"] == "log_file_unavailable"


def test_a_secret_is_masked_for_child_loggers_and_in_every_part_of_a_record(log):
    remember_secrets(["correct-horse"])
    child = logging.getLogger("seedbed.deep.down.child")
    try:
        raise ValueError("it was correct-horse")
    except ValueError:
        child.exception("correct-horse %s", "correct-horse", extra={"note": ["correct-horse"], "password": "x"})
    assert "correct-horse" not in json.dumps(log())
    assert log()[0]["extra"] == {"note": ["***"], "password": "***"}


def test_run_and_request_are_bound_inside_the_block_only(log):
    with bind_run("run-1"), bind_request("request-1"):
        with bind_run("run-2"):
            logger.warning("inner")
        logger.warning("outer")
    logger.warning("outside")
    assert [(line["run_id"], line["request_id"]) for line in log()] == [
        ("run-2", "request-1"),
        ("run-1", "request-1"),
        (None, None),
    ]


def test_console_handlers_of_libraries_are_taken_away(capsys):
    library = logging.getLogger("library.with.handlers")
    library.addHandler(logging.StreamHandler(sys.stderr))
    library.propagate = False
    configure(LoggingConfig(), service="api")
    library.warning("said")
    captured = capsys.readouterr()
    assert json.loads(captured.out)["module"] == "library.with.handlers"
    assert captured.err == ""


def test_handlers_that_somebody_asked_for_stay(tmp_path, log):
    kept = [logging.FileHandler(tmp_path / "own.log", delay=True), logging.NullHandler()]
    library = logging.getLogger("library.with.files")
    library.handlers = kept[:]
    configure(LoggingConfig(), service="api")
    assert library.handlers == kept


@pytest.mark.parametrize(("level", "expected"), [("INFO", 0), ("DEBUG", 1)])
def test_libraries_that_report_every_request_are_quiet_unless_asked(level, expected):
    stream = io.StringIO()
    configure(LoggingConfig(level=level), service="api", stream=stream)
    logging.getLogger("httpx").info("HTTP Request: GET /")
    assert len(stream.getvalue().splitlines()) == expected


def test_a_warning_is_logged(log):
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(True)
        warnings.warn("two\nlines", UserWarning, stacklevel=1)
        logging.captureWarnings(False)
    assert log()[0]["module"] == "py.warnings"


def test_an_uncaught_exception_is_logged(log):
    error = ValueError("token=hunter2")
    sys.excepthook(ValueError, error, None)
    assert (log()[0]["level"], log()[0]["exc_info"]) == ("CRITICAL", "ValueError: token=***")


def test_an_interrupt_is_no_fault(log):
    sys.excepthook(KeyboardInterrupt, KeyboardInterrupt(), None)
    assert (log()[0]["level"], log()[0]["exc_info"]) == ("WARNING", None)


def test_an_uncaught_exception_in_a_thread_is_logged_but_not_its_exit(log):
    for error in (ValueError("why"), SystemExit()):
        args = threading.ExceptHookArgs((type(error), error, None, threading.current_thread()))
        threading.excepthook(args)
    assert [(line["message"], line["extra"]) for line in log()] == [
        ("uncaught_exception_in_thread", {"thread_name": "MainThread"})
    ]


def test_an_exception_nobody_can_catch_is_logged(log):
    class Bad:
        def __del__(self):
            raise ValueError("late")

    Bad()
    assert (log()[0]["message"], log()[0]["level"]) == ("unraisable_exception", "ERROR")


def test_a_closed_console_is_no_reason_to_fail(tmp_path):
    stream = io.StringIO()
    configure(LoggingConfig(), service="api", stream=stream)
    stream.close()
    logger.warning("nobody hears")


def test_a_worker_initializer_carries_run_id_and_secrets_through_pickle(capsys):
    remember_secrets(["correct-horse"])
    with bind_run("run-1"):
        initializer = pickle.loads(pickle.dumps(worker_initializer(LoggingConfig(), service="api", home=None)))
    with bind_run("run-of-the-worker"):  # restored at its end, which a worker does not need
        initializer()
        logger.warning("correct-horse")
        line = json.loads(capsys.readouterr().out)
    assert (line["run_id"], line["message"]) == ("run-1", "***")
