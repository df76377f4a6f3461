"""French spacing: templates are written with ordinary spaces, and set right when they are loaded."""

from __future__ import annotations

import re

from jinja2.ext import Extension

NBSP = "\u00a0"

# Text only: tags, attributes and template code hold none of these.
_RULES = (
    (re.compile(r"(?<=[\w»)’}>]) (?=[:;?!»])"), NBSP),
    (re.compile(r"« "), f"«{NBSP}"),
    (re.compile(r"(?<=\d) (?=%[^}])"), NBSP),
    (re.compile(r"(?<=[\d}]) (?=(?:km|h|min|px)\b)"), NBSP),
)


class FrenchSpaces(Extension):
    """Non-breaking spaces before « : ; ? ! », inside guillemets, before units."""

    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:
        return french(source)


def french(text: str) -> str:
    for pattern, space in _RULES:
        text = pattern.sub(space, text)
    return text
