"""The bounded fetch client, against servers that misbehave."""

from __future__ import annotations

import ssl
import threading
import time
import tracemalloc
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from providers import http, strict_json
from providers.errors import (
    BlockedError,
    GoneError,
    InvalidAnswerError,
    ProviderError,
    RateLimitedError,
    TimedOutError,
    UnavailableError,
)
from providers.http import FetchClient, Limits, retry_after_seconds
from providers.sandbox.server import Sandbox
from providers.sandbox.world import World
from tests.loopback import Loopback, Status

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
FAST = Limits(connect_s=0.5, total_s=0.6, rate_per_s=None, retry_wait_s=0.01, max_bytes=4 * 1024 * 1024)


def client(origin: str, limits: Limits = FAST) -> FetchClient:
    return FetchClient([origin], "Aiguillage/test", limits=limits, now=lambda: NOW)


def test_a_whole_answer_comes_back_with_our_honest_name_on_the_request() -> None:
    with Loopback({"/a": {"items": []}}) as server:
        answer = client(server.origin).get(f"{server.origin}/a", [("q", "é")])

        assert strict_json.loads(answer.body) == {"items": []}
        assert server.requests[0].headers["User-Agent"] == "Aiguillage/test"
        assert server.requests[0].query == {"q": ["é"]}


@pytest.mark.parametrize(
    ("status", "error"),
    [(403, BlockedError), (404, GoneError), (410, GoneError), (429, RateLimitedError), (400, UnavailableError)],
)
def test_a_status_becomes_a_named_error(status: int, error: type[ProviderError]) -> None:
    with Loopback({"/a": Status(status)}) as server, pytest.raises(error) as raised:
        client(server.origin).get(f"{server.origin}/a")
    assert raised.value.status == status
    assert len(server.requests) == 1


def test_a_server_error_is_tried_again_twice_and_no_more() -> None:
    with Loopback({"/a": Status(502)}) as server:
        with pytest.raises(UnavailableError):
            client(server.origin).get(f"{server.origin}/a")

        assert len(server.requests) == 3


def test_the_wall_clock_ends_a_body_that_drips_although_each_byte_is_in_time(world: World) -> None:
    with Sandbox(world, faults={"maiia": "drip"}) as sandbox:
        started = time.monotonic()
        with pytest.raises(TimedOutError):
            client(sandbox.origins["maiia"]).get(sandbox.origins["maiia"] + "/x")

        assert time.monotonic() - started < FAST.total_s + 0.5


@pytest.mark.parametrize("fault", ["huge", "gzip-bomb"])
def test_memory_stays_bounded_whatever_is_sent(world: World, fault: str) -> None:
    with Sandbox(world, faults={"maiia": fault}) as sandbox:
        tracemalloc.start()
        with pytest.raises(InvalidAnswerError):
            client(sandbox.origins["maiia"]).get(sandbox.origins["maiia"] + "/x")
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()

        assert peak < 32 * 1024 * 1024


def test_a_redirect_is_followed_only_to_a_declared_origin() -> None:
    with (
        Loopback({"/b": {"here": True}}) as inside,
        Loopback({"/a": Status(302, Location=f"{inside.origin}/b")}) as first,
    ):
        strict = FetchClient([first.origin], "t", limits=FAST)
        with pytest.raises(InvalidAnswerError, match="declared origins"):
            strict.get(f"{first.origin}/a")
        assert inside.requests == []

        open_to_both = FetchClient([first.origin, inside.origin], "t", limits=FAST)
        assert strict_json.loads(open_to_both.get(f"{first.origin}/a").body) == {"here": True}


@pytest.mark.parametrize("target", ["file:///etc/passwd", "//127.0.0.1:9/", "http://127.0.0.1:9/", "gopher://x/"])
def test_no_redirect_leads_inside(target: str) -> None:
    with Loopback({"/a": Status(302, Location=target)}) as server, pytest.raises(InvalidAnswerError):
        client(server.origin).get(f"{server.origin}/a")


def test_no_cookie_is_kept() -> None:
    with Loopback({"/a": Status(200, b"{}", Set_Cookie="id=1")}) as server:
        reader = client(server.origin)
        reader.get(f"{server.origin}/a")
        reader.get(f"{server.origin}/a")

        assert "Cookie" not in server.requests[1].headers


def test_the_rate_is_never_exceeded() -> None:
    with Loopback({"/a": {}}) as server:
        polite = client(server.origin, Limits(rate_per_s=20, total_s=2))
        started = time.monotonic()
        for _ in range(41):
            polite.get(f"{server.origin}/a")

        # 41 requests at 20 a second need two whole seconds between the first and the last.
        assert time.monotonic() - started > 1.9


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120),
        ("0", 0),
        ("0000000000120", 120),
        ("-5", http.DEFAULT_RETRY_AFTER_S),
        ("soon", http.DEFAULT_RETRY_AFTER_S),
        (None, http.DEFAULT_RETRY_AFTER_S),
        ("99999999999999999999", http.MAX_RETRY_AFTER_S),
        ("Mon, 23 Nov 2026 12:10:00 GMT", 600),
        ("Mon, 23 Nov 2026 12:10:00 -0000", 600),  # a zone that is not told is UTC
        ("Fri, 31 Dec 2099 23:59:59 GMT", http.MAX_RETRY_AFTER_S),
        ("Sun, 22 Nov 2026 12:00:00 GMT", 0),
    ],
)
def test_retry_after_is_obeyed_up_to_one_hour(value: str | None, seconds: float) -> None:
    assert retry_after_seconds(value, NOW) == seconds


