"""HTTP for public data, as a resumed download, a page of another site and a cache on the way ask for it."""

from __future__ import annotations

import gzip
import io
import re
import shutil
import subprocess
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest
from flask import Flask, request
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from aggregator.config.settings import Settings
from aggregator.web.evidence import public_files
from app import create_app
from tests.clock import NOON
from tests.web.test_pages import PAGES
from tests.week import AFTER

DAY = "2026-11-25"
PACKED, PLAIN, SUMS = f"/donnees/{DAY}/places.csv", f"/donnees/{DAY}/places.parquet", f"/donnees/{DAY}/SHA256SUMS"
LOGGED = "/log/hours/2026-11-23T12.ndjson"
FILES = (
    PACKED, PLAIN, SUMS, f"/donnees/{DAY}/figures/trois-parts.svg", "/donnees/en-cours/places.csv", "/log/checkpoint",
    LOGGED, "/log/metrics/2026-W48.csv", "/verify.py",
)  # fmt: skip
DATA = (*FILES, "/donnees/catalogue.jsonld", "/api/v1/places", "/api/v1/shares", "/api/v1/openapi.json")
GZIP = {"Accept-Encoding": "gzip"}


@pytest.fixture
def reader(week_app: Flask) -> FlaskClient:
    return week_app.test_client()


def headers(answer: TestResponse, *names: str) -> list[str | None]:
    return [answer.headers.get(name) for name in names]


@pytest.mark.parametrize("path", FILES)
def test_a_file_comes_in_parts_that_make_the_whole(reader: FlaskClient, path: str) -> None:
    whole = reader.get(path)
    size = len(whole.data)
    middle = size // 2

    first = reader.get(path, headers={"Range": f"bytes=0-{middle - 1}"})
    rest = reader.get(path, headers={"Range": f"bytes={middle}-", "If-Range": first.headers["ETag"]})
    last = reader.get(path, headers={"Range": "bytes=-5"})

    assert (whole.status_code, first.status_code, rest.status_code, last.status_code) == (200, 206, 206, 206)
    assert first.data + rest.data == whole.data
    assert last.data == whole.data[-5:]
    assert first.headers["Content-Range"] == f"bytes 0-{middle - 1}/{size}"
    assert rest.headers["Content-Range"] == f"bytes {middle}-{size - 1}/{size}"
    assert last.headers["Content-Range"] == f"bytes {size - 5}-{size - 1}/{size}"
    assert headers(first, "Content-Length", "Accept-Ranges") == [str(middle), "bytes"]
    assert headers(first, "ETag", "Last-Modified") == headers(whole, "ETag", "Last-Modified")


@pytest.mark.parametrize("path", FILES)
@pytest.mark.parametrize("coding", [{}, GZIP], ids=["plain", "gzip"])
def test_every_coding_says_its_length_its_tag_and_its_time(
    reader: FlaskClient, path: str, coding: dict[str, str]
) -> None:
    answer, head = reader.get(path, headers=coding), reader.head(path, headers=coding)
    told = ("Content-Length", "Last-Modified", "ETag", "Content-Encoding", "Accept-Ranges", "Cache-Control")

    assert answer.headers["Content-Length"] == str(len(answer.data))
    assert answer.headers["Last-Modified"].endswith(" GMT")
    assert re.fullmatch('"[0-9a-z-]+"', answer.headers["ETag"])  # strong
    assert headers(head, *told) == headers(answer, *told)
    assert head.data == b""


def test_a_part_is_of_what_is_sent_and_the_two_codings_cannot_be_mixed(reader: FlaskClient) -> None:
    plain, packed = reader.get(PACKED), reader.get(PACKED, headers=GZIP)
    part = reader.get(PACKED, headers={**GZIP, "Range": "bytes=10-29"})
    mixed = reader.get(PACKED, headers={**GZIP, "Range": "bytes=10-29", "If-Range": plain.headers["ETag"]})

    assert plain.headers["ETag"] != packed.headers["ETag"]
    assert (part.status_code, part.data, part.headers["Content-Encoding"]) == (206, packed.data[10:30], "gzip")
    assert part.headers["Content-Range"] == f"bytes 10-29/{len(packed.data)}"
    assert (mixed.status_code, mixed.data) == (200, packed.data)
    assert gzip.decompress(mixed.data) == plain.data
    assert "Accept-Encoding" in part.headers["Vary"]


@pytest.mark.parametrize("asked", ["bytes={size}-", "bytes={size}-{size}", "bytes=-0"])
@pytest.mark.parametrize("path", [PACKED, PLAIN, LOGGED])
def test_a_part_that_the_file_does_not_have_is_refused_with_its_size(
    reader: FlaskClient, path: str, asked: str
) -> None:
    size = len(reader.get(path).data)
    answer = reader.get(path, headers={"Range": asked.format(size=size)})

    assert answer.status_code == 416
    assert headers(answer, "Content-Range", "Access-Control-Allow-Origin") == [f"bytes */{size}", "*"]
    assert answer.mimetype == "text/plain"


