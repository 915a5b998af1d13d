"""The bytes of a webhook as Meta writes and signs them, and the proof of an app secret."""

from __future__ import annotations

import hashlib
import hmac
import json

from .shapes import Json


def encode(body: Json) -> bytes:
    r"""JSON in ASCII: everything else as lower-case \uXXXX, and slashes escaped."""
    # https://developers.facebook.com/docs/messenger-platform/webhooks (escaping note)
    return json.dumps(body, separators=(",", ":")).replace("/", "\\/").encode("ascii")


def signature(body: bytes, app_secret: str) -> str:
    """The value of X-Hub-Signature-256 over exactly these bytes."""
    return "sha256=" + hmac.new(app_secret.encode(), body, hashlib.sha256).hexdigest()


def proof_of(token: str, app_secret: str) -> str:
    """appsecret_proof: https://developers.facebook.com/docs/graph-api/guides/secure-requests"""
    return hmac.new(app_secret.encode(), token.encode(), hashlib.sha256).hexdigest()


def same(left: str, right: str) -> bool:
    """Compared in constant time; other people's strings may hold anything."""
    return hmac.compare_digest(left.encode(), right.encode())
