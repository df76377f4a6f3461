"""A page of a list as somebody saved it: what a person saw, against the list made again (docs/ranking.md §7.3, §9)."""

from __future__ import annotations

import base64
import binascii
import re
import struct
from datetime import datetime, timedelta
from types import SimpleNamespace
from urllib.parse import parse_qs, urljoin, urlsplit

from verifier.order import list_hash_of, named, ordered_keys, snapshots_of, snapshots_of_hour, tie_of
from verifier.outside.saved_page import parsed_page, printed_as, text_of_page
from verifier.source import CannotCheck, Wrong

PLACES_ON_A_PAGE = 20
# Version, hours since 1970, list, place, offer, rank; then 16 bytes of a MAC whose key is the portal's.
BUTTON, MAC_SIZE = struct.Struct(">BI16s7s7sH"), 16
BASE_32 = "abcdefghijklmnopqrstuvwxyz234567"
PRINTED_REFERENCE = {
    "heure": r"\d{4}-\d\d-\d\dT\d\d",
    "question": r"[a-z]+=[\w.-]+(&[a-z]+=[\w.-]+)*",
    "empreinte": r"[0-9a-f]{8,64}",
    "releve": r"[0-9a-f]{8,64}",
}
LATER_HOURS = 3  # an order is kept for two hours after its own, with newer facts on its cards


def check_page(log, arguments):
    page = parsed_page(text_of_page(arguments.page))
    asked = reference_of(page)
    seed = log.one("seed", date=asked.epoch[:10])
    if seed is None:
        raise CannotCheck(f"the log holds no seed of {asked.epoch[:10]}")
    asked.seed = bytes.fromhex(seed["seed"])
    names, said = snapshots_of(log, asked.epoch, asked.snapshot)
    again = list_again(log.source, names, asked)
    check_places(page, again)
    if not again.hash.startswith(asked.hash):
        raise Wrong(f"the page prints the list {asked.hash}; recomputed: {again.hash[: len(asked.hash)]}")
    check_buttons(page, again, asked)
    said += check_facts(log, page, names, again, asked)
    return [*said, *told_of_page(page, again, asked, labels_of(page))]


def told_of_page(page, again, asked, labels):
    first, last = page.cards[0].number, page.cards[-1].number
    yield f"hour {asked.epoch}, snapshot {again.names['snapshot'][:8]}, question {asked.question}"
    for card in page.cards:
        buttons = ", ".join(plain(one.label) for one in card.buttons) or "no button"
        yield f"{card.number}. {plain(card.name)} ({card.place}), {plain(card.distance)}: {buttons}"
    yield f"ranks {first} to {last} of {len(again.ids)}: these places in this order, and every offer of theirs"
    yield f"list {again.hash}: equal to the list that is printed, {4 * len(asked.hash)} bits of it"
    count = sum(len(card.buttons) for card in page.cards)
    yield f"{count} buttons name this hour, list, place, offer and rank; their MAC only the portal's own key can check"
    if labels:
        yield f"buttons call {', '.join(f'{slug} {plain(label)!r}' for slug, label in sorted(labels.items()))}"
    yield "not checked: what is said of slots, other words, and what style sheets or scripts hide or move"


def plain(text):
    """For a terminal: what a page says may hold what a terminal obeys."""
    return "".join(one if one.isprintable() else "?" for one in (text or "nothing")[:120])


# The reference, and the list made again


def reference_of(page):
    """What the line under a list says, in print and in its link."""
    if not page.checks:
        raise CannotCheck("no list of this portal: the page has no reference line with a link to check it")
    if len(set(page.checks)) > 1:
        raise Wrong("the page has several references, to different lists")
    query = parse_qs(urlsplit(page.checks[0]).query, max_num_fields=20)
    epoch, question, digest, snapshot = (query.get(name, [""])[0] for name in PRINTED_REFERENCE)
    for name, value in zip(PRINTED_REFERENCE, (epoch, question, digest, snapshot), strict=True):
        if not re.fullmatch(PRINTED_REFERENCE[name], value, re.ASCII):
            raise CannotCheck(f"the reference of the page has no {name} that can be read: {plain(value)}")
    hour = datetime.strptime(epoch, "%Y-%m-%dT%H")  # noqa: DTZ007 - every hour here is UTC
    contract, _, rest = "".join("".join(page.reference).split()).partition("·")
    printed_hour, _, rest = rest.partition("·")
    numbers = {int(one[:9]) for one in re.findall(r"[0-9]+", printed_hour)}
    printed = printed_as(hour, printed_hour)
    if not {printed.day, printed.year, printed.hour} <= numbers:
        raise Wrong(f"the page prints the hour {plain(printed_hour)}, and its link says {epoch}")
    if rest.partition("·")[0] != digest or not contract.endswith("order/1"):
        raise Wrong(
            f"the page prints the list {plain(contract)} {plain(rest.partition('·')[0])}, and its link {digest}"
        )
    return SimpleNamespace(epoch=epoch, question=question, hash=digest, snapshot=snapshot)


