"""The looks of the simulated booking pages: one a platform, legible in both themes."""

from __future__ import annotations

from itertools import combinations

import pytest

from providers.sandbox.looks import LOOKS, PLAIN, Palette, look_of
from providers.sandbox.platforms import PLATFORMS

AA = 4.5


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = [one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in parts]
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def weakest(palette: Palette) -> float:
    texts = [(text, ground) for text in (palette.ink, palette.accent) for ground in (palette.paper, palette.card)]
    return min(contrast(*pair) for pair in [*texts, (palette.on_band, palette.band)])


@pytest.mark.parametrize("slug", [*LOOKS, "a platform without a look"])
def test_every_text_has_a_contrast_of_four_and_a_half(slug: str) -> None:
    look = look_of(slug)

    assert weakest(look.light) >= AA
    assert weakest(look.dark) >= AA


def test_a_palette_that_is_too_pale_would_be_found() -> None:
    """The control."""
    assert contrast("#ffffff", "#000000") == pytest.approx(21)
    assert weakest(Palette("#ffffff", "#ffffff", "#000000", "#8a8a8a", "#000000", "#ffffff")) < AA


def test_every_simulated_platform_has_a_look_and_no_two_are_alike() -> None:
    assert LOOKS.keys() == PLATFORMS.keys()
    for one, other in combinations([PLAIN, *LOOKS.values()], 2):
        assert one.typeface != other.typeface
        assert one.corner != other.corner
        assert one.light != other.light
