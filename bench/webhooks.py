"""Signed webhooks as Meta sends them: a text message each, no two alike, ready before the clock."""

from __future__ import annotations

import copy
import hashlib
import hmac
import json
import time
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

APP_ID = "100000000000001"
APP_SECRET = "bench-app-secret"  # noqa: S105  # signs nothing but the bodies made here
VERIFY_TOKEN = "bench-verify-token"  # noqa: S105  # the same
WABA_IDS = tuple(str(102290129340398 + number) for number in range(10))
# Each number may send 80 messages a second, so one would be the limit that is measured.
PHONE_NUMBER_IDS = tuple(str(106540352242922 + number) for number in range(40))
NUMBERS_OF_WABA = len(PHONE_NUMBER_IDS) // len(WABA_IDS)
FIRST_SENDER = 16500000000
FIRST_USER = 13491208655302000000

_MODEL = Path(__file__).parents[1] / "sandbox/fixtures/webhooks/messages.text.bsuid.json"


@dataclass(frozen=True)
class SignedWebhook:
    """A body, and the message in it."""

    wamid: str
    body: bytes

    def request(self, path: str) -> bytes:
        """Return the whole HTTP request with the headers that Meta sends."""
        secret = APP_SECRET.encode()
        head = (
            f"POST {path} HTTP/1.1\r\n"
            "Host: localhost\r\n"
            "Accept: */*\r\n"
            "Accept-Encoding: deflate, gzip\r\n"
            "User-Agent: facebookexternalua\r\n"
            "Content-Type: application/json\r\n"
            f"X-Hub-Signature: sha1={hmac.new(secret, self.body, hashlib.sha1).hexdigest()}\r\n"
            f"X-Hub-Signature-256: sha256={hmac.new(secret, self.body, 'sha256').hexdigest()}\r\n"
            f"Content-Length: {len(self.body)}\r\n\r\n"
        )
        return head.encode() + self.body


@dataclass
class WebhookMill:
    """Makes webhooks; no id is given out twice.

    Every one comes from another person; where there are so many `people` only, they write in turn,
    each to one number.
    """

    people: int | None = None
    _made: int = 0

    def make(self, count: int) -> list[SignedWebhook]:
        model: dict[str, Any] = json.loads(_MODEL.read_text(encoding="utf-8"))
        return list(self._each(model, count))

    def _each(self, model: dict[str, Any], count: int) -> Iterator[SignedWebhook]:
        # The time of writing decides whether the 24-hour window is open.
        now = str(int(time.time()))
        for number in range(self._made, self._made + count):
            webhook = copy.deepcopy(model)
            person = number if self.people is None else number % self.people
            sender, user_id = str(FIRST_SENDER + person), f"US.{FIRST_USER + person}"
            place = PHONE_NUMBER_IDS[person % len(PHONE_NUMBER_IDS)]
            webhook["entry"][0]["id"] = waba_of(place)
            value = webhook["entry"][0]["changes"][0]["value"]
            value["metadata"]["phone_number_id"] = place
            value["contacts"][0].update({"wa_id": sender, "user_id": user_id})
            wamid = _wamid(sender, number)
            value["messages"][0].update(
                {"from": sender, "from_user_id": user_id, "id": wamid, "timestamp": now}
            )
            yield SignedWebhook(wamid, _as_meta_writes(webhook))
        self._made += count


def waba_of(phone_number_id: str) -> str:
    """Return the WABA that a number belongs to."""
    return WABA_IDS[PHONE_NUMBER_IDS.index(phone_number_id) // NUMBERS_OF_WABA]


def numbers_of(waba_id: str) -> tuple[str, ...]:
    """Return the numbers of a WABA."""
    return tuple(each for each in PHONE_NUMBER_IDS if waba_of(each) == waba_id)


def wamid_of(webhook: Any) -> str:
    """Return the id of the message in a webhook made here."""
    wamid: str = webhook["entry"][0]["changes"][0]["value"]["messages"][0]["id"]
    return wamid


def _wamid(sender: str, number: int) -> str:
    unique = hashlib.md5(str(number).encode(), usedforsecurity=False).hexdigest()[:18].upper()
    content = b"\x1d\x0b" + sender.encode() + b"\x15\x02\x00\x12\x18\x12" + unique.encode() + b"\0"
    return "wamid." + b64encode(content).decode()


def _as_meta_writes(webhook: dict[str, Any]) -> bytes:
    return json.dumps(webhook, separators=(",", ":")).replace("/", "\\/").encode()
