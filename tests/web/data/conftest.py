"""The catalogue of a portal with a closed week."""

from __future__ import annotations

import json
from typing import Any

import pytest
from flask import Flask


@pytest.fixture
def content(week_app: Flask) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(week_app.test_client().get("/donnees/catalogue.jsonld").text)
    return found


def distributions(content: dict[str, Any]) -> list[dict[str, Any]]:
    return [file for one in content["@graph"][0]["dcat:dataset"] for file in one["dcat:distribution"]]
