"""Bytes that everyone computes alike: canonical JSON, its hash, and files that appear whole or not at all."""

from __future__ import annotations

import hashlib
import json
from typing import Any

_ENCODER = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


def to_json(value: Any) -> bytes:
    """Sorted keys, no spaces, UTF-8, no NaN."""
    return _ENCODER.encode(value).encode()


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
