"""One edition of the open data as a folder: the SQLite file, every data set in every format, figures, sums, changes.

A closed day's edition is written once and never again; the running day's is made anew and swapped whole. Texts are kept
compressed on disk; `SHA256SUMS` names what a reader receives, and its own hash goes into the public log.
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import json
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any, BinaryIO, cast

from aggregator import canonical, files, instants
from aggregator.config.datasets import LICENCE, LICENCE_URL, Column, Dataset
from aggregator.config.settings import KEPT_DAYS
from aggregator.opendata import binary_formats, figures, text_formats
from aggregator.opendata.rows import TABLES
from aggregator.opendata.sources import Sources
from aggregator.opendata.sqlite_file import EditionFile

RUNNING = "en-cours"
PREVIEW_ROWS = 5
CHUNK = 1 << 16
FRICTIONLESS = {"datetime": {"type": "datetime", "format": "%Y-%m-%dT%H:%M:%SZ"}}


@dataclass(frozen=True)
class About:
    """What every file of an edition says of itself. `log_size`: entries of the public log when it was made."""

    edition: str
    updated: str
    log_size: int
    demo: bool

    def of(self, dataset: Dataset) -> About:
        """What the files of one data set say: in a demonstration not everything is invented."""
        return replace(self, demo=self.demo and not dataset.real)

    @property
    def ending(self) -> dict[str, Any]:
        """The columns that end every table."""
        return {"updated": self.updated, "licence": LICENCE, "demo": self.demo}

    @property
    def head(self) -> dict[str, Any]:
        return {
            "edition": self.edition,
            "updated": self.updated,
            "licence": LICENCE,
            "licence_url": LICENCE_URL,
            "demo": self.demo,
            "log_size": self.log_size,
        }

    @property
    def lines(self) -> list[tuple[str, str]]:
        return [
            ("Édition", self.edition),
            ("Mise à jour", self.updated),
            ("Licence", f"{LICENCE} ({LICENCE_URL})"),
            ("Données", "Démonstration : données inventées" if self.demo else "Réelles"),
        ]


class EditionWriter:
    """Writes editions into `settings.editions_dir`. Raises NothingPublishedError."""

    def __init__(self, sources: Sources, log_size: int) -> None:
        self._sources = sources
        self._settings = sources.settings
        self._folder = sources.settings.editions_dir
        self._log_size = log_size

    def running(self) -> Path:
        """The edition of the running day, in the place of the one before."""
        stamp = f"{self._sources.at:%Y%m%dT%H%M%S}"
        made = self._write(RUNNING, self._folder / f".{RUNNING}-{stamp}")
        link = self._folder / f".{RUNNING}.link"
        link.unlink(missing_ok=True)
        link.symlink_to(made.name)
        if not (self._folder / RUNNING).is_symlink():
            # A worker that takes over has what it took from the shared store: a folder.
            shutil.rmtree(self._folder / RUNNING, ignore_errors=True)
        link.replace(self._folder / RUNNING)
        # The edition before this one stays for answers that are still being sent from it.
        for old in sorted(self._folder.glob(f".{RUNNING}-*"))[:-2]:
            shutil.rmtree(old)
        return made

    def of_day(self, day: date) -> Path | None:
        """The edition of a closed day; None when it exists already."""
        target = self._folder / day.isoformat()
        if target.exists():
            return None
        # Under another name until it is whole: a folder that bears the name of a day is never written again.
        part = self._folder / f".{day.isoformat()}.part"
        shutil.rmtree(part, ignore_errors=True)
        self._write(day.isoformat(), part)
        part.replace(target)
        return target

    def last_closed(self) -> date | None:
        """The last day that has been closed and has no edition yet."""
        names = sorted(path.stem for path in (self._settings.published_dir / "log" / "metrics").glob("????-??-??.json"))
        if not names or (self._folder / names[-1]).exists():
            return None
        return date.fromisoformat(names[-1])

    def prune(self) -> None:
        """Editions older than thirteen months go."""
        limit = (self._sources.at.date() - timedelta(days=KEPT_DAYS)).isoformat()
        for path in self._folder.glob("????-??-??"):
            if path.name < limit:
                shutil.rmtree(path)

    def _write(self, name: str, folder: Path) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        about = About(name, instants.second(self._sources.at), self._log_size, self._settings.demo)
        file = EditionFile(folder / "aiguillage.sqlite")
        datasets = self._settings.datasets()
        for dataset in datasets.values():
            own = about.of(dataset)
            file.write(dataset, ({**row, **own.ending} for row in TABLES[dataset.name](self._sources)))
            write_formats(file, dataset, own, folder)
        previews = {name: list(file.rows(one, PREVIEW_ROWS)) for name, one in datasets.items()}
        counts = {name: file.count(one) for name, one in datasets.items()}
        drawn = self._figures(about, folder)
        changes = self._changes(name, counts)
        plain = {
            "datapackage.json": _indented(datapackage(datasets, about)),
            "CHANGEMENTS.md": "\n".join(changes_text(name, changes)).encode(),
        }
        for one, content in plain.items():
            (folder / one).write_bytes(content)
        compress(folder / "aiguillage.sqlite")
        listed = sums(folder)
        files.write_whole(folder / "SHA256SUMS", "".join(f"{h}  {n}\n" for n, (h, _) in listed.items()).encode())
        index = {
            **about.head,
            "campaign": self._settings.campaign.id,
            "files": {one: {"sha256": digest, "bytes": size} for one, (digest, size) in listed.items()},
            "datasets": {one: {"rows": counts[one], "preview": previews[one]} for one in datasets},
            "figures": drawn,
            "changes": changes,
        }
        files.write_whole(folder / "index.json", canonical.to_json(index))
        return folder

    def _figures(self, about: About, folder: Path) -> dict[str, Any]:
        return figures.write(self._settings, self._sources.gazetteer, about.head, folder / "figures")

    def _changes(self, name: str, counts: Mapping[str, int]) -> dict[str, Any]:
        """Against the edition of the day before this one: rows by data set, places that came and went."""
        # "en-cours" sorts after every date: the running edition is compared with the last closed day.
        earlier = [path.name for path in sorted(self._folder.glob("????-??-??")) if path.name < name]
        if not earlier:
            return {"since": None, "rows": {}, "places_new": 0, "places_gone": 0}
        before = json.loads((self._folder / earlier[-1] / "index.json").read_text(encoding="utf-8"))
        old = ids_of(self._folder / earlier[-1] / "places.csv.gz")
        new = {place["id"] for place in self._sources.places}
        return {
            "since": earlier[-1],
            "rows": {one: n - before["datasets"].get(one, {"rows": 0})["rows"] for one, n in counts.items()},
            "places_new": len(new - old),
            "places_gone": len(old - new),
        }


def ids_of(path: Path) -> set[str]:
    """The ids in a compressed CSV file."""
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        return {row["id"] for row in csv.DictReader(file)}


def write_formats(
    file: EditionFile, dataset: Dataset, about: About, folder: Path, wanted: Iterable[str] | None = None
) -> None:
    """One data set in every format that it has, or in those wanted."""
    streams: dict[str, Callable[[], Iterator[bytes]]] = {
        "csv": lambda: text_formats.as_csv(dataset.columns, file.rows(dataset)),
        "excel-fr.csv": lambda: text_formats.as_csv(dataset.columns, file.rows(dataset), text_formats.EXCEL_FR),
        "json": lambda: text_formats.as_json(dataset, about.head, file.rows(dataset)),
        "ndjson": lambda: text_formats.as_ndjson(dataset.columns, file.rows(dataset)),
        "geojson": lambda: text_formats.as_geojson(dataset, about.head, file.rows(dataset)),
    }
    for suffix in wanted or dataset.formats:
        target = folder / f"{dataset.name}.{suffix}"
        if suffix == "parquet":
            said = {key: str(value) for key, value in about.head.items()}
            binary_formats.write_parquet(file.batches(dataset), dataset, said, target)
        elif suffix == "xlsx":
            binary_formats.write_xlsx(dataset, about.lines, file.rows(dataset), target)
        else:
            write_compressed(target, streams[suffix]())


def write_compressed(target: Path, chunks: Iterable[bytes]) -> None:
    """`target`.gz, without name or time inside: the same content is the same file."""
    with (
        target.with_name(f"{target.name}.gz").open("wb") as raw,
        gzip.GzipFile(fileobj=raw, mode="wb", filename="", mtime=0, compresslevel=5) as packed,
    ):
        for chunk in chunks:
            packed.write(chunk)


def compress(path: Path) -> None:
    with path.open("rb") as source:
        write_compressed(path, iter(lambda: source.read(CHUNK), b""))
    path.unlink()


@contextmanager
def unpacked(path: Path) -> Iterator[BinaryIO]:
    """The content of a file of an edition, whether it is kept compressed or not."""
    packed = path.with_name(f"{path.name}.gz")
    with gzip.open(packed) if packed.exists() else path.open("rb") as file:
        yield cast(BinaryIO, file)


def sums(folder: Path) -> dict[str, tuple[str, int]]:
    """Name as a reader receives it -> (SHA-256, bytes), sorted."""
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.name not in ("index.json", "SHA256SUMS"):
            digest, size = hashlib.sha256(), 0
            with unpacked(path.with_name(path.name.removesuffix(".gz"))) as source:
                while chunk := source.read(CHUNK):
                    digest.update(chunk)
                    size += len(chunk)
            found[path.relative_to(folder).as_posix().removesuffix(".gz")] = (digest.hexdigest(), size)
    return found


def datapackage(datasets: Mapping[str, Dataset], about: About) -> dict[str, Any]:
    """Frictionless Data Package: each CSV file with its Table Schema."""
    return {
        "profile": "tabular-data-package",
        "name": f"aiguillage-{about.edition}",
        "title": "Aiguillage",
        "created": about.updated,
        "licenses": [{"name": "etalab-2.0", "title": LICENCE, "path": LICENCE_URL}],
        "resources": [
            {
                "profile": "tabular-data-resource",
                "name": one.name,
                "title": one.title,
                "description": one.description,
                "path": f"{one.name}.csv",
                "encoding": "utf-8",
                "dialect": {"delimiter": ",", "lineTerminator": "\r\n"},
                "schema": {"fields": [_field(column) for column in one.columns], "missingValues": [""]},
            }
            for one in datasets.values()
        ],
    }


def _field(column: Column) -> dict[str, str]:
    kind = FRICTIONLESS.get(column.type, {"type": column.type})
    return {"name": column.name, **kind, "description": column.description}


def changes_text(name: str, changes: Mapping[str, Any]) -> Iterator[str]:
    yield f"# Édition {name}"
    yield ""
    if changes["since"] is None:
        yield "Première édition."
        return
    yield f"Depuis l’édition du {changes['since']} :"
    yield ""
    yield f"- lieux : {changes['places_new']} nouveaux, {changes['places_gone']} partis"
    yield from (f"- {one} : {n:+d} lignes" for one, n in changes["rows"].items() if n)


def _indented(content: Any) -> bytes:
    return (json.dumps(content, ensure_ascii=False, indent=1) + "\n").encode()