def list_again(source, names, asked):
    """List of the snapshot that the page names; of several that begin alike, the one that gives the printed hash."""
    wanted = [one for one in names if one["snapshot"].startswith(asked.snapshot)]
    if not wanted:
        raise CannotCheck(
            f"no snapshot of {asked.epoch} begins with {asked.snapshot}: it is not published any more, or never was"
        )
    for one in {one["snapshot"]: one for one in wanted}.values():
        keyed = ordered_keys(source, one, asked.question, asked.epoch, asked.seed)
        ids = [identifier for _, identifier in keyed]
        digest = list_hash_of(one["snapshot"], asked.epoch, asked.question, ids)
        if digest.startswith(asked.hash):
            break
    return SimpleNamespace(names=one, ids=ids, hash=digest, bands={identifier: key[2] for key, identifier in keyed},
                           places=places_of(source, one))  # fmt: skip


def places_of(source, names):
    return {one["id"]: one for one in named(source, names["places"])["places"]}


# Places


def check_places(page, again):
    """The cards are the recomputed places at their ranks: none missing, none more, none in another's stead."""
    if not page.cards:
        raise Wrong("the page shows no place, under the reference of a list that has some")
    for card in page.cards:
        if not re.fullmatch(r"[1-9][0-9]{0,5}", card.rank or ""):
            raise Wrong(f"{plain(card.name)} has no rank on the page: {plain(card.rank)}")
        card.number = int(card.rank)
    first = (min(card.number for card in page.cards) - 1) // PLACES_ON_A_PAGE * PLACES_ON_A_PAGE + 1
    expected = again.ids[first - 1 : first - 1 + PLACES_ON_A_PAGE]
    for at in range(max(len(expected), len(page.cards))):
        check_rank(first + at, page.cards[at : at + 1], expected[at : at + 1], again)
    count = -(-len(again.ids) // PLACES_ON_A_PAGE)
    said = [[int(one[:9]) for one in re.findall(r"[0-9]+", text)] for text in page.pages]
    if said != ([[first // PLACES_ON_A_PAGE + 1, count]] if count > 1 else []):
        raise Wrong(
            f"this is page {first // PLACES_ON_A_PAGE + 1} of {count}; the page says {plain(', '.join(page.pages))}"
        )


def check_rank(rank, cards, expected, again):
    """`cards`, `expected`: one, or none where the other goes on."""
    names = [f"{plain(again.places[one]['name'])} ({one})" for one in expected]
    if not cards:
        raise Wrong(f"rank {rank} is {names[0]} in the recomputed list, and missing on the page")
    [card] = cards
    seen = f"{plain(card.name)} ({plain(card.place)})"
    if not expected:
        raise Wrong(f"rank {rank} is {seen} on the page, and the recomputed list has none there")
    if card.place != expected[0]:
        missing = (
            "" if card.number == rank else f"; the page gives that place rank {card.number}, and rank {rank} to none"
        )
        raise Wrong(f"rank {rank} is {seen} on the page and {names[0]} in the recomputed list{missing}")
    if card.number != rank:
        raise Wrong(f"{seen} bears rank {card.number} on the page, and {rank} in the recomputed list")
    low, high = limits_of(again.bands[card.place])
    if metres_printed(card.distance or "") != ([low, high] if low else [high]):
        raise Wrong(f"rank {rank}, {seen}: {plain(card.distance)} on the page, from {low} to {high} m recomputed")


def limits_of(number):
    """The band of this number in metres."""
    for first, start, width in ((44, 50_000, 10_000), (24, 10_000, 2_000), (8, 2_000, 500), (0, 0, 250)):
        if number >= first:
            low = start + (number - first) * width
            return low, low + width
    raise ValueError(number)


def metres_printed(text):
    """ "750 m à 1 km", "1 to 1.25 km": a number without a unit has that of the next one."""
    found = re.findall(r"([0-9]{1,6}(?:[.,][0-9]{1,2})?)\s*(km|m)?\b", text)
    unit, metres = "", []
    for number, own in reversed(found):
        unit = own or unit
        metres.insert(0, round(float(number.replace(",", ".")) * (1000 if unit == "km" else 1)))
    return metres


# Buttons


def check_buttons(page, again, asked):
    """Each button is of this hour and list, of its card's place and rank; nothing else of a card leads elsewhere."""
    addresses = [one.address for card in page.cards for one in card.buttons]
    addresses += [one for card in page.cards for one in card.links if not one.startswith("tel:")]
    if page.loose:
        raise Wrong(f"a button outside the cards leads to {plain(page.loose[0])}")
    hosts = {urlsplit(urljoin(page.base, one)).netloc for one in [*page.checks, *addresses]}
    if len(hosts) > 1:
        raise Wrong(f"buttons and reference lead to several sites: {plain(', '.join(sorted(hosts)))}")
    for card in page.cards:
        where = f"rank {card.number}, {plain(card.name)}"
        for address in card.links:
            if not address.startswith("tel:") and not re.search(
                rf"/(centre/{card.place}|hebergement)$", urlsplit(address).path
            ):
                raise Wrong(f"{where}: a link leads to {plain(address)}")
        for one in card.buttons:
            hour, digest, place, one.offer, rank = button_of(one.address, where)
            for what, said, wanted in (
                ("hour", hour, asked.epoch), ("list", digest, again.hash[:32]),
                ("place", place, card.place), ("rank", rank, card.number),
            ):  # fmt: skip
                if said != wanted:
                    raise Wrong(f"{where}: a button is of the {what} {said}, and should be of {wanted}")


def button_of(address, where):
    """(hour, first 32 digits of the list, place, offer, rank) of a button's address (docs/log.md §5)."""
    token = re.search(r"/rdv/([A-Za-z0-9_-]{1,200})$", urlsplit(address).path)
    try:
        raw = base64.urlsafe_b64decode(token[1] + "=" * (-len(token[1]) % 4)) if token else b""
    except binascii.Error:
        raw = b""
    if len(raw) != BUTTON.size + MAC_SIZE or raw[0] != 1:
        raise Wrong(f"{where}: a button leads to {plain(address)}, and not by this portal's count")
    _, hours, digest, place, offer, rank = BUTTON.unpack(raw[: BUTTON.size])
    hour = datetime(1970, 1, 1) + timedelta(hours=min(hours, 70_000_000))  # noqa: DTZ001 - every hour here is UTC
    return f"{hour:%Y-%m-%dT%H}", digest.hex(), identifier_of("p", place), identifier_of("o", offer), rank


def identifier_of(kind, raw):
    number = int.from_bytes(raw, "big")
    return f"{kind}-{''.join(BASE_32[number >> 5 * at & 31] for at in range(9, -1, -1))}"


def check_facts(log, page, names, again, asked):
    """Names and offers are those of the snapshot; on a list by distance, perhaps of one that came later.

    Such a list keeps its order, while its cards tell the newest facts (docs/ranking.md §7.3).
    """
    different = first_difference(page, again.places, asked)
    if different is None:
        return []
    by_distance = dict(part.split("=", 1) for part in asked.question.split("&"))["sort"] == "near"
    for one in later_than(again.names, log, names, asked.epoch) if by_distance else ():
        # A place that is gone meanwhile keeps its card.
        if first_difference(page, again.places | places_of(log.source, one), asked) is None:
            return [f"names and offers are those of a later snapshot, {one['snapshot'][:8]}"]
    raise Wrong(different)


def later_than(first, log, names, epoch):
    """Snapshots with other places than the first, put in force after it and while its order was kept."""
    hour = datetime.strptime(epoch, "%Y-%m-%dT%H")  # noqa: DTZ007 - every hour here is UTC
    after = [f"{hour + timedelta(hours=ahead):%Y-%m-%dT%H}" for ahead in range(1, LATER_HOURS)]
    published = [*names, *(one for name in after for one in snapshots_of_hour(log, name)[0])]
    known = {first["places"]}
    for one in published[published.index(first) + 1 :]:
        if one["places"] not in known:
            known.add(one["places"])
            yield one


def first_difference(page, places, asked):
    """In words: what a card says otherwise than the place's record, or None."""
    for card in page.cards:
        place, where = places[card.place], f"rank {card.number}, {plain(card.name)}"
        if card.name != " ".join(place["name"].split()):
            return f"{where}: this place ({card.place}) is called {plain(place['name'])}"
        drawn = sorted(place["offers"], key=lambda one: tie_of(asked.seed, asked.epoch, asked.question, one["id"]))
        wanted, shown = [one["id"] for one in drawn], [one.offer for one in card.buttons]
        if missing := [one for one in drawn if one["id"] not in shown]:
            return f"{where}: the button of the offer {missing[0]['id']} ({missing[0]['provider']}) is missing"
        if more := [one for one in shown if one not in wanted]:
            return f"{where}: a button leads to the offer {more[0]}, which this place does not have"
        if shown != wanted:
            return f"{where}: its buttons stand as {', '.join(shown)}, and were drawn as {', '.join(wanted)}"
        for one, offer in zip(card.buttons, drawn, strict=True):
            one.provider, one.site = offer["provider"], urlsplit(offer["url"]).netloc
    return None


def labels_of(page):
    """{platform: name on its buttons}: one for each, none for two; a site without a platform bears its own."""
    labels = {}
    for card in page.cards:
        for one in card.buttons:
            where = f"rank {card.number}, {plain(card.name)}"
            if not one.label:
                raise Wrong(f"{where}: a button names no platform")
            if not one.provider and one.label != one.site:
                raise Wrong(f"{where}: a button names {plain(one.label)} and leads to {one.site}")
            if one.provider and labels.setdefault(one.provider, one.label) != one.label:
                raise Wrong(f"{where}: a button names {plain(one.label)} and leads to {one.provider}, "
                            f"elsewhere {plain(labels[one.provider])}")  # fmt: skip
    if len(set(labels.values())) < len(labels):
        raise Wrong(f"two platforms bear one name on this page: {labels}")
    return labels
