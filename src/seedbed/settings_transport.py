"""Find connections that would cross a network unencrypted.

src/seedbed/settings_transport.py - v0.1.0

Whether a network is one where nobody listens is for whoever built it to say: SEEDBED_INTERNAL_HOSTS.

```mermaid
flowchart LR
    exposed_host --> is_internal --> ip_network
    checked_hosts --> ip_network
```
"""

import re
from collections.abc import Iterable
from ipaddress import ip_address, ip_network
from urllib.parse import parse_qsl, unquote, urlsplit

CONNECTIONS = {
    "store.url": "use https",
    "tracking.wandb_url": "use https",
    "tracking.uri": "use https, or add ?sslmode=verify-full to a PostgreSQL address",
    "prefect_api_url": "use https",
    "indexing.ledger_url": "add ?sslmode=verify-full",
    "api.redis_url": "use rediss",
}
"""Settings that name a server of ours, and what encrypts the way to it."""
_ENCRYPTED = ("https", "rediss")
_ENCRYPTED_POSTGRESQL = ("require", "verify-ca", "verify-full")
_NAME = re.compile(r"[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*", re.IGNORECASE)


def exposed_host(url: str, internal: str) -> str | None:
    """Return the host to which the connection goes in plain text over a network that is not ours; None when none.

    Args:
        url: an address as a setting has it; a file and a socket are no network.
        internal: host names and networks whose traffic stays among ours, commas between them.

    >>> exposed_host("http://mlflow:5000", ""), exposed_host("http://mlflow:5000", "redis, mlflow")
    ('mlflow', None)
    """
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query))
    if parts.scheme in _ENCRYPTED or query.get("sslmode") in _ENCRYPTED_POSTGRESQL:
        return None
    if parts.scheme.startswith("sqlite"):
        return None
    named = query.get("hostaddr") or query.get("host") or parts.hostname or "/"  # without a host: this machine's socket
    hosts = [host.rpartition(":")[0] if host.count(":") == 1 else host for host in unquote(named).split(",")]
    return next((host for host in hosts if not host.startswith("/") and not is_internal(host, internal)), None)


def is_internal(host: str, internal: str) -> bool:
    """Tell whether a host is this machine, or declared internal by its name or its address."""
    entries = [entry.lower() for entry in _entries(internal)]
    try:
        address = ip_address(host)
    except ValueError:
        return host.lower() in {"localhost", *entries}
    networks = [ip_network(entry) for entry in entries if not _is_name(entry)]
    return address.is_loopback or any(address in network for network in networks)


def checked_hosts(internal: str) -> str:
    """Return what was declared internal.

    Raises:
        ValueError: an entry is neither a host name nor a private network.
    """
    for entry in _entries(internal):
        if _is_name(entry):
            continue
        try:
            private = ip_network(entry).is_private
        except ValueError:
            private = False
        if not private:
            raise ValueError(f"{entry!r} is neither a host name nor a private network; write mlflow,10.8.0.0/24")
    return internal


def _entries(internal: str) -> Iterable[str]:
    return filter(None, map(str.strip, internal.split(",")))


def _is_name(entry: str) -> bool:
    """Tell a name from an address: the last label of a name is no number."""
    return bool(_NAME.fullmatch(entry)) and not entry.rpartition(".")[2].isdigit()
