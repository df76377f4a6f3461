"""The main job with real processes and a real browser: a town, a list, a button, the platform's page, a count."""

from __future__ import annotations

import gzip
import json
import re
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path
from urllib.request import urlopen

import pytest
from playwright.sync_api import Browser, Page, Route

from aggregator.redirect.event_reader import EventReader
from aggregator.redirect.events import EventClass
from aggregator.web.data.datasets import FRAME_HEIGHT
from tests.browser.conftest import TOWN, Portal, needs_chromium, search, somebody_new
from tests.loopback import Loopback, Status
from tests.web.conftest import BROWSER

pytestmark = needs_chromium


def test_from_a_town_to_the_platform_s_own_page_and_back(page: Page, portal: Portal) -> None:
    events = EventReader(portal.data / "events.db")
    before = events.totals()
    search(page, portal)
    listed = page.url
    button = page.locator("form[action^='/rdv/'] button").first
    platform = re.sub(r".*Rendez-vous sur\s+(\w+).*", r"\1", button.inner_text(), flags=re.DOTALL)

    button.click()
    page.wait_for_selector("#plateforme")

    origins = json.loads((portal.data / "sandbox.json").read_text())["providers"]
    assert page.inner_text("#plateforme") == platform
    assert page.url.startswith(origins[platform.lower()])
    assert page.get_attribute("text=Voir le compte des clics", "href") == f"{portal.origin}/transparence"
    page.go_back()
    assert page.url == listed
    assert events.totals() == before + 1
    portal.seal()
    assert json.loads(portal.run("shares", "--json"))["total"] == before + 1


def one_place_of_each_platform(data: Path) -> dict[str, str]:
    """Provider -> id of a place that only it serves, from the published files."""
    current = json.loads((data / "published" / "current.json").read_text())
    body = gzip.decompress((data / "published" / "snapshots" / f"{current['places']}.json.gz").read_bytes())
    return {
        place["offers"][0]["provider"]: place["id"] for place in json.loads(body)["places"] if len(place["offers"]) == 1
    }


def test_every_platform_is_landed_on_and_counted(page: Page, portal: Portal) -> None:
    """Counted = landed: a policy that blocks the form after the redirect would count and strand the citizen."""
    events = EventReader(portal.data / "events.db")
    before, landed = events.totals() + events.totals(EventClass.DUPLICATE), {}
    for provider, place_id in one_place_of_each_platform(portal.data).items():
        page.goto(f"{portal.origin}/centre/{place_id}")
        page.locator("form[action^='/rdv/'] button").first.click()
        page.wait_for_selector("#plateforme")
        landed[provider] = page.inner_text("#plateforme").lower()

    assert landed == {name: name for name in ("doctolib", "keldoc", "maiia", "ordoclic")}
    assert events.totals() + events.totals(EventClass.DUPLICATE) - before == 4


BUTTONS = "form[action^='/rdv/'] button"
# Size of text -> width of the window -> width and height of every button to a platform.
SIZES = {
    "100%": {320: (254, 58), 360: (294, 58), 768: (323, 58), 1280: (323, 58)},
    "200%": {320: (254, 75), 360: (286, 84), 768: (606, 117), 1280: (535, 117)},
}
# For each button: its box, its words before the platform's name, that name; boxes are [left, top, right, bottom].
BOXES = """all => all.map(button => {
    const words = document.createRange()
    words.selectNode(button.firstChild)
    return [button, words, button.querySelector('.insecable')].map(part => {
        const box = part.getBoundingClientRect()
        return [box.left, box.top, box.right, box.bottom]
    })
})"""
LONG_DOMAIN = "rendez-vous.ville-saint-denis.fr"


def listed(page: Page, portal: Portal, width: int, text_size: str) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(f"{portal.origin}/recherche?q={TOWN}&rayon=50")
    page.evaluate("size => { document.documentElement.style.fontSize = size }", text_size)


def sizes_of(page: Page) -> set[tuple[int, int]]:
    boxes = [b.bounding_box() for b in page.locator(BUTTONS).all()]
    assert len(boxes) > 5
    return {(round(box["width"]), round(box["height"])) for box in boxes if box}


@pytest.mark.parametrize("text_size", SIZES)
def test_all_buttons_of_a_page_look_the_same(lettered: tuple[Page, str], portal: Portal, text_size: str) -> None:
    page, font_set = lettered
    found = {}
    for width in SIZES[text_size]:
        listed(page, portal, width, text_size)
        found[width] = sizes_of(page)

    assert found == {width: {size} for width, size in SIZES[text_size].items()}
    assert all(name.startswith(font_set) for name in fonts_of(page, BUTTONS))


