"""`/metrics` tells what the rules for alarms and the dashboard ask for."""

from __future__ import annotations

import re

from flask.testing import FlaskClient

from tests.test_watch import told_by_the_code


def test_what_the_code_tells_is_what_a_portal_exposes(visitor: FlaskClient) -> None:
    text = visitor.get("/metrics").text
    exposed = set(re.findall(r"^(aiguillage_\w+)[ {]", text, re.MULTILINE))

    assert exposed <= told_by_the_code()
    assert {"aiguillage_snapshot_age_seconds", "aiguillage_request_seconds_bucket"} <= exposed
    assert len(exposed) > 12
