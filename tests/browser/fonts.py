"""Machines that have one family of fonts and no other, as Chromium sees them through fontconfig."""

from __future__ import annotations

import os
from pathlib import Path

# A set of fonts -> a file of it, by which its folder is found.
# On Debian: fonts-noto-core, fonts-dejavu-core, fonts-liberation.
FONT_SETS = {"Noto": "NotoSans-Bold.ttf", "DejaVu": "DejaVuSans-Bold.ttf", "Liberation": "LiberationSans-Bold.ttf"}
INSTALLED = (Path("/usr/share/fonts"), Path("/usr/local/share/fonts"))
CONFIGURATION = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">
<fontconfig>
<dir>{fonts}</dir>
<include ignore_missing="yes">/etc/fonts/conf.d</include>
<cachedir>{cache}</cachedir>
</fontconfig>
"""


def folder_of(font_set: str) -> Path | None:
    """Where the set is installed on this machine, if it is."""
    found = (file for folder in INSTALLED for file in folder.rglob(FONT_SETS[font_set]))
    return next((file.parent for file in found), None)


def environment_with(fonts: Path, folder: Path) -> dict[str, str]:
    """For a process that is to see these fonts alone; its configuration and its cache are written to `folder`."""
    configuration = folder / "fonts.conf"
    configuration.write_text(CONFIGURATION.format(fonts=fonts, cache=folder / "cache"), encoding="utf-8")
    return {**os.environ, "FONTCONFIG_FILE": str(configuration)}
