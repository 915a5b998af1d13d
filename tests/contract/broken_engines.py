"""Engines that break one promise each of what outlives their process."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from appmixer.engine.contract.host_conformance import Check, lasting
from appmixer.engine.events.inbox import Events
from appmixer.engine.host.contexts import EngineActionContext
from appmixer.engine.runs import segments
from appmixer.engine.runs.attempt_marks import AttemptMarks
from appmixer.engine.runs.due import Due
from appmixer.engine.runs.records import wait_row

SpoilEngine = Callable[[pytest.MonkeyPatch], None]


def forgets_what_it_accepted(patch: pytest.MonkeyPatch) -> None:
    async def accept(inbox: Any, connector: str, content: bytes) -> None: ...

    patch.setattr(Events, "accept", accept)


def leaves_what_was_cut_short(patch: pytest.MonkeyPatch) -> None:
    async def sweep(due: Any) -> None: ...

    patch.setattr(Due, "sweep", sweep)


def notes_no_acts(patch: pytest.MonkeyPatch) -> None:
    def leave(marks: Any, attempt: str) -> None: ...

    patch.setattr(AttemptMarks, "act", leave)


def puts_at_once(patch: pytest.MonkeyPatch) -> None:
    async def put(context: Any, entries: Any, *, expires_in_s: float | None = None) -> None:
        await context.store.put(entries, expires_in_s=expires_in_s)

    patch.setattr(EngineActionContext, "put_with_step", put)


def does_everything_again(patch: pytest.MonkeyPatch) -> None:
    async def nothing(segment: Any) -> dict[str, Any]:
        return {}

    def finish(connection: Any, segment_id: str) -> None: ...

    patch.setattr(segments, "finish", finish)
    patch.setattr(segments.Segment, "_recorded", nothing)


def forgets_the_state_of_a_wait(patch: pytest.MonkeyPatch) -> None:
    def without_state(*given: Any, **named: Any) -> dict[str, Any]:
        row = wait_row(*given, **named)
        return {**row, "expires_at": None, "key": "none"}

    patch.setattr(segments, "wait_row", without_state)


BROKEN_ENGINES: list[tuple[SpoilEngine, Check]] = [
    (forgets_what_it_accepted, lasting.what_was_taken_is_heard_although_the_process_is_killed),
    (leaves_what_was_cut_short, lasting.a_step_that_a_kill_has_cut_short_is_repeated_under_its_id),
    (leaves_what_was_cut_short, lasting.a_step_that_a_stop_has_cut_short_is_repeated_under_its_id),
    (notes_no_acts, lasting.what_has_acted_is_never_said_not_to_have),
    (puts_at_once, lasting.what_is_put_with_a_step_is_kept_with_its_record_or_not_at_all),
    (does_everything_again, lasting.what_has_ended_is_not_done_again_after_a_kill),
    (forgets_the_state_of_a_wait, lasting.a_wait_outlives_the_process),
]
