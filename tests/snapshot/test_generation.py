"""Published files of another version are read by nobody, set aside by the worker, and never lost."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from aggregator.config.settings import Settings
from aggregator.snapshot.format import SnapshotError, body_of, read_places, read_slots
from aggregator.snapshot.generation import FORMAT, generation, take_over, why_unread
from aggregator.snapshot.shelf import in_force
from tests.portal import Portal


def marked(folder: Path, text: str) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "format.json").write_text(text)
    return folder


def test_what_this_version_publishes_it_reads(filled: Settings) -> None:
    assert generation(filled.published_dir) == FORMAT
    assert why_unread(filled.published_dir) is None


def test_an_empty_folder_is_of_no_version_and_is_read(tmp_path: Path) -> None:
    assert generation(tmp_path) is None
    assert why_unread(tmp_path) is None


@pytest.mark.parametrize("text", ['{"format": "published/9"}', "", "[]", '{"version": 1}', "\xff"])
def test_another_version_and_an_unreadable_one_are_refused_with_what_to_do(tmp_path: Path, text: str) -> None:
    said = why_unread(marked(tmp_path / "published", text))

    assert said is not None
    assert "start the worker" in said


def test_taking_over_sets_aside_all_but_what_names_the_snapshot(filled: Settings) -> None:
    published = filled.published_dir
    before = {path.name: path.read_bytes() for path in published.glob("*.json")}
    marked(published, '{"format": "published/9"}')

    moved = take_over(published)

    (aside,) = published.glob(".before-*")
    assert {path.name: path.read_bytes() for path in aside.iterdir()} == {name: before[name] for name in moved}
    assert set(moved) == set(before) - {"current.json", "format.json"}
    assert in_force(published) is not None
    assert why_unread(published) is None
    assert take_over(published) == []


@pytest.mark.parametrize(("part", "read"), [("places", read_places), ("slots", read_slots)])
def test_a_places_or_slots_file_of_another_format_is_refused_by_name(filled: Settings, part: str, read) -> None:  # type: ignore[no-untyped-def]
    named = in_force(filled.published_dir)
    assert named is not None
    content = json.loads(body_of(filled.published_dir, named[part]))

    read(json.dumps(content).encode())
    content["format"] = f"{part}/9"
    with pytest.raises(SnapshotError, match=f"{part}/9.*reads {part}/1"):
        read(json.dumps(content).encode())


def test_a_web_process_goes_on_from_memory_while_another_version_publishes(portal: Portal) -> None:
    """A rolling upgrade: the worker is newer than this process."""
    before = portal.site.snapshot
    marked(portal.settings.published_dir, '{"format": "published/9"}')
    (portal.settings.published_dir / "controls.json").write_text('{"ok": "of tomorrow"}')

    portal.site.refresh()

    assert portal.site.snapshot is before
    assert [portal.citizen(1).get(path).status_code for path in ("/", "/transparence", "/readyz")] == [200] * 3


SHAPES = {
    "closed": "effects files first format last redirects service territory weeks",
    "controls": "log order",
    "coverage": "at booking format places sources undeclared",
    "current": "at places slots snapshot",
    "decisions": "a list",
    "health": "at demo fetches format imports interval_s providers quarantines",
    "history": "a list",
    "shares": "at choice classes concentration exposed first format missed missed_by_provider needed places providers "
    "since slots step total verdict",
    "supply": "places slots",
}


def test_a_file_whose_shape_changes_asks_for_a_new_version(day_over: Portal) -> None:
    """When this fails, raise `FORMAT` in aggregator/snapshot/generation.py, and write here what the files are now."""
    found = {}
    for path in day_over.settings.published_dir.glob("*.json"):
        content = json.loads(path.read_text())
        found[path.stem] = " ".join(sorted(content)) if isinstance(content, dict) else "a list"

    # By place id, and of one name.
    assert (FORMAT, {name: found[name] for name in set(found) - {"aside", "changes", "format"}}) == (
        "published/1",
        SHAPES,
    )
