"""Calls that are made once for a step, whatever becomes of the process meanwhile."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from appmixer.engine.contract import ActionContext, ConnectorError, OutcomeUnknownError

from .requests import BeforeActing

T = TypeVar("T")
# As long as a crash may lie back after which the step is taken up again.
REMEMBERED_S = 40 * 24 * 3600.0


async def once(context: ActionContext, call: Callable[[BeforeActing], Awaitable[T]]) -> T:
    """Make the call, unless an earlier attempt at the step may have made it.

    `call` is given what it has to await just before the request leaves. Raises OutcomeUnknownError
    if a crash came between that and the step's record; what Meta has refused may be tried again.
    """
    key = f"graph.once:{context.step_id}"
    if context.may_have_acted:
        earlier = (await context.store.get([key])).get(key)
        if earlier is not None and not context.has_not_acted(str(earlier)):
            raise OutcomeUnknownError(
                "Meta may or may not have done it",
                "The engine was stopped after the request had left, and before the answer was "
                "stored.",
                "Look in WhatsApp Manager whether it happened before you run it again.",
            )
    has_begun = False

    async def begin() -> None:
        nonlocal has_begun
        if not has_begun:
            await context.store.put({key: context.attempt}, expires_in_s=REMEMBERED_S)
            has_begun = True
        context.acts_now()

    try:
        return await call(begin)
    except OutcomeUnknownError:
        raise
    except ConnectorError:
        if has_begun:
            await context.store.delete([key])
        raise
