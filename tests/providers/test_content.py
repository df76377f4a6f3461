"""Answers that are well formed and wrong all the same: old, doubled, swapped, from an unproved server."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from aggregator.collect.admission import Intake
from aggregator.config.settings import Settings
from aggregator.country.gazetteer import Gazetteer
from aggregator.snapshot.slots import local_minutes
from providers.base import Provider
from providers.booking_url import BookingSites
from providers.doctolib import Doctolib
from providers.errors import UnavailableError
from providers.http import FetchClient, Limits
from providers.maiia import Maiia
from providers.records import Centre, Outcome
from tests.conftest import fixture
from tests.loopback import Loopback

Make = Callable[..., Provider]
LINK = "https://www.doctolib.fr/centre-de-sante/bourg-en-bresse/salle-inventee?pid=practice-710001"


def doctolib(slots: list[Any], **more: Any) -> dict[str, Any]:
    return {
        "/booking/salle-inventee.json": fixture("doctolib/card.json"),
        "/availabilities.json": {"availabilities": [{"date": "2021-04-05", "slots": slots}], **more},
    }


def test_slots_in_the_past_and_in_ten_years_are_dropped_and_counted(provider: Make) -> None:
    slots = ["2021-04-10T21:45:00.000+02:00", "2021-03-25T21:45:00.000+02:00", "2031-04-10T21:45:00.000+02:00"]
    with Loopback(doctolib(slots)) as server:
        reading = provider(Doctolib, server.origin).slots(LINK, date(2021, 4, 3), 14)

    assert (len(reading.slots), reading.dropped) == (1, 2)


def test_an_answer_that_holds_only_old_slots_is_an_old_answer_not_an_empty_one(provider: Make) -> None:
    with Loopback(doctolib(["2020-01-02T08:00:00.000+01:00"])) as server:
        reading = provider(Doctolib, server.origin).slots(LINK, date(2021, 4, 3), 14)

    assert reading.outcome is Outcome.INVALID
    assert "past" in reading.note


def test_the_four_shapes_of_a_slot_are_one_slot_each(provider: Make) -> None:
    slots = [
        "2021-04-10T08:00:00.000+02:00",
        {"start_date": "2021-04-10T09:00:00.000+02:00", "end_date": "x", "agenda_id": 3, "steps": []},
        {"start_date": "2021-04-10T10:00:00.000+02:00", "steps": [{}, {"start_date": "2021-05-22T10:00:00.000+02:00"}]},
        ["2021-04-10T11:00:00.000+02:00", "2021-05-22T11:00:00.000+02:00"],
    ]
    with Loopback(doctolib(slots)) as server:
        reading = provider(Doctolib, server.origin).slots(LINK, date(2021, 4, 3), 14)

    assert [slot.starts_at.hour for slot in reading.slots] == [8, 9, 10, 11]


@pytest.mark.parametrize("hint", ["2021-04-20", "2021-04-20T12:00:00.000+02:00"])
def test_a_hint_in_either_form_is_a_jump(provider: Make, hint: str) -> None:
    with Loopback(doctolib([], next_slot=hint)) as server:
        provider(Doctolib, server.origin).slots(LINK, date(2021, 4, 3), 20)
        days = [request.first("start_date") for request in server.asked("/availabilities.json")]

    assert days == ["2021-04-03", "2021-04-20"]


def test_part_of_an_answer_is_said_to_be_partial(provider: Make) -> None:
    routes = {
        "/api/pat-public/consultation-reason-hcd": fixture("maiia/reasons.json"),
        "/api/pat-public/availabilities": lambda request: (
            fixture("maiia/availabilities.json")
            if "Moderna" in request.first("consultationReasonName")
            else {"items": 1}
        ),
    }
    with Loopback(routes) as server:
        reading = provider(Maiia, server.origin).slots("https://www.maiia.com/a/b/c?centerid=abc", date(2021, 5, 1), 30)

    assert (reading.outcome, reading.partial, len(reading.slots)) == (Outcome.OK, True, 2)


@pytest.mark.parametrize(
    ("lat", "lon"), [(5.22, 46.2), (0.0, 0.0), (52.52, 13.4), (-46.2, 5.2), (None, None), (43.3, 5.4)]
)
def test_impossible_coordinates_are_never_repaired_in_silence(
    gazetteer: Gazetteer, lat: float | None, lon: float | None
) -> None:
    """Swapped, zero, abroad, mirrored, missing, or at the other end of the country."""
    intake = Intake(gazetteer, BookingSites({}, {}))

    centre = intake.admit(Centre("x", "1", "Salle", postcode="01000", city="Bourg-en-Bresse", lat=lat, lon=lon))

    commune = gazetteer.get("01053")
    assert commune is not None
    assert (centre.lat, centre.lon, centre.flags) == (commune.lat, commune.lon, ("position",))


def test_an_unsafe_or_undeclared_link_leaves_the_card_and_the_name_of_the_site(gazetteer: Gazetteer) -> None:
    intake = Intake(gazetteer, BookingSites(Settings(demo=False).declared_origins(), {}))

    foreign = intake.admit(Centre("x", "1", "Salle", booking_url="https://rdv.example.fr/salle"))
    hostile = intake.admit(Centre("x", "1", "Salle", booking_url="https://www.maiia.com/a/b/c?x=https://evil.example"))
    stub = intake.admit(Centre("x", "1", "Salle", booking_url="https://www.maiia.com/accueil"))

    assert (foreign.booking_url, foreign.booking_site, foreign.flags) == (
        None,
        "rdv.example.fr",
        ("position", "undeclared-site")[::-1],
    )
    assert hostile.booking_url is None
    assert "unsafe-link" in hostile.flags
    assert "link-to-no-centre" in stub.flags


def test_hostile_text_is_cut_to_one_visible_line(gazetteer: Gazetteer) -> None:
    intake = Intake(gazetteer, BookingSites({}, {}))
    name = "A\u202eB\u200b\x00C\n" + "Z̸̡̢" + "x" * 10_000

    centre = intake.admit(Centre("x", "1", name))

    assert len(centre.name) <= 300
    assert not set("\u202e\u200b\x00\n") & set(centre.name)
    assert centre.name.startswith("AB C Z")


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [("Europe/Paris", "2021-10-31", 25), ("Europe/Paris", "2021-03-28", 23), ("Indian/Reunion", "2021-10-31", 24)],
)
def test_wall_clocks_are_right_on_the_days_of_23_and_25_hours(zone: str, day: str, hours: int) -> None:
    start = datetime.fromisoformat(f"{day}T00:00").replace(tzinfo=ZoneInfo(zone))
    first = int(start.timestamp()) // 60
    minutes = np.array([first + 60 * number for number in range(hours)], dtype=np.int64)

    local = local_minutes(minutes, np.zeros(hours, dtype=np.int16), [zone])

    midnight = (start.date() - date(1970, 1, 1)).days * 1440
    truth = []
    for minute in minutes.tolist():
        wall = datetime.fromtimestamp(minute * 60, ZoneInfo(zone))
        truth.append(midnight + wall.hour * 60 + wall.minute)
    assert local.tolist() == truth
    assert int(minutes[-1] - minutes[0]) == (hours - 1) * 60


def test_a_server_that_cannot_prove_its_name_is_refused(tmp_path: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    pem = tmp_path / "self-signed.pem"
    pem.write_bytes(
        certificate.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    server = HTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    origin = f"https://127.0.0.1:{server.server_address[1]}"

    with pytest.raises(UnavailableError):
        FetchClient([origin], "t", limits=Limits(total_s=2, retry_wait_s=0.01)).get(origin + "/")
    server.shutdown()
