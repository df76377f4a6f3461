"""One edition of the open data as a folder: the SQLite file, every data set in every format, figures, sums, changes.

The edition of a closed day or week is written once and never again; the running day's is made anew and swapped whole.
Texts are kept compressed on disk; `SHA256SUMS` names what a reader receives, and its own hash goes into the public log.
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import json
import logging
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any, BinaryIO, cast

from aggregator import canonical, files, instants
from aggregator.config.datasets import WHOLE_FILE, Dataset
from aggregator.config.settings import KEPT_DAYS
from aggregator.opendata import binary_formats, figures, text_formats
from aggregator.opendata.editions import closed_tables, gaps, windows
from aggregator.opendata.editions.described import About, changes_text, datapackage
from aggregator.opendata.editions.material import Material
from aggregator.opendata.editions.metadata import as_rows, metadata
from aggregator.opendata.editions.windows import RUNNING, Window
from aggregator.opendata.rows import TABLES
from aggregator.opendata.sources import Sources
from aggregator.opendata.sqlite_file import EditionFile
from aggregator.snapshot.format import SnapshotError

log = logging.getLogger(__name__)

CUMULATIVE = "cumul"
OF_ALL_DAYS = ("redirects", "metrics")
PREVIEW_ROWS = 5
CHUNK = 1 << 16


class EditionWriter:
    """Writes editions into `settings.editions_dir`. Raises NothingPublishedError."""

    def __init__(self, sources: Sources, log_size: int) -> None:
        self._sources = sources
        self._settings = sources.settings
        self._folder = sources.settings.editions_dir
        self._log_size = log_size

    def running(self) -> Path:
        """The edition of the running day, in the place of the one before."""
        return self._in_place(RUNNING, self._sources, self._settings.datasets())

    def closed(self) -> list[Path]:
        """The editions of the closed days and weeks that have none, oldest first.

        After missed nights there are several. One whose snapshot is lost is left out, and named by `note_gaps`.
        """
        there = {one.name for one in windows.released(self._folder)} | gaps.left_out(self._folder)
        made = []
        for one in windows.closed(self._sources.published):
            if one.name not in there and one.last >= self._oldest:
                try:
                    made.append(self._of(one))
                except SnapshotError as error:
                    log.error("an edition cannot be had", extra={"edition": one.name, "cause": str(error)})
        return made

    def cumulative(self) -> Path | None:
        """The tables of all closed days in one file each, under a name that stays; None when they hold the last one."""
        known = windows.closed(self._sources.published)
        if not known:
            return None
        all_days = Window(CUMULATIVE, min(one.first for one in known), max(one.last for one in known))
        sources = replace(self._sources, window=all_days)
        index = self._folder / CUMULATIVE / "index.json"
        if index.exists():
            held = json.loads(index.read_text(encoding="utf-8"))["windows"]
            if held == [name for name, _ in sources.closed]:
                return None
        return self._in_place(CUMULATIVE, sources, {name: self._settings.datasets()[name] for name in OF_ALL_DAYS})

    def note_gaps(self) -> None:
        """Name the days and weeks that have no edition, and why. After `closed`: what is missing then is lost."""
        found = gaps.gaps(self._sources.published, self._folder, self._oldest, self._sources.at.date())
        files.write_changed(self._folder / gaps.FILE, canonical.to_json({"format": gaps.FORMAT, "gaps": found}))

    def prune(self) -> None:
        """Editions older than thirteen months go."""
        for one in windows.released(self._folder):
            if one.last < self._oldest:
                shutil.rmtree(self._folder / one.name)

    @property
    def _oldest(self) -> date:
        return self._sources.at.date() - timedelta(days=KEPT_DAYS)

    def _of(self, window: Window) -> Path:
        """The edition of a closed day or week. Raises SnapshotError."""
        target = self._folder / window.name
        # Under another name until it is whole: a folder that bears the name of a day is never written again.
        part = self._folder / f".{window.name}.part"
        shutil.rmtree(part, ignore_errors=True)
        self._write(window.name, replace(self._sources, window=window), part, self._settings.datasets())
        part.replace(target)
        return target

    def _in_place(self, name: str, sources: Sources, datasets: Mapping[str, Dataset]) -> Path:
        """An edition that is made again and again, put in the place of the one before at once."""
        made = self._write(name, sources, self._folder / f".{name}-{self._sources.at:%Y%m%dT%H%M%S}", datasets)
        link = self._folder / f".{name}.link"
        link.unlink(missing_ok=True)
        link.symlink_to(made.name)
        if not (self._folder / name).is_symlink():
            # A worker that takes over has what it took from the shared store: a folder.
            shutil.rmtree(self._folder / name, ignore_errors=True)
        link.replace(self._folder / name)
        # The edition before this one stays for answers that are still being sent from it.
        for old in sorted(self._folder.glob(f".{name}-*"))[:-2]:
            shutil.rmtree(old)
        return made

    def _write(self, name: str, sources: Sources, folder: Path, datasets: Mapping[str, Dataset]) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        # The last second of a closed window, for midnight belongs to the day after.
        updated = sources.until - timedelta(seconds=1) if sources.window else sources.at
        demo, written = self._settings.demo, instants.second(sources.at)
        about = About(name, instants.second(updated), self._log_size, demo, written)
        file = EditionFile(folder / WHOLE_FILE)
        for dataset in datasets.values():
            own = about.of(dataset)
            file.write(dataset, ({**row, **own.ending} for row in TABLES[dataset.name](sources)))
            write_formats(file, dataset, own, folder)
        previews = {one: list(file.rows(dataset, PREVIEW_ROWS)) for one, dataset in datasets.items()}
        counts = {one: file.count(dataset) for one, dataset in datasets.items()}
        more: dict[str, Any] = {"windows": [one for one, _ in sources.closed]}
        if name != CUMULATIVE:
            more["figures"] = figures.write(self._material(sources), about.head, folder / "figures")
            more["changes"] = self._changes(name, sources, counts)
            (folder / "CHANGEMENTS.md").write_text("\n".join(changes_text(name, more["changes"])), encoding="utf-8")
        described = metadata(datasets, about, self._settings.site)
        (folder / "metadata.json").write_bytes(_indented(described))
        file.finish(datasets, as_rows(described))
        compress(folder / WHOLE_FILE)
        listed = sums(folder)
        package = datapackage(datasets, about, listed, self._settings)
        (folder / "datapackage.json").write_bytes(_indented(package))
        listed["datapackage.json"] = sum_of(folder / "datapackage.json")
        sums_file = "".join(f"{about['sha256']}  {name}\n" for name, about in sorted(listed.items()))
        files.write_whole(folder / "SHA256SUMS", sums_file.encode())
        index = {
            **about.head,
            "campaign": self._settings.campaign.id,
            "files": dict(sorted(listed.items())),
            "datasets": {one: {"rows": counts[one], "preview": previews[one]} for one in datasets},
            **more,
        }
        files.write_whole(folder / "index.json", canonical.to_json(index))
        return folder

    def _material(self, sources: Sources) -> Material:
        """Of the running day what the pages print; of a closed one what its own tables hold."""
        if sources.window is None:
            return figures.of_pages(self._settings, sources.gazetteer)
        return Material(
            closed_tables.shares(sources, sources.window),
            closed_tables.closed(sources, sources.window),
            self._settings,
            sources.gazetteer,
        )

    def _changes(self, name: str, sources: Sources, counts: Mapping[str, int]) -> dict[str, Any]:
        """Against the edition of the day before this one, or the week before: rows by data set, and places."""
        window = sources.window
        earlier = [
            one.name
            for one in windows.released(self._folder)
            if one.since == bool(window and window.since) and (window is None or one.last < window.last)
        ]
        if not earlier:
            return {"since": None, "rows": {}, "places_new": 0, "places_gone": 0}
        before = json.loads((self._folder / earlier[-1] / "index.json").read_text(encoding="utf-8"))
        old = ids_of(self._folder / earlier[-1] / "places.csv.gz")
        new = {place["id"] for place in sources.places}
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
        "csv": lambda: text_formats.as_csv(dataset.columns, file.rows(dataset), dataset.csv),
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


def sums(folder: Path) -> dict[str, dict[str, Any]]:
    """Name as a reader receives it -> "sha256", "sha1", "bytes"."""
    return {
        path.relative_to(folder).as_posix().removesuffix(".gz"): sum_of(path.with_name(path.name.removesuffix(".gz")))
        for path in folder.rglob("*")
        if path.is_file() and path.name not in ("index.json", "SHA256SUMS")
    }


def sum_of(path: Path) -> dict[str, Any]:
    """SHA-1 is for the catalogue alone, whose profile knows no other (aggregator/web/data/catalogue.py)."""
    sha256, sha1, size = hashlib.sha256(), hashlib.sha1(usedforsecurity=False), 0
    with unpacked(path) as source:
        while chunk := source.read(CHUNK):
            sha256.update(chunk)
            sha1.update(chunk)
            size += len(chunk)
    return {"sha256": sha256.hexdigest(), "sha1": sha1.hexdigest(), "bytes": size}


def _indented(content: Any) -> bytes:
    return (json.dumps(content, ensure_ascii=False, indent=1) + "\n").encode()
