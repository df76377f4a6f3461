"""A closed day in one file: unpacked, it is checked without the portal, and one changed bit in it is found."""

from __future__ import annotations

import hashlib
import io
import subprocess
import sys
import tracemalloc
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from aggregator.web.evidence.bundles import pages
from aggregator.web.evidence.bundles.zip_stream import zipped
from tests.portal import MONDAY
from tests.week import RELEASED

pytestmark = pytest.mark.xdist_group("week")


@pytest.fixture
def reader(week_app: Flask) -> FlaskClient:
    return week_app.test_client()


def got(reader: FlaskClient, path: str, **headers: str) -> TestResponse:
    """To its end, and closed, as a server does it."""
    return reader.get(path, headers=headers, buffered=True)


def unpacked(body: bytes, folder: Path) -> Path:
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        assert archive.testzip() is None
        archive.extractall(folder)
    return folder


def checked(folder: Path, day: str) -> subprocess.CompletedProcess[str]:
    """By the program in the folder alone."""
    command = [sys.executable, "-I", "verify.py", "all", "--day", day, "."]
    return subprocess.run(command, cwd=folder, env={}, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("day", [MONDAY, RELEASED[0]])
def test_a_closed_day_is_checked_without_the_portal(reader: FlaskClient, tmp_path: Path, day: str) -> None:
    answer = got(reader, f"/preuves/{day}.zip")
    folder = unpacked(answer.data, tmp_path / "day")

    done = checked(folder, day)

    assert (answer.status_code, answer.mimetype) == (200, "application/zip")
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "OK"), done.stdout + done.stderr
    assert f"metrics  {day}" in done.stdout
    assert f"figures  {day}" in done.stdout
    sums = (folder / "SHA256SUMS").read_text(encoding="utf-8").splitlines()
    there = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert {line.partition("  ")[2] for line in sums} == there - {"SHA256SUMS"}
    assert all(hashlib.sha256((folder / name).read_bytes()).hexdigest() == one
               for one, _, name in (line.partition("  ") for line in sums))  # fmt: skip


@pytest.mark.parametrize("pattern", ["minutes/**/*.bin", "tile/entries/**/*", f"metrics/{MONDAY}.csv", "replays/*",
                                     "snapshots/*", f"openings/{MONDAY}.json", "tile/0/**/*"])  # fmt: skip
def test_one_changed_bit_is_found(reader: FlaskClient, tmp_path: Path, pattern: str) -> None:
    """The control is the test above: unchanged, it agrees."""
    folder = unpacked(got(reader, f"/preuves/{MONDAY}.zip").data, tmp_path / "day")
    # Not of the evening before: no list of this day rests on that.
    file = max(path for path in folder.glob(pattern) if path.is_file())
    body = bytearray(file.read_bytes())
    body[len(body) // 2] ^= 1
    file.write_bytes(bytes(body))

    assert checked(folder, MONDAY).returncode != 0


def test_a_day_that_is_not_closed_has_a_page_that_says_so(reader: FlaskClient) -> None:
    for day in ("2026-12-24", "2026-W48", "x", "..", "2026-11-23x"):
        answer = got(reader, f"/preuves/{day}.zip")

        assert answer.status_code == 404, day
    assert "jour clos" in reader.get("/preuves/2026-12-24.zip").text
    assert "closed day" in reader.get("/preuves/2026-12-24.zip?langue=en").text


def test_whoever_has_it_is_told_so_until_the_log_has_grown(reader: FlaskClient) -> None:
    first = got(reader, f"/preuves/{MONDAY}.zip")
    again = got(reader, f"/preuves/{MONDAY}.zip", **{"If-None-Match": first.headers["ETag"]})
    only_asked = reader.head(f"/preuves/{MONDAY}.zip")

    assert (again.status_code, again.data) == (304, b"")
    assert (only_asked.status_code, only_asked.data) == (200, b"")
    assert "no-cache" in first.headers["Cache-Control"]
    assert got(reader, f"/preuves/{MONDAY}.zip").data == first.data


def test_no_other_length_is_stated_than_that_of_the_archive(reader: FlaskClient) -> None:
    """A server ends an answer at the length that it states; tests/test_commands.py unpacks one that came over HTTP."""
    whole, only_asked = got(reader, f"/preuves/{MONDAY}.zip"), reader.head(f"/preuves/{MONDAY}.zip")

    assert {one.headers.get("Content-Length", type=int) for one in (whole, only_asked)} <= {None, len(whole.data)}


def test_the_page_of_checks_lists_closed_days(reader: FlaskClient) -> None:
    assert f'href="/preuves/{MONDAY}.zip"' in reader.get("/verifier").text


def test_few_are_made_at_once_and_an_abandoned_one_leaves_its_place(reader: FlaskClient) -> None:
    for _ in range(pages.AT_ONCE * 3):
        reader.get(f"/preuves/{MONDAY}.zip", buffered=False).close()
    held = [reader.get(f"/preuves/{MONDAY}.zip", buffered=False) for _ in range(pages.AT_ONCE)]

    assert got(reader, f"/preuves/{MONDAY}.zip").status_code == 503
    for one in held:
        one.close()
    assert got(reader, f"/preuves/{MONDAY}.zip").status_code == 200


class Large(io.RawIOBase):
    """A file of noise that exists nowhere."""

    def __init__(self, size: int) -> None:
        self.left = size

    def read(self, size: int = -1) -> bytes:
        size = min(size, self.left)
        self.left -= size
        return hashlib.shake_128(self.left.to_bytes(8, "big")).digest(size)


def test_memory_does_not_grow_with_the_archive() -> None:
    def files() -> Iterator[tuple[str, Large]]:
        for number in range(4):
            yield f"{number}.gz", Large(8 * 1024 * 1024)

    tracemalloc.start()
    size = sum(map(len, zipped(files())))  # type: ignore[arg-type]
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert size > 32 * 1024 * 1024
    assert most < 2 * 1024 * 1024