@pytest.mark.parametrize(
    "asked", ["bytes=0-1,4-5", "lines=0-1", "bytes=5-2", "bytes=a-b", "bytes=-", "bytes", "", "bytes=٠-١"]
)
def test_what_is_no_single_range_of_bytes_is_ignored(reader: FlaskClient, asked: str) -> None:
    answer = reader.get(PACKED, headers={"Range": asked.encode().decode("latin-1")})

    assert (answer.status_code, answer.headers.get("Content-Range")) == (200, None)


def test_a_part_longer_than_the_file_is_what_there_is_of_it(reader: FlaskClient) -> None:
    whole = reader.get(PACKED).data

    for asked in (f"bytes=0-{len(whole) + 99}", f"bytes=-{len(whole) + 99}", "BYTES=0-"):
        answer = reader.get(PACKED, headers={"Range": asked})
        assert (answer.status_code, answer.data) == (206, whole)


def test_only_the_same_bytes_are_resumed(reader: FlaskClient) -> None:
    whole = reader.get(PACKED)
    tag, day = whole.headers["ETag"], whole.headers["Last-Modified"]
    codes = {
        condition: reader.get(PACKED, headers={"Range": "bytes=5-", "If-Range": condition}).status_code
        for condition in (tag, day, f"W/{tag}", '"other"', "Mon, 01 Jan 2035 00:00:00 GMT")
    }

    assert list(codes.values()) == [206, 206, 200, 200, 200]


def test_who_has_the_file_already_is_sent_no_part_and_head_takes_none(reader: FlaskClient) -> None:
    tag = reader.get(PACKED).headers["ETag"]

    again = reader.get(PACKED, headers={"Range": "bytes=0-9", "If-None-Match": tag})
    head = reader.head(PACKED, headers={"Range": "bytes=0-9"})
    other = reader.get(PACKED, headers={"If-Match": '"other"'})

    assert (again.status_code, again.data) == (304, b"")
    assert (head.status_code, head.headers.get("Content-Range")) == (200, None)
    assert other.status_code == 412


@pytest.mark.parametrize("path", DATA)
def test_a_page_of_another_site_may_ask_first_and_read_what_it_is_told(reader: FlaskClient, path: str) -> None:
    asked = {"Origin": "https://else.example", "Access-Control-Request-Method": "GET",
             "Access-Control-Request-Headers": "range,if-none-match"}  # fmt: skip
    before, answer = reader.options(path, headers=asked), reader.get(path)

    assert (before.status_code, before.data) == (204, b"")
    assert headers(before, "Allow", "Access-Control-Allow-Methods") == ["GET, HEAD, OPTIONS"] * 2
    assert {"Range", "If-None-Match", "If-Range"} <= set(before.headers["Access-Control-Allow-Headers"].split(", "))
    assert headers(before, "Access-Control-Allow-Origin", "Content-Type", "Set-Cookie") == ["*", None, None]
    exposed = set(answer.headers["Access-Control-Expose-Headers"].split(", "))
    assert {"ETag", "Content-Length", "Content-Range", "Accept-Ranges", "Last-Modified"} <= exposed
    assert headers(answer, "Access-Control-Allow-Origin", "Set-Cookie") == ["*", None]
    assert headers(answer, "Access-Control-Allow-Credentials") == [None]


@pytest.mark.parametrize("path", [*PAGES, "/donnees", f"/donnees/{DAY}/", "/api/v1", f"/donnees/{DAY}/figure/causes"])
def test_no_page_is_open_to_other_sites(reader: FlaskClient, path: str) -> None:
    """The control: what may hold a citizen's question is read by its own site alone."""
    for answer in (reader.get(path), reader.options(path)):
        assert not [name for name, _ in answer.headers if name.startswith("Access-Control")]


def test_asking_what_may_be_asked_is_not_counted_as_a_search(a_week: Settings) -> None:
    app = create_app(a_week.but(search_rate=2), lambda: AFTER)
    client = app.test_client()
    asked = {client.options("/api/v1/shares").status_code for _ in range(5)}
    answered = [client.get("/api/v1/shares").status_code for _ in range(2)]
    app.extensions["aiguillage"].close()

    assert asked == {204}
    assert answered == [200, 429]


