"""Test that nobody comes in without a token that lets in.

tests/unit/api/test_auth.py - v0.1.0
"""

import asyncio
import base64
import json
import time
from contextlib import suppress
from http.server import BaseHTTPRequestHandler

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from fastapi import Security
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from seedbed.api.auth import authorized
from seedbed.api.keys import IssuerKeys, signing_key
from seedbed.api.tokens import OWN_ISSUER, Authority, TokenError, mint
from seedbed.errors import UserError, WorldError
from seedbed.settings import load_settings
from tests.loopback import answering, say
from tests.unit.api.conftest import KEY

pytestmark = pytest.mark.anyio
ISSUER = "https://issuer.example/"
RSA_KEY = rsa.generate_private_key(65537, 2048)
EC_KEY = ec.generate_private_key(ec.SECP256R1())


def claims(**changes):
    now = int(time.time())
    whole = {"iss": OWN_ISSUER, "aud": "seedbed", "sub": "ada", "iat": now, "exp": now + 3600, "scope": "search"}
    return {name: value for name, value in (whole | changes).items() if value is not None}


def unsigned(payload, header):
    parts = [base64.urlsafe_b64encode(json.dumps(each).encode()).rstrip(b"=").decode() for each in (header, payload)]
    return ".".join([*parts, ""])


@pytest.fixture(autouse=True)
def _routes(app):
    @app.get("/v1/probe", dependencies=[Security(authorized, scopes=["search"])])
    async def probe(): ...

    @app.get("/forgotten", dependencies=[Security(authorized, scopes=["search"])])
    async def forgotten(): ...


async def get(client, token, path="/v1/probe"):
    return await client.get(path, headers={"Authorization": f"Bearer {token}"})


async def test_a_token_with_the_scope_comes_in(client, bearer):
    assert (await client.get("/v1/probe", headers=bearer("ner", "search"))).status_code == 200


async def test_another_scope_is_forbidden_and_the_right_one_named(client, bearer):
    answer = await client.get("/v1/probe", headers=bearer("experiments:read"))
    assert answer.status_code == 403
    assert 'error="insufficient_scope"' in answer.headers["www-authenticate"]
    assert 'scope="search"' in answer.headers["www-authenticate"]


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer ", "Basic YWRhOmFkYQ==", "search"])
async def test_without_a_token_one_is_asked_for(client, header):
    answer = await client.get("/v1/probe", headers={} if header is None else {"Authorization": header})
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer realm=")
    assert answer.headers["content-type"] == "application/problem+json"


GARBAGE = {
    "expired": jwt.encode(claims(exp=int(time.time()) - 60), KEY),
    "without end": jwt.encode(claims(exp=None), KEY),
    "without subject": jwt.encode(claims(sub=None), KEY),
    "with an empty subject": jwt.encode(claims(sub=""), KEY),
    "for somebody else": jwt.encode(claims(aud="other"), KEY),
    "of another issuer": jwt.encode(claims(iss="other"), KEY),
    "not yet valid": jwt.encode(claims(nbf=int(time.time()) + 1800), KEY),
    "with another key": jwt.encode(claims(), "x" * 32),
    "with another digest": jwt.encode(claims(), KEY, algorithm="HS512"),
    "signed by RSA": jwt.encode(claims(), RSA_KEY, algorithm="RS256"),
    "alg none": unsigned(claims(), {"alg": "none", "typ": "JWT"}),
    "alg NONE": unsigned(claims(), {"alg": "NONE", "typ": "JWT"}),
    "scopes as a list": jwt.encode(claims(scope=["search"]), KEY),
    "not a token": "a.b.c",
    "no dots": "x",
    "too long": "x" * 9000,
    "not ASCII": "ä.ö.ü",
}


@pytest.mark.parametrize("name", GARBAGE)
async def test_a_token_that_is_none_is_refused(client, name):
    answer = await client.get("/v1/probe", headers={"Authorization": f"Bearer {GARBAGE[name]}".encode()})
    assert answer.status_code == 401
    assert 'error="invalid_token"' in answer.headers["www-authenticate"]
    assert ("expired" in answer.text) is (name == "expired")


async def test_two_authorization_headers_are_none(client, bearer):
    both = [("Authorization", bearer("search")["Authorization"])] * 2
    assert (await client.get("/v1/probe", headers=both)).status_code == 401


async def test_a_route_that_the_gate_does_not_cover_is_closed(client, bearer):
    assert (await client.get("/forgotten", headers=bearer("search"))).status_code == 401


async def test_the_body_of_a_stranger_is_not_read(client):
    async def never():
        pytest.fail("the body was read")
        yield b""

    assert (await client.post("/v1/probe", content=never())).status_code == 401


