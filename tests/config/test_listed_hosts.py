"""The count of 2021 made again from the table in the repository: exactly those numbers, whoever counts."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest

from aggregator.config.listed_hosts import (
    HostCount,
    HostTableError,
    by_platform,
    count_hosts,
    lists_in,
    load_hosts,
    owner_of,
    table,
)
from aggregator.config.settings import Settings
from providers.official_list import OfficialList
from providers.records import Centre

OWNERS = Settings().booking_hosts()
PATH = Settings().listed_hosts_path


def counted(day: str, column: str) -> dict[str, int]:
    rows = dict(lists_in(load_hosts(PATH)))[day]
    return by_platform({row.host: getattr(row, column) for row in rows}, OWNERS)


@pytest.mark.parametrize(
    ("day", "column", "counts", "shares"),
    [
        ("2021-03-23", "open", (957, 109, 53), (85.5, 9.7, 4.7)),
        ("2021-03-23", "centres", (1072, 120, 57), (85.8, 9.6, 4.6)),
        ("2021-01-15", "open", (445, 85, 18), (81.2, 15.5, 3.3)),
        ("2021-01-15", "centres", (469, 90, 18), (81.3, 15.6, 3.1)),
    ],
)
def test_the_count_of_2021_is_made_again_from_the_table(
    day: str, column: str, counts: tuple[int, ...], shares: tuple[float, ...]
) -> None:
    found = counted(day, column)
    three = [found[slug] for slug in ("doctolib", "keldoc", "maiia")]

    assert tuple(three) == counts
    assert tuple(round(100 * n / sum(three), 1) for n in three) == shares


def test_all_centres_of_the_lists_are_in_the_table_with_and_without_a_link() -> None:
    listed, public = counted("2021-03-23", "centres"), counted("2021-03-23", "open")

    assert (sum(listed.values()), sum(listed.values()) - listed[""]) == (1433, 1251)
    assert (sum(public.values()), sum(public.values()) - public[""]) == (1183, 1121)
    assert sum(counted("2021-01-15", "centres").values()) == 854


def test_each_list_is_named_by_one_fingerprint_and_the_file_is_as_the_command_writes_it() -> None:
    rows = load_hosts(PATH)

    assert [day for day, _ in lists_in(rows)] == ["2021-01-15", "2021-03-23"]
    for _, mine in lists_in(rows):
        assert len({row.list_sha256 for row in mine}) == 1
        assert re.fullmatch("[0-9a-f]{64}", mine[0].list_sha256)
    assert table(rows) == PATH.read_text(encoding="utf-8")
    assert all(0 < row.centres >= row.open >= 0 for row in rows)


def test_the_three_addresses_of_one_platform_are_one_platform() -> None:
    hosts = {"partners.doctolib.fr": 3, "doctolib.fr": 1, "www.doctolib.fr": 2, "rdv.example.fr": 4, "": 5}

    assert by_platform(hosts, OWNERS) == {"doctolib": 6, "rdv.example.fr": 4, "": 5}
    assert by_platform({"doctolib": 2, "www.doctolib.fr": 1}, OWNERS) == {"doctolib": 3}


@pytest.mark.parametrize(
    "host", ["evildoctolib.fr", "doctolib.fr.example", "www.www.doctolib.fr", "xn--doctolib.fr", ""]
)
def test_a_host_that_only_looks_like_a_platform_is_nobody_s(host: str) -> None:
    """The control of the test above."""
    assert owner_of(host, OWNERS) == ""


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1.2.3", "localhost", "salle.localhost", "::1"])
def test_the_readers_own_machine_is_never_counted_as_a_site(host: str) -> None:
    assert by_platform({host: 2, "": 1}, OWNERS) == {"": 3}


def test_a_public_address_is_a_site_like_any_other() -> None:
    """The control of the test above."""
    assert by_platform({"192.0.2.7": 2, "localhost.example": 1}, OWNERS) == {"192.0.2.7": 2, "localhost.example": 1}


def test_hosts_are_counted_by_list_and_by_what_is_open_to_the_public() -> None:
    centres = (
        Centre("official", "1", "A", booking_url="https://www.example.fr/a"),
        Centre("official", "2", "B", booking_url="https://www.example.fr/b", closed=True),
        Centre("official", "3", "C", booking_site="www.example.fr", professionals_only=True),
        Centre("official", "4", "D", booking_url="http://127.0.0.1:8800/d"),
        Centre("official", "5", "E"),
    )

    found = count_hosts(OfficialList("42", 5, centres, ()), date(2021, 3, 23), "ab")

    assert found == [
        HostCount("2021-03-23", "", 2, 2, "ab"),
        HostCount("2021-03-23", "www.example.fr", 3, 1, "ab"),
    ]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("day,host\n", "the columns are date, host, centres, open, list_sha256"),
        ("date,host,centres,open,list_sha256\n2021-03-23,a.fr,many,1,ab\n", "line 2"),
        ("date,host,centres,open,list_sha256\n2021-03-23,a.fr\n", "line 2"),
    ],
)
def test_a_table_that_cannot_be_read_is_refused_with_its_line(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "t.csv"
    path.write_text(text, encoding="utf-8")

    with pytest.raises(HostTableError, match=says):
        load_hosts(path)
