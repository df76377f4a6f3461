"""Time stamps by an authority of our own, OpenSSL's, on loopback; and what must not pass for one."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

import verify
from aggregator.fairness.accounts import Accounts
from aggregator.instants import now
from aggregator.ledger.outside.stamps import Authority, StampError, stamp
from tests.loopback import Loopback, Request, Status
from tests.portal import Portal

CONFIG = """[tsa1]
serial = {folder}/serial
signer_cert = {folder}/tsa.pem
signer_key = {folder}/tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
ess_cert_id_alg = sha256
"""

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed: no authority to ask")


def certificate(subject: str, key: Any, issuer: str, issuer_key: Any, usage: x509.ObjectIdentifier | None) -> bytes:
    named = [x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]) for name in (subject, issuer)]
    made = (
        x509.CertificateBuilder()
        .subject_name(named[0])
        .issuer_name(named[1])
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now() - timedelta(days=1))
        .not_valid_after(now() + timedelta(days=30))
        .add_extension(x509.BasicConstraints(ca=usage is None, path_length=None), critical=True)
    )
    if usage:
        made = made.add_extension(x509.ExtendedKeyUsage([usage]), critical=True)
    return made.sign(issuer_key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


class OwnAuthority:
    """`openssl ts` behind an address; `answer`: what it says instead, when set."""

    def __init__(self, folder: Path, key: Any) -> None:
        self.folder = folder
        folder.mkdir()
        root = ec.generate_private_key(ec.SECP256R1())
        (folder / "roots.pem").write_bytes(certificate("Racine", root, "Racine", root, None))
        stamping = ExtendedKeyUsageOID.TIME_STAMPING
        (folder / "tsa.pem").write_bytes(certificate("Horodatage", key, "Racine", root, stamping))
        plain = serialization.NoEncryption()
        form = serialization.PrivateFormat.PKCS8
        (folder / "tsa.key").write_bytes(key.private_bytes(serialization.Encoding.PEM, form, plain))
        (folder / "serial").write_text("01")
        (folder / "tsa.cnf").write_text(CONFIG.format(folder=folder))
        self.instead: Status | None = None

    def answer(self, request: Request) -> Status:
        assert request.headers["Content-Type"] == "application/timestamp-query"
        if self.instead:
            return self.instead
        (self.folder / "query").write_bytes(request.body)
        subprocess.run(
            ["openssl", "ts", "-reply", "-config", "tsa.cnf", "-section", "tsa1", "-queryfile", "query", "-out", "out"],
            cwd=self.folder, check=True, capture_output=True,
        )  # fmt: skip
        return Status(200, (self.folder / "out").read_bytes(), **{"Content-Type": "application/timestamp-reply"})


@pytest.fixture(params=["ec", "rsa"])
def own(request: pytest.FixtureRequest, tmp_path: Path) -> OwnAuthority:
    rsa_key = request.param == "rsa"
    key = rsa.generate_private_key(65_537, 2048) if rsa_key else ec.generate_private_key(ec.SECP256R1())
    return OwnAuthority(tmp_path / "tsa", key)


@pytest.fixture
def authority(own: OwnAuthority) -> Iterator[Authority]:
    with Loopback({"/tsr": own.answer}) as web:
        yield Authority(f"{web.origin}/tsr", own.folder / "roots.pem")


def seal(portal: Portal) -> int:
    portal.clock.forward(minutes=1)
    with closing(Accounts(portal.settings)) as accounts:
        return accounts.seal(portal.clock())


def verified(portal: Portal) -> int:
    return verify.main(["log", str(portal.log)])


def test_a_head_is_stamped_once_a_day_logged_and_read_by_an_auditor(
    portal: Portal, authority: Authority, capsys: pytest.CaptureFixture[str]
) -> None:
    portal.work()
    at, size = now(), verify.checkpoint((portal.log / "checkpoint").read_text(), (portal.log / "vkey").read_text())[1]

    assert stamp(portal.log, at, authority) == size
    assert stamp(portal.log, at, authority) is None
    assert seal(portal) >= 1
    assert seal(portal) == 0
    assert verified(portal) == 0
    told = capsys.readouterr().out
    assert f"stamp of {at:%Y-%m-%d}: its {size} entries existed on {at:%Y-%m-%d at %H:}" in told
    assert "signed by CN=Horodatage (certificate " in told
    assert "for you to judge" in told


def test_openssl_reads_what_is_published(portal: Portal, authority: Authority) -> None:
    """A second reading, by another program."""
    portal.work()
    stamp(portal.log, now(), authority)
    (answer,), (head,) = portal.log.glob("stamps/*.tsr"), portal.log.glob("stamps/*.checkpoint")

    command = ["openssl", "ts", "-verify", "-in", answer, "-data", head, "-CAfile", authority.roots]
    assert b"Verification: OK" in subprocess.run(command, capture_output=True, check=True).stdout


def test_each_changed_byte_that_matters_is_found(portal: Portal, authority: Authority) -> None:
    """The control of the auditor's reading: no byte of what is signed can be another one."""
    portal.work()
    stamp(portal.log, now(), authority)
    (answer,), (head,) = portal.log.glob("stamps/*.tsr"), portal.log.glob("stamps/*.checkpoint")
    whole = answer.read_bytes()

    assert verify.opened("x", whole, head.read_bytes())
    with pytest.raises(verify.Wrong, match="of something else than its head"):
        verify.opened("x", whole, head.read_bytes() + b"\n")
    content = whole.index(b"\x18\x0f")  # its time
    for position in (content + 4, len(whole) - 5):
        changed = whole[:position] + bytes([whole[position] ^ 1]) + whole[position + 1 :]
        with pytest.raises(verify.Wrong, match=r"is not what it says|does not hold|no time stamp"):
            verify.opened("x", changed, head.read_bytes())
    for length in range(0, len(whole) - 1, 97):
        with pytest.raises((verify.Wrong, verify.CannotCheck)):
            verify.opened("x", whole[:length], head.read_bytes())


