"""The endpoint that Meta calls: handshake, signature, and storing before answering.

https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/create-webhook-endpoint
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Sequence
from secrets import token_hex

from appmixer.engine.contract import (
    Clock,
    Event,
    HostContext,
    Request,
    Response,
    Route,
    ThrottledError,
)

from ..configuration.settings import how_to_set
from ..foreign_json.reading import read_foreign_json
from .events import TEST_ENTRY, flatten, unreadable

PATH = "/events"
ENDPOINT = f"/plugins/appmixer/whatsapp{PATH}"
# https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/overview
MAX_BODY_BYTES = 3 * 1024 * 1024
MAX_HANDSHAKE_BYTES = 1024
SIGNATURE_HEADER = "x-hub-signature-256"
RETRY_LATER = {"Retry-After": "10"}
PURPOSE = (
    "This is where Meta delivers the WhatsApp events of this engine. Enter the address as the "
    "callback URL in the Meta App Dashboard (WhatsApp, Configuration, Webhook), together with the "
    "verify token; Meta then asks here with hub.mode=subscribe. Nobody else has to call it."
)
# What stands before a body that may be of the Test button, and what is in every one of those.
PRESS = b"test:"
MAYBE_TEST = f'"{TEST_ENTRY}"'.encode()
# Anybody can post here: so often at most a line about it is logged.
LOGGED_EVERY_S = 60.0


class Webhook:
    """Answers Meta's two kinds of requests; the secrets are read at each of them."""

    def __init__(self, host: HostContext) -> None:
        self._host = host
        self._signer = _Signer("")
        self._tally = _Tally(host.clock)

    @property
    def routes(self) -> Sequence[Route]:
        return (
            Route("GET", PATH, self.shake_hands, MAX_HANDSHAKE_BYTES),
            Route("POST", PATH, self.receive, MAX_BODY_BYTES),
        )

    async def shake_hands(self, request: Request) -> Response:
        """Echo the challenge to whoever knows the verify token; tell others what this is for."""
        expected = self._host.configuration.get("verifyToken", "").strip()
        if not expected:
            return _not_set_up("verifyToken")
        query = request.query
        if query.get("hub.mode") != "subscribe":
            return Response(403, PURPOSE.encode())
        if not _is_same(query.get("hub.verify_token", ""), expected):
            self._tally.log(self._host.log.warning, "webhook.handshake_refused")
            return Response(403, b"The verify token is not the one in `verifyToken`.")
        return Response(200, query.get("hub.challenge", "").encode())

    async def receive(self, request: Request) -> Response:
        """Store what Meta signed; anything but 200 makes Meta deliver it again."""
        secret = self._host.configuration.get("clientSecret", "").strip()
        if not secret:
            return _not_set_up("clientSecret")
        if self._signer.secret != secret:
            self._signer = _Signer(secret)
        if not _is_same(request.headers.get(SIGNATURE_HEADER, ""), self._signer.sign(request.body)):
            self._tally.log(self._host.log.warning, "webhook.signature_refused")
            return Response(401, b"The signature is missing or wrong.")
        try:
            await self._host.accept(_told_apart(request.body))
        except ThrottledError:
            self._tally.log(self._host.log.error, "webhook.not_stored")
            return Response(503, b"It could not be stored; deliver it again.", headers=RETRY_LATER)
        return Response(200)


def read(body: bytes) -> Sequence[Event]:
    """Return the events of a signed body; of one that is no JSON, the text itself.

    Meta would deliver a refused body for days, so what nobody can read is kept and answered 200.
    """
    press = b""
    if body.startswith(PRESS):
        press, _, body = body.removeprefix(PRESS).partition(b"\n")
    try:
        return flatten(read_foreign_json(body.decode()), press.decode())
    except ValueError:
        return [unreadable(body.decode("utf-8", "replace"))]


def _told_apart(body: bytes) -> bytes:
    """Return a body that may be of Meta's Test button with a number of its own before it.

    The button sends the same each time, and who presses it again wants to see it again.
    """
    return PRESS + token_hex(8).encode() + b"\n" + body if MAYBE_TEST in body else body


class _Tally:
    """Counts what may happen a thousand times a second, and logs it now and then.

    The first of a kind is logged at once, later ones with how many there were since the last line.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._counts: dict[str, int] = {}
        self._logged_at: dict[str, float] = {}

    def log(self, line: Callable[..., None], event: str) -> None:
        self._counts[event] = self._counts.get(event, 0) + 1
        now = self._clock.elapsed
        if event not in self._logged_at or now - self._logged_at[event] >= LOGGED_EVERY_S:
            line(event, requests=self._counts.pop(event))
            self._logged_at[event] = now


class _Signer:
    """The app secret, made ready to sign with: that takes longer than signing a usual body."""

    def __init__(self, secret: str) -> None:
        self.secret = secret
        self._keyed = hmac.new(secret.encode(), digestmod="sha256")

    def sign(self, body: bytes) -> str:
        signature = self._keyed.copy()
        signature.update(body)
        return f"sha256={signature.hexdigest()}"


def _is_same(given: str, expected: str) -> bool:
    # As bytes: compare_digest raises for text that is not ASCII.
    return hmac.compare_digest(given.encode("utf-8", "replace"), expected.encode())


def _not_set_up(name: str) -> Response:
    hint = f"WhatsApp is not set up here: {name} is missing. {how_to_set(name)}"
    return Response(503, hint.encode(), headers=RETRY_LATER)
