"""Imports an official list (the State's CSV, or our template) into the catalog, with its date and the refused rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime

from aggregator import canonical
from aggregator.collect.admission import Intake
from aggregator.collect.placement import place_centres
from aggregator.collect.quarantine import sudden_change
from aggregator.config.listed_hosts import named
from aggregator.config.settings import Settings
from aggregator.country.gazetteer import Gazetteer, department_of
from aggregator.country.outlines import load_outlines
from aggregator.store import Import, Stores
from providers.booking_url import host_of
from providers.official_list import SOURCE, OfficialList, OfficialListError, read
from providers.records import Centre


@dataclass(frozen=True, slots=True)
class ImportReport:
    """Counts of one import. `sites`: open places by booking site (provider's slug, undeclared host, or "" for none).

    `refused`: (line, reason) of each row; `odd`: the same of rows that were taken; `conversions`: how the file had to
    be read; `flagged`: how many centres have each flag; `held`: why the list does not replace the one in force, None
    when it does.
    """

    dialect: str
    rows: int
    places: int
    open_places: int
    closed: int
    professionals_only: int
    walk_in: int
    sites: Mapping[str, int]
    undeclared: Mapping[str, int]
    hints: Mapping[str, int]
    flagged: Mapping[str, int]
    several_links: int
    refused: tuple[tuple[int, str], ...]
    odd: tuple[tuple[int, str], ...] = ()
    conversions: tuple[str, ...] = ()
    held: str | None = None


@dataclass(frozen=True, slots=True)
class ListFile:
    """A list as it was received. `as_of`: the day that it describes."""

    body: bytes
    name: str
    as_of: date


def import_official_list(
    file: ListFile, settings: Settings, stores: Stores, gazetteer: Gazetteer, now: datetime
) -> ImportReport:
    """Import a list as of its date. A list older than the latest is kept for its figures and changes no place.

    Raises OfficialListError when the file is not an official list.
    """
    found = read(file.body, file.as_of)
    intake = Intake(gazetteer, settings.booking_sites(), load_outlines(settings.outlines_path))
    admitted, unadmitted = intake.admit_all(found.centres)
    centres = list(admitted.values())
    sites = {centre.source_id: _site(centre, intake) for centre in centres}
    newest = stores.catalog.import_for(date.max)
    latest = newest is None or newest["as_of"] <= file.as_of.isoformat()
    known = stores.catalog.centre_count(SOURCE)
    held: str | None = None if latest else "older than the list in force"
    if latest and not stores.catalog.released(SOURCE):
        held = sudden_change(known, len(centres), complete=True)
    report = _report(found, centres, sites, held)
    taken = Import(
        as_of=file.as_of,
        file_name=file.name,
        sha256=canonical.sha256(file.body),
        dialect=found.dialect,
        row_count=found.rows,
        refused=report.refused,
        report=asdict(report),
    )
    stores.catalog.put_import(taken, (_row(centre, sites) for centre in centres), now)
    if held is None:
        stores.catalog.put_centres(SOURCE, centres, now, complete=not unadmitted)
        place_centres(stores.registry, stores.catalog, intake, now)
    elif latest:  # an older list is no sudden change: nobody has to decide about it
        stores.catalog.quarantine(SOURCE, held, known, len(centres), now)
    return report


def _report(found: OfficialList, centres: list[Centre], sites: Mapping[str, str], held: str | None) -> ImportReport:
    is_open = [centre for centre in centres if _is_open(centre)]
    return ImportReport(
        dialect=found.dialect,
        rows=found.rows,
        places=len(centres),
        open_places=len(is_open),
        closed=sum(centre.closed for centre in centres),
        professionals_only=sum(centre.professionals_only for centre in centres),
        walk_in=sum(centre.walk_in for centre in centres),
        sites=dict(Counter(sites[centre.source_id] for centre in is_open).most_common()),
        undeclared=dict(Counter(c.booking_site for c in centres if c.booking_site).most_common()),
        hints=dict(found.hints),
        flagged=dict(Counter(flag for centre in centres for flag in centre.flags)),
        several_links=found.several_links,
        refused=tuple((refusal.line, refusal.reason) for refusal in found.refused),
        conversions=found.conversions,
        odd=tuple((oddity.line, oddity.reason) for oddity in found.odd),
        held=held,
    )


def _is_open(centre: Centre) -> bool:
    return not (centre.closed or centre.professionals_only)


def _site(centre: Centre, intake: Intake) -> str:
    link = intake.link_of(centre)
    if link is None:
        return named(centre.booking_site or "")
    # A site that is only linked to is nobody's platform, and is no centre without a link.
    return link[0] or host_of(centre.booking_url or "") or ""


def _row(centre: Centre, sites: Mapping[str, str]) -> dict[str, object]:
    return {
        "source_id": centre.source_id,
        "department": department_of(centre.insee or centre.postcode),
        "site": sites[centre.source_id],
        "open": _is_open(centre),
    }


__all__ = ["ImportReport", "ListFile", "OfficialListError", "import_official_list"]
