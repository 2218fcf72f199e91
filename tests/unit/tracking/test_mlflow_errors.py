"""Check that everything MLflow, its database and its server may raise becomes one line that says what to do.

tests/unit/tracking/test_mlflow_errors.py - v0.1.0
"""

import pytest
import requests
import sqlalchemy.exc
from mlflow.exceptions import ERROR_CODE_TO_HTTP_STATUS, MlflowException, RestException
from mlflow.protos.databricks_pb2 import ErrorCode

from seedbed.errors import SeedbedError, UserError, WorldError
from seedbed.tracking.adapters.mlflow_errors import CREDENTIAL_CODES, USER_CODES, shown, translated

URI = "http://me:hidden-words@tracking.internal:5000"


def raised(error: Exception) -> SeedbedError:
    with pytest.raises(SeedbedError) as caught, translated(URI):
        raise error
    assert "\n" not in str(caught.value)
    assert "hidden-words" not in str(caught.value)
    assert "tracking.internal:5000" in str(caught.value)
    return caught.value


@pytest.mark.parametrize("code", sorted(ERROR_CODE_TO_HTTP_STATUS))
def test_every_code_of_mlflow_is_somebodys_fault(code):
    for error in (
        MlflowException(f"it said\n{code}", error_code=ErrorCode.Value(code)),
        RestException({"error_code": code, "message": "it said so"}),
    ):
        found = raised(error)
        assert isinstance(found, UserError if code in USER_CODES | CREDENTIAL_CODES else WorldError)


@pytest.mark.parametrize("code", sorted(set(ErrorCode.keys()) - set(ERROR_CODE_TO_HTTP_STATUS)))
def test_code_that_mlflow_itself_does_not_use_is_translated_too(code):
    raised(MlflowException("it said so", error_code=ErrorCode.Value(code)))


REQUEST_ERRORS = [
    error
    for error in vars(requests.exceptions).values()
    if isinstance(error, type) and issubclass(error, requests.exceptions.RequestException)
]


@pytest.mark.parametrize("kind", REQUEST_ERRORS, ids=lambda kind: kind.__name__)
def test_every_error_of_the_connection_is_the_worlds_fault(kind):
    error = kind("boom", "doc", 0) if issubclass(kind, ValueError) and "JSON" in kind.__name__ else kind("boom")
    assert isinstance(raised(error), WorldError)


@pytest.mark.parametrize(
    "error",
    [
        sqlalchemy.exc.OperationalError("SELECT 1", {}, Exception("database is locked")),
        sqlalchemy.exc.DatabaseError("SELECT 1", {}, Exception("file is not a database")),
        sqlalchemy.exc.TimeoutError("pool"),
        PermissionError(13, "Permission denied", "mlflow.db"),
        OSError(28, "No space left on device"),
        ConnectionRefusedError(111, "Connection refused"),
        TimeoutError("timed out"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_every_error_of_database_and_disk_is_the_worlds_fault(error):
    found = raised(error)
    assert isinstance(found, WorldError)
    assert "see whether it runs (seedbed doctor), or choose another by SEEDBED_TRACKING__URI" in str(found)


@pytest.mark.parametrize("status", [401, 403])
def test_refused_credentials_name_the_settings(status):
    error = MlflowException(f"API request to endpoint /x failed with error code {status} != 200. Response body: 'no'")
    assert "set SEEDBED_TRACKING__USERNAME and SEEDBED_TRACKING__PASSWORD" in str(raised(error))


def test_store_of_a_newer_mlflow_is_told_as_that():
    error = MlflowException("Detected out-of-date database schema (found version ff, but expected aa)")
    assert "was written by a newer MLflow" in str(raised(error))


def test_address_inside_a_message_does_not_carry_its_password():
    found = raised(sqlalchemy.exc.ArgumentError("Could not parse postgresql://me:hidden-words@db/x"))
    assert isinstance(found, WorldError)


def test_programmers_mistake_is_not_translated():
    with pytest.raises(KeyError), translated(URI):
        raise KeyError("x")


def test_what_is_translated_already_passes():
    error = UserError("mine")
    with pytest.raises(UserError) as caught, translated(URI):
        raise error
    assert caught.value is error


@pytest.mark.parametrize(
    ("uri", "expected"),
    [
        (URI, "http://tracking.internal:5000"),
        ("sqlite:////home/x/mlflow.db", "sqlite:////home/x/mlflow.db"),
        ("postgresql+psycopg2://u:p@h:1/d?x=1", "postgresql+psycopg2://h:1/d"),
    ],
)
def test_address_is_shown_without_credentials(uri, expected):
    assert shown(uri) == expected
