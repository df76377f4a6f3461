"""What each simulated platform answers: (path, query, body) -> JSON in its true wire format, odd shapes included.

Times, orders and shapes follow docs/providers.md: Doctolib's four slot shapes, Maiia's UTC and (lon, lat), Keldoc's
three timetables, Ordoclic's UTC. None = 404.
"""

from __future__ import annotations

from providers.sandbox.doctolib import Doctolib
from providers.sandbox.keldoc import Keldoc
from providers.sandbox.maiia import Maiia
from providers.sandbox.ordoclic import Ordoclic
from providers.sandbox.platform import Platform

PLATFORMS: dict[str, type[Platform]] = {one.provider: one for one in (Doctolib, Keldoc, Maiia, Ordoclic)}
