"""Time stamps (RFC 3161) of heads of the log: what was stamped, when, and with whose certificate."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime

from verifier.source import CannotCheck, Wrong
from verifier.tree import checkpoint, roots_at

HASHES = {  # object identifiers, as DER writes them
    "608648016503040201": "sha256",
    "608648016503040202": "sha384",
    "608648016503040203": "sha512",
}
MESSAGE_DIGEST = "2a864886f70d010904"
TIME = 0x18  # GeneralizedTime


def check_stamps(log):
    """A stamp shows that the head it is of, and so every entry below it, existed at that time."""
    said, stamps = [], log.of_type("stamp")
    keys = [log.vkey.strip(), *(entry[name] for entry in log.of_type("key") for name in ("from", "vkey"))]
    heads = {}
    for entry in stamps:
        head, answer = (log.source.get(f"stamps/{entry['day']}.{kind}") for kind in ("checkpoint", "tsr"))
        for body, digest in ((head, entry["head"]), (answer, entry["sha256"])):
            if hashlib.sha256(body).hexdigest() != digest:
                raise Wrong(f"stamps/{entry['day']}: not the files that the log states")
        size, root = heads[entry["day"]] = signed_by_one_of(head.decode("utf-8"), keys)
        when, who = opened(f"stamps/{entry['day']}.tsr", answer, head)
        said.append(
            f"stamp of {entry['day']}: its {size} entries existed on {when:%Y-%m-%d} at {when:%H:%M:%S} UTC, {who}"
        )
    roots = roots_at(log.leaves, {size for size, _ in heads.values()})
    for day, (size, root) in heads.items():
        if roots.get(size) != root:
            raise Wrong(f"stamps/{day}.checkpoint is not a head of this log")
    if said:
        said.append("whether an authority is to be believed is for you to judge: that its certificate is its own, too")
    return said


def signed_by_one_of(note, keys):
    why = CannotCheck("no key")
    for key in keys:
        try:
            return checkpoint(note, key)[1:]
        except (Wrong, CannotCheck) as error:
            why = error
    raise why


def opened(name, answer, head):
    """(time, who signed) of a stamp that is of `head`. The signature is checked with the certificate inside."""
    try:
        status, token = der(der(answer)[0][1])[:2]
        if der(status[1])[0][1] not in (b"\x00", b"\x01"):
            raise Wrong(f"{name}: the authority refused")
        signed = der(der(der(token[1])[1][1])[0][1])
        content = der(der(signed[2][1])[1][1])[0][1]
        certificates = [one[2] for field in signed if field[0] == 0xA0 for one in der(field[1])]
        (signer,) = der(signed[-1][1])
        info = der(der(content)[0][1])
        imprint = der(info[2][1])
        when = next(one[1] for one in info if one[0] == TIME).decode()
        if hashed(der(imprint[0][1])[0][1], head).digest() != imprint[1][1]:
            raise Wrong(f"{name} is of something else than its head")
        who = signer_of(name, der(signer[1]), content, certificates)
        return datetime.strptime(when[:14], "%Y%m%d%H%M%S").replace(tzinfo=UTC), who
    except (IndexError, ValueError, StopIteration) as error:
        raise Wrong(f"{name} is no time stamp: {error}") from error


def signer_of(name, fields, content, certificates):
    """Who signed, in words, after the signature over the signed attributes (RFC 5652 §5.4) was checked."""
    from cryptography import x509
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

    issuer, serial = der(fields[1][1])
    digest = der(fields[2][1])[0][1]
    attributes = next(one for one in fields if one[0] == 0xA0)
    by_kind = {der(one[1])[0][1].hex(): der(der(one[1])[1][1])[0][1] for one in der(attributes[1])}
    if by_kind.get(MESSAGE_DIGEST) != hashed(digest, content).digest():
        raise Wrong(f"{name}: what is signed is not what it says")
    found = [x509.load_der_x509_certificate(one) for one in certificates]
    number = int.from_bytes(serial[1], "big")
    own = [one for one in found if one.serial_number == number and one.issuer.public_bytes() == issuer[2]]
    if not own:
        return "signature not checked: the certificate is not in the stamp"
    if x509.ExtendedKeyUsageOID.TIME_STAMPING not in usages(own[0], x509):
        raise Wrong(f"{name}: signed with a certificate that is not for time stamps")
    # The attributes are signed as a SET, and stand in the stamp under a mark of their own.
    message, signature = b"\x31" + attributes[2][1:], [one[1] for one in fields if one[0] == 0x04][-1]
    key, kind = own[0].public_key(), getattr(hashes, HASHES[digest.hex()].upper())()
    try:
        if isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, message, padding.PKCS1v15(), kind)
        elif isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signature, message, ec.ECDSA(kind))
        else:
            return "signature not checked: of a kind that is not known here"
    except InvalidSignature as error:
        raise Wrong(f"{name}: its signature does not hold") from error
    fingerprint = own[0].fingerprint(hashes.SHA256()).hex()
    return f"signed by {own[0].subject.rfc4514_string()} (certificate {fingerprint})"


def usages(certificate, x509):
    try:
        return list(certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value)
    except x509.ExtensionNotFound:
        return []


def hashed(identifier, body):
    if identifier.hex() not in HASHES:
        raise CannotCheck(f"a hash that is not known here: {identifier.hex()}")
    return hashlib.new(HASHES[identifier.hex()], body)


def der(data):
    """[(tag, content, the whole)] of the values that stand one after the other in `data`."""
    found, at = [], 0
    while at < len(data):
        tag, length, start = data[at], data[at + 1], at + 2
        if length & 0x80:
            count = length & 0x7F
            if not 1 <= count <= 4:
                raise ValueError("a length that DER does not write")
            length, start = int.from_bytes(data[start : start + count], "big"), start + count
        if start + length > len(data):
            raise ValueError("it ends too early")
        found.append((tag, data[start : start + length], data[at : start + length]))
        at = start + length
    return found