def fonts_of(page: Page, selector: str) -> set[str]:
    """The families that the first such element is drawn in."""
    browser = page.context.new_cdp_session(page)
    browser.send("DOM.enable")
    browser.send("CSS.enable")
    root = browser.send("DOM.getDocument")["root"]["nodeId"]
    node = browser.send("DOM.querySelector", {"nodeId": root, "selector": selector})["nodeId"]
    fonts = browser.send("CSS.getPlatformFontsForNode", {"nodeId": node})["fonts"]
    assert fonts
    return {font["familyName"] for font in fonts}


@pytest.mark.parametrize("text_size", SIZES)
def test_a_button_holds_its_words_whatever_the_font_even_a_long_domain(
    lettered: tuple[Page, str], portal: Portal, text_size: str
) -> None:
    """No words are lost for the sake of one size: they stay whole, inside, and no smaller than ordinary text."""
    page, _ = lettered
    for width, size in SIZES[text_size].items():
        listed(page, portal, width, text_size)
        rename_the_first(page, LONG_DOMAIN)
        font_px = page.locator(BUTTONS).first.evaluate("one => parseFloat(getComputedStyle(one).fontSize)")
        boxes = page.locator(BUTTONS).evaluate_all(BOXES)
        lines = [round((name[3] - name[1]) / font_px) for _, _, name in boxes]

        assert sizes_of(page) == {size}
        assert font_px >= 18
        assert lines[0] <= 2
        assert set(lines[1:]) == {1}
        for button, words, name in boxes:
            assert button[0] <= min(words[0], name[0]), width
            assert max(words[2], name[2]) <= button[2], width
            assert button[1] < words[1] + font_px < name[1] + font_px < name[3] + 1 < button[3], width


def rename_the_first(page: Page, label: str) -> None:
    page.locator(f"{BUTTONS} .insecable").first.evaluate("(one, label) => { one.textContent = label }", label)


def test_a_place_s_page_has_the_same_buttons_whatever_the_platform(lettered: tuple[Page, str], portal: Portal) -> None:
    """The button that leads out, and the one that keeps a proof of it."""
    page, _ = lettered
    found = set()
    for width in (320, 360):
        page.set_viewport_size({"width": width, "height": 800})
        for place_id in one_place_of_each_platform(portal.data).values():
            page.goto(f"{portal.origin}/centre/{place_id}")
            boxes = [b.bounding_box() for b in page.locator(BUTTONS).all()]
            assert len(boxes) == 2
            found |= {(width, round(box["width"]), round(box["height"])) for box in boxes if box}

    assert found == {(320, 288, 58), (360, 328, 58)}


def test_without_its_fixed_box_a_button_would_grow_with_its_words(lettered: tuple[Page, str], portal: Portal) -> None:
    """The control: with the height left to the words, one long domain makes one button taller."""
    page, _ = lettered
    listed(page, portal, 320, "100%")
    rename_the_first(page, LONG_DOMAIN)
    page.locator(BUTTONS).evaluate_all(
        "all => all.forEach(one => Object.assign(one.style, {height: 'auto', minHeight: 0}))"
    )

    assert len(sizes_of(page)) == 2


SCROLLED = ("/", f"/recherche?q={TOWN}", "/demonstration", "/transparence", "/transparence/methode",
            "/hebergement", "/etat", "/contrat",
            "/verifier", "/filtres?insee=69383", "/mentions-legales", "/annuaire/69", "/donnees", "/api",
            "/donnees/en-cours/", "/donnees/en-cours/figure/trois-parts", "/embed/recherche?insee=69383",
            f"/recherche?q={TOWN}&langue=en")  # fmt: skip


@pytest.mark.parametrize("width", [320, 768, 1280])
@pytest.mark.parametrize("text_size", ["100%", "200%"])
def test_no_page_scrolls_sideways_whatever_the_width_and_the_size_of_text(
    page: Page, portal: Portal, width: int, text_size: str
) -> None:
    page.set_viewport_size({"width": width, "height": 640})
    page.goto(portal.origin + SCROLLED[1])
    place = page.locator(".nom a").first.get_attribute("href") or ""
    for path in (*SCROLLED, place):
        page.goto(portal.origin + path)
        page.evaluate("size => { document.documentElement.style.fontSize = size }", text_size)
        overflow = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        assert overflow <= 0, path


