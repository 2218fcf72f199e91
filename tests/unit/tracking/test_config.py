"""Check that the tracking section holds no password that could be shown.

tests/unit/tracking/test_config.py - v0.1.0
"""

import pytest

from seedbed.errors import UserError
from seedbed.tracking.config import TrackingConfig


@pytest.mark.parametrize("uri", ["https://bob:hunter3pw@h:5000", "HTTP://hunter3pw@h", "https://bob:hunter/3pw@h"])
def test_password_in_the_address_of_a_server_is_refused_with_where_it_goes(uri):
    with pytest.raises(UserError, match="SEEDBED_TRACKING__USERNAME and SEEDBED_TRACKING__PASSWORD") as caught:
        TrackingConfig(uri=uri)
    assert "hunter" not in str(caught.value)


@pytest.mark.parametrize("uri", ["postgresql://bob:hunter3pw@db/mlflow", "sqlite:////home/a@b/mlflow.db", None])
def test_address_of_a_database_may_carry_its_password(uri):
    assert TrackingConfig(uri=uri).uri == uri