@pytest.fixture
def of_issuer(home, tmp_path, keys_url):
    explicit = {"api.issuer": ISSUER, "api.jwks_url": keys_url}
    return Authority(load_settings({"SEEDBED_HOME": str(home)}, tmp_path, explicit))


@pytest.fixture
def asked():
    """What the issuer was asked; it is away from the sixth time on."""
    return []


@pytest.fixture
def keys_url(asked):
    """Publish two good keys and some that must not be used."""
    listed = [
        {**json.loads(RSAAlgorithm.to_jwk(RSA_KEY.public_key())), "kid": "r"},
        {**json.loads(ECAlgorithm.to_jwk(EC_KEY.public_key())), "kid": "e"},
        {"kty": "oct", "k": base64.urlsafe_b64encode(KEY.encode()).decode(), "kid": "shared"},
        {**json.loads(RSAAlgorithm.to_jwk(RSA_KEY.public_key())), "kid": "encrypts", "use": "enc"},
        {"kty": "RSA", "n": "!", "e": "AQAB", "kid": "broken"},
    ]

    class Issuer(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            say(self, {"keys": listed}, 200 if len(asked) <= 5 else 503)

    with answering(Issuer) as url:
        yield f"{url}/keys.json"


@pytest.mark.parametrize(("key", "kid", "algorithm"), [(RSA_KEY, "r", "RS256"), (EC_KEY, "e", "ES256")])
async def test_a_token_of_the_issuer_comes_in(of_issuer, asked, key, kid, algorithm):
    token = jwt.encode(claims(iss=ISSUER), key, algorithm=algorithm, headers={"kid": kid})
    assert (await of_issuer.caller(token)).subject == "ada"
    assert (await of_issuer.caller(token)).scopes == {"search"}
    assert len(asked) == 1


PEM = RSA_KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
OTHER = rsa.generate_private_key(65537, 2048)


def _confused() -> str:
    """Sign with the public key as if it were a shared one; PyJWT itself refuses to make such a token."""
    import hashlib
    import hmac

    signed = unsigned(claims(iss=ISSUER), {"alg": "HS256", "kid": "r"})[:-1]
    digest = hmac.new(PEM, signed.encode(), hashlib.sha256).digest()
    return f"{signed}.{base64.urlsafe_b64encode(digest).rstrip(b'=').decode()}"


@pytest.mark.parametrize(
    "token",
    [
        _confused(),
        jwt.encode(claims(iss=ISSUER), KEY, headers={"kid": "shared"}),
        jwt.encode(claims(iss=ISSUER), KEY),
        jwt.encode(claims(iss=ISSUER), OTHER, algorithm="RS256", headers={"kid": "r"}),
        jwt.encode(claims(iss=ISSUER), RSA_KEY, algorithm="RS384", headers={"kid": "r"}),
        jwt.encode(claims(iss=ISSUER), RSA_KEY, algorithm="RS256", headers={"kid": "encrypts"}),
        jwt.encode(claims(iss=ISSUER), EC_KEY, algorithm="ES256", headers={"kid": "r"}),
        jwt.encode(claims(iss="https://evil.example/"), RSA_KEY, algorithm="RS256", headers={"kid": "r"}),
        jwt.encode(claims(iss=ISSUER, aud="other"), RSA_KEY, algorithm="RS256", headers={"kid": "r"}),
        unsigned(claims(iss=ISSUER), {"alg": "none", "kid": "r"}),
    ],
    ids=["confused", "shared", "no kid", "other key", "RS384", "enc", "EC as RSA", "issuer", "audience", "none"],
)
async def test_a_token_that_chooses_how_it_is_checked_is_refused(of_issuer, asked, token):
    with pytest.raises(TokenError):
        await of_issuer.caller(token)


async def test_made_up_key_ids_do_not_make_us_ask_the_issuer_each_time(of_issuer, asked):
    for number in range(10):
        with pytest.raises(TokenError):
            token = jwt.encode(claims(iss=ISSUER), RSA_KEY, algorithm="RS256", headers={"kid": f"x{number}"})
            await of_issuer.caller(token)
    assert len(asked) == 1


async def test_an_issuer_that_is_away_is_the_worlds_fault_until_its_keys_are_known(keys_url, asked):
    keys = IssuerKeys(keys_url)
    asked.extend([None] * 5)
    with pytest.raises(WorldError, match="issuer"):
        await keys.find("r")
    with pytest.raises(WorldError, match="a moment ago"):
        await keys.find("r")
    asked.clear()
    keys._tried_at = float("-inf")
    assert (await keys.find("r")).key_id == "r"
    asked.extend([None] * 5)
    keys._tried_at, keys._fetched_at = float("-inf"), time.monotonic() - 600
    assert (await keys.find("r")).key_id == "r"


@pytest.fixture
def slow_issuer(monkeypatch):
    """Send an answer byte by byte, slower than it may; return its address."""

    class Slow(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.end_headers()
            with suppress(OSError):
                for _ in range(6):
                    self.wfile.write(b" ")
                    time.sleep(0.1)

    monkeypatch.setattr("seedbed.api.keys._TIMEOUT_S", 0.3)
    with answering(Slow) as url:
        yield f"{url}/keys.json"


async def test_an_issuer_that_answers_too_slowly_is_away(slow_issuer):
    with pytest.raises(WorldError, match="cannot be had: TimeoutError"):
        await IssuerKeys(slow_issuer).find("r")


async def test_nobody_with_a_known_key_waits_for_an_issuer_that_is_asked_for_another(keys_url):
    keys = IssuerKeys(keys_url)
    known = await keys.find("r")
    keys._tried_at = float("-inf")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(IssuerKeys, "_fetch", lambda _: asyncio.Event().wait())
        stranger = asyncio.create_task(keys.find("made-up"))
        await asyncio.sleep(0)
        async with asyncio.timeout(0.2):
            assert await keys.find("r") is known
        stranger.cancel()


async def test_old_keys_are_asked_for_before_they_are_used_and_behind_a_known_one_while_the_issuer_is_away(
    keys_url, asked
):
    keys = IssuerKeys(keys_url)
    known = await keys.find("r")

    def age():
        keys._tried_at, keys._fetched_at = float("-inf"), time.monotonic() - 600

    age()
    assert await keys.find("r") is not known  # one that was withdrawn would not be found any more
    age()
    asked.extend([None] * 5)
    known = await keys.find("r")  # waits once, to learn that the issuer is away
    keys._tried_at, num_asked = float("-inf"), len(asked)
    assert await keys.find("r") is known
    assert len(asked) == num_asked
    await keys._background
    assert len(asked) == num_asked + 1
    asked.clear()
    keys._tried_at = float("-inf")
    await keys.find("r")
    await keys._background
    assert await keys.find("r") is not known


def test_outside_dev_a_key_has_to_be_set(tmp_path):
    with pytest.raises(UserError, match=r"SEEDBED_API__KEY is not set.*ENVIRONMENT=prod.*openssl rand"):
        Authority(load_settings({"ENVIRONMENT": "prod"}, tmp_path))


@pytest.mark.parametrize("key", ["short", "secret", "k" * 31])
def test_a_weak_key_is_refused(tmp_path, key):
    with pytest.raises(UserError, match="SEEDBED_API__KEY") as refused:
        load_settings({"ENVIRONMENT": "prod", "SEEDBED_API__KEY": key}, tmp_path)
    assert key not in str(refused.value).replace("secrets", "")


def test_in_dev_a_key_is_made_once_and_for_the_owner_alone(home, tmp_path):
    settings = load_settings({"SEEDBED_HOME": str(home)}, tmp_path)
    key = signing_key(settings)
    assert len(key) == 64
    assert signing_key(settings) == key
    assert (home / "api.key").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in home.iterdir()] == ["api.key"]


def test_a_key_file_without_a_key_is_not_used(home, tmp_path):
    home.mkdir()
    (home / "api.key").write_text("x")
    with pytest.raises(WorldError, match="holds no key"):
        signing_key(load_settings({"SEEDBED_HOME": str(home)}, tmp_path))


@pytest.mark.parametrize(("scopes", "ttl_s"), [(["serach"], 60), ([], 60), (["search"], 0), (["search"], 10**9)])
def test_a_token_without_bounds_is_not_made(settings, scopes, ttl_s):
    with pytest.raises(UserError, match="--scope search"):
        mint(settings, "ada", scopes, ttl_s)


def test_tokens_of_an_issuer_are_not_ours_to_make(home, tmp_path):
    explicit = {"api.issuer": ISSUER, "api.jwks_url": "https://issuer.example/keys.json"}
    with pytest.raises(UserError, match="ask it for one"):
        mint(load_settings({"SEEDBED_HOME": str(home)}, tmp_path, explicit), "ada", ["search"], 60)


@pytest.mark.parametrize(
    "explicit",
    [
        {"api.issuer": ISSUER},
        {"api.issuer": ISSUER, "api.jwks_url": "http://issuer.example/keys"},
        {"api.issuer": ISSUER, "api.jwks_url": "https://issuer.example/keys", "api.key": KEY},
        {"api.rate_limit": "many"},
        {"api.redis_url": "http://cache"},
        {"api.cors_origins": "*"},
        {"api.cors_origins": "https://lab.example/path"},
    ],
)
def test_settings_that_cannot_be_meant_are_refused(tmp_path, explicit):
    with pytest.raises(UserError, match="is not allowed"):
        load_settings({}, tmp_path, explicit)
