"""`/api/v1`: what the pages show, for programs. JSON or CSV, conditional, paged by key, open to every site.

An operation is a function with its parameters in a table: the same table reads a request, refuses it, and writes the
OpenAPI description, so that none of the three can differ.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import msgspec
from flask import Blueprint, Response, jsonify, render_template, request

from aggregator import instants
from aggregator.config.datasets import LICENCE, LICENCE_URL, Column
from aggregator.country.geography import in_territory
from aggregator.opendata.text_formats import as_csv
from aggregator.search.order import CONTRACT
from aggregator.search.question import Question
from aggregator.search.search import UnknownOriginError, search
from aggregator.snapshot.places import Place
from aggregator.snapshot.shelf import Snapshot
from aggregator.web.data.api import openapi
from aggregator.web.data.api.openapi import AFTER, FORMAT, LIMIT, QUESTION, Operation, Parameter
from aggregator.web.data.api.origins import origin_of
from aggregator.web.data.api.place_json import COLUMNS, PlainPlaces
from aggregator.web.data.api.problems import Problem
from aggregator.web.evidence import edition_files
from aggregator.web.evidence.edition_files import RUNNING
from aggregator.web.evidence.public_files import open_to_all, public
from aggregator.web.find import query
from aggregator.web.serving.page_cache import keep
from aggregator.web.serving.platforms import states
from aggregator.web.serving.site import Site, here

api = Blueprint("api", __name__)

MAX_AGE_S = 30
PAGE = 100
OPERATIONS: list[Operation] = []

Handler = Callable[..., Response]


def operation(
    path: str, summary: str, schema: str, parameters: Sequence[Parameter] = ()
) -> Callable[[Handler], Handler]:
    """Register a GET under /api/v1, and describe it."""

    def register(handler: Handler) -> Handler:
        OPERATIONS.append(Operation(path, summary, schema, tuple(parameters)))
        api.get(f"/api/v1/{path}", endpoint=handler.__name__, strict_slashes=False)(public(handler))
        return handler

    return register


@operation(
    "places",
    "Places: the list for a question, in the order of the contract; without an origin, all places by id.",
    "PlaceList",
    (*QUESTION, AFTER, LIMIT, FORMAT),
)
def places() -> Response:
    site, asked = here(), openapi.read(request.args, (*QUESTION, AFTER, LIMIT, FORMAT))
    snapshot = _snapshot(site)
    question, plain = _question(site, asked), PlainPlaces(site, snapshot)
    if question is None:
        # By id: whoever pages through two snapshots misses no place that both have.
        found = sorted(snapshot.places.all, key=lambda place: place.id)
        rows = [plain.alone(place) for place in _page(found, asked, lambda place: place.id)]
        about = {"total": len(found), "next": _next(rows, asked, len(found))}
        return _answer(snapshot, Table("places", rows, COLUMNS, about), asked)
    try:
        with site.expensive_work():
            answer = search(snapshot, question, site.epoch, site.seed(site.epoch), site.campaign)
    except UnknownOriginError:
        raise Problem(404, "no such commune") from None
    ranked = list(enumerate(answer.found, 1))
    page = _page(ranked, asked, lambda pair: pair[1].place.id, keyed=False)
    rows = [
        {"rank": rank, "distance_m": one.candidate.distance_m, **plain.in_list(one.place, one.first)}
        for rank, one in page
    ]
    head: dict[str, Any] = {
        "total": len(ranked),
        "next": _next(rows, asked, len(ranked)),
        "contract": CONTRACT,
        "question": answer.question.key,
        "epoch": answer.epoch,
        "list": answer.hash,
        "widened": answer.widened,
        "hidden": answer.hidden,
    }
    columns = [Column("rank", "integer", ""), Column("distance_m", "integer", ""), *COLUMNS]
    keep()  # without a hash: an answer here has no buttons, and is no list shown to a person
    return _answer(snapshot, Table("places", rows, columns, head), asked)


@operation("places/<id>", "One place.", "PlaceAnswer", (openapi.PLACE_ID,))
def place(id: str) -> Response:
    site = here()
    snapshot = _snapshot(site)
    number = snapshot.places.index.get(id)
    if number is None:
        raise Problem(404, "no such place")
    where: Place = snapshot.places.all[number]
    return _json(snapshot, {"place": PlainPlaces(site, snapshot).alone(where)})


@operation("providers", "The platforms, and how they are read.", "ProviderList", (FORMAT,))
def providers() -> Response:
    site, asked = here(), openapi.read(request.args, (FORMAT,))
    names = openapi.fields("Provider")
    found = sorted(states(site), key=lambda row: str(row["slug"])) if site.health else []
    told = ({**row, "failing_since": row["since"] and instants.second(row["since"])} for row in found)
    rows = [{name: row.get(name) for name in names} for row in told]
    return _answer(site.snapshot, Table("providers", rows, openapi.columns("Provider"), {"total": len(rows)}), asked)


TIES = {"tie_clicks": "clicks", "tie_chosen": "chosen", "tie_expected": "expected", "tie_log_e": "log_e"}


@operation("shares", "Shares of the last seven days, as /transparence prints them.", "ShareList", (FORMAT,))
def shares() -> Response:
    site, asked = here(), openapi.read(request.args, (FORMAT,))
    totals, names = site.published("shares"), openapi.fields("Share")
    ties = {row["slug"]: row for row in totals.get("choice", {}).get("providers", [])}
    rows = [
        {name: (ties[row["slug"]] if name in TIES else row).get(TIES.get(name, name)) for name in names}
        for row in totals.get("providers", [])
    ]
    head = {name: totals.get(name) for name in ("at", "first", "total", "step", "verdict", "needed")}
    return _answer(site.snapshot, Table("shares", rows, openapi.columns("Share"), head), asked)


@operation("fetches", "How each platform was read in the last hours, by outcome.", "FetchList", (AFTER, LIMIT, FORMAT))
def fetches() -> Response:
    """Keyed by hour, provider, kind and outcome."""
    site, asked = here(), openapi.read(request.args, (AFTER, LIMIT, FORMAT))
    names = openapi.fields("Fetch")
    found = [{name: row.get(name) for name in names} for row in site.health.get("fetches", [])]
    for row in found:
        row["key"] = f"{row['hour']}.{row['provider']}.{row['kind']}.{row['outcome']}"
    rows = _page(found, asked, lambda row: row["key"])
    head = {"total": len(found), "next": _next(rows, asked, len(found), "key")}
    return _answer(site.snapshot, Table("fetches", rows, openapi.columns("Fetch"), head), asked)


@operation("datasets", "The data sets, with the addresses of their files.", "DatasetList", (FORMAT,))
def datasets() -> Response:
    site, asked = here(), openapi.read(request.args, (FORMAT,))
    index = (
        edition_files.index(site, RUNNING) if (site.settings.editions_dir / RUNNING / "index.json").exists() else None
    )
    rows: list[dict[str, Any]] = [
        {
            "name": one.name,
            "title": one.title,
            "description": one.description,
            "rows": index["datasets"][one.name]["rows"] if index else 0,
            "updated": index["updated"] if index else None,
            "files": [openapi.address("data.file", edition=RUNNING, name=f"{one.name}.{f}") for f in one.formats],
        }
        for one in site.settings.datasets().values()
    ]
    head = {
        "total": len(rows),
        "editions": edition_files.names(site),
        "weeks": edition_files.weeks(site),
        "gaps": edition_files.gaps(site),
    }
    plain = [{**row, "files": " ".join(row["files"])} for row in rows] if asked["format"] == "csv" else rows
    return _answer(site.snapshot, Table("datasets", plain, openapi.columns("Dataset"), head), asked)


@api.get("/api/v1/openapi.json")
@public
def description() -> Response:
    site = here()
    response = jsonify(openapi.document(OPERATIONS, request.host_url, site.campaign, site.settings.search_rate))
    open_to_all(response)
    response.add_etag()  # programs ask for it again and again (serving/page_cache.py answers 304)
    return response


@api.get("/api/v1")
@api.get("/api")
def documentation() -> str:
    """For people: what there is, with an example of each."""
    site = here()
    return render_template("api.html", operations=OPERATIONS, rate=site.settings.search_rate)


def _question(site: Site, asked: Mapping[str, Any]) -> Question | None:
    """The question that `/recherche` reads from the same parameters; None without an origin. Raises Problem."""
    lat, lon = asked["lat"], asked["lon"]
    if (lat is None) != (lon is None):
        raise Problem(400, "lat and lon go together")
    if lat is not None and not in_territory(round(lat, 2), round(lon, 2)):
        raise Problem(404, "lat and lon lie outside the territory")
    # "4.57e1" is a number in JSON, and `query.read` takes plain decimals only.
    rounded = {} if lat is None else {"lat": f"{lat:.2f}", "lon": f"{lon:.2f}"}
    read = query.read({**request.args, **rounded}, site.campaign, site.now().date())
    if read.complaints:
        raise Problem(400, f"{read.complaints[0].name} is not understood")
    if asked["insee"] is not None or lat is not None:
        return read.question
    if asked["q"] is not None:
        return replace(read.question, insee=origin_of(site, asked["q"]))
    if any(asked[parameter.name] is not None for parameter in QUESTION):
        raise Problem(400, "a filter needs an origin: q, insee, or lat and lon")
    return None


def _snapshot(site: Site) -> Snapshot:
    if site.snapshot is None:
        raise Problem(503, "nothing has been published yet")
    return site.snapshot


def _page(found: Sequence[Any], asked: Mapping[str, Any], key: Callable[[Any], str], keyed: bool = True) -> list[Any]:
    """The rows after the key `after`. `keyed`: `found` is sorted by it; else it is looked up. Raises Problem."""
    after, limit = asked["after"], asked["limit"] or PAGE
    if after is None:
        return list(found[:limit])
    if keyed:
        return [one for one in found if key(one) > after][:limit]
    at = next((number for number, one in enumerate(found) if key(one) == after), None)
    if at is None:
        raise Problem(400, "after: no such place in this list; the hour may have turned: begin again")
    return list(found[at + 1 : at + 1 + limit])


def _next(rows: Sequence[Mapping[str, Any]], asked: Mapping[str, Any], total: int, key: str = "id") -> str | None:
    """The `after` of the next page, which may be empty; None when this one is not full or holds all rows."""
    return str(rows[-1][key]) if rows and len(rows) == (asked["limit"] or PAGE) and len(rows) < total else None


@dataclass(frozen=True, slots=True)
class Table:
    """The rows of an answer under their `name`, `head` beside them; `columns`: of the CSV."""

    name: str
    rows: Sequence[Mapping[str, Any]]
    columns: Sequence[Column]
    head: Mapping[str, Any]


def _answer(snapshot: Snapshot | None, table: Table, asked: Mapping[str, Any]) -> Response:
    if asked["format"] == "csv":
        cells: Iterable[list[Any]] = ([row.get(column.name) for column in table.columns] for row in table.rows)
        body = b"".join(as_csv(table.columns, cells))
        return _finish(Response(body, mimetype="text/csv"), body)
    return _json(snapshot, {**table.head, table.name: list(table.rows)})


def _json(snapshot: Snapshot | None, content: Mapping[str, Any]) -> Response:
    about = {
        "licence": LICENCE,
        "licence_url": LICENCE_URL,
        "demo": here().settings.demo,
        "snapshot": snapshot.hash if snapshot else None,
        "updated": instants.second(snapshot.slots.at) if snapshot else None,
    }
    body = msgspec.json.encode({**about, **content})
    return _finish(Response(body, mimetype="application/json"), body)


def _finish(response: Response, body: bytes) -> Response:
    response.set_etag(hashlib.blake2b(body, digest_size=12).hexdigest())
    response.headers["Cache-Control"] = f"public, max-age={MAX_AGE_S}"
    open_to_all(response)
    return response
