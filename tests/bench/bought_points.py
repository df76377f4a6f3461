"""What five points of one platform's share cost somebody who presses its buttons, before and after the limits.

The attacker knows the rules, begins in the last minute of an hour, and sends ten requests a second. The last table is
what the limits take from honest people who share an address.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from aggregator.redirect.events import EventClass
from aggregator.redirect.visitors import DUPLICATE_S, MOST_A_NETWORK, MOST_AN_ADDRESS, networks_of
from aggregator.search.order import epoch_of
from tests.bench.click_day import (
    AGENTS,
    CARDS,
    MIDNIGHT,
    SHARES,
    SNAPSHOT_MIN,
    TOWNS,
    Button,
    Click,
    Portal,
    buttons,
    go,
    honest_day,
)

WANTED, POINTS = "c", 5
A_REQUEST = timedelta(seconds=0.1)


# Attackers


class Attacker:
    """Presses buttons of one platform, minute after minute, until `goal` clicks have counted; `last`: the last one."""

    begins = 59  # minute of the day: the last of an hour, so that the next one has limits of its own

    def __init__(self, addresses: Sequence[str], goal: int) -> None:
        self.addresses, self.goal = addresses, goal
        self.lists = self.clicks = self.won = 0
        self.last = MIDNIGHT

    def act(self, portal: Portal) -> None:
        """One minute of it."""
        raise NotImplementedError

    @property
    def took(self) -> timedelta:
        return self.last - MIDNIGHT - timedelta(minutes=self.begins)

    def fetch(self, portal: Portal, town: int) -> list[Button]:
        portal.at += A_REQUEST
        self.lists += 1
        named = portal.serve(town)
        return [Button(*named, place) for place in buttons()[town, WANTED]]

    def press(self, portal: Portal, button: Button, address: str) -> bool:
        portal.at += A_REQUEST
        self.clicks += 1
        # Another user agent each time: it costs nothing, and once it was all that was needed.
        counted = portal.press(button, address, f"{AGENTS[0]} {self.clicks}") is EventClass.COUNTED
        if counted:
            self.won, self.last = self.won + 1, portal.at
        return counted


class OfOldTimes(Attacker):
    """Fetches one list and presses one button of it, again and again, all at once."""

    def act(self, portal: Portal) -> None:
        if self.clicks:
            return
        button = self.fetch(portal, 0)[0]
        for number in range(self.goal):
            self.press(portal, button, self.addresses[number % len(self.addresses)])


class Rider(Attacker):
    """Fetches the list that is served most, once, and presses one button as often as others were served it."""

    begins = 10 * 60 + SNAPSHOT_MIN - 1
    _button: Button | None = None

    def act(self, portal: Portal) -> None:
        if self._button is None:
            self._button = self.fetch(portal, 0)[0]
        elif self.clicks == self.won:  # the next minute: the list is no longer served, and nothing was refused yet
            for address in self.addresses:
                if self.won == self.goal or not self.press(portal, self._button, address):
                    return


class Careful(Attacker):
    """Knows the rules, and presses only where a click will count. `one_button`: of one offer, else of any."""

    one_button = False

    def __init__(self, addresses: Sequence[str], goal: int) -> None:
        super().__init__(addresses, goal)
        self._networks: dict[str, list[str]] = defaultdict(list)
        for address in addresses:
            self._networks[networks_of(address)[1]].append(address)
        self._hour = ""
        self._used: Counter[str] = Counter()
        self._stock: dict[int, list[Button]] = defaultdict(list)
        self._pressed: dict[tuple[str, int], datetime] = {}

    def act(self, portal: Portal) -> None:
        if epoch_of(portal.at) != self._hour:
            self._hour = epoch_of(portal.at)
            self._used.clear()
            self._stock.clear()
        until = portal.at + timedelta(minutes=1)
        for network, address, place in self._places_to_press(portal):
            if self.won == self.goal or portal.at + 2 * A_REQUEST >= until:
                return
            if not self._stock[place]:
                for button in self.fetch(portal, place // CARDS):
                    self._stock[button.place].append(button)
            if self.press(portal, self._stock[place].pop(), address):
                self._used.update((network, f"{address} alone"))
                self._pressed[address, place] = portal.at

    def _places_to_press(self, portal: Portal) -> Iterator[tuple[str, str, int]]:
        """(network, address, place) where the limits leave room and the half hour of a duplicate is over."""
        places = [place for town in range(TOWNS) for place in buttons()[town, WANTED]]
        for network, addresses in self._networks.items():
            for address in addresses:
                if self._used[network] >= MOST_A_NETWORK:
                    break
                for place in places[:1] if self.one_button else places:
                    if self._used[f"{address} alone"] >= MOST_AN_ADDRESS or self._used[network] >= MOST_A_NETWORK:
                        break
                    pressed = self._pressed.get((address, place))
                    if pressed is None or portal.at > pressed + timedelta(seconds=DUPLICATE_S):
                        yield network, address, place


class OneButton(Careful):
    one_button = True


@lru_cache(maxsize=4)
def quiet_day(honest: int) -> tuple[tuple[Click, ...], float, int]:
    """(clicks, share of the platform in percent, clicks that buy the points) of a day without an attacker."""
    clicks, portal = honest_day(honest), Portal(limited=True)
    go(portal, clicks)
    wanted, total = (portal.share(WANTED) + POINTS) / 100, portal.of_class(EventClass.COUNTED)
    goal = math.ceil((wanted * total - portal.counted(WANTED)) / (1 - wanted) - 1e-9)
    return tuple(clicks), portal.share(WANTED), goal


@dataclass(frozen=True)
class Outcome:
    """`took`: until the points were bought, None where the day was too short; `points`: of the whole day's share."""

    lists: int
    clicks: int
    won: int
    points: float
    took: timedelta | None


