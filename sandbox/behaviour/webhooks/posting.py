"""Speaking HTTP with callbacks: the handshake, and one attempt at a delivery."""

from __future__ import annotations

import secrets
import ssl
from collections.abc import Callable
from functools import cache
from urllib.parse import urlencode

import httpx

from ...world.clock import Clock
from ...world.deliveries import Attempt, Delivery
from ...world.settings import Settings
from .connections import Connections

USER_AGENT = "facebookexternalua"
MAX_ANSWER_CHARS = 2000


class Poster:
    """One client for all handshakes, and the connections for all deliveries."""

    def __init__(self, clock: Clock, settings: Callable[[], Settings]) -> None:
        self._clock = clock
        self._settings = settings
        self._client: httpx.AsyncClient | None = None
        self._connections = Connections(_certificates)

    async def post(self, delivery: Delivery) -> Attempt:
        status: int | None = None
        error: str | None = None
        told = ""
        try:
            answer = await self._connections.post(
                delivery.url,
                delivery.body,
                {
                    "Content-Type": "application/json",
                    "X-Hub-Signature-256": delivery.signature,
                    "User-Agent": USER_AGENT,
                    "Accept": "*/*",
                },
                self._settings().webhook_timeout_s,
            )
            status, told = answer.status, answer.text()[:MAX_ANSWER_CHARS]
        except Exception as failed:
            # Whatever an attempt ends with, the conversation behind it has to go on: a callback
            # that resets connections has made an event loop raise an AttributeError, for example.
            error = f"{type(failed).__name__}: {failed}".rstrip(": ")
        return Attempt(self._clock.now(), status, error, told)

    async def verify(self, url: str, verify_token: str) -> str | None:
        """Meta's GET handshake with a callback. Returns why it failed, or None."""
        challenge = str(1_000_000_000 + secrets.randbelow(9_000_000_000))
        query = urlencode(
            {
                "hub.mode": "subscribe",
                "hub.challenge": challenge,
                "hub.verify_token": verify_token,
            }
        )
        joint = "&" if "?" in url else "?"
        try:
            answer = await self._http().get(
                f"{url}{joint}{query}", timeout=self._settings().webhook_timeout_s
            )
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as failed:
            return f"the callback could not be reached ({type(failed).__name__})"
        if answer.status_code != 200:
            return f"the callback answered the handshake with HTTP {answer.status_code}, not 200"
        if answer.text != challenge:
            return "the callback did not answer with the challenge alone"
        return None

    async def close(self) -> None:
        self._connections.close()
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    def _http(self) -> httpx.AsyncClient:
        if self._client is None:
            # Callbacks are other people's servers on loopback or elsewhere, never behind our proxy.
            self._client = httpx.AsyncClient(
                trust_env=False,
                verify=_certificates(),
                limits=httpx.Limits(max_connections=None),
            )
        return self._client


@cache
def _certificates() -> ssl.SSLContext:
    """Reading them takes longer than starting a sandbox, so it happens once."""
    return httpx.create_ssl_context(trust_env=False)
