"""How the simulated booking pages differ: a typeface, corners and colours for each platform, none of them its own."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Palette:
    """CSS colours. Text is `ink` or `accent` on `paper` or `card`, and `on_band` on `band`: each 4.5:1 or more."""

    paper: str
    card: str
    ink: str
    accent: str
    band: str
    on_band: str


@dataclass(frozen=True, slots=True)
class Look:
    """`typeface` names fonts without quotes; `corner` is a CSS length. `light`, `dark`: what the visitor prefers."""

    typeface: str
    corner: str
    light: Palette
    dark: Palette


PLAIN = Look(
    typeface="system-ui, sans-serif",
    corner="4px",
    light=Palette("#ffffff", "#f3f3f1", "#1f1f1f", "#3d3d3d", "#3d3d3d", "#ffffff"),
    dark=Palette("#161616", "#222222", "#ececec", "#d0d0d0", "#2e2e2e", "#ffffff"),
)
# Invented on purpose, and unlike what the platforms look like: nobody should take a page of these for theirs.
LOOKS = {
    "doctolib": Look(
        typeface="Verdana, DejaVu Sans, sans-serif",
        corner="2px",
        light=Palette("#fffdf8", "#f6efe3", "#2b2118", "#8a3b12", "#8a3b12", "#ffffff"),
        dark=Palette("#1b1612", "#28201a", "#f1e8de", "#f0b088", "#5a2a10", "#fff3ea"),
    ),
    "keldoc": Look(
        typeface="Georgia, DejaVu Serif, serif",
        corner="0",
        light=Palette("#f7f8f2", "#ffffff", "#23281a", "#4c5f14", "#e3e8cf", "#2c370b"),
        dark=Palette("#15180f", "#1f2417", "#e9edda", "#c3d67a", "#2c3616", "#eef4d3"),
    ),
    "maiia": Look(
        typeface="Trebuchet MS, Liberation Sans, sans-serif",
        corner="14px",
        light=Palette("#ffffff", "#f4f1f4", "#2a2029", "#7a2458", "#f4e3ee", "#5c1741"),
        dark=Palette("#1a1419", "#271e26", "#f0e6ee", "#efaed2", "#431a35", "#fbe6f2"),
    ),
    "ordoclic": Look(
        typeface="Courier New, Liberation Mono, monospace",
        corner="6px",
        light=Palette("#f6f6f4", "#ffffff", "#22242a", "#454c5e", "#2f3442", "#ffffff"),
        dark=Palette("#14161a", "#1f2228", "#e6e8ee", "#bcc6de", "#343b4d", "#ffffff"),
    ),
}


def look_of(slug: str) -> Look:
    return LOOKS.get(slug, PLAIN)
