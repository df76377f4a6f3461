"""Row 18: names, addresses and notes full of script, on every page, in a real browser: nothing runs."""

from __future__ import annotations

import gzip
import json
import re
import shutil
import tempfile
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Page, sync_playwright

from aggregator import canonical, files
from aggregator.config.settings import Settings
from aggregator.snapshot.format import snapshot_hash
from tests.bench.score import Score, report
from tests.bench.stage import BROWSER, LYON, served, staged

TITLE = "script in names, addresses and notes: dialogs, runs, violations of the policy"
BAR = "0 / 0 / 0 on every page"
PAYLOADS = (
    "<script>hacked=1</script>",
    "<img src=x onerror=hacked=1>",
    '"><svg onload=hacked=1>',
    "'-hacked=1-'",
    "<a href=javascript:hacked=1>x</a>",
    "{{7*7}}",
    "${7*7}",
    "</title><script>hacked=1</script>",
    "<style>@import 'http://evil.example/x'</style>",
    "<iframe srcdoc='<script>parent.hacked=1</script>'>",
    "<details open ontoggle=hacked=1>",
    "--><script>hacked=1</script>",
    '<math><mi//xlink:href="data:x,<script>hacked=1">',
    "javascript:hacked=1//",
    "\u2028hacked=1",
    "<input autofocus onfocus=hacked=1>",
    "&lt;script&gt;hacked=1&lt;/script&gt;",
    "]]><script>hacked=1</script>",
    "<base href=//evil.example>",
    "<meta http-equiv=refresh content=0;url=//evil.example>",
)


def poison(settings: Settings) -> str:
    """Put the payloads into the published snapshot, under true hashes. Returns the id of a poisoned place."""
    folder = settings.published_dir
    current = json.loads((folder / "current.json").read_text(encoding="utf-8"))
    places = read(folder, current["places"])
    for number, place in enumerate(places["places"]):
        for name in ("name", "address", "city", "note", "site"):
            place[name] = PAYLOADS[number % len(PAYLOADS)]
        place["hours"] = [PAYLOADS[number % len(PAYLOADS)]] * 7
    digest = keep(folder, places)
    slots = {**read(folder, current["slots"]), "places": digest}
    both = digest, keep(folder, slots)
    entry = {**current, "places": both[0], "slots": both[1], "snapshot": snapshot_hash(*both)}
    files.write_whole(folder / "current.json", canonical.to_json(entry))
    return str(places["places"][0]["id"])


def read(folder: Path, digest: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(gzip.decompress((folder / "snapshots" / f"{digest}.json.gz").read_bytes()))
    return found


def keep(folder: Path, content: dict[str, Any]) -> str:
    body = canonical.to_json(content)
    digest = canonical.sha256(body)
    files.write_gzip(folder / "snapshots" / f"{digest}.json.gz", body)
    return digest


class Watched:
    """A page, and what it did that it must not do."""

    def __init__(self, page: Page) -> None:
        self.page, self.seen = page, 0
        page.on("dialog", lambda dialog: (self.note(), dialog.dismiss()))
        page.on("console", lambda message: self.note() if "Content Security Policy" in message.text else None)
        page.on("request", lambda request: self.note() if urlsplit(request.url).hostname == "evil.example" else None)

    def note(self) -> None:
        self.seen += 1

    def visit(self, url: str) -> bool:
        """True when nothing of a payload ran, was tried or was asked for."""
        before = self.seen
        self.page.goto(url)
        self.page.wait_for_timeout(100)
        return self.seen == before and self.page.evaluate("typeof hacked") == "undefined"


def score() -> Score:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        raise SystemExit("Chromium is needed for this row")
    with tempfile.TemporaryDirectory() as name, staged(Path(name) / "run") as (settings, _):
        place = poison(settings)
        paths = ["/", LYON, f"{LYON}&tri=tot", f"{LYON}&langue=en", f"/centre/{place}", "/annuaire/69", "/transparence",
                 "/etat", "/filtres?insee=69123", f"/embed{LYON}", "/donnees", "/api",
                 *(f"/recherche?q={payload}" for payload in PAYLOADS)]  # fmt: skip
        with served(settings) as web, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
            watched = Watched(browser.new_page(user_agent=BROWSER))
            ids = re.findall(r'href="/centre/(p-\w+)', web.get(LYON)[1])[:20]
            paths += [f"/centre/{one}" for one in ids]
            unsafe = [path for path in paths if not watched.visit(web.origin + path)]
            control = Watched(browser.new_page())
            control.page.set_content("<script>hacked=1</script>")
            caught = control.page.evaluate("typeof hacked") != "undefined"
            browser.close()
    said = f"{len(PAYLOADS)} payloads in every name, address, note and hour"
    return Score(len(paths), len(paths) - len(unsafe), 1, int(caught), ", ".join(unsafe) or said)


if __name__ == "__main__":
    report(TITLE, score)