@given(st.integers(0, 10**12))
def test_retry_after_is_never_shorter_than_asked_below_the_cap(seconds: int) -> None:
    asked = retry_after_seconds(str(seconds), NOW)

    assert asked == min(seconds, http.MAX_RETRY_AFTER_S)


@given(st.text(max_size=40) | st.datetimes().map(lambda d: d.strftime("%a, %d %b %Y %H:%M:%S GMT")))
def test_retry_after_never_raises_and_never_exceeds_an_hour(value: str) -> None:
    assert 0 <= retry_after_seconds(value, NOW) <= http.MAX_RETRY_AFTER_S


def test_a_connection_refused_is_unavailable() -> None:
    with pytest.raises(UnavailableError):
        client("http://127.0.0.1:9").get("http://127.0.0.1:9/a")


@pytest.mark.parametrize(
    ("status", "body", "headers", "error"),
    [
        (503, b"", {"Retry-After": "90"}, RateLimitedError),  # a server that says when to come back is not broken
        (503, b"<html>Checking your browser", {}, BlockedError),
        (520, b"<html>cloudflare", {}, BlockedError),
        (500, b"<html>cloudflare", {}, UnavailableError),
        (201, b"{}", {}, InvalidAnswerError),
        (204, b"", {}, InvalidAnswerError),
    ],
)
def test_what_stands_beside_a_status_decides_too(
    status: int, body: bytes, headers: dict[str, str], error: type[ProviderError]
) -> None:
    with Loopback({"/a": Status(status, body, **headers)}) as server, pytest.raises(ProviderError) as raised:
        client(server.origin).get(f"{server.origin}/a")

    assert type(raised.value) is error
    assert raised.value.retry_after_s == (90 if headers else None)


def test_a_question_that_was_posted_is_fetched_where_it_is_redirected(world: World) -> None:
    with Loopback({"/a": Status(303, Location="/b"), "/b": {}}) as server:
        client(server.origin).post(f"{server.origin}/a", {"entity": 7})

        assert [(one.method, one.body) for one in server.requests] == [("POST", b'{"entity": 7}'), ("GET", b"")]


@pytest.mark.parametrize(("hops", "followed"), [(3, True), (4, False)])
def test_redirects_are_followed_three_times_and_no_more(hops: int, followed: bool) -> None:
    routes = {f"/{hop}": Status(302, Location=f"/{hop + 1}") for hop in range(hops)} | {f"/{hops}": {"here": True}}
    with Loopback(routes) as server:
        if followed:
            assert client(server.origin).get(f"{server.origin}/0").status == 200
        else:
            with pytest.raises(InvalidAnswerError, match="redirects"):
                client(server.origin).get(f"{server.origin}/0")

        assert len(server.requests) == 4


def test_no_proxy_of_the_environment_comes_between(monkeypatch: pytest.MonkeyPatch) -> None:
    """It would see what is asked, and answer what it likes."""
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    with Loopback({"/a": {}}) as server:
        assert client(server.origin).get(f"{server.origin}/a").status == 200


def test_a_query_that_is_handed_in_whole_arrives_as_it_was_written() -> None:
    with Loopback({"/a": {}}) as server:
        client(server.origin).get(f"{server.origin}/a", query="agenda_ids=3-2&name=a%2Fb")

        assert server.requests[0].raw == "/a?agenda_ids=3-2&name=a%2Fb"


@pytest.mark.parametrize("rate", [0.5, 1, 10])
def test_every_rate_lets_the_first_question_through(rate: float) -> None:
    """Rates below one a second are counted by the minute."""
    with Loopback({"/a": {}}) as server:
        assert client(server.origin, Limits(rate_per_s=rate)).get(f"{server.origin}/a").status == 200


@pytest.mark.parametrize(
    "answer", [Status(500), Status(404), Status(302, Location="/a?key=secret"), Status(302, Location="//x/?key=secret")]
)
def test_an_error_never_repeats_a_query(answer: Status) -> None:
    """Errors become notes of fetches, which are published; a query may hold a key."""
    with Loopback({"/a": answer}) as server, pytest.raises(ProviderError) as raised:
        client(server.origin).get(f"{server.origin}/a", query="key=secret")

    assert "secret" not in str(raised.value)


def test_platforms_are_asked_through_one_file_only() -> None:
    """The other one is the citizens of a demonstration, who ask the portal itself."""
    users = [
        path.name
        for folder in ("providers", "aggregator")
        for path in Path(__file__).parents[2].joinpath(folder).rglob("*.py")
        if "import requests" in path.read_text(encoding="utf-8").replace("import requests_", "")
    ]

    assert sorted(users) == ["http.py", "visitors.py"]


def test_the_budget_is_that_of_the_whole_question_retries_included() -> None:
    with Loopback({"/a": lambda request: time.sleep(0.25) or Status(500)}) as server:
        started = time.monotonic()
        with pytest.raises(ProviderError):
            client(server.origin).get(f"{server.origin}/a")

        assert time.monotonic() - started < FAST.total_s + 0.5


def test_a_server_that_cannot_prove_its_name_is_refused(tmp_path: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    pem = tmp_path / "self-signed.pem"
    pem.write_bytes(
        certificate.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    server = HTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    origin = f"https://127.0.0.1:{server.server_address[1]}"

    with pytest.raises(UnavailableError):
        FetchClient([origin], "t", limits=Limits(total_s=2, retry_wait_s=0.01)).get(origin + "/")
    server.shutdown()