@pytest.mark.parametrize(
    ("path", "minutes", "kept"),
    [
        (LOGGED, 10, "public, no-cache"),  # the running hour
        (LOGGED, 70, "public, no-cache"),  # just ended: what was on its way may still come in
        (LOGGED, 130, "public, max-age=31536000, immutable"),
        ("/log/checkpoint", 10, "public, no-cache"),
        ("/log/vkey", 10, "public, no-cache"),
        ("/log/shares.json", 10, "public, no-cache"),
        ("/log/closed.json", 10, "public, no-cache"),
        ("/log/seeds/2026-11-23.json", 10, "public, max-age=3600"),
        (f"/donnees/{DAY}/places.csv", 10, "public, max-age=31536000, immutable"),
        ("/donnees/en-cours/places.csv", 10, "public, no-cache"),
        ("/donnees/en-cours/SHA256SUMS", 10, "public, no-cache"),
        ("/log/metrics/2026-W48.csv", 10, "public, max-age=3600"),
    ],
)
def test_what_still_changes_is_asked_about_each_time_and_only_what_cannot_is_kept(
    a_week: Settings, path: str, minutes: int, kept: str
) -> None:
    app = create_app(a_week, lambda: NOON + timedelta(minutes=minutes))
    answer = app.test_client().get(path)
    app.extensions["aiguillage"].close()

    assert answer.status_code == 200
    assert headers(answer, "Cache-Control", "Expires") == [kept, None]


def test_what_is_named_by_its_hash_is_kept_for_ever(a_week: Settings, reader: FlaskClient) -> None:
    snapshot = next((a_week.published_dir / "snapshots").iterdir()).name
    contract = next((a_week.published_dir / "log" / "contracts").iterdir()).name

    for path in (f"/log/snapshots/{snapshot}", f"/log/contracts/{contract}"):
        assert "immutable" in reader.get(path).headers["Cache-Control"]


def test_no_other_spelling_of_a_name_is_kept_longer(reader: FlaskClient) -> None:
    """The control: what is kept for ever under a second name would not change when its file does."""
    hour = "2026-11-23T12.ndjson"
    for path in (
        "/log/./checkpoint", "/log/tile/../checkpoint", "/log/tile/%2e%2e/checkpoint", "/log/%2e/vkey",
        f"/log/snapshots/../hours/{hour}", f"/log/hours//{hour}", f"/log/hours/./{hour}",
    ):  # fmt: skip
        answer = reader.get(path)
        assert answer.status_code in (301, 308, 404) or answer.headers["Cache-Control"] == "public, no-cache", path


def test_a_list_that_grows_while_it_is_kept_is_told_by_its_tag(a_week: Settings, tmp_path: Path) -> None:
    """An hour's list was kept for an hour: whoever asked at five past saw no snapshot of that hour after it."""
    folder = tmp_path / "run"
    shutil.copytree(a_week.data_dir, folder, symlinks=True)
    settings = a_week.but(data_dir=folder)
    app = create_app(settings, lambda: NOON)
    client = app.test_client()
    first = client.get(LOGGED)
    with (settings.published_dir / "hours" / "2026-11-23T12.ndjson").open("ab") as file:
        file.write(b'{"snapshot":"new"}\n')

    again = client.get(LOGGED, headers={"If-None-Match": first.headers["ETag"]})
    more = client.get(LOGGED, headers={"Range": f"bytes={len(first.data)}-"})
    app.extensions["aiguillage"].close()

    assert again.data == first.data + b'{"snapshot":"new"}\n'
    assert (more.status_code, more.data) == (206, b'{"snapshot":"new"}\n')


def test_a_file_that_grows_on_its_way_is_sent_as_long_as_was_announced() -> None:
    app = Flask("t")
    with app.test_request_context("/"):
        growing = io.BytesIO(b"12345and more")
        answer = public_files.send(public_files.Sent(growing, 5, 0.0, "tag", "text/plain"), "no-cache")
        assert request.method == "GET"
        assert (answer.headers["Content-Length"], b"".join(answer.response)) == ("5", b"12345")  # type: ignore[arg-type]


class Quiet(WSGIRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def address(week_app: Flask) -> Iterator[str]:
    with make_server("127.0.0.1", 0, week_app, handler_class=Quiet) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.mark.skipif(shutil.which("curl") is None, reason="no curl on this machine")
@pytest.mark.parametrize("path", [PACKED, PLAIN, LOGGED])
def test_curl_resumes_a_download_that_was_cut(address: str, reader: FlaskClient, path: str, tmp_path: Path) -> None:
    target = tmp_path / "file"
    whole = reader.get(path).data

    subprocess.run(["curl", "-sf", "-r", "0-99", address + path, "-o", str(target)], check=True)
    cut = target.read_bytes()
    subprocess.run(["curl", "-sf", "-C", "-", address + path, "-o", str(target)], check=True)

    assert cut == whole[:100]
    assert target.read_bytes() == whole
