"""The addresses of triggers: strangers send here what begins runs.

Whoever knows an address may use it, so it is in no log and no metric, and what a flow answers is
kept from speaking for the engine, whose pages have the same origin.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import parse_qsl

import sqlalchemy as sa
from starlette.responses import Response as Answer
from starlette.types import Receive, Scope, Send

from ..contract import (
    AuthorizationError,
    ConfigurationError,
    ConnectorError,
    Json,
    OutcomeUnknownError,
    Response,
)
from ..contract.manifest import QuotaRule
from ..errors import TooLargeError
from ..events.answers import Ended
from ..events.hook_requests import NOT_NOW, Sent
from ..events.repeats import HEADER
from ..flows.hooks import PREFIX
from ..host.quotas import Buckets
from ..runs.states import RunState
from .answers import answer, answer_any, answer_connector_error, answer_not_ready
from .plugins import closing, headers_of, read_body
from .unsigned import Budget

if TYPE_CHECKING:
    from ..host.engine import Engine

AREA = "hooks"
MAX_BODY_BYTES = 1024 * 1024
# Of all bodies that are coming in, one owner's may hold so much.
MAX_OWNER_BYTES = 16 * 1024 * 1024
# So many requests each owner's addresses take, whoever sends them.
REQUESTS = QuotaRule.model_validate(
    {
        "name": "requests",
        "limit": 50,
        "windowS": 1,
        "burst": 500,
        "scope": "owner",
        "description": "Requests to the addresses of one owner's flows.",
    }
)
# No script of a flow's runs in the name of the engine, and no link tells the address.
KEEPING_APART = {
    "content-security-policy": "sandbox",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
}
T = TypeVar("T")


class HookRoutes:
    """An ASGI application for everything below /hooks/."""

    def __init__(self, engine: Engine, budget: Budget) -> None:
        self._engine, self._budget = engine, budget
        self._rates = Buckets({REQUESTS.name: REQUESTS}, engine.clock, max_wait_s=0)
        self._owners: dict[str, Budget] = {}
        self._seconds = engine.metrics.request_seconds.labels(AREA)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = time.perf_counter()
        try:
            found = await self._find_answer(scope, receive)
        except ConnectorError as error:
            found = closing(answer_connector_error(error))
        except Exception as error:  # the outermost handler of this path: a sentence, not a bare 500
            found = closing(answer_any(self._engine, error, PREFIX))
        if found is None:
            return
        found.headers.update(KEEPING_APART)
        found.headers.setdefault("cache-control", "no-store")
        await found(scope, receive, send)
        self._seconds.observe(time.perf_counter() - started)
        self._engine.metrics.requests.labels(AREA, str(found.status_code)).inc()

    async def _find_answer(self, scope: Scope, receive: Receive) -> Answer | None:
        """Return the answer, or None when whoever asked has gone."""
        if not self._engine.is_ready:
            return answer_not_ready()
        requests = self._engine.hook_requests
        hook = await requests.find(scope["path"].removeprefix(PREFIX))
        if hook is None:
            return closing(
                answer(
                    404,
                    "There is nothing at this address",
                    "It was never given to a flow, or the flow was deleted.",
                    "Ask whoever gave you the address.",
                )
            )
        if not requests.is_open(hook):
            return closing(
                answer(
                    404,
                    "The flow behind this address is stopped",
                    "It takes no requests at present.",
                    "Ask whoever gave you the address, or send it again when the flow runs.",
                )
            )
        methods = hook.rule["methods"]
        if methods and scope["method"] not in methods:
            allowed = {"Allow": ", ".join(methods)}
            return closing(answer(405, "This address does not take this method", headers=allowed))
        with requests.place(hook.owner_id):
            await self._rates.take(REQUESTS.name, hook.owner_id)
            sent = await self._read(scope, receive, hook.owner_id)
            return None if sent is None else await self._begin(hook, sent, receive)

    async def _read(self, scope: Scope, receive: Receive, owner_id: str) -> Sent | None:
        headers = headers_of(scope)
        declared = headers.get("content-length", "0")
        if not declared.isdecimal() or int(declared) > MAX_BODY_BYTES:
            raise _too_long()
        # Nobody knows how much more is to come of a body in pieces.
        expected = MAX_BODY_BYTES if "transfer-encoding" in headers else int(declared)
        mine = self._owners.setdefault(owner_id, Budget(MAX_OWNER_BYTES))
        try:
            with mine.share() as share:
                share.take(expected)
                body = await read_body(receive, MAX_BODY_BYTES, self._budget)
        finally:
            if not mine.held_bytes:
                self._owners.pop(owner_id, None)
        if body is None:
            return None
        if len(body) > MAX_BODY_BYTES:
            raise _too_long()
        query: dict[str, list[Json]] = {}
        pairs = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        for name, value in pairs:
            query.setdefault(name, []).append(value)
        plain = {name: each if len(each) > 1 else each[0] for name, each in query.items()}
        return Sent(scope["method"], plain, headers, body)

    async def _begin(self, hook: sa.Row[Any], sent: Sent, receive: Receive) -> Answer | None:
        requests = self._engine.hook_requests
        try:
            begun = await requests.begin(hook, sent, sent.headers.get(HEADER))
        except (AuthorizationError, ConfigurationError, OutcomeUnknownError) as error:
            # What is wrong with an account is its owner's concern.
            self._engine.log.warning("request_not_taken", flow=hook.flow_id, reason=error.title)
            return answer(503, *NOT_NOW, headers={"Retry-After": "60"})
        except ConnectorError as error:
            return answer_connector_error(error)
        if begun.run_id is None or begun.deadline_at is None:
            return _as_flow_says(begun.answer)
        waiting = self._engine.answers.wait(begun.run_id, begun.deadline_at)
        found = await _unless_gone(waiting, receive)
        match found:
            case None:
                return None
            case Response():
                return _as_flow_says(found)
            case Ended(state=None):
                return answer(
                    504,
                    "The flow has not answered in time",
                    "It goes on, and what it does is done.",
                    "Do not send it again without an Idempotency-Key.",
                )
            case Ended(state=RunState.COMPLETED):
                return _as_flow_says(begun.answer)
            case Ended():
                return answer(
                    502,
                    "The flow has failed before it answered",
                    "Whoever runs it can see why.",
                    "Ask them before you send it again.",
                )


async def _unless_gone(work: Coroutine[Any, Any, T], receive: Receive) -> T | None:
    """Return what the work gives, or None as soon as the sender has gone."""
    working, gone = asyncio.ensure_future(work), asyncio.ensure_future(_gone(receive))
    try:
        await asyncio.wait([working, gone], return_when=asyncio.FIRST_COMPLETED)
        return working.result() if working.done() else None
    finally:
        working.cancel()
        gone.cancel()


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _as_flow_says(response: Response) -> Answer:
    headers = {**response.headers, "content-type": response.content_type}
    return Answer(response.body, response.status, headers)


def _too_long() -> TooLargeError:
    return TooLargeError(
        "The body is too long",
        f"This address takes up to {MAX_BODY_BYTES:,} bytes.",
        "Send less, or the address of a file.",
    )
