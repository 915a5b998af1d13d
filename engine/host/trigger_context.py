"""What the engine hands to triggers: the contract's context."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import sqlalchemy as sa

from ..contract import HOST_TOPICS, Account, Hook, Json, JsonObject, Listener, Schedule
from ..events.chains import run_of
from ..flows.hooks import hook_address
from ..flows.listening import heard_of
from ..flows.places import Listening, Place
from ..flows.schedules import first_time, rule_of
from ..storage.notices import HOST
from ..storage.tables import runs
from .contexts import EngineContext


@dataclass(frozen=True)
class EngineTriggerContext(EngineContext):
    """TriggerContext; `warnings` is for the person who starts or stops the flow."""

    properties: Any = field(repr=False)
    listening: Listening = field(repr=False)
    warnings: list[str] = field(default_factory=list[str], repr=False)
    kept: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]], repr=False)
    flow_of_run: ChainMap[str, str | None] = field(
        default_factory=ChainMap[str, "str | None"], repr=False
    )

    async def add_listener(self, topic: str, params: JsonObject) -> None:
        if topic in HOST_TOPICS:
            await self.listening.add(self._host_listener(topic), self._as_host)
            return
        listener = self._listener(topic, params)
        await self.plugin.listener_added(listener, self._account)
        await self.listening.add(listener, self.place)

    async def remove_listener(self, topic: str) -> None:
        if topic in HOST_TOPICS:
            await self.listening.remove(self._host_listener(topic))
            return
        listener = self._listener(topic, {})
        if await self.listening.remove(listener):
            await self.plugin.listener_removed(listener, self._account)

    async def other_flows(self, topics: Sequence[str]) -> int:
        heard = heard_of(self.place.connector)
        topic = heard.c.route
        within = [
            (topic == each) | topic.startswith(f"{each}:", autoescape=True) for each in topics
        ]
        query = sa.select(sa.func.count(heard.c.flow_key.distinct()).label("flows")).where(
            heard.c.flow_key != self.place.flow_key,
            sa.or_(sa.false(), *within),
        )
        [row] = await self.services.storage.rows(query)
        return int(row.flows)

    async def is_of_this_flow(self, step_id: str) -> bool:
        run_id = run_of(step_id)
        if run_id not in self.flow_of_run:
            query = sa.select(runs.c.flow_key).where(runs.c.id == run_id)
            row = next(iter(await self.services.storage.rows(query)), None)
            self.flow_of_run[run_id] = None if row is None else row.flow_key
        return self.flow_of_run[run_id] == self.place.flow_key

    async def add_schedule(
        self, schedule: Schedule, *, name: str = "", catches_up: bool = True
    ) -> None:
        now = self.clock.now
        rule = rule_of(schedule, now)
        if first_time(rule, now) is None:
            self.warn("The time at which this flow was to begin is over.")
        await self.listening.add_schedule(name, rule, self.place, catches_up=catches_up)

    async def remove_schedule(self, name: str = "") -> None:
        await self.listening.remove_schedule(name, self.place)

    async def open_hook(self, hook: Hook) -> str:
        secret = await self.listening.open_hook(hook, self.place)
        return hook_address(self.services.settings.base_url, secret)

    async def close_hook(self, name: str = "") -> None:
        await self.listening.close_hook(name, self.place)

    async def put_with_starts(
        self, entries: Mapping[str, Json], *, expires_in_s: float | None = None
    ) -> None:
        self.kept.extend(self.state.rows(entries, expires_in_s=expires_in_s))

    def warn(self, text: str) -> None:
        self.warnings.append(text)

    @property
    def _account(self) -> Account | None:
        """The account that opens the topic; None only where the connector has no accounts."""
        return self.account if self.services.has_accounts(self.place.connector) else None

    @property
    def _as_host(self) -> Place:
        """The trigger's place, for what the host and no connector tells."""
        return replace(self.place, connector=HOST, account=None)

    def _host_listener(self, topic: str) -> Listener:
        place = self.place
        return Listener(
            id=f"{place.flow_key}:{place.component}:{topic}",
            topic=topic,
            params={},
            account_id="",
            owner_id=place.owner_id,
        )

    def _listener(self, topic: str, params: JsonObject) -> Listener:
        place, account = self.place, self._account
        return Listener(
            id=f"{place.flow_key}:{place.component}:{topic}",
            topic=topic,
            params=params,
            account_id=account.id if account else "",
            owner_id=place.owner_id,
        )