def test_nothing_is_asked_of_another_host(page: Page, portal: Portal) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    for path in SCROLLED:
        page.goto(portal.origin + path)

    assert [url for url in asked if not url.startswith(portal.origin)] == []


def test_the_first_button_is_on_screen_without_scrolling(page: Page, portal: Portal) -> None:
    """With a place of ordinary length: a name of two lines, an address of two, no note."""
    search(page, portal)
    page.locator(".carte:has(form)").first.evaluate(
        """card => {
            document.querySelectorAll('.carte').forEach(one => one === card || one.remove());
            card.querySelectorAll('.note, .carte > .second').forEach(one => one.remove());
            card.querySelector('.nom a').textContent = 'Centre de vaccination Victor-Hugo';
            card.querySelector('p').textContent = '1 à 1,25 km · 12 rue de la République, 93200 Saint-Denis';
        }"""
    )

    box = page.locator("form[action^='/rdv/'] button").first.bounding_box()

    assert box is not None
    assert box["y"] + box["height"] <= 740


def test_an_auditor_checks_the_running_portal_from_its_address_and_from_a_copy(portal: Portal, tmp_path: Path) -> None:
    """In a process of its own, with nothing of ours on its path but the file that the portal serves."""
    portal.seal()
    tool = tmp_path / "verify.py"
    tool.write_bytes(urllib.request.urlopen(f"{portal.origin}/verify.py").read())

    def check(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-I", str(tool), *arguments]
        return subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False)

    running = check("log", f"{portal.origin}/log")
    copied = check("copy", "--to", str(tmp_path / "copy"), f"{portal.origin}/log")
    again = check("log", str(tmp_path / "copy"))

    assert (running.returncode, copied.returncode, again.returncode) == (0, 0, 0), running.stdout + copied.stdout
    assert "signature holds" in running.stdout


def test_saint_denis_is_asked_about_and_reached_in_four_actions(chromium: Browser, portal: Portal) -> None:
    """Type, choose which one, press the first button with a slot: the platform's page. By keyboard alone."""
    page = chromium.new_context(user_agent=BROWSER).new_page()
    page.goto(portal.origin + "/")
    page.keyboard.press("Tab")
    page.locator("#q").focus()
    page.keyboard.type("saint-denis")  # one
    page.wait_for_selector("#q-choix [role=option]")
    assert page.get_attribute("#q", "aria-expanded") == "true"
    options = page.locator("#q-choix [role=option]").all_inner_texts()
    assert any("(93)" in one for one in options)
    assert any("(974)" in one for one in options)
    page.keyboard.press("ArrowDown")
    assert page.get_attribute("#q", "aria-activedescendant") == "q-choix-0"
    page.keyboard.press("Enter")  # two
    page.wait_for_url("**/recherche?insee=*")
    soon = page.locator(".tris a", has_text="Plus tôt")
    soon.focus()
    page.keyboard.press("Enter")  # three
    page.wait_for_url("**tri=tot**")
    button = page.locator("form[action^='/rdv/'] button").first
    button.focus()
    page.keyboard.press("Enter")  # four
    page.wait_for_selector("#plateforme")
    page.context.close()


def test_the_position_is_rounded_before_it_leaves_the_phone(chromium: Browser, portal: Portal) -> None:
    context = chromium.new_context(
        user_agent=BROWSER, geolocation={"latitude": 45.764043, "longitude": 4.835659}, permissions=["geolocation"]
    )
    page, asked = context.new_page(), []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(portal.origin + "/")
    page.click("#pres-de-moi")
    page.wait_for_url("**lat=45.76**")
    context.close()

    assert "lon=4.84" in next(url for url in asked if "lat=" in url)
    assert not any("45.764" in url or "4.8356" in url for url in asked)


def test_a_position_refused_is_said_and_nothing_else_happens(chromium: Browser, portal: Portal) -> None:
    context = chromium.new_context(user_agent=BROWSER, permissions=[])
    page = context.new_page()
    page.goto(portal.origin + "/")
    page.click("#pres-de-moi")

    page.wait_for_selector("#position-refusee:not([hidden])")
    assert page.url == portal.origin + "/"
    context.close()


def test_the_map_is_walked_through_with_the_keyboard(page: Page, portal: Portal) -> None:
    page.set_viewport_size({"width": 1280, "height": 900})
    search(page, portal)
    first = page.locator(".carte-plan a").first
    first.focus()
    page.keyboard.press("Enter")

    page.wait_for_url("**#lieu-1")


