"""Requests to the addresses of triggers: who is meant, and the run that one begins."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import uuid
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, cast

import sqlalchemy as sa

from ..contract import AuthorizationError, Json, Response
from ..errors import ConflictError, CrowdedError
from ..flows.flows import Flows
from ..flows.hooks import read_answer
from ..limits import Limits
from ..storage.storage import Storage
from ..storage.store import put_rows
from ..storage.tables import CONNECTED, accounts, flows, hooks, requests
from ..times import iso
from .repeats import Repeat, Repeats, check_key
from .unprompted import Unprompted, as_outputs, is_connected, starts_of

# What a trigger makes of a request may take so long.
LONGEST_S = 30.0
# When to send again what an account has no access for at present.
AGAIN_S = 60.0
NOT_NOW = (
    "The flow cannot take this now",
    "Something that it needs is not there at present.",
    "Send it again later.",
)


@dataclass(frozen=True)
class Sent:
    """A request; header names are lower case, and a repeated field of the query is a list."""

    method: str
    query: Mapping[str, Json]
    headers: Mapping[str, str]
    body: bytes = field(repr=False)


@dataclass(frozen=True)
class Begun:
    """What is known once the request is stored: its answer, or the run that is to give one."""

    answer: Response
    run_id: str | None = None
    deadline_at: float | None = None


@dataclass
class HookRequests:
    """Takes requests for the triggers of all owners."""

    storage: Storage
    flows: Flows
    unprompted: Unprompted
    repeats: Repeats
    limits: Limits
    _open: dict[str, int] = field(default_factory=dict[str, int])

    async def find(self, secret: str) -> sa.Row[Any] | None:
        """Return whose address it is, or None; a secret is compared by its hash alone."""
        query = (
            sa.select(
                hooks,
                flows.c.id.label("flow_id"),
                accounts.c.state.label("account_state"),
            )
            .join(flows, flows.c.key == hooks.c.flow_key)
            .join(accounts, accounts.c.id == hooks.c.account_id, isouter=True)
            .where(hooks.c.hash == hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest())
        )
        return next(iter(await self.storage.rows(query)), None)

    def is_open(self, hook: sa.Row[Any]) -> bool:
        return bool(hook.is_open)

    @contextmanager
    def place(self, owner_id: str) -> Generator[None]:
        """Count one more request of the owner's; raise CrowdedError when there are too many."""
        present = self._open.get(owner_id, 0)
        try:
            self.limits.check("open_requests", present)
        except ConflictError as error:
            raise CrowdedError(
                "Too many requests are waiting", error.cause, "Send it again.", retry_after_s=1
            ) from None
        self._open[owner_id] = present + 1
        try:
            yield
        finally:
            self._open[owner_id] -= 1
            if not self._open[owner_id]:
                del self._open[owner_id]

    async def begin(self, hook: sa.Row[Any], sent: Sent, key: str | None) -> Begun:
        """Store the run that the request begins, if its trigger takes it; raise ConnectorError.

        With the same `key` the same request begins one run, however often it comes.
        """
        if hook.account_id and hook.account_state != CONNECTED:
            raise CrowdedError(*NOT_NOW, retry_after_s=AGAIN_S)
        repeat: Repeat | None = None
        if key is not None:
            check_key(key)
            repeat = Repeat(f"hook:{hook.hash}", key, _digest(sent))
        now = self.storage.clock.now
        kind = (await self.flows.document(hook.flow_key, hook.version)).components[hook.component]
        trigger, context = await self.flows.trigger(
            hook.owner_id, hook.flow_key, hook.version, hook.component
        )
        try:
            # What it asks of a network bounds how long it takes, not what time it is.
            async with asyncio.timeout(LONGEST_S):
                result = await trigger.receive(context, _event(hook, sent, iso(now)))
        except AuthorizationError as error:
            if hook.account_id:
                await self.flows.accounts.mark_reconnect(hook.account_id, str(error), asked_at=now)
            raise
        starts = starts_of(
            cast("Any", hook),
            uuid.uuid4().hex,
            kind.type,
            trigger.port,
            await self.unprompted.after_seq(),
            outputs=as_outputs(result),
        )
        begun = self._begun(hook, starts[0].run_id if starts else None, now)

        def also(connection: sa.Connection) -> bool:
            if not is_connected(connection, hook.account_id):
                return False
            if (
                repeat is not None
                and starts
                and not self.repeats.add(connection, repeat, starts[0].run_id)
            ):
                return False
            if begun.run_id is not None:
                row = {"run_id": begun.run_id, "owner_id": hook.owner_id}
                row |= {"deadline_at": begun.deadline_at}
                connection.execute(sa.insert(requests), row)
            if context.kept:
                put_rows(connection, context.kept)
            return True

        if await self.unprompted.store(starts, also):
            return begun
        if repeat is not None and (run_id := await self.repeats.find(repeat)) is not None:
            return await self._again(hook, run_id)
        raise CrowdedError(*NOT_NOW, retry_after_s=AGAIN_S)

    def _begun(self, hook: sa.Row[Any], run_id: str | None, now: float) -> Begun:
        answer, within_s = read_answer(hook.rule["answer"]), hook.rule["answerWithinS"]
        if within_s is None or run_id is None:
            return Begun(answer)
        return Begun(answer, run_id, now + within_s)

    async def _again(self, hook: sa.Row[Any], run_id: str) -> Begun:
        query = sa.select(requests.c.deadline_at).where(requests.c.run_id == run_id)
        answer = read_answer(hook.rule["answer"])
        for row in await self.storage.rows(query):
            return Begun(answer, run_id, row.deadline_at)
        return Begun(answer)


def _event(hook: sa.Row[Any], sent: Sent, received_at: str) -> dict[str, Json]:
    content: dict[str, Json]
    try:
        content = {"body": sent.body.decode()}
    except UnicodeDecodeError:
        content = {"bodyBase64": base64.b64encode(sent.body).decode()}
    return {
        "hook": hook.name,
        "method": sent.method,
        "query": dict(sent.query),
        "headers": dict(sent.headers),
        **content,
        "receivedAt": received_at,
    }


def _digest(sent: Sent) -> str:
    said = json.dumps([sent.method, sent.query], sort_keys=True).encode()
    return hashlib.sha256(said + b"\0" + sent.body).hexdigest()
