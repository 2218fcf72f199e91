"""Check that a tracking server gets credentials only where nobody can read them on the way.

tests/unit/tracking/test_mlflow_client.py - v0.1.0
"""

import pytest
from pydantic import SecretStr

from seedbed.errors import UserError
from seedbed.tracking.adapters.mlflow_client import tracking_uri
from seedbed.tracking.config import TrackingConfig


def with_password(uri):
    return TrackingConfig(uri=uri, username="ada", password=SecretStr("hunter22222"))


@pytest.mark.parametrize(
    "uri", ["http://10.255.255.1:5000", "http://mlflow.example", "http://localhost.example", "http://"]
)
def test_password_is_never_sent_in_clear_text(tmp_path, uri):
    with pytest.raises(UserError, match="clear text; allowed is https: SEEDBED_TRACKING__URI=https://") as caught:
        tracking_uri(with_password(uri), tmp_path)
    assert "hunter" not in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "uri",
    ["http://127.0.0.1:5000", "http://[::1]:5000", "http://localhost:5000", "https://mlflow.example", "sqlite:///a"],
)
def test_password_goes_to_this_machine_or_over_https(tmp_path, uri):
    assert tracking_uri(with_password(uri), tmp_path) == uri


def test_server_without_a_password_may_be_anywhere(tmp_path):
    assert tracking_uri(TrackingConfig(uri="http://10.255.255.1:5000"), tmp_path) == "http://10.255.255.1:5000"