def test_a_framed_list_opens_its_buttons_in_the_top_window(chromium: Browser, portal: Portal) -> None:
    """A town hall's own page, on another origin, with the list in a frame."""
    context = chromium.new_context(user_agent=BROWSER, extra_http_headers=somebody_new())
    page = context.new_page()
    before = EventReader(portal.data / "events.db").totals()
    frame = f'<iframe src="{portal.origin}/embed/recherche?insee=69383&rayon=50" width="400" height="700"></iframe>'
    with Loopback({"/": Status(200, frame.encode(), **{"Content-Type": "text/html"})}) as town_hall:
        page.goto(town_hall.origin.replace("127.0.0.1", "localhost"))
        page.frame_locator("iframe").locator("form[action^='/rdv/'] button").first.click()
        page.wait_for_selector("#plateforme")
    context.close()

    assert EventReader(portal.data / "events.db").totals() == before + 1


def test_pages_are_light(portal: Portal) -> None:
    """A results page with everything it loads, compressed, under sixty kilobytes."""

    def weight(path: str) -> int:
        return len(gzip.compress(urlopen(portal.origin + path).read()))

    page = urlopen(f"{portal.origin}/recherche?insee=69383&rayon=50").read().decode()
    parts = {path.split("#")[0] for path in re.findall(r'(?:src|href)="(/static/[^"]+)"', page)}

    total = len(gzip.compress(page.encode())) + sum(map(weight, parts))
    assert len(parts) >= 3
    assert total < 60_000, total


@pytest.mark.parametrize("script", [True, False], ids=["with script", "without script"])
def test_the_whole_way_from_the_home_page_for_every_platform(chromium: Browser, portal: Portal, script: bool) -> None:
    """Counted = landed: as many redirects more as platforms reached, each on its own page, with no Referer."""
    origins = json.loads((portal.data / "sandbox.json").read_text())["providers"]
    before = EventReader(portal.data / "events.db").totals()
    reached = set()
    for name in sorted(origins):
        context = chromium.new_context(
            user_agent=BROWSER, java_script_enabled=script, extra_http_headers=somebody_new()
        )
        page = context.new_page()
        page.goto(portal.origin + "/")
        page.fill("#q", TOWN)
        page.click("text=Voir les lieux")
        page.goto(page.url.replace("/recherche?", "/recherche?rayon=50&"))
        button = page.locator("form[action^='/rdv/'] button", has_text=re.compile(f"sur {name}", re.IGNORECASE)).first
        while not button.count() and page.locator("a[rel=next]").count():
            page.click("a[rel=next]")
        arrived: list[str | None] = []
        page.on(
            "request",
            lambda request, name=name, arrived=arrived: (
                request.is_navigation_request()
                and request.url.startswith(origins[name])
                and arrived.append(request.headers.get("referer"))
            ),
        )
        button.click()
        page.wait_for_selector("#plateforme")
        assert page.url.startswith(origins[name])
        assert arrived == [None]
        assert context.cookies() == []
        reached.add(name)
        context.close()

    assert reached == set(origins)
    assert EventReader(portal.data / "events.db").totals() == before + len(origins)


def test_a_policy_that_forgets_a_platform_counts_and_strands(chromium: Browser, portal: Portal) -> None:
    """The control: with a policy that names no booking site the click is counted and nobody lands."""
    context = chromium.new_context(user_agent=BROWSER, extra_http_headers=somebody_new())
    page = context.new_page()

    def forget(route: Route) -> None:
        answer = route.fetch()
        policy = re.sub(r"form-action [^;]+", "form-action 'self'", answer.headers["content-security-policy"])
        route.fulfill(response=answer, headers={**answer.headers, "content-security-policy": policy})

    page.route("**/recherche?*", forget)
    before = EventReader(portal.data / "events.db").totals()
    page.goto(f"{portal.origin}/recherche?insee=69383&rayon=50")
    with page.expect_console_message(lambda said: "form-action 'self'" in said.text):  # Chromium says why it stays
        page.locator("form[action^='/rdv/'] button").first.click()

    assert page.url.startswith(portal.origin)
    assert EventReader(portal.data / "events.db").totals() == before + 1
    context.close()


HOSTILE = "<script>alert(1)</script> \u202egnp.exe " + "é" * 120 + " مركز التطعيم"


