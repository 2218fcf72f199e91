"""See addresses read and secrets kept.

tests/unit/stores/test_address.py - v0.1.0
"""

import pytest
from pydantic import SecretStr

from seedbed.errors import UserError
from seedbed.stores.address import Address
from seedbed.stores.config import StoreConfig

KEY = SecretStr("s3cret-key")


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:6333", "http://localhost:8000", "http://[::1]:1", "https://q.example"]
)
def test_a_key_goes_to_this_machine_or_over_https(url: str) -> None:
    assert Address.of(StoreConfig(url=url, api_key=KEY)).key == "s3cret-key"


@pytest.mark.parametrize("url", ["http://q.example:6333", "http://10.0.0.1", "http://localhost.example"])
def test_a_key_is_never_sent_in_clear_text(url: str) -> None:
    with pytest.raises(UserError, match="clear text") as caught:
        Address.of(StoreConfig(url=url, api_key=KEY))
    assert "s3cret" not in str(caught.value)
    assert Address.of(StoreConfig(url=url)).key is None


@pytest.mark.parametrize(
    "url", ["ftp://h", "qdrant:6333", "", "http://", "http://h:99999", "http://[::1", "http://u:pw@h", "http://h?a=b"]
)
def test_what_is_no_plain_address_is_refused_without_its_password(url: str) -> None:
    with pytest.raises(UserError, match="address") as caught:
        Address.of(StoreConfig(url=url))
    assert "pw" not in str(caught.value)


def test_path_and_port_are_kept() -> None:
    address = Address.of(StoreConfig(url="https://q.example:8443/stores/"))
    assert (address.url, address.host, address.port, address.https) == (
        "https://q.example:8443/stores", "q.example", 8443, True,
    )  # fmt: skip


@pytest.mark.parametrize("url", ["https://bob:hunter3pw@h:6333", "http://hunter3pw@h", "https://bob:hunter/3pw@h"])
def test_password_in_the_address_is_refused_before_anything_can_record_it(url: str) -> None:
    with pytest.raises(UserError, match="SEEDBED_STORE__API_KEY") as caught:
        StoreConfig(url=url)
    assert "hunter" not in str(caught.value)
