"""The systemd units as the operations guide prints them: systemd reads every word, and they can write their folder."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from aggregator.config.settings import ROOT

GUIDE = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")

pytestmark = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="no systemd-analyze on this machine (Debian: systemd)"
)


def printed() -> dict[str, str]:
    """Unit files by name: each begins with a comment that says its path."""
    found: dict[str, str] = {}
    for block in re.findall(r"```ini\n(.+?)```", GUIDE, re.DOTALL):
        for part in re.split(r"^(?=# /etc/systemd/system/)", block, flags=re.MULTILINE):
            named = re.match(r"# /etc/systemd/system/([\w.-]+)", part)
            if named:
                found[named[1]] = part
    return found


def complaints(folder: Path, units: dict[str, str]) -> str:
    """What systemd says of the units, with programs and a folder that this machine has in place of the portal's."""
    for name, text in units.items():
        text = re.sub(r"^WorkingDirectory=.+$", "WorkingDirectory=/", text, flags=re.MULTILINE)
        text = re.sub(r"(?:/srv/aiguillage/portal/)?\.venv/bin/aiguillage", "/bin/true", text)
        (folder / name).write_text(text)
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *(str(folder / name) for name in units)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    # Of the units of this machine it complains too.
    return "\n".join(line for line in done.stderr.splitlines() if str(folder) in line or "aiguillage" in line)


def test_systemd_reads_every_unit_of_the_guide(tmp_path: Path) -> None:
    units = printed()

    assert {"aiguillage-web.service", "aiguillage-backup.service", "aiguillage-backup.timer"} <= set(units)
    assert complaints(tmp_path, units) == ""


def test_a_word_that_systemd_does_not_know_would_be_seen(tmp_path: Path) -> None:
    units = {"aiguillage-web.service": printed()["aiguillage-web.service"].replace("StateDirectory=", "StateFolder=")}

    assert "StateFolder" in complaints(tmp_path, units)


def test_the_data_folder_is_the_one_that_the_service_may_write() -> None:
    unit = printed()["aiguillage-web.service"]
    (state,) = re.findall(r"^StateDirectory=(\w+)$", unit, re.MULTILINE)

    assert "ProtectSystem=strict" in unit
    assert f"AIGUILLAGE_DATA_DIR=/var/lib/{state}`" in GUIDE
    assert "ReadWritePaths=" not in unit  # the code belongs to root
