"""The search page and the API against bare Flask that sends as many bytes, under the same server, in the same run.

"Never asked": each request is a question that nobody has asked of this snapshot. "Asked": the page exists already.
"""

from __future__ import annotations

import tempfile
from functools import partial
from pathlib import Path
from urllib.request import Request, urlopen

from aggregator.config.settings import Settings
from aggregator.country import gazetteer as gazetteers
from aggregator.web.serving.gate import AT_ONCE
from tests.bench.harness import Figure, Result, at_least, main, told
from tests.bench.http import SECONDS, in_turn, under_granian, wrk
from tests.bench.stage import BROWSER, served, staged

SCRIPT = Path(__file__).with_name("requests.lua")
PLACES = 2_000
NEVER_ASKED = 12_000
PARIS = "75056"
PAGES = {
    f"/api/v1/places?insee={PARIS}&rayon=25&limit=20": (0.35, 0.85),
    f"/recherche?insee={PARIS}&rayon=25": (0.2, 0.8),
}
"""Address -> bars: never asked before, asked before."""


def etag_of(url: str) -> tuple[int, str]:
    """(bytes of the answer, its ETag)."""
    with urlopen(Request(url, headers={"User-Agent": BROWSER})) as answer:
        return len(answer.read()), answer.headers.get("ETag", "")


def questions(folder: Path, name: str, settings: Settings, path: str) -> Path:
    """More different questions than the rounds can ask: towns and times of day."""
    towns = sorted(
        gazetteers.load_gazetteer(settings.gazetteer_path).communes.values(), key=lambda one: -one.population
    )
    lines = [
        f"GET {path.replace(PARIS, one.insee)}&moment={moment}"
        for one in towns[: NEVER_ASKED // 2]
        for moment in ("matin", "soir")
    ]
    return write(folder, name, *lines)


def write(folder: Path, name: str, *lines: str) -> Path:
    (folder / name).write_text("\n".join(lines) + "\n")
    return folder / name


def figures_of(
    folder: Path, yardstick: str, settings: Settings, url: str, path: str, bars: tuple[float, float]
) -> list[Figure]:
    """One page: asked before, 304, never asked; each against bare Flask in turn."""
    what, found = path.partition("?")[0], []
    size, _ = etag_of(url + path)
    _, etag = etag_of(url + path)
    kept, plain = write(folder, "kept", f"GET {path}"), write(folder, "plain", f"GET /bytes/{size}")
    ours, theirs = in_turn((wrk, url, SCRIPT, kept), (wrk, yardstick, SCRIPT, plain))
    found.append(at_least(f"{what}, asked before, {size / 1000:.0f} kB", ours.rate / theirs.rate, bars[1]))
    found.append(told(f"{what}, asked before", f"{ours.rate:,.0f} a second, p99 {ours.p99_ms:.1f} ms"))
    again, same = write(folder, "again", f"GET {path} {etag}"), write(folder, "same", "GET /same")
    ours, theirs = in_turn((wrk, url, SCRIPT, again), (wrk, yardstick, SCRIPT, same))
    found.append(at_least(f"{what}, 304", ours.rate / theirs.rate, 0.9))
    fresh = questions(folder, "fresh", settings, path)
    # As many at once as the portal lets in: beyond that it sheds, and a 503 is no answer.
    few = partial(wrk, connections=AT_ONCE)
    ours, theirs = in_turn((few, url, SCRIPT, fresh), (wrk, yardstick, SCRIPT, plain))
    found.append(at_least(f"{what}, never asked", (ours.rate - ours.errors / SECONDS) / theirs.rate, bars[0]))
    shed = f"{ours.rate:,.0f} a second, p99 {ours.p99_ms:.1f} ms, {ours.errors} shed"
    found.append(told(f"{what}, never asked", shed))
    return found


def measure() -> Result:
    figures: list[Figure] = []
    with (
        tempfile.TemporaryDirectory() as name,
        staged(Path(name) / "run", PLACES, near_lyon=False) as (settings, _),
        under_granian("bare") as yardstick,
        served(settings) as web,
    ):
        for path, bars in PAGES.items():
            figures += figures_of(Path(name), yardstick, settings, web.origin, path, bars)
    return Result("Search page and API, against bare Flask with as many bytes", figures)


if __name__ == "__main__":
    main(measure)
