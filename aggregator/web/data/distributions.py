"""The editions of which the catalogue names the files, and each file as a `dcat:Distribution`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

from werkzeug.exceptions import NotFound

from aggregator.config.datasets import FORMATS, LICENCE_URL, WHOLE_FILE, WHOLE_FORMAT, Dataset
from aggregator.opendata.editions import windows
from aggregator.web.evidence import edition_files
from aggregator.web.evidence.edition_files import CUMULATIVE, RUNNING
from aggregator.web.serving.site import Site

LAST_DAY, LAST_WEEK = "dernier-jour", "derniere-semaine"


@dataclass(frozen=True, slots=True)
class Held:
    """`stays`: the name under which an address always leads to the newest edition of the kind; `said`: by language."""

    index: dict[str, Any]
    stays: str
    said: dict[str, str]


def held(site: Site) -> list[Held]:
    """The running edition, the last closed day and week, all closed days: those that there are. Raises NotFound."""
    said = site.settings.catalogue()["editions"]
    days, weeks = edition_files.names(site), edition_files.weeks(site)
    found = [(RUNNING, RUNNING), *((LAST_DAY, one) for one in days[:1]), *((LAST_WEEK, one) for one in weeks[:1])]
    editions = [Held(edition_files.index(site, name), stays, said[stays]) for stays, name in found]
    try:
        return [*editions, Held(edition_files.index(site, CUMULATIVE), CUMULATIVE, said[CUMULATIVE])]
    except NotFound:
        return editions


def first_day(site: Site, editions: list[Held]) -> date:
    """Since when this portal tells anything."""
    known = [*edition_files.names(site), *edition_files.weeks(site)]
    known += [name for one in editions if one.stays == CUMULATIVE for name in one.index["windows"]]
    running = date.fromisoformat(editions[0].index["updated"][:10])
    return min([running, *(windows.window(name).first for name in known)])


def of_dataset(one: Dataset, editions: list[Held], base: str) -> list[dict[str, Any]]:
    """`base`: the address of `/donnees`."""
    return [
        _distribution(one, (f"{one.name}.{suffix}", FORMATS[suffix]), edition, base)
        for edition in editions
        for suffix in one.formats
        if f"{one.name}.{suffix}" in edition.index["files"]  # a data set may be younger than an edition
    ]


def of_whole(site: Site, whole: Dataset, editions: list[Held], base: str) -> list[dict[str, Any]]:
    """The SQLite file of each of them, and of every closed week that is kept."""
    return [_distribution(whole, (WHOLE_FILE, WHOLE_FORMAT), one, base) for one in (*editions, *_weeks(site))]


def _weeks(site: Site) -> Iterator[Held]:
    said = site.settings.catalogue()["editions"]["semaine"]
    for name in edition_files.weeks(site):
        index = _whole_of(site.settings.editions_dir / name / "index.json")
        yield Held(index, name, {code: f"{text} ({name})" for code, text in said.items()})


@lru_cache(maxsize=64)
def _whole_of(path: Path) -> dict[str, Any]:
    """What a closed edition, which never changes, tells of its SQLite file: of a year of weeks nothing else is kept."""
    index = json.loads(path.read_text(encoding="utf-8"))
    kept = {name: index[name] for name in ("edition", "updated", "written") if name in index}
    return {**kept, "files": {WHOLE_FILE: index["files"][WHOLE_FILE]}}


def _distribution(one: Dataset, file: tuple[str, tuple[str, str, str]], edition: Held, base: str) -> dict[str, Any]:
    """`file`: its name, and its format as in FORMATS."""
    name, (label, kind, code) = file
    about = edition.index["files"][name]
    found = {
        "@id": f"{base}#{edition.stays}.{name}" if name == WHOLE_FILE else f"{base}#{one.name}.{edition.stays}.{name}",
        "@type": "dcat:Distribution",
        "dct:title": {"fr": f"{one.title} : {edition.said['fr']} ({label})"},
        "dct:description": {language: f"{text} ({label})." for language, text in edition.said.items()},
        "dcat:accessURL": f"{base}/{edition.stays}/{name}",
        "dcat:downloadURL": f"{base}/{edition.index['edition']}/{name}",
        "dct:modified": edition.index.get("written", edition.index["updated"]),
        "dcat:byteSize": str(about["bytes"]),  # with a number, RDFLib forgets the type that the context gives
        "dct:format": f"filetype:{code}",
        "dct:license": LICENCE_URL,
        "dcatap:availability": "availability:AVAILABLE",
        "schema:sha256": about["sha256"],
    }
    if not kind.startswith("application/x-"):  # IANA has registered no such type
        found["dcat:mediaType"] = f"iana:{kind}"
    if "sha1" in about:  # DCAT-AP 2.1.1 admits no other checksum; the SHA-256 of the public log stands beside it
        found["spdx:checksum"] = {
            "@type": "spdx:Checksum",
            "spdx:algorithm": "spdx:checksumAlgorithm_sha1",
            "spdx:checksumValue": about["sha1"],
        }
    return found
