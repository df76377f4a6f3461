"""What is missing before a portal may open: facts that only its operator knows, and what the law asks to be told."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from aggregator.config import hosting
from aggregator.config.hosting import HostingError
from aggregator.config.settings import Settings

QUESTIONS = {
    "name": "the operator's name",
    "legal_form": "its legal form",
    "funding": "who pays for the site",
    "platform_ties": "its ties with any platform (say so when there are none)",
    "contact": "an address to write to",
    "publication_director": "the director of publication",
    "host": "who hosts the site",
    "data_protection_contact": "whom to ask about personal data",
}
EXAMPLE = "aiguillage.example"


@dataclass(frozen=True, slots=True)
class Missing:
    """One thing to fill in. `what` says what, and into which file; `must`: a live portal does not start without it."""

    what: str
    must: bool = False


def missing(settings: Settings) -> Iterator[Missing]:
    """Everything that is to be filled in; nothing when the portal may open."""
    campaign_file = settings.campaign_path.name
    for name in settings.campaign.operator.blanks():
        yield Missing(f"{campaign_file}, [operator] {name}: {QUESTIONS[name]}", must=True)
    if settings.site is None:
        yield Missing("AIGUILLAGE_SITE: the portal's own address, such as https://rdv.example.fr", must=True)
    if EXAMPLE in settings.log_origin:
        yield Missing("AIGUILLAGE_LOG_ORIGIN: the final address of the public log, which is part of every signature")
    for slug, config in settings.all_configs().items():
        if slug in settings.campaign.providers.read and EXAMPLE in config.user_agent:
            address = "an address where platforms can reach you"
            yield Missing(f"{settings.providers_path.name}, user_agent: {address} (for {slug})")
    yield from _hosting_sheets(settings)
    if not settings.secure:
        yield Missing("AIGUILLAGE_HTTPS=1: the site must be served over HTTPS")
    if settings.official_list is None and settings.campaign.official_list is None:
        yield Missing("AIGUILLAGE_OFFICIAL_LIST: the official list; without it only the places of platforms are known")


def must_wait(settings: Settings) -> list[str]:
    """What a live start refuses to go without: the operator's facts and the hosting sheets."""
    return [one.what for one in missing(settings) if one.must]


def _hosting_sheets(settings: Settings) -> Iterator[Missing]:
    try:
        without = hosting.missing(hosting.load_sheets(settings.hosting_dir), settings.campaign.providers.read)
    except HostingError as error:
        yield Missing(str(error), must=True)
        return
    for slug in without:
        yield Missing(f"data/hosting/{slug}.json: the hosting sheet of a platform that is read", must=True)
