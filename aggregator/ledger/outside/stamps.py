"""Time stamps (RFC 3161) of heads of the log, by an authority of the operator's choice (docs/log.md §9.4)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from rfc3161_client import (
    HashAlgorithm,
    TimestampRequestBuilder,
    VerificationError,
    VerifierBuilder,
    decode_timestamp_response,
)

from aggregator import files
from aggregator.ledger.notes import parse_checkpoint, text_of
from providers.errors import ProviderError
from providers.exchange import Exchange
from providers.http import Answer, Limits

KIND = "application/timestamp-query"
LIMITS = Limits(connect_s=5, total_s=20, max_bytes=256 * 1024)
MOST_APART = timedelta(minutes=5)
Send = Callable[[str, bytes], Answer]


class StampError(RuntimeError):
    """No stamp was kept; the message says why."""


@dataclass(frozen=True, slots=True)
class Authority:
    """Who stamps. `roots`: a PEM file of the certificates that are believed."""

    url: str
    roots: Path


def send(url: str, body: bytes) -> Answer:
    """Raises ProviderError."""
    origin = "/".join(url.split("/")[:3])
    return Exchange([origin], "Aiguillage", {"Accept": "*/*"}, LIMITS).send(url, body, KIND)


def stamp(folder: Path, at: datetime, authority: Authority, send: Send = send) -> int | None:
    """Have the published head stamped, once a day. Returns its size; None when the day has one. Raises StampError.

    `folder`: the static files of the log. What was stamped is kept beside the stamp, as the head goes on.
    """
    target = folder / "stamps" / f"{at.date().isoformat()}.tsr"
    if target.exists():
        return None
    head = (folder / "checkpoint").read_bytes()
    try:
        answer = _answer(head, at, authority, send)
    except (ProviderError, VerificationError, ValueError, OSError) as error:
        raise StampError(f"{authority.url}: {error}") from error
    files.write_whole(target.with_suffix(".checkpoint"), head)
    files.write_whole(target, answer)
    return parse_checkpoint(text_of(head.decode())).size


def _answer(head: bytes, at: datetime, authority: Authority, send: Send) -> bytes:
    """The authority's answer, after everything in it has been checked."""
    request = TimestampRequestBuilder().data(head).hash_algorithm(HashAlgorithm.SHA256).build()
    answer = send(authority.url, request.as_bytes())
    if answer.status != 200:
        raise ValueError(f"it answers {answer.status}")
    response = decode_timestamp_response(answer.body)
    builder = VerifierBuilder.from_request(request)
    for certificate in x509.load_pem_x509_certificates(authority.roots.read_bytes()):
        builder = builder.add_root_certificate(certificate)
    builder.build().verify_message(response, head)
    if abs(response.tst_info.gen_time - at) > MOST_APART:
        raise ValueError(f"it says {response.tst_info.gen_time}, and our clock says {at}")
    return answer.body
