"""Serve S3 on loopback, and say how DVC finds it.

tests/s3_server.py - v0.1.0
"""

from collections.abc import Iterator
from contextlib import contextmanager

KEYS = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing", "AWS_DEFAULT_REGION": "us-east-1"}


@contextmanager
def s3_server() -> Iterator[str]:
    """Yield the address of a server with an empty bucket `data`."""
    import boto3
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    url = f"http://{host}:{port}"
    client = boto3.client(
        "s3", endpoint_url=url, aws_access_key_id="testing", aws_secret_access_key="testing", region_name="us-east-1"
    )
    client.create_bucket(Bucket="data")
    client.close()
    try:
        yield url
    finally:
        server.stop()


def remote_at(url: str) -> str:
    """Return the text of `.dvc/config.local` for a remote in that bucket."""
    return f"[core]\n    remote = shared\n['remote \"shared\"']\n    url = s3://data/seedbed\n    endpointurl = {url}\n"