def test_hostile_names_break_neither_the_page_nor_its_accessibility(chromium: Browser, portal: Portal) -> None:
    from axe_playwright_python.sync_playwright import Axe

    for scheme in ("light", "dark"):
        context = chromium.new_context(
            user_agent=BROWSER, color_scheme=scheme, bypass_csp=True, viewport={"width": 320, "height": 640}
        )
        page = context.new_page()
        page.goto(f"{portal.origin}/recherche?insee=69383&rayon=50")
        page.evaluate("name => document.querySelectorAll('.nom bdi').forEach(one => one.textContent = name)", HOSTILE)
        overflow = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        found = Axe().run(page)
        assert overflow <= 0
        assert found.violations_count == 0, found.generate_report()
        context.close()


MAIN = ("/", f"/recherche?q={TOWN}", "/centre/", "/transparence")
OTHERS = (
    "/recherche?q=",
    "/transparence/methode",
    "/hebergement",
    "/etat",
    "/demonstration",
    "/contrat",
    "/filtres?insee=69383",
    "/recherche?q=saint-denis",
    "/recherche?q=sain-deni",
    "/recherche?insee=69383&tri=tot&rayon=50",
    "/embed/recherche?insee=69383",
    "/embed/recherche",
    "/embed/figure/trois-parts",
    "/confidentialite",
    "/mentions-legales",
    "/accessibilite",
    "/annuaire",
    "/annuaire/69",
    "/signaler",
    "/verifier",
    "/donnees",
    "/donnees/en-cours/",
    "/donnees/en-cours/figure/trois-parts",
    "/donnees/citer",
    "/api",
    "/donnees?langue=en",
    "/nulle-part",
)


@pytest.mark.parametrize("width", [320, 640])
def test_a_framed_figure_is_shown_whole_by_the_code_to_paste_and_says_its_title_once(
    portal: Portal, chromium: Browser, width: int
) -> None:
    page = chromium.new_page(viewport={"width": width, "height": 100})
    page.goto(f"{portal.origin}/embed/figure/trois-parts")
    page.wait_for_function("document.querySelector('img').complete")
    high, across = page.evaluate("[document.documentElement.scrollHeight, document.documentElement.scrollWidth]")
    drawn = page.evaluate("(box => box.height / box.width)(document.querySelector('img').getBoundingClientRect())")
    page.close()

    assert (across, high <= FRAME_HEIGHT) == (width, True)
    assert drawn == pytest.approx(476 / 1200, abs=0.02)  # without the image's own title and foot


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    "paths", [pytest.param(MAIN, id="main pages"), pytest.param(OTHERS, id="all others", marks=pytest.mark.long)]
)
def test_axe_finds_no_violation(chromium: Browser, portal: Portal, paths: tuple[str, ...], scheme: str) -> None:
    from axe_playwright_python.sync_playwright import Axe

    listed = urlopen(f"{portal.origin}/recherche?insee=69383&rayon=50").read().decode()
    place = re.search(r"/centre/(p-\w+)", listed)
    assert place is not None
    context = chromium.new_context(
        user_agent=BROWSER, color_scheme=scheme, bypass_csp=True, viewport={"width": 320, "height": 740}
    )
    page = context.new_page()
    for path in paths:
        page.goto(portal.origin + path.replace("/centre/", f"{place[0]}?insee=69383"))
        found = Axe().run(page)
        assert found.violations_count == 0, (path, scheme, found.generate_report())
    context.close()


def test_axe_would_find_a_page_that_is_not_accessible(chromium: Browser) -> None:
    """The control."""
    from axe_playwright_python.sync_playwright import Axe

    page = chromium.new_page()
    page.set_content("<img src=x><input><button></button><p style='color:#ccc;background:#fff'>texte</p>")

    assert Axe().run(page).violations_count >= 4
    page.close()


def test_kill_9_of_the_whole_group_right_after_the_303_loses_nothing(mortal: Portal) -> None:
    with urlopen(f"{mortal.origin}/recherche?q=Marseille&rayon=50") as answer:
        html = answer.read().decode()
    before = EventReader(mortal.data / "events.db").totals(EventClass.ROBOT)
    token = re.search(r'action="(/rdv/[^"]+)"', html)
    assert token is not None
    host, port = mortal.origin.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as connection:
        connection.sendall(f"POST {token[1]} HTTP/1.1\r\nHost: {host}:{port}\r\nContent-Length: 0\r\n\r\n".encode())
        status = connection.recv(12)
        mortal.kill_web()

    assert status == b"HTTP/1.1 303"
    assert EventReader(mortal.data / "events.db").totals(EventClass.ROBOT) == before + 1  # no user agent: a robot
