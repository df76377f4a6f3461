"""How many centres of a State's list book on which host: counted from a list, and kept in `data/centres-2021.csv`.

The lists themselves are the State's. The table holds what was counted of them and the SHA-256 of the file that was
counted, so that whoever has the file can count again (`aiguillage count-hosts`).
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import astuple, dataclass, fields
from datetime import date
from ipaddress import ip_address
from pathlib import Path

from providers.booking_url import host_of
from providers.official_list import OfficialList
from providers.records import Centre


class HostTableError(ValueError):
    """The table cannot be read; the message names the line."""


@dataclass(frozen=True, slots=True, order=True)
class HostCount:
    """The centres of one list with a link to `host` ("": without a link).

    `open`: those that are neither closed nor for professionals only. `list_sha256`: of the file that was counted.
    """

    date: str
    host: str
    centres: int
    open: int
    list_sha256: str


COLUMNS = tuple(field.name for field in fields(HostCount))


def count_hosts(found: OfficialList, day: date, list_sha256: str) -> list[HostCount]:
    """A row a host, and one for the centres without a link, by host."""
    listed: Counter[str] = Counter()
    public: Counter[str] = Counter()
    for centre in found.centres:
        host = named(_host(centre))
        listed[host] += 1
        public[host] += not (centre.closed or centre.professionals_only)
    return [HostCount(day.isoformat(), host, listed[host], public[host], list_sha256) for host in sorted(listed)]


def load_hosts(path: Path) -> tuple[HostCount, ...]:
    """The table, by date and host. Raises HostTableError."""
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        if tuple(reader.fieldnames or ()) != COLUMNS:
            raise HostTableError(f"{path.name}: the columns are {', '.join(COLUMNS)}")
        try:
            rows = [
                HostCount(row["date"], row["host"], int(row["centres"]), int(row["open"]), row["list_sha256"])
                for row in reader
            ]
        except (TypeError, ValueError) as error:
            raise HostTableError(f"{path.name}, line {reader.line_num}: {error}") from error
    return tuple(sorted(rows))


def table(rows: Iterable[HostCount]) -> str:
    """`rows` as the file holds them, by date and host."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(astuple(row) for row in sorted(rows))
    return text.getvalue()


def owner_of(host: str, owners: Mapping[str, str]) -> str:
    """The platform whose booking host this is, with or without "www."; "" for nobody's. `owners`: host -> slug.

    For counts alone: where a citizen may be sent is decided by whole hosts (`providers/booking_url.py`).
    """
    return owners.get(host) or owners.get(f"www.{host}") or ""


def by_platform(counts: Mapping[str, int], owners: Mapping[str, str]) -> dict[str, int]:
    """Counts by host or slug -> by slug, the hosts of a platform together; a host that is nobody's stays as it is."""
    found: Counter[str] = Counter()
    for host, count in counts.items():
        found[owner_of(host, owners) or named(host)] += count
    return dict(found)


def named(host: str) -> str:
    """`host`, or "" when it is the reader's own machine: a link of a demonstration leads nowhere."""
    return "" if _is_loopback(host) else host


def lists_in(rows: Iterable[HostCount]) -> Iterator[tuple[str, list[HostCount]]]:
    """Each list of the table, oldest first: its date and its rows."""
    by_date: dict[str, list[HostCount]] = {}
    for row in sorted(rows):
        by_date.setdefault(row.date, []).append(row)
    yield from by_date.items()


def _host(centre: Centre) -> str:
    if centre.booking_url is None:
        return centre.booking_site or ""
    return host_of(centre.booking_url) or ""


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
