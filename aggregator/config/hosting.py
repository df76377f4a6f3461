"""Hosting sheets: what is known of where each provider keeps data. Disclosed, never ranked (data/hosting/README.md).

Same fields and same order for all; `unknown` is a value; each claim is dated and sourced; the provider may answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Literal

import msgspec
from msgspec import Struct

FIELDS = (
    "host", "host_parent_country", "data_location", "non_eu_law_exposure", "hds_holder", "hds_scope", "secnumcloud",
    "iso27001", "encryption_at_rest", "key_custody", "end_to_end", "sub_processors", "retention", "transfers",
    "regulatory_decisions",
)  # fmt: skip
UNKNOWN = "unknown"
RECHECK_DAYS = 366  # a year, also a leap year
MAX_REPLY = 180


class HostingError(ValueError):
    """A sheet does not follow the schema; the message names file and field."""


class Source(Struct, frozen=True, forbid_unknown_fields=True):
    kind: Literal["court", "regulator", "certificate", "provider", "press"]
    title: str
    url: str = ""


class Reply(Struct, frozen=True, forbid_unknown_fields=True):
    """What the provider answers, dated, 180 characters at most."""

    text: str
    date: date


class Claim(Struct, frozen=True, forbid_unknown_fields=True):
    """One dated statement. `status`: who says so; an unknown value has no source.

    `service`: the kind of appointment that it is about, as campaigns name it; "" = whatever the appointment.
    """

    field: str
    value: str
    status: Literal["established", "declared", "reported", "disputed", "unknown"]
    scope: str
    service: str
    as_of: date | None
    read_on: date
    source: Source | None
    provider_reply: Reply | None

    @property
    def known(self) -> bool:
        return self.status != UNKNOWN


class Entity(Struct, frozen=True, forbid_unknown_fields=True):
    value: str
    country: str


class Sheet(Struct, frozen=True, forbid_unknown_fields=True):
    provider: str
    legal_entity: Entity
    parent: Entity
    claims: list[Claim]

    def about(self, field: str, service: str) -> list[Claim]:
        """Known claims of a field that hold for a service, latest last; one of another service proves nothing here."""
        found = [one for one in self.claims if one.field == field and one.known and one.service in ("", service)]
        return sorted(found, key=lambda one: one.as_of or one.read_on)

    @property
    def read_on(self) -> date:
        """The day on which the oldest claim was last read: the sheet is not fresher than that."""
        return min(claim.read_on for claim in self.claims)


@dataclass(frozen=True, slots=True)
class CardLines:
    """The lines of a card: entity and country (None: unknown), then the campaign's fields: (field, claim or None)."""

    entity: str | None
    country: str | None
    fields: tuple[tuple[str, Claim | None], ...]
    read_on: date
    stale: bool


def load_sheets(folder: Path) -> dict[str, Sheet]:
    """Every sheet by provider. Raises HostingError."""
    sheets = {}
    for path in sorted(folder.glob("*.json")):
        try:
            sheet = msgspec.json.decode(path.read_bytes(), type=Sheet)
        except (OSError, ValueError) as error:  # bytes that are no UTF-8 are neither of msgspec's errors
            raise HostingError(f"{path.name}: {error}") from error
        problem = _problem(sheet, path.stem)
        if problem:
            raise HostingError(f"{path.name}: {problem}")
        sheets[sheet.provider] = sheet
    return sheets


def card(sheet: Sheet, fields: list[str], service: str, today: date) -> CardLines:
    """What is shown before departure, the same template for all."""
    claims = [(name, sheet.about(name, service)) for name in fields]
    return CardLines(
        None if sheet.legal_entity.value == UNKNOWN else sheet.legal_entity.value,
        None if sheet.legal_entity.country == UNKNOWN else sheet.legal_entity.country,
        tuple((name, found[-1] if found else None) for name, found in claims),
        sheet.read_on,
        (today - sheet.read_on).days > RECHECK_DAYS,
    )


def missing(sheets: Mapping[str, Sheet], read: list[str]) -> list[str]:
    """Providers that are read and have no sheet: the portal must not open without one for each."""
    return sorted(set(read) - set(sheets))


def _problem(sheet: Sheet, stem: str) -> str | None:
    """What is wrong with a sheet beyond its types; None when nothing is."""
    if sheet.provider != stem:
        return f"is about {sheet.provider!r}"
    named = list(dict.fromkeys(claim.field for claim in sheet.claims))
    if named != list(FIELDS):
        return f"fields must be {', '.join(FIELDS)}, in this order"
    for claim in sheet.claims:
        if claim.known != (claim.source is not None) or claim.known == (claim.value == UNKNOWN):
            return f"{claim.field}: a claim has a value and a source, or neither"
        if claim.provider_reply and len(claim.provider_reply.text) > MAX_REPLY:
            return f"{claim.field}: the reply is longer than {MAX_REPLY} characters"
    return None
