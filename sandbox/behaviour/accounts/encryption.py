"""The public key with which a Flow's answers are encrypted for its endpoint."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator

from ...protocol.errors import invalid_parameter
from ..call import Answer, Call, success

# https://developers.facebook.com/documentation/business-messaging/whatsapp/flows/guides/implementingyourflowendpoint
KEY_BITS = 2048
MAX_PEM_CHARS = 4096
BEGIN, END = "-----BEGIN PUBLIC KEY-----", "-----END PUBLIC KEY-----"
RSA_ALGORITHM = bytes.fromhex("06092a864886f70d010101")


async def get(call: Call) -> Answer:
    key = call.number().public_key
    if key is None:
        return {"data": []}
    return {
        "data": [
            {"business_public_key": key, "business_public_key_signature_status": "VALID"},
        ]
    }


async def save(call: Call) -> Answer:
    key = call.need("business_public_key")
    if not is_rsa_key(key):
        raise invalid_parameter("business_public_key must be a 2048-bit RSA public key in PEM")
    call.number().public_key = key
    return success()


def is_rsa_key(pem: object) -> bool:
    """Whether this is a 2048-bit RSA key as SubjectPublicKeyInfo in PEM."""
    if not isinstance(pem, str) or len(pem) > MAX_PEM_CHARS:
        return False
    body = pem.strip()
    if not body.startswith(BEGIN) or not body.endswith(END):
        return False
    try:
        der = base64.b64decode("".join(body[len(BEGIN) : -len(END)].split()), validate=True)
        (_, whole), *rest = _parts(der)
        (_, algorithm), (_, bits) = _parts(whole)
        (_, pair), *_ = _parts(bits[1:])
        (_, modulus), _exponent = _parts(pair)
    except (binascii.Error, ValueError):
        return False
    is_rsa = algorithm.startswith(RSA_ALGORITHM)
    return not rest and is_rsa and int.from_bytes(modulus).bit_length() == KEY_BITS


def _parts(der: bytes) -> Iterator[tuple[int, bytes]]:
    """The values that stand one after the other in DER; ValueError where it ends too early."""
    position = 0
    while position < len(der):
        if position + 2 > len(der):
            raise ValueError("cut off")
        tag, length = der[position], der[position + 1]
        position += 2
        if length & 0x80:
            count = length & 0x7F
            length = int.from_bytes(der[position : position + count])
            position += count
        if position + length > len(der):
            raise ValueError("cut off")
        yield tag, der[position : position + length]
        position += length
