"""The guard: 1,978 hostile and honest URLs, the links that a list really holds, and the same twice."""

from __future__ import annotations

import json
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.booking_url import BookingSites, UnsafeUrlError, canonical, check, host_of, is_safe
from tests.answers import FIXTURES, Answers, both

PAYLOADS = json.loads((FIXTURES / "redirect_payloads.json").read_text(encoding="utf-8"))
ALLOWED = {f"https://{host}" for host in PAYLOADS["allow_list"]}


@pytest.mark.parametrize("family", sorted({row["family"] for row in PAYLOADS["payloads"]}))
def test_every_payload_of_a_family_gets_its_verdict(family: str) -> None:
    rows = [row for row in PAYLOADS["payloads"] if row["family"] == family]

    wrong = [row["payload"] for row in rows if is_safe(row["payload"], ALLOWED) != (row["verdict"] == "accept")]

    assert wrong == []


def test_a_guard_that_looks_for_the_host_in_the_text_would_let_a_thousand_through() -> None:
    """The control: the payloads do catch a careless guard."""
    hostile = [row["payload"] for row in PAYLOADS["payloads"] if row["class"] == "must_reject"]

    let_through = [payload for payload in hostile if any(host in payload for host in PAYLOADS["allow_list"])]

    assert len(let_through) > 1000


@both("at_least", ours=30, recorded=3001)
def test_no_link_that_platforms_and_lists_really_write_is_refused(answers: Answers, at_least: int) -> None:
    """A guard too strict would hide a platform."""
    allowed = ALLOWED | {"https://keldoc.com"}

    declared = [url for url in answers.booking_cells() if f"https://{urlsplit(url.strip()).hostname}" in allowed]

    assert len(declared) >= at_least
    assert [url for url in declared if not is_safe(canonical(url), allowed)] == []


@given(st.text(max_size=200))
def test_whatever_is_accepted_is_canonical_already(text: str) -> None:
    if is_safe("https://www.maiia.com/" + text, ALLOWED):
        assert canonical("https://www.maiia.com/" + text) == "https://www.maiia.com/" + text


@given(st.text(max_size=120), st.sampled_from(["", "@", ".", ":443", "\\", "%2e", "\t", "#", "?", "/"]))
def test_nothing_after_the_scheme_smuggles_another_host_in(text: str, mark: str) -> None:
    url = f"https://www.maiia.com{mark}{text}"

    if is_safe(url, ALLOWED):
        assert urlsplit(url).netloc == "www.maiia.com"


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (" https://www.doctolib.fr/a/b/c \u00a0", "https://www.doctolib.fr/a/b/c"),
        ("HTTP://WWW.Doctolib.fr/A", "https://www.doctolib.fr/A"),
        ("https://partners.doctolib.fr//a/b", "https://partners.doctolib.fr/a/b"),
        ("https://www.doctolib.fr/hopital/étampes", "https://www.doctolib.fr/hopital/%C3%A9tampes"),
        ('https://www.doctolib.fr/a?locale=fr" ', "https://www.doctolib.fr/a?locale=fr"),
    ],
)
def test_spelling_is_repaired_and_nothing_else(written: str, meant: str) -> None:
    assert canonical(written) == meant


def test_in_demonstration_a_declared_link_becomes_the_sandbox_s_with_the_same_path() -> None:
    sites = BookingSites({"http://127.0.0.1:8800": "x"}, {"https://www.doctolib.fr": "http://127.0.0.1:8800"})

    assert sites.admit("https://www.doctolib.fr/a/b?pid=1") == ("http://127.0.0.1:8800/a/b?pid=1", "x")
    with pytest.raises(UnsafeUrlError):
        sites.admit("https://elsewhere.example/a/b")
    assert not sites.allows("https://www.doctolib.fr/a/b")


@pytest.mark.parametrize("family", sorted({row["family"] for row in PAYLOADS["payloads"]}))
def test_a_hostile_link_is_refused_at_ingest_by_name_and_never_by_another_error(family: str) -> None:
    """An error that nobody expects would end the reading of a whole platform."""
    sites = BookingSites(dict.fromkeys(ALLOWED, "x"), {"https://www.doctolib.fr": "http://127.0.0.1:8800"})
    for row in PAYLOADS["payloads"]:
        if row["family"] == family:
            try:
                sites.admit(row["payload"])
            except UnsafeUrlError:
                continue


@given(st.text(max_size=80))
def test_whatever_a_source_writes_is_admitted_or_refused(text: str) -> None:
    sites = BookingSites(dict.fromkeys(ALLOWED, "x"), {})
    for written in (text, f"https://www.maiia.com{text}", f"https://{text}"):
        try:
            sites.admit(written)
        except UnsafeUrlError:
            continue


def test_a_refusal_never_repeats_the_url() -> None:
    with pytest.raises(UnsafeUrlError) as raised:
        check("https://evil.example/secret", ALLOWED)

    assert "evil" not in str(raised.value)


