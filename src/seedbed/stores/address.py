"""Read the address of a store's server.

src/seedbed/stores/address.py - v0.1.0

```mermaid
classDiagram
    class Address
    Address ..> UserError : raises
```
"""

from dataclasses import dataclass
from ipaddress import ip_address
from typing import Self
from urllib.parse import urlsplit

from seedbed.errors import UserError
from seedbed.stores.config import StoreConfig


@dataclass(frozen=True, slots=True)
class Address:
    """Where a server listens, and the key it gets."""

    url: str
    host: str
    port: int | None
    https: bool
    key: str | None

    @classmethod
    def of(cls, config: StoreConfig) -> Self:
        """Return the address in the configuration.

        Raises:
            UserError: it is no http(s) address, carries a password, or a key would travel in clear text.
        """
        url = (config.url or "").rstrip("/")
        try:
            parts = urlsplit(url)
            host, port = parts.hostname, parts.port
        except ValueError as error:
            raise UserError(f"store address cannot be read: {error}. Example: {_EXAMPLE}") from error
        if parts.scheme not in ("http", "https") or not host:
            raise UserError(f"store address {parts.scheme}://{host or ''} is no http(s) address. Example: {_EXAMPLE}")
        if parts.username is not None or parts.query or parts.fragment:
            raise UserError(f"store address of {host!r} carries more than host, port and path; put the key into {_KEY}")
        key = config.api_key.get_secret_value() if config.api_key else None
        if key and parts.scheme == "http" and not _is_loopback(host):
            raise UserError(
                f"the key would travel to {url} in clear text; allowed is https: SEEDBED_STORE__URL=https://…"
            )
        return cls(url, host, port, parts.scheme == "https", key)


_EXAMPLE = "SEEDBED_STORE__URL=http://127.0.0.1:6333"
_KEY = "SEEDBED_STORE__API_KEY"


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
