"""What ends the wait for the outcome of a send: a status, silence, or a second and last message."""

from __future__ import annotations

from datetime import datetime
from typing import cast

from appmixer.engine.contract import (
    ActionContext,
    AuthorizationError,
    ConnectorError,
    JsonObject,
    OutcomeUnknownError,
    ThrottledError,
    Wait,
)

from ..fields.senders import whatsapp
from ..foreign_json.shapes import as_object, as_text
from ..graph.callback_data import as_second
from ..graph.callback_data import is_second as is_of_second
from ..ledgers.deliveries import second_of
from ..people.identity import recipient_of
from ..people.recipients import Recipient
from .addressing import answered_by
from .messages import SentMessage
from .posting import (
    first_name,
    found,
    has_not_acted,
    is_second,
    keep,
    outcome_of,
    post,
    wait,
)

OPAQUE = "biz_opaque_callback_data"
WINDOW_CLOSED = "The 24-hour window has closed meanwhile."


def repeat_of(
    path: str, request: JsonObject, recipient: Recipient, *, needs_window: bool
) -> JsonObject:
    """Return what is kept of a send that may be done again; `needs_window` if it was open."""
    return {
        "path": path,
        "request": request,
        "identities": list(recipient.identities),
        "needsWindow": needs_window,
    }


async def resume_send(
    context: ActionContext, state: JsonObject, event: JsonObject | None
) -> SentMessage | Wait:
    """End the wait for an unanswered send: its status webhook came, or the time is over."""
    status = as_object(as_object(event).get("status"))
    message_id = as_text(status.get("id"))
    if not message_id:
        return await _after_silence(context, state)
    name = first_name(context, state)
    is_group, person = status.get("recipient_type") == "group", recipient_of(status, {})
    told = (
        answered_by(group_id=as_text(status.get("recipient_id")))
        if is_group
        else answered_by(wa_id=person.wa_id, bsuid=person.bsuid)
    )
    sent = found(context, state, message_id).model_copy(
        update={**told, "delivery_status": as_text(status.get("status")) or None}
    )
    if is_of_second(as_text(status.get(OPAQUE))):
        name = second_of(name)
    elif is_second(state):
        # Should it arrive yet, owners are told that the person has both.
        await whatsapp(context).deliveries.unknown(second_of(name), is_over=True)
    await keep(context, sent, name)
    return sent


async def _after_silence(context: ActionContext, state: JsonObject) -> SentMessage | Wait:
    """Send a second time if that is the policy; raise OutcomeUnknownError when all was tried."""
    deliveries, first = whatsapp(context).deliveries, first_name(context, state)
    second = second_of(first)
    attempts = [await deliveries.earlier(name) for name in (first, second)]
    kept, begun = attempts
    has_begun = begun is not None and not has_not_acted(context, begun)
    # A status may have come when the time was over already.
    for each in attempts:
        if each is not None and each.message_id is not None:
            return outcome_of(context, each, {**state, "isSecond": has_begun})
    if is_second(state):
        await deliveries.unknown(second, is_over=True)
        raise _unknown(await deliveries.unknown(first, is_over=True), _and_again(context))
    if kept is None or kept.repeat is None:
        raise _unknown(await deliveries.unknown(first, is_over=True), _silent(context))
    # What has come while nobody was there is delivered again; until then, silence says nothing.
    here_s = context.clock.elapsed - whatsapp(context).began_at
    rest_s = whatsapp(context).settings.unknown_after_s - here_s
    if not has_begun and rest_s > 0:
        return wait(context, state, rest_s)
    return await _send_again(context, state, kept.repeat)


async def _send_again(
    context: ActionContext, state: JsonObject, repeat: JsonObject
) -> SentMessage | Wait:
    deliveries, first = whatsapp(context).deliveries, first_name(context, state)
    number_id = as_text(as_object(state["output"])["phoneNumberId"])
    identities = cast("list[str]", repeat["identities"])
    if repeat["needsWindow"]:
        window = await whatsapp(context).windows.state(number_id, identities)
        if window.state == "closed":
            why = _not_again(context, WINDOW_CLOSED)
            raise _unknown(await deliveries.unknown(first, is_over=True), why)
    await context.quota.take("pair", f"{number_id}:{identities[0]}")
    await context.quota.take("messages", number_id)
    request = as_object(repeat["request"])
    request = {**request, OPAQUE: as_second(as_text(request[OPAQUE]))}
    try:
        outcome = await post(context, as_text(repeat["path"]), request, {**state, "isSecond": True})
    except (AuthorizationError, ThrottledError):
        raise
    except ConnectorError as error:
        refusal = f"Meta refused it: {error.title.rstrip('.')}. {error.cause}".strip()
        why = _not_again(context, refusal)
        raise _unknown(await deliveries.unknown(first, is_over=True), why) from None
    await deliveries.unknown(first, is_over=True)
    return outcome


def _silent(context: ActionContext) -> str:
    seconds = whatsapp(context).settings.unknown_after_s
    time = f"{seconds:g} s" if seconds % 60 else f"{seconds / 60:g} minutes"
    return f"no status has come in the {time} after it."


def _and_again(context: ActionContext) -> str:
    return (
        f"{_silent(context)} It was sent a second time then, and nothing was heard of that one "
        "either; the person may have it twice."
    )


def _not_again(context: ActionContext, why: str) -> str:
    return f"{_silent(context)} It was not sent a second time. {why}"


def _unknown(since: str, what: str) -> OutcomeUnknownError:
    at = f" at {datetime.fromisoformat(since):%Y-%m-%d %H:%M} UTC" if since else ""
    return OutcomeUnknownError(
        "Nobody knows whether the message was sent",
        f"The connection broke{at} before Meta answered, and {what} Should one come yet, owners "
        "are told.",
        "Ask the person or look into the chat first. If the message is not there, send it again: "
        "`appmixer run retry` with the run's id and `--even-if-unknown` (`evenIfUnknown` of "
        "`POST /api/runs/{id}/retry`). If it was there after all, the person has it twice then.",
    )
