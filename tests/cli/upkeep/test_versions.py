"""The upgrade on the command line: told, done, told again."""

from __future__ import annotations

from pathlib import Path

from tests.commands import run
from tests.earlier import EARLIER, folder_of


def test_an_upgrade_says_what_is_due_does_it_and_says_what_it_did(tmp_path: Path) -> None:
    here = {"AIGUILLAGE_DATA_DIR": str(folder_of(EARLIER[0], tmp_path / "data"))}

    told, refused, done, again = (
        run(*command, **here) for command in (("upgrade", "--check"), ("seal",), ("upgrade",), ("upgrade", "--check"))
    )

    assert "à faire : log.db: kind_of_entries" in told.output
    assert (refused.exit_code, "aiguillage upgrade" in refused.output) == (2, True)
    assert done.exit_code == 0, done.output
    assert "events.db events : 8 avant, 8 après" in done.output
    assert "before-upgrade" in done.output
    assert again.output == "Tout est à jour.\n"


def test_a_new_folder_is_up_to_date(tmp_path: Path) -> None:
    result = run("upgrade", AIGUILLAGE_DATA_DIR=str(tmp_path))

    assert (result.exit_code, result.output) == (0, "0 étapes, aucune base changée\n")