def test_a_stamp_of_another_log_s_head_is_refused(
    portal: Portal, authority: Authority, capsys: pytest.CaptureFixture[str]
) -> None:
    portal.work()
    stamp(portal.log, now(), authority)
    seal(portal)
    (head,) = portal.log.glob("stamps/*.checkpoint")
    head.write_text(head.read_text().replace("\n", "\n\n", 1))

    assert verified(portal) == 1
    assert "not the files that the log states" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("instead", "why"),
    [
        (Status(503), "it answers 503"),
        (Status(200, b"<html>"), "."),
        (Status(200, b""), "."),
    ],
)
def test_an_answer_that_is_no_stamp_is_not_kept(
    instead: Status, why: str, portal: Portal, own: OwnAuthority, authority: Authority
) -> None:
    portal.work()
    own.instead = instead

    with pytest.raises(StampError, match=why):
        stamp(portal.log, now(), authority)
    assert not (portal.log / "stamps").exists()
    own.instead = None
    assert stamp(portal.log, now(), authority)


def test_another_authority_a_wrong_clock_and_an_old_answer_are_refused(
    portal: Portal, own: OwnAuthority, authority: Authority, tmp_path: Path
) -> None:
    portal.work()
    other = OwnAuthority(tmp_path / "other", ec.generate_private_key(ec.SECP256R1()))
    in_an_hour: datetime = now() + timedelta(hours=1)

    with pytest.raises(StampError, match="certificate"):
        stamp(portal.log, now(), Authority(authority.url, other.folder / "roots.pem"))
    with pytest.raises(StampError, match="and our clock says"):
        stamp(portal.log, in_an_hour, authority)
    own.instead = Status(200, (own.folder / "out").read_bytes())
    with pytest.raises(StampError, match="Nonce mismatch"):
        stamp(portal.log, now(), authority)
