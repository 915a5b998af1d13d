"""Waiting for what becomes of a message after Meta has accepted it.

Every status of a message ends a wait for it once. What counts is the ledger then, which knows the
furthest: statuses come in any order, repeatedly, and some not at all.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, cast

from pydantic import Field

from appmixer.engine.contract import ActionContext, Json, JsonObject, Wait

from ..fields.definitions import NumberInput
from ..fields.senders import prove_sender, whatsapp
from ..foreign_json.shapes import as_object, as_text
from ..ledgers.deliveries import ORDER, Delivery, failure_of
from .messages import MessageId, MessageInput, SentMessage
from .outcomes import DEFAULT_WAIT_S, ArrivedMessage, FailedMessage, OverdueMessage, WaitSeconds

FOLLOWED = "followed"


class StatusInput(NumberInput):
    """Which message is waited for that was sent elsewhere, and until when."""

    message_id: MessageId = Field(
        description="Meta's id of a message sent from this number.",
        json_schema_extra={"x-from": ["messageId"]},
    )
    wait_for: Literal["delivered", "read"] = Field(
        default="delivered",
        title="Wait For",
        description="What it waits for; a message that was read was delivered, too.",
        examples=["delivered"],
        json_schema_extra={"x-widget": "select"},
    )
    wait_seconds: WaitSeconds = DEFAULT_WAIT_S


def wish_of(input: MessageInput) -> dict[str, Json]:
    """Return what a send waits for, as its state has it; nothing if that is the acceptance."""
    if input.wait_for == "accepted":
        return {}
    return {"waitFor": input.wait_for, "waitSeconds": input.wait_seconds}


def is_followed(state: JsonObject) -> bool:
    """Say whether a wait is for what becomes of a message, and not for its acceptance."""
    return FOLLOWED in state


async def follow(
    context: ActionContext,
    outcome: SentMessage | Wait,
    state: JsonObject,
    as_output: Callable[[SentMessage], SentMessage],
) -> SentMessage | Wait:
    """Go on after a send as its state wishes: with the message, or with a wait for more.

    Raises RejectedError for a message that is known to have failed, if no part of the flow is for
    that: done again, the step says the same, and what follows `sent` does not happen once more.
    """
    if isinstance(outcome, Wait):
        return outcome
    sent = as_output(outcome)
    if "waitFor" not in state:
        return sent
    message: JsonObject = {
        "wabaId": state["wabaId"],
        "about": {
            "messageId": sent.message_id,
            "phoneNumberId": sent.phone_number_id,
            "recipient": sent.recipient,
        },
        "waitFor": state["waitFor"],
        "until": context.clock.now + cast("int", state["waitSeconds"]),
    }
    # What has just been sent is heard of by its events.
    known = await _known(context, message) if context.may_have_acted else None
    is_over = _is_over(known, message)
    if known is not None and known.status == "failed" and not await context.goes_on_at("failed"):
        raise failure_of(known.errors)
    await context.send("sent", sent)
    return Wait(_key(message), 0.0, {FOLLOWED: message}) if is_over else _wait(context, message)


async def begin(context: ActionContext, input: StatusInput) -> Wait | None:
    """Say what has become of a message that was sent elsewhere, or wait for it."""
    sender = await prove_sender(context, input.phone_number_id, input.business_account_id)
    message: JsonObject = {
        "wabaId": sender.waba_id,
        "about": {"messageId": input.message_id, "phoneNumberId": sender.id},
        "waitFor": input.wait_for,
        "until": context.clock.now + input.wait_seconds,
    }
    return await _tell_or_wait(context, message)


async def go_on(context: ActionContext, state: JsonObject) -> Wait | None:
    """Go on after a wait for what becomes of a message."""
    return await _tell_or_wait(context, as_object(state[FOLLOWED]))


async def _tell_or_wait(context: ActionContext, message: JsonObject) -> Wait | None:
    """Send what has become of the message to its port, or wait while there is time left.

    Raises RejectedError for one that has failed, if no part of the flow is for that.
    """
    known, about = await _known(context, message), as_object(message["about"])
    wait_for = as_text(message["waitFor"])
    if not _is_over(known, message):
        if context.clock.now < cast("float", message["until"]):
            return _wait(context, message)
        status = known.status if known else "accepted"
        overdue = {**about, "status": status, "waitedFor": wait_for}
        await context.send("timeout", OverdueMessage.model_validate(overdue))
        return None
    assert known is not None
    if known.status != "failed":
        arrived = {**about, "status": known.status, "at": known.at}
        await context.send(wait_for, ArrivedMessage.model_validate(arrived))
        return None
    why = failure_of(known.errors)
    if not await context.goes_on_at("failed"):
        raise why
    told = {"code": why.code, "title": why.title, "cause": why.cause, "cure": why.cure}
    await context.send("failed", FailedMessage.model_validate({**about, **told, "at": known.at}))
    return None


async def _known(context: ActionContext, message: JsonObject) -> Delivery | None:
    message_id = as_text(as_object(message["about"])["messageId"])
    return await whatsapp(context).deliveries.delivery(as_text(message["wabaId"]), message_id)


def _is_over(known: Delivery | None, message: JsonObject) -> bool:
    # Whatever comes after it tells the same, and more.
    names = [str(each) for each in ORDER]
    return known is not None and names.index(known.status) >= names.index(
        as_text(message["waitFor"])
    )


def _wait(context: ActionContext, message: JsonObject) -> Wait:
    until = cast("float", message["until"])
    reason = f"It waits until the message is {message['waitFor']}."
    return Wait(_key(message), max(until - context.clock.now, 0.0), {FOLLOWED: message}, reason)


def _key(message: JsonObject) -> str:
    return f"message:{message['wabaId']}:{as_object(message['about'])['messageId']}"
