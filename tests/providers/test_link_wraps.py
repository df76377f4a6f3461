"""Wraps of mail gateways, search engines and networks, taken off by what they say themselves."""

from __future__ import annotations

import json
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.booking_url import BookingSites, UnsafeUrlError
from providers.link_wraps import opaque, unwrap, unwrap_masked
from providers.list_links import booking_links
from tests.answers import FIXTURES

LINK = "https://www.keldoc.com/centre-de-sante/gap-05000/salle?agenda=1,2&cabinet=77"
INSIDE = quote(LINK, safe="")
MASKED = INSIDE.replace("-", "%2D").replace("_", "%5F").replace("%2F", "_").replace("%", "-")
WRAPS = [
    f"https://eur02.safelinks.protection.outlook.com/?url={INSIDE}&data=05%7C01&sdata=x&reserved=0",
    f"https://statics.teams.cdn.office.net/evergreen-assets/safelinks/1/atp-safelinks.html?url={INSIDE}&locale=fr",
    f"https://urldefense.proofpoint.com/v1/url?u={INSIDE}&k=x&r=y",
    f"https://urldefense.proofpoint.com/v2/url?u={MASKED}&d=Dw",
    f"https://linkprotect.cudasvc.com/url?a={INSIDE}&c=E,1,x&typo=1",
    f"https://ddei5-0-ctp.trendmicro.com/wis/clicktime/v1/query?url={INSIDE}&umid=1&auth=2",
    f"https://protect2.fireeye.com/v1/url?k=1&q=1&e=2&u={INSIDE}",
    f"https://clicktime.symantec.com/3AbC?u={INSIDE}",
    f"https://urlsand.esvalabs.com/?u={INSIDE}&e=1&h=2&f=y&p=n",
    f"https://deref-gmx.fr/mail/client/x/dereferrer/?redirectUrl={INSIDE}",
    f"https://www.google.com/url?q={INSIDE}&sa=D&usg=x",
    f"https://www.google.fr/url?sa=t&source=web&url={INSIDE}",
    f"https://l.facebook.com/l.php?u={INSIDE}&h=AT0",
    f"https://lm.facebook.com/l.php?u={INSIDE}&h=AT0",
    f"https://l.instagram.com/?u={INSIDE}&e=AT0",
    f"https://www.youtube.com/redirect?event=x&redir_token=y&q={INSIDE}",
    f"https://www.linkedin.com/redir/redirect?url={INSIDE}&urlhash=x",
    f"https://slack-redir.net/link?url={INSIDE}",
    f"https://duckduckgo.com/l/?uddg={INSIDE}&rut=x",
]


@pytest.mark.parametrize("wrap", WRAPS)
def test_the_link_inside_a_wrap_is_found_whole(wrap: str) -> None:
    assert unwrap(wrap) == LINK
    assert booking_links(f"voir {wrap} .") == ([LINK], None)


@pytest.mark.parametrize("outer", WRAPS[:3])
@pytest.mark.parametrize("inner", WRAPS[::4])
def test_a_wrap_around_a_wrap_is_opened_as_well(outer: str, inner: str) -> None:
    assert unwrap(outer.replace(INSIDE, quote(inner, safe=""))) == LINK


def test_a_link_that_was_put_in_as_it_is_keeps_its_parameters() -> None:
    bare = "https://www.keldoc.com/a/b/c?cabinet=77&specialty=144"

    assert unwrap(f"https://l.facebook.com/l.php?u={bare}&h=AT0") == bare
    assert unwrap(f"https://www.google.com/url?q={bare}&sa=D&usg=x") == bare


def test_the_third_version_of_proofpoint_is_told_by_its_marks() -> None:
    assert (
        unwrap_masked("https://urldefense.com/v3/__https://www.maiia.com/a*b/c__;Kw!!x")
        == "https://www.maiia.com/a+b/c"
    )


@pytest.mark.parametrize(
    "url",
    [
        LINK,
        "https://www.google.com/maps?q=https%3A%2F%2Fwww.maiia.com%2Fa",  # another page than its redirect
        "https://google.com.evil.example/url?q=https%3A%2F%2Fwww.maiia.com%2Fa",
        "https://safelinks.protection.outlook.com.evil.example/?url=https%3A%2F%2Fwww.maiia.com%2Fa",
        "https://www.google.com/url?q=javascript:alert(1)",
        "https://www.google.com/url?q=",
        "https://[",
        "",
    ],
)
def test_what_is_no_wrap_stays_as_it_is(url: str) -> None:
    assert unwrap(url) == url


@pytest.mark.parametrize(
    ("url", "is_opaque"),
    [
        ("https://protect-eu.mimecast.com/s/AbC?domain=doctolib.fr", True),
        ("https://eu-west-1.protection.sophos.com/?d=doctolib.fr&u=aHR0", True),
        ("https://bit.ly/3abc", True),
        ("https://orbit.ly/x", False),
        (LINK, False),
        ("https://[", False),
    ],
)
def test_a_wrap_that_only_its_own_server_opens_is_named(url: str, is_opaque: bool) -> None:
    assert opaque(url) is is_opaque


def test_no_hostile_link_is_accepted_for_having_been_wrapped() -> None:
    payloads = json.loads((FIXTURES / "redirect_payloads.json").read_text(encoding="utf-8"))
    sites = BookingSites({f"https://{host}": "x" for host in payloads["allow_list"]}, {})
    hostile = [row["payload"] for row in payloads["payloads"] if row["class"] == "must_reject"]
    through = []
    for payload in hostile:
        for wrap in (WRAPS[0], WRAPS[10]):
            inner = unwrap(wrap.replace(INSIDE, quote(payload, safe="", errors="surrogatepass")))
            try:
                url, _ = sites.admit(inner)
            except UnsafeUrlError:
                continue
            through.append((payload, url))

    assert len(hostile) > 1000
    # What is left is a spelling that any careful person would have repaired: the same declared host, in the open.
    assert [
        pair for pair in through if not pair[1].startswith(tuple(f"https://{h}/" for h in payloads["allow_list"]))
    ] == []


@given(st.text(max_size=100))
def test_whatever_stands_in_a_wrap_is_opened_or_left(text: str) -> None:
    for start in (
        "https://www.google.com/url?q=",
        "https://urldefense.com/v2/url?u=",
        "https://urldefense.com/v1/url?u=",
    ):
        assert isinstance(unwrap(start + text), str)
