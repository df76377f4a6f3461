"""Booking links as people paste them into the cells of a list, and the page of the centre that they lead to."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.config.settings import Settings
from providers import PROVIDERS
from providers.booking_url import BookingSites, UnsafeUrlError, host_of
from providers.list_cells import RowError
from providers.list_links import booking_links, restored

KELDOC = "https://www.keldoc.com/centre-de-sante/gap-05000/salle-des-essais"
DOCTOLIB = "https://www.doctolib.fr/centre-de-sante/gap/salle-des-essais"


def declared() -> BookingSites:
    return BookingSites(Settings(demo=False).declared_origins(), {})


@pytest.mark.parametrize(
    ("cell", "links"),
    [
        ("", []),
        ("doctolib en cours", []),
        ("personne@example.invalid", []),
        ("www.keldoc.com", ["https://www.keldoc.com/"]),
        ("agenda.mobminder.com/sucy", ["https://agenda.mobminder.com/sucy"]),
        ("https://www.doctolib.fr/a/b/c ", ["https://www.doctolib.fr/a/b/c"]),
        ("voir https://www.doctolib.fr/a/b/c ou www.maiia.com/d/e/f", ["https://www.doctolib.fr/a/b/c", "https://www.maiia.com/d/e/f"]),
        (
            "https://urldefense.proofpoint.com/v2/url?u=https-3A__www.doctolib.fr_centre-2Dde-2Dsante_mazeres_centre&d=DwM",
            ["https://www.doctolib.fr/centre-de-sante/mazeres/centre"],
        ),
        (
            "https://emea01.safelinks.protection.outlook.com/?url=https%3A%2F%2Fwww.doctolib.fr%2Fcentre%2Fla-capelle%2Fmaison&data=04",
            ["https://www.doctolib.fr/centre/la-capelle/maison"],
        ),
        ("https://urldefense.com/v3/__https://www.maiia.com/a*b/c__;Kw!!x", ["https://www.maiia.com/a+b/c"]),
    ],
)  # fmt: skip
def test_dirty_links_are_resolved(cell: str, links: list[str]) -> None:
    assert booking_links(cell)[0] == links


def test_what_names_a_platform_without_a_link_is_kept_as_a_hint() -> None:
    assert booking_links("Doctolib en cours") == ([], "doctolib en cours")


@given(st.text(max_size=300))
def test_no_cell_breaks_the_reader_and_no_link_keeps_an_address(cell: str) -> None:
    links, _ = booking_links(cell)

    assert all(link.startswith("https://") and "@" not in link.split("/")[2] for link in links)


PIECES = (
    "https://", "http://", "www.doctolib.fr", "/a/b/c", "[", "]", "@", "\u2100", ":", "99999", "?", "#", "%", " ",
    "https://urldefense.com/v3/__", "__;", "!!", "$", "*", "https://safelinks.protection.outlook.com/?url=",
)  # fmt: skip


@given(st.lists(st.sampled_from(PIECES), max_size=8).map("".join))
def test_no_pieces_of_links_break_the_reader(cell: str) -> None:
    try:
        links, hint = booking_links(cell)
    except RowError as error:
        assert str(error).startswith("the booking link cannot be read")
        return

    assert not any("@" in urlsplit(link).netloc for link in links)
    assert not (links and hint)


def test_a_wrap_that_was_cut_short_keeps_its_mask() -> None:
    assert booking_links("https://urldefense.com/v3/__https://x*y__;a!!abc$") == (["https://x*y/"], None)


@pytest.mark.parametrize(
    "link",
    [
        f"{KELDOC}?agenda=5,6,7&motive=9&cabinet=77&specialty=144",
        f"{KELDOC}?agenda=5;6;7&cabinet=77",
        f"{DOCTOLIB}?highlight[agenda_ids][]=4,5&pid=practice-11",
        f"{DOCTOLIB}(annexe)?pid=practice-11",
        f"{DOCTOLIB}-",
    ],
)
def test_signs_that_are_legal_in_a_link_do_not_end_it(link: str) -> None:
    around = [link, f"  {link}.", f"({link})", f"<{link}>", f"Réserver sur {link}, ou par téléphone", f"« {link} » ;"]
    around += [f'<a href="{link}">ici</a>', f"[ici]({link})", f"**{link}**", f"{link} (24h/24)", f"Lien:{link}!"]

    assert {tuple(booking_links(cell)[0]) for cell in around} == {(link,)}


@pytest.mark.parametrize("between", [" ", ",", ", ", ";", "; ", "|", "\n", " ou ", " / ", " et ", "", "),("])
def test_several_links_are_told_apart_whatever_stands_between_them(between: str) -> None:
    first, second = f"{KELDOC}?agenda=1,2&cabinet=77", f"{DOCTOLIB}?pid=practice-11"

    assert booking_links(first + between + second) == ([first, second], None)


def test_to_cut_at_a_comma_would_send_to_the_page_of_another_cabinet() -> None:
    """The control: where a comma ends a link, the cabinet is lost and the key of the centre is not."""
    whole = f"{KELDOC}?agenda=1,2&cabinet=77"
    cut = whole.partition(",")[0]

    assert PROVIDERS["keldoc"].link_key(cut) == PROVIDERS["keldoc"].link_key(whole)
    assert "cabinet" not in cut
    assert booking_links(whole)[0] != [cut]


@pytest.mark.parametrize(
    ("cell", "link"),
    [
        (f"{DOCTOLIB}?locale=fr&amp;pid=practice-11", f"{DOCTOLIB}?locale=fr&pid=practice-11"),
        (f"{DOCTOLIB}?locale=fr&amp;amp;pid=practice-11", f"{DOCTOLIB}?locale=fr&pid=practice-11"),
        (f"{DOCTOLIB}?locale=fr&#38;pid=practice-11", f"{DOCTOLIB}?locale=fr&pid=practice-11"),
        (f"{DOCTOLIB}?locale=fr&#x26;pid=practice-11&nbsp;", f"{DOCTOLIB}?locale=fr&pid=practice-11"),
        (f"&lt;{DOCTOLIB}?pid=practice-11&gt;", f"{DOCTOLIB}?pid=practice-11"),
        # No entity without its semicolon: these are names of parameters.
        (f"{DOCTOLIB}?a=1&copy=2&section=3", f"{DOCTOLIB}?a=1&copy=2&section=3"),
        (f"https://{DOCTOLIB}", DOCTOLIB),
        (f"http:// {DOCTOLIB.removeprefix('https://')}", DOCTOLIB),
        (DOCTOLIB.replace("https://", "https//"), DOCTOLIB),
        (DOCTOLIB.replace("gap", "g\u200bap"), DOCTOLIB),
        ("rdv sur doctolib.fr/centre-de-sante/gap/x ou à l’accueil", "https://doctolib.fr/centre-de-sante/gap/x"),
        (DOCTOLIB.replace(":", "%3A").replace("/", "%2F"), DOCTOLIB),
        (DOCTOLIB.replace(":", "%253A").replace("/", "%252F"), DOCTOLIB),
        (f"{DOCTOLIB}%3Fpid%3Dpractice-11%26locale%3Dfr", f"{DOCTOLIB}?pid=practice-11&locale=fr"),
        (f"{DOCTOLIB}?pid%3Dpractice-11", f"{DOCTOLIB}?pid=practice-11"),
        (
            "https://www.doctolib.fr/centre-de-sante%2Fgap%2Fsalle-des-essais",
            "https://www.doctolib.fr/centre-de-sante/gap/salle-des-essais",
        ),
        ("https://www.doctolib.fr/hopital/%25C3%25A9tampes/x", "https://www.doctolib.fr/hopital/%C3%A9tampes/x"),
    ],
)
def test_what_machines_did_to_a_link_is_undone(cell: str, link: str) -> None:
    assert booking_links(cell) == ([link], None)


@pytest.mark.parametrize("cell", ["voir M.Durand/Dupont", "voir accueil et/ou mairie", "7j/7", "rdv@mairie.example/x"])
def test_words_with_a_slash_are_no_links(cell: str) -> None:
    assert booking_links(cell)[0] == []


@pytest.mark.parametrize(
    "host",
    ["doctolib.fr", "www.doctolib.fr", "www.partners.doctolib.fr", "keldoc.com", "maiia.com", "www.app.ordoclic.fr"],
)
def test_a_declared_site_is_the_same_with_and_without_www(host: str) -> None:
    url, owner = declared().admit(f"https://{host}/app/gap/salle")

    assert owner in host
    assert f"https://{host_of(url)}" in Settings(demo=False).declared_origins()


@pytest.mark.parametrize("host", ["wwwdoctolib.fr", "m.doctolib.fr", "www.doctolib.fr.example", "www2.doctolib.fr"])
def test_no_other_name_is_taken_for_a_declared_site(host: str) -> None:
    with pytest.raises(UnsafeUrlError):
        declared().admit(f"https://{host}/app/gap/salle")


@pytest.mark.parametrize(
    ("slug", "deep", "page"),
    [
        (
            "doctolib",
            f"{DOCTOLIB}/booking/motives?specialityId=5494&telehealth=false&placeId=practice-11&source=profile",
            f"{DOCTOLIB}?pid=practice-11",
        ),
        (
            "doctolib",
            f"{DOCTOLIB}/booking/availabilities?pid=practice-11&placeId=practice-12",
            f"{DOCTOLIB}?pid=practice-11",
        ),
        ("doctolib", f"{DOCTOLIB}/booking/patients", DOCTOLIB),
        (
            "keldoc",
            f"{KELDOC}/annexe/motifs?cabinet=77&specialty=144&motive=9",
            f"{KELDOC}/annexe?cabinet=77&specialty=144",
        ),
        (
            "maiia",
            "https://www.maiia.com/centre-de-vaccination/05000-gap/salle/rdv?centerId=5f&step=2",
            "https://www.maiia.com/centre-de-vaccination/05000-gap/salle?centerid=5f",
        ),
        (
            "ordoclic",
            "https://app.ordoclic.fr/app/pharmacie/chez-nous/rdv?x=1",
            "https://app.ordoclic.fr/app/pharmacie/chez-nous",
        ),
    ],
)
def test_a_link_copied_in_the_middle_of_a_booking_leads_to_the_page_of_its_centre(
    slug: str, deep: str, page: str
) -> None:
    provider = PROVIDERS[slug]

    assert provider.centre_page(deep) == page
    assert provider.link_key(deep) == provider.link_key(page) is not None
    assert provider.centre_page(page) == page
    assert declared().admit(page) == (page, slug)


@given(st.text(max_size=80))
def test_the_page_of_any_link_is_found_without_an_error(text: str) -> None:
    for provider in PROVIDERS.values():
        provider.centre_page(f"https://www.doctolib.fr/{text}")
        provider.centre_page(text)


@pytest.mark.parametrize(
    "cell",
    [
        "https://www.doctolib.fr/a/b/c%3Fnext=https%3A%2F%2Fevil.example%2F",
        "https://www.doctolib.fr/a/b%252F%252Fevil.example",
        "https://www.doctolib.fr%2F@evil.example/a/b/c",
        "https%3A%2F%2Fwww.doctolib.fr%2F%2F%2Fevil.example%2F..%2Fa",
        "https://www.google.com/url?q=https://evil.example/www.doctolib.fr/a/b",
        "https://www.doctolib.fr/a/b/c%250d%250aLocation:x",
    ],
)
def test_no_repair_turns_a_hostile_link_into_one_that_is_accepted(cell: str) -> None:
    for link in booking_links(cell)[0]:
        with pytest.raises(UnsafeUrlError):
            declared().admit(link)


@given(st.text(alphabet="ab%/?=&3DF25C2085", max_size=40))
def test_restoring_a_link_never_touches_its_host(text: str) -> None:
    assert host_of(restored(f"https://www.maiia.com/{text}")) == "www.maiia.com"
