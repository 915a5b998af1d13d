"""The one call that sends a message, its entry in the journal, and the wait for a lost answer.

A step that was to send again may do so once: that second message has an entry of its own, and the
state that its functions are given says `isSecond`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from appmixer.engine.contract import (
    ActionContext,
    ConnectorError,
    JsonObject,
    OutcomeUnknownError,
    Wait,
)

from ..fields.senders import graph_of, whatsapp
from ..foreign_json.shapes import as_object, as_objects, as_text
from ..ledgers.deliveries import Attempt, keep_accepted, second_of, step_of
from .addressing import answered_by
from .messages import SentMessage

ACCEPTANCE = {"held_for_quality_assessment": "heldForQualityAssessment", "paused": "paused"}
SENT_TWICE = (
    "It was sent a second time, because nothing was heard of the first; the person may have it "
    "twice."
)


def first_name(context: ActionContext, state: JsonObject) -> str:
    """Return the name of the step's first message in the journal."""
    return step_of(as_text(state["wabaId"]), context.step_id)


def is_second(state: JsonObject) -> bool:
    return state.get("isSecond") is True


async def keep(context: ActionContext, sent: SentMessage, name: str) -> None:
    """Write with the step's record that Meta took the message of this name."""
    await keep_accepted(context, name, sent.message_id, sent.model_dump(mode="json"))


async def post(
    context: ActionContext,
    path: str,
    request: JsonObject,
    state: JsonObject,
    repeat: JsonObject | None = None,
) -> SentMessage | Wait:
    """Send once, or say what an earlier attempt has come to; wait where the answer is lost.

    `repeat` is kept for sending again. A second message does not leave once anything is known of
    the first.
    """
    deliveries, name = whatsapp(context).deliveries, _name(context, state)
    sent_as = as_text(as_object(state["output"]).get("sentAs"))
    try:
        answer = await graph_of(context).post(
            path, json=request, before_acting=_journalled(context, state, sent_as, repeat)
        )
        sent = _accepted(context, answer, state)
    except _FirstHeardOf as other:
        await deliveries.refused(name)
        return outcome_of(context, other.attempt, {**state, "isSecond": False})
    except _BegunElsewhere as other:
        return outcome_of(context, other.attempt, state)
    except OutcomeUnknownError:
        await deliveries.unknown(name, sent_as)
        return wait(context, state)
    except ConnectorError:
        await deliveries.refused(name)
        raise
    await keep(context, sent, name)
    return sent


def has_not_acted(context: ActionContext, earlier: Attempt) -> bool:
    """Say whether the attempt was journalled, and a crash kept it from leaving."""
    return earlier.state == "sending" and context.has_not_acted(earlier.name)


def outcome_of(context: ActionContext, earlier: Attempt, state: JsonObject) -> SentMessage | Wait:
    if earlier.result is not None:
        return SentMessage.model_validate(earlier.result)
    # The window may have opened or closed since.
    state = with_sent_as(state, earlier.sent_as)
    if earlier.message_id is not None:
        return found(context, state, earlier.message_id)
    return wait(context, state)


def wait(context: ActionContext, state: JsonObject, for_s: float | None = None) -> Wait:
    """Wait for a status of the step; one of its first message ends a wait for the second too."""
    reason = "Nobody knows yet whether Meta took the message: its first status will tell."
    if is_second(state):
        reason = f"{SENT_TWICE} The first status of either will tell."
    elif state.get("sendsAgain"):
        reason = f"{reason} It is sent once more if none comes."
    key = f"step:{first_name(context, state)}"
    deadline_s = whatsapp(context).settings.unknown_after_s if for_s is None else for_s
    return Wait(key, deadline_s, state, reason)


def with_sent_as(state: JsonObject, sent_as: str) -> JsonObject:
    return {**state, "output": {**as_object(state["output"]), "sentAs": sent_as}}


def found(context: ActionContext, state: JsonObject, message_id: str) -> SentMessage:
    return SentMessage.model_validate(
        {
            **as_object(state["output"]),
            "messageId": message_id,
            "status": "accepted",
            "acceptedAt": datetime.fromtimestamp(context.clock.now, UTC),
            "idempotencyKey": context.step_id,
            "warning": SENT_TWICE if is_second(state) else None,
        }
    )


class _BegunElsewhere(Exception):
    """Another execution of the same step is sending, or has sent."""

    def __init__(self, attempt: Attempt) -> None:
        super().__init__(attempt)
        self.attempt = attempt


class _FirstHeardOf(_BegunElsewhere):
    """A status of the first message has come, and there is no need for a second one."""


def _name(context: ActionContext, state: JsonObject) -> str:
    name = first_name(context, state)
    return second_of(name) if is_second(state) else name


def _journalled(
    context: ActionContext, state: JsonObject, sent_as: str, repeat: JsonObject | None
) -> Callable[[], Awaitable[None]]:
    """Return what writes the journal's entry at the last moment, once for all tries of a step."""
    deliveries, name = whatsapp(context).deliveries, _name(context, state)
    begun: list[str] = []

    async def begin() -> None:
        if not begun:
            earlier = await deliveries.begin(
                name, context.attempt, context.has_not_acted, sent_as, repeat
            )
            if earlier is not None:
                raise _BegunElsewhere(earlier)
            begun.append(name)
        if is_second(state):
            first = await deliveries.earlier(first_name(context, state))
            if first is not None and first.message_id is not None:
                raise _FirstHeardOf(first)
        # The commit takes a while; from here on, what leaves is a matter of microseconds.
        context.acts_now()

    return begin


def _accepted(context: ActionContext, answer: Mapping[str, Any], state: JsonObject) -> SentMessage:
    message = as_object(next(iter(as_objects(answer.get("messages"))), None))
    contact = as_object(next(iter(as_objects(answer.get("contacts"))), None))
    message_id = as_text(message.get("id"))
    if not message_id:
        raise OutcomeUnknownError("Meta took the request but named no message")
    held = ACCEPTANCE.get(str(message.get("message_status")), "accepted")
    group_id = as_text(message.get("group_id"))
    # For a group, the contact in the answer is the group once more.
    wa_id = "" if group_id else as_text(contact.get("wa_id"))
    told = answered_by(wa_id=wa_id, bsuid=as_text(contact.get("user_id")), group_id=group_id)
    return found(context, state, message_id).model_copy(update={"status": held, **told})
