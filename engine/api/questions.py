"""What a page of ours asks: answered once, and only by the browser to which it was put."""

from __future__ import annotations

import json
import secrets
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from starlette.requests import HTTPConnection
from starlette.responses import Response

from ..accounts.api_token import new_secret
from ..accounts.owners import hash_of
from ..storage.store import DatabaseStore
from ..storage.tables import store
from .identity import hosting, is_secure

if TYPE_CHECKING:
    from ..host.engine import Engine

NAMESPACE = "engine:login"
QUESTION_LIFE_S = 600
BROWSER_COOKIE = "appmixer_login"


class OtherBrowserError(Exception):
    """The answer comes from another browser than the question was put to."""


class Questions:
    """The questions that one request asks or answers; what they are about is kept sealed."""

    def __init__(self, request: HTTPConnection) -> None:
        self._request, self._engine = request, hosting(request)
        self._browser = request.cookies.get(BROWSER_COOKIE) or new_secret()

    async def ask(self, about: dict[str, Any], secret: str = "") -> str:
        """Keep what a question is about for ten minutes, and return the secret that answers it."""
        secret = secret or new_secret()
        sealed = self._engine.seal.close({**about, "browser": hash_of(self._browser)}).decode()
        questions = DatabaseStore(self._engine.storage, NAMESPACE)
        await questions.put({hash_of(secret): sealed}, expires_in_s=QUESTION_LIFE_S)
        return secret

    async def answered(self, secret: str) -> dict[str, Any] | None:
        """Return what the question was about, once; None if there is none (any more).

        Raises OtherBrowserError; the question is over then as well.
        """
        about = await _take(self._engine, secret)
        if about is not None and not secrets.compare_digest(
            hash_of(self._browser), about["browser"]
        ):
            raise OtherBrowserError
        return about

    def remember(self, response: Response) -> Response:
        """Let the browser be known by a cookie of which scripts and other sites know nothing."""
        response.set_cookie(
            BROWSER_COOKIE,
            self._browser,
            max_age=QUESTION_LIFE_S,
            path="/auth",
            httponly=True,
            samesite="lax",
            secure=is_secure(self._request),
        )
        return response


async def _take(engine: Engine, secret: str) -> dict[str, Any] | None:
    """Return what was stored with the secret, and forget it in the same moment."""
    questions = DatabaseStore(engine.storage, NAMESPACE)
    key = hash_of(secret)
    if not await questions.get([key]):
        return None
    mine = (store.c.namespace == NAMESPACE) & (store.c.key == key)
    taken = await engine.writer.commit(
        lambda connection: connection.scalar(sa.delete(store).where(mine).returning(store.c.value))
    )
    return None if taken is None else engine.seal.open(json.loads(taken).encode())