def attacked(honest: int, kind: type[Attacker], addresses: Sequence[str], limited: bool = True) -> Outcome:
    """A day with an attacker in it."""
    clicks, share, goal = quiet_day(honest)
    portal, attacker = Portal(limited), kind(addresses, goal)
    play(portal, attacker, clicks)
    took = attacker.took if attacker.won == goal else None
    return Outcome(attacker.lists, attacker.clicks, attacker.won, portal.share(WANTED) - share, took)


def play(portal: Portal, attacker: Attacker, clicks: Iterable[Click]) -> None:
    by_minute: dict[int, list[Click]] = defaultdict(list)
    for click in clicks:
        by_minute[click.second // 60].append(click)
    for minute in range(24 * 60):
        go(portal, by_minute[minute])
        if minute >= attacker.begins and attacker.won < attacker.goal:
            portal.at = MIDNIGHT + timedelta(minutes=minute)
            attacker.act(portal)


def fewest(honest: int, within: timedelta) -> int:
    """How many addresses, each in a network of its own, buy the points in that time."""
    low, high = 0, 1
    while not _in_time(honest, high, within):
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if _in_time(honest, middle, within) else (middle, high)
    return high


def _in_time(honest: int, addresses: int, within: timedelta) -> bool:
    # Without the honest clicks: whoever fetches lists, from networks where nobody else is, does not meet them.
    attacker = Careful(botnet(addresses), quiet_day(honest)[2])
    play(Portal(limited=True), attacker, ())
    return attacker.won == attacker.goal and attacker.took <= within


def one_ipv4_network(addresses: int = 254) -> list[str]:
    return [f"198.51.100.{number}" for number in range(1, addresses + 1)]


def one_ipv6_network(addresses: int = 65_536) -> list[str]:
    """An address of each /64."""
    return [f"2001:db8:1:{number:x}::1" for number in range(addresses)]


def botnet(addresses: int) -> list[str]:
    """Each in a /24 of its own, where nobody else of this day is."""
    return [f"{100 + number // 65_536}.{number // 256 % 256}.{number % 256}.7" for number in range(addresses)]


# The tables

ONE = botnet(1)


def plans(honest: int) -> list[tuple[str, type[Attacker], Sequence[str]]]:
    day, hour = fewest(honest, timedelta(days=1)), fewest(honest, timedelta(minutes=61))
    return [
        ("one address, one button, another user agent each time", OneButton, ONE),
        ("one address, many offers", Careful, ONE),
        ("one /24, 254 addresses", Careful, one_ipv4_network()),
        ("one IPv6 /48, 65,536 /64", Careful, one_ipv6_network()),
        ("one button of one list, pressed from 254 networks, the list fetched once", Rider, botnet(254)),
        ("the same, the list fetched for each click", OneButton, botnet(254)),
        (f"the smallest botnet for a day: {day} {'address' if day == 1 else 'addresses'}", Careful, botnet(day)),
        (f"the smallest for an hour: {hour} addresses", Careful, botnet(hour)),
    ]


def told(one: Outcome) -> str:
    said = f"{one.lists:,} + {one.clicks:,}, "
    if one.took is None:
        return f"{said}**not in a day**: {one.points:+.1f} points"
    seconds = round(one.took.total_seconds())
    return said + (f"{seconds} s" if seconds < 120 else f"{seconds // 3600} h {seconds % 3600 // 60:02} min")


def costs(honest: int) -> list[str]:
    _, share, goal = quiet_day(honest)
    lines = [
        f"| {honest:,} redirects a day, a share of {share:.0f} %: {goal} more clicks | before | now |",
        "|---|---|---|",
    ]
    for name, kind, addresses in plans(honest):
        before, now = attacked(honest, OfOldTimes, addresses, limited=False), attacked(honest, kind, addresses)
        lines.append(f"| {name} | {told(before)} | {told(now)} |")
    return lines


SHARED = (
    (10_000, 0.05, "1 address", 1, False),
    (10_000, 0.05, "10 addresses", 10, False),
    (10_000, 0.20, "1 address", 1, False),
    (10_000, 0.20, "10 addresses", 10, False),
    (10_000, 0.20, "10 addresses of one /24", 10, True),
    (100_000, 0.05, "100 addresses", 100, False),
    (100_000, 0.20, "100 addresses", 100, False),
    (100_000, 0.20, "100 addresses of one /24", 100, True),
)


def refused(honest: int, shared: float, addresses: Sequence[str]) -> tuple[int, int, int, float]:
    """Honest clicks not counted: (duplicates before, duplicates now, excess); and the largest change of a share."""
    clicks = honest_day(honest, shared, addresses)
    before, now = Portal(limited=False), Portal(limited=True)
    go(before, clicks)
    go(now, clicks)
    moved = max((now.share(slug) - share for slug, share in SHARES.items()), key=abs)
    duplicates = before.of_class(EventClass.DUPLICATE), now.of_class(EventClass.DUPLICATE)
    return *duplicates, now.of_class(EventClass.EXCESS), round(moved, 1) + 0.0  # -0.0 is 0


def honest_costs() -> list[str]:
    lines = [
        "| honest a day | from shared addresses | `excess` | `duplicate`, before and now | a share moves by |",
        "|---|---|---|---|---|",
    ]
    for honest, shared, name, addresses, together in SHARED:
        sources = one_ipv4_network(addresses) if together else botnet(addresses)
        early, late, excess, moved = refused(honest, shared, sources)
        part = f"{excess:,} ({100 * excess / honest:.1f} %)"
        lines.append(
            f"| {honest:,} | {100 * shared:.0f} % from {name} | {part} | {early:,}, {late:,} | {moved:+.1f} points |"
        )
    return lines


def main() -> None:
    for table in (costs(10_000), costs(1_000), honest_costs()):
        print("\n".join(table), end="\n\n", flush=True)


if __name__ == "__main__":
    main()
