"""The description of the API, and the reading of its parameters, from one table (OpenAPI 3.1)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from flask import url_for

from aggregator.config.campaign import ANY, Campaign
from aggregator.config.datasets import LICENCE, LICENCE_URL, Column
from aggregator.search.question import RADII_KM, Moment
from aggregator.web.data.api.problems import TITLES, Problem

STRING, INTEGER, NUMBER, BOOLEAN = ({"type": name} for name in ("string", "integer", "number", "boolean"))
MOMENT = {"type": "string", "format": "date-time"}


@dataclass(frozen=True, slots=True)
class Parameter:
    """`schema`: JSON Schema of the value. A value that does not fit is refused with 400."""

    name: str
    description: str
    schema: Mapping[str, Any]
    place: str = "query"
    choices_of: str = ""


@dataclass(frozen=True, slots=True)
class Operation:
    path: str
    summary: str
    schema: str
    parameters: tuple[Parameter, ...] = field(default=())


PLACE_ID = Parameter("id", "Identifier of a place.", {"type": "string", "pattern": "^p-[a-z2-7]{10}$"}, "path")
AFTER = Parameter("after", "`next` of the page before.", {"type": "string", "pattern": "^[A-Za-z0-9_:.-]{1,80}$"})
LIMIT = Parameter("limit", "Rows of a page.", {"type": "integer", "minimum": 1, "maximum": 1000, "default": 100})
FORMAT = Parameter("format", "JSON or CSV.", {"type": "string", "enum": ["json", "csv"], "default": "json"})
FLAG = {"type": "string", "enum": ["0", "1"]}
QUESTION = (
    Parameter("q", "Town to search around, as people write it: name, postal code, former name.", STRING),
    Parameter("insee", "Commune to search around.", {"type": "string", "pattern": "^([0-9]{2}|2[AB])[0-9]{3}$"}),
    Parameter(
        "lat", "Latitude, rounded to 0.01 degree; with `lon`.", {"type": "number", "minimum": -90, "maximum": 90}
    ),
    Parameter("lon", "Longitude, rounded to 0.01 degree.", {"type": "number", "minimum": -180, "maximum": 180}),
    Parameter("rayon", "Radius in kilometres.", {"type": "integer", "enum": list(RADII_KM)}),
    Parameter("tri", "`proche`: nearest first; `tot`: soonest first.", {"type": "string", "enum": ["proche", "tot"]}),
    Parameter("besoin", "Need, by its slug.", STRING, choices_of="needs"),
    Parameter("etape", "Step, by its slug.", STRING, choices_of="steps"),
    Parameter("public", "Audience, by its slug.", STRING, choices_of="audiences"),
    Parameter("du", "First day of slots.", {"type": "string", "format": "date"}),
    Parameter("au", "Last day of slots.", {"type": "string", "format": "date"}),
    Parameter("moment", "Time of day.", {"type": "string", "enum": [moment.value for moment in Moment]}),
    Parameter("vu", "1: only with a slot seen.", FLAG),
    Parameter("sans-rdv", "1: only without appointment.", FLAG),
    Parameter("acces", "1: only with wheelchair access said.", FLAG),
)
SCHEMAS: dict[str, dict[str, Any]] = {
    "Offer": {
        "id": STRING, "provider": STRING, "booking_url": STRING,
        "state": {"type": "string", "enum": ["seen", "none", "unknown", "phone"]}, "answered_at?": MOMENT,
        "slots?": INTEGER,
    },
    "Place": {
        "id": STRING, "name": STRING, "address": STRING, "postcode": STRING, "city": STRING, "insee?": STRING,
        "department": STRING, "lat?": NUMBER, "lon?": NUMBER, "phone?": STRING, "wheelchair?": BOOLEAN,
        "walk_in": BOOLEAN, "note": STRING, "first_slot?": MOMENT, "page": STRING,
    },
    "Provider": {
        "slug": STRING, "label": STRING, "centres": INTEGER, "offers": INTEGER, "readable": INTEGER, "seen": INTEGER,
        "slots": INTEGER, "last_answer?": MOMENT, "failing_since?": MOMENT, "cause?": STRING,
        "median_age_s?": INTEGER, "p95_age_s?": INTEGER, "requests_24h": INTEGER, "fetches_24h": INTEGER,
        "failed_24h": INTEGER,
    },
    "Share": {
        "slug": STRING, "label": STRING, "places": NUMBER, "places_share?": NUMBER, "slots": NUMBER,
        "slots_share?": NUMBER, "exposure_share?": NUMBER, "redirects": INTEGER, "redirects_share?": NUMBER,
        "low?": NUMBER, "high?": NUMBER, "ratio?": NUMBER, "differs?": BOOLEAN, "stands?": STRING,
        "tie_clicks": INTEGER, "tie_chosen?": INTEGER, "tie_expected?": NUMBER, "tie_log_e?": NUMBER,
    },
    "Fetch": {
        "hour": STRING, "provider": STRING, "kind": STRING, "outcome": STRING, "fetches": INTEGER, "requests": INTEGER,
    },
    "Dataset": {
        "name": STRING, "title": STRING, "description": STRING, "rows": INTEGER, "updated?": MOMENT, "files": STRING,
    },
}  # fmt: skip
"""Fields of each record; "?" = may be null."""

LISTS = {
    "PlaceList": ("places", "Place"), "ProviderList": ("providers", "Provider"), "ShareList": ("shares", "Share"),
    "FetchList": ("fetches", "Fetch"), "DatasetList": ("datasets", "Dataset"),
}  # fmt: skip
ABOUT = {
    "licence": STRING, "licence_url": STRING, "demo": BOOLEAN, "snapshot?": STRING, "updated?": MOMENT,
}  # fmt: skip


def read(arguments: Mapping[str, str], parameters: Sequence[Parameter]) -> dict[str, Any]:
    """The values asked for, None where nothing was. Raises Problem."""
    # "langue" stands in every link of a page in another language. Anything else unknown is refused: a misspelt filter
    # that was ignored would give the answer to another question.
    known = {parameter.name for parameter in parameters} | {"langue"}
    unknown = sorted(set(arguments) - known)
    if unknown:
        raise Problem(400, f"unknown parameter; there are {', '.join(sorted(known))}")
    given = {name: arguments[name] for name in arguments}
    return {parameter.name: _value(parameter, given.get(parameter.name)) for parameter in parameters}


def _value(parameter: Parameter, text: str | None) -> Any:
    if text is None:
        return parameter.schema.get("default")
    schema = parameter.schema
    value: Any = text
    if schema["type"] in ("integer", "number"):
        # int() and float() take more than JSON does: spaces, "1_000", "nan", digits of other scripts.
        pattern = (
            r"-?[0-9]{1,9}" if schema["type"] == "integer" else r"-?[0-9]{1,3}(\.[0-9]{1,40})?([eE][-+]?[0-9]{1,3})?"
        )
        if not re.fullmatch(pattern, text, re.ASCII):
            raise Problem(400, f"{parameter.name}: {parameter.description}")
        value = int(text) if schema["type"] == "integer" else float(text)
    free = schema is STRING and not parameter.choices_of
    fits = (
        (free or text == text.strip() != "")  # a page's form sends empty fields; a program means a value
        and (value in schema.get("enum", (value,)))
        and (not isinstance(value, str) or re.search(schema.get("pattern", ""), value) is not None)
        and (isinstance(value, str) or schema.get("minimum", value) <= value <= schema.get("maximum", value))
    )
    if not fits:
        raise Problem(400, f"{parameter.name}: {parameter.description}")
    return value


def fields(name: str) -> list[str]:
    return [one.rstrip("?") for one in SCHEMAS[name]]


def columns(name: str) -> list[Column]:
    """The fields of a record as columns of CSV."""
    return [Column(one.rstrip("?"), schema["type"], "") for one, schema in SCHEMAS[name].items()]


def address(endpoint: str, **values: Any) -> str:
    return url_for(endpoint, _external=True, **values)


def document(operations: Sequence[Operation], server: str, campaign: Campaign, rate: int) -> dict[str, Any]:
    """The whole description. `rate`: searches a minute from one address, 0 = not limited."""
    limits = f" At most {rate} requests a minute from one address; headers say what is left." if rate else ""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Aiguillage",
            "version": "1.0.0",
            "description": "Places, platforms, shares. Follow `page` rather than `booking_url`: a departure from here "
            f"is counted, a direct one is not.{limits}",
            "license": {"name": LICENCE, "url": LICENCE_URL},
        },
        "servers": [{"url": server.rstrip("/")}],
        "paths": {f"/api/v1/{_braces(one.path)}": {"get": _get(one, campaign)} for one in operations},
        "components": {"schemas": {**_schemas(), "Problem": _problem_schema()}},
    }


def _braces(path: str) -> str:
    return path.replace("<", "{").replace(">", "}")


def _get(one: Operation, campaign: Campaign) -> dict[str, Any]:
    ok: dict[str, Any] = {"application/json": {"schema": {"$ref": f"#/components/schemas/{one.schema}"}}}
    if FORMAT in one.parameters:
        ok["text/csv"] = {"schema": STRING}
    refused = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    codes = ["400", "404", "429", "503"]
    return {
        "operationId": re.sub(r"\W+", "_", one.path).strip("_"),
        "summary": one.summary,
        "parameters": [_parameter(parameter, campaign) for parameter in one.parameters],
        "responses": {
            "200": {"description": "OK", "content": ok},
            "304": {"description": "Not modified"},
            **{code: {"description": TITLES[int(code)], "content": refused} for code in codes},
        },
    }


def _parameter(one: Parameter, campaign: Campaign) -> dict[str, Any]:
    schema = dict(one.schema)
    if one.choices_of:
        schema["enum"] = [ANY, *(entry.slug for entry in getattr(campaign, one.choices_of))]
    return {
        "name": one.name,
        "in": one.place,
        "required": one.place == "path",
        "description": one.description,
        "schema": schema,
    }


def _schemas() -> dict[str, Any]:
    found = {name: _object(described) for name, described in SCHEMAS.items()}
    # SCHEMAS is of CSV too, where a list is one text or is left out: here stand the types of JSON.
    found["Dataset"]["properties"]["files"] = {"type": "array", "items": STRING}
    found["Place"]["properties"].update(
        hours={"type": "array", "items": {"type": ["string", "null"]}},
        offers={"type": "array", "items": {"$ref": "#/components/schemas/Offer"}},
        rank=INTEGER,
        distance_m=INTEGER,
    )
    found["Gap"] = _object({"edition": STRING, "cause": STRING, "why": STRING})
    for name, (key, item) in LISTS.items():
        whole = _object(ABOUT)
        whole["properties"][key] = {"type": "array", "items": {"$ref": f"#/components/schemas/{item}"}}
        whole["required"].append(key)
        found[name] = whole
    names = {"type": "array", "items": STRING}
    editions = {
        "editions": names,
        "weeks": names,
        "gaps": {"type": "array", "items": {"$ref": "#/components/schemas/Gap"}},
    }
    found["DatasetList"]["properties"].update(editions)
    found["DatasetList"]["required"] += editions
    one = _object(ABOUT)
    one["properties"]["place"] = {"$ref": "#/components/schemas/Place"}
    one["required"].append("place")
    return {**found, "PlaceAnswer": one}


def _object(described: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    properties: dict[str, Any] = {}
    for name, schema in described.items():
        nullable = name.endswith("?")
        properties[name.rstrip("?")] = {**schema, "type": [schema["type"], "null"]} if nullable else dict(schema)
    return {"type": "object", "properties": properties, "required": list(properties)}


def _problem_schema() -> dict[str, Any]:
    return _object({"type": STRING, "title": STRING, "status": INTEGER})