MAIIA = "https://www.maiia.com"


@pytest.mark.parametrize(
    ("url", "rule"),
    [
        (MAIIA + "/" + "a" * 2000, "longer than 2000 characters"),
        ("https://www.maiia.com:x/", "not a URL in canonical form"),
        ("https://evil.example/a", "not a declared booking site"),
        (MAIIA + "/a%0d%0aX", "an encoded control character or backslash"),
        (MAIIA + "/a%250aX", "an encoded control character or backslash"),
        (MAIIA + "/a%C2%85X", "an encoded control character or backslash"),  # C1: old terminals and parsers obey it
        (MAIIA + "/a?b=%c2%9b", "an encoded control character or backslash"),
        (MAIIA + "/a%25C2%2585X", "an encoded control character or backslash"),
        (MAIIA + "//a", "a path that a browser would rewrite"),
        (MAIIA + "/a/%2e%2e/b", "a path that a browser would rewrite"),
        (MAIIA + "/a/./b", "a path that a browser would rewrite"),
        (MAIIA + "/a?next=https%3A%2F%2Fevil.example", "another URL inside the URL"),
        (MAIIA + "/a?next=https%25253A%25252F%25252Fevil.example", "another URL inside the URL"),
        (MAIIA + "/javascript:alert(1)", "another URL inside the URL"),
        (MAIIA + "/a%ff", "bytes that are not UTF-8"),
        (MAIIA + "/a%e5%98%8a", "a character that hides a control character"),
    ],
)
def test_a_refusal_says_which_rule_was_broken(url: str, rule: str) -> None:
    with pytest.raises(UnsafeUrlError) as raised:
        check(url, ALLOWED)

    assert str(raised.value) == rule


@pytest.mark.parametrize(
    "url",
    [
        MAIIA + "/" + "a" * (2000 - len(MAIIA) - 1),  # as long as allowed
        MAIIA + "/a?b=c//d",  # two slashes in a query are no path
        MAIIA + "/%C2%A0",  # U+00A0, the first character behind the control characters of C1
        MAIIA + "/%C3%BF",  # U+00FF, the last character of one byte
        MAIIA + "/%C4%A0",  # U+0120: its low byte is a space, not a control character
        MAIIA + "/%C4%BF",
    ],
)
def test_what_is_harmless_at_the_edge_of_a_rule_passes(url: str) -> None:
    assert check(url, ALLOWED) == url


def test_a_character_whose_low_byte_is_the_last_control_character_is_refused() -> None:
    for low in (0x00, 0x1F):
        hidden = chr(0x100 + low).encode().hex("%").upper()
        with pytest.raises(UnsafeUrlError, match="hides a control character"):
            check(f"{MAIIA}/%{hidden}", ALLOWED)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("http://www.maiia.com/A", "https://www.maiia.com/A"),
        ("https://www.maiia.com?a=b/c", "https://www.maiia.com?a=b/c"),
        ("https://www.maiia.com/a?u=b://c", "https://www.maiia.com/a?u=b://c"),
        ("https://www.maiia.com/a#part", "https://www.maiia.com/a"),
        ("https://www.maiia.com///a", "https://www.maiia.com/a"),
        ("Xhttps://www.maiia.com/a", "xhttps://www.maiia.com/a"),
        ("www.maiia.com", "www.maiia.com"),
    ],
)
def test_a_link_is_written_as_a_careful_person_would(written: str, meant: str) -> None:
    assert canonical(written) == meant


@pytest.mark.parametrize(
    "host", ["www.\u212aeldoc.com", "WWW.\u212aELDOC.COM", "www.ma\u0130ia.com", "www.maiia.\uff43om"]
)
def test_a_letter_that_only_lower_case_makes_latin_leads_to_no_declared_site(host: str) -> None:
    """The Kelvin sign is such a letter: who lowers it owns every site with a k."""
    sites = BookingSites({MAIIA: "maiia", "https://www.keldoc.com": "keldoc"}, {})

    with pytest.raises(UnsafeUrlError):
        sites.admit(f"https://{host}/a/b/c")
    assert host_of(f"https://{host}/a") not in {"www.keldoc.com", "www.maiia.com"}


def test_lower_case_as_python_knows_it_would_have_led_to_a_declared_site() -> None:
    """The control."""
    assert "www.\u212aeldoc.com".lower() == "www.keldoc.com"
    assert host_of("HTTPS://Personne@WWW.Keldoc.com:443/a") == "www.keldoc.com"
    assert host_of("https://[") is None


def test_whose_a_link_is() -> None:
    sites = BookingSites({MAIIA: "maiia", "https://nice.fr": ""}, {})

    assert sites.owner(f"{MAIIA}/a") == "maiia"
    assert sites.owner("https://nice.fr/a") == ""
    assert sites.owner("https://evil.example/a") is None
    assert sites.owner("no link") is None
    assert sites.allows(f"{MAIIA}/a")
    assert not sites.allows("https://evil.example/a")
