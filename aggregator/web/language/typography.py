"""French spacing: sentences are written with ordinary spaces, and set right when they are read."""

from __future__ import annotations

import re

NBSP = "\u00a0"

# Text only: tags and attributes hold none of these. `%(name)s` is a value to come.
_RULES = (
    (re.compile(r"(?<=[\w»)’>]) (?=[:;?!»])"), NBSP),
    (re.compile(r"« "), f"«{NBSP}"),
    (re.compile(r"(?<=\d) (?=%(?!\())"), NBSP),
    (re.compile(r"(?<=\d) (?=(?:km|h|min|px)\b)"), NBSP),
    (re.compile(r"(?<=\)s) (?=(?:km|h|min|px)\b)"), NBSP),
)


def french(text: str) -> str:
    for pattern, space in _RULES:
        text = pattern.sub(space, text)
    return text
