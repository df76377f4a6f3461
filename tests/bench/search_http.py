"""The search page and the API against bare Flask that sends as many bytes, under the same server, in the same run.

"Never asked": each request is a question that nobody has asked of this snapshot. "Asked": the page exists already.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from urllib.request import Request, urlopen

from aggregator import gazetteer as gazetteers
from aggregator.settings import Settings
from tests.bench.harness import Figure, Result, at_least, main, told
from tests.bench.http import bare_flask, in_turn, wrk
from tests.bench.stage import BROWSER, served, staged

SCRIPT = Path(__file__).with_name("requests.lua")
PLACES = 2_000
NEVER_ASKED = 12_000


def etag_of(url: str) -> tuple[int, str]:
    """(bytes of the answer, its ETag)."""
    with urlopen(Request(url, headers={"User-Agent": BROWSER})) as answer:
        return len(answer.read()), answer.headers.get("ETag", "")


def questions(folder: Path, name: str, settings: Settings, path: str) -> Path:
    """As many different questions as the rounds can ask: towns, radii, orders."""
    towns = sorted(gazetteers.load(settings.gazetteer_path).communes.values(), key=lambda one: -one.population)
    lines = [
        f"GET {path}?insee={one.insee}&rayon=25&moment={m}"
        for one in towns[: NEVER_ASKED // 2]
        for m in ("matin", "soir")
    ]
    file = folder / name
    file.write_text("\n".join(lines) + "\n")
    return file


def one_line(folder: Path, name: str, line: str) -> Path:
    (folder / name).write_text(line + "\n")
    return folder / name


def measure() -> Result:
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory() as name, staged(Path(name) / "run", PLACES, near_lyon=False) as (settings, _):
        folder = Path(name)
        with bare_flask() as yardstick:
            for what, path, bar_new, bar_kept in (
                ("/api/v1/places", "/api/v1/places?insee=75056&rayon=25&limit=20", 0.35, 0.85),
                ("/recherche", "/recherche?insee=75056&rayon=25", 0.2, 0.8),
            ):
                with served(settings) as web:
                    size, etag = etag_of(web.origin + path)
                    kept = one_line(folder, "kept", f"GET {path}")
                    plain = one_line(folder, "plain", f"GET /bytes/{size}")
                    ours, theirs = in_turn((wrk, web.origin, SCRIPT, kept), (wrk, yardstick, SCRIPT, plain))
                    figures.append(
                        at_least(f"{what}, asked before, {size / 1000:.0f} kB", ours.rate / theirs.rate, bar_kept)
                    )
                    figures.append(
                        told(f"{what}, asked before", f"{ours.rate:,.0f} a second, p99 {ours.p99_ms:.1f} ms")
                    )
                    if etag:
                        again = one_line(folder, "again", f"GET {path} {etag}")
                        same = one_line(folder, "same", "GET /same")
                        ours, theirs = in_turn((wrk, web.origin, SCRIPT, again), (wrk, yardstick, SCRIPT, same))
                        figures.append(at_least(f"{what}, 304", ours.rate / theirs.rate, 0.9))
                    fresh = questions(folder, "fresh", settings, path.partition("?")[0])
                    ours, theirs = in_turn((wrk, web.origin, SCRIPT, fresh), (wrk, yardstick, SCRIPT, plain))
                    figures.append(at_least(f"{what}, never asked", ours.rate / theirs.rate, bar_new))
                    figures.append(
                        told(
                            f"{what}, never asked",
                            f"{ours.rate:,.0f} a second, p99 {ours.p99_ms:.1f} ms, {ours.errors} errors",
                        )
                    )
    return Result("Search page and API", figures)


if __name__ == "__main__":
    main(measure)
