"""What every send shares: recipient, window, quota, journal, the call and its outcome."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import nullcontext
from datetime import UTC, datetime
from functools import partial
from typing import Any, ClassVar

from appmixer.engine.contract import (
    ActionContext,
    ComponentContext,
    ConnectorError,
    Form,
    FormOf,
    Json,
    JsonObject,
    OutcomeUnknownError,
    Part,
    Preview,
    Wait,
)

from ..fields.senders import graph_of, prove_sender, whatsapp
from ..foreign_json.shapes import as_object, as_objects, as_text
from ..graph.callback_data import pack
from ..ledgers.deliveries import Attempt, Deliveries, keep_accepted, step_of
from ..ledgers.proven_numbers import SenderNumber
from ..ledgers.windows import Window
from ..people.identity import recipient_of
from ..people.recipients import Recipient
from ..templates.filling import Filling
from .addressing import addressed, answered_by, check_place, envelope
from .fallbacks import told_of_fallback
from .messages import SENT_SAMPLE, MessageInput, SentMessage, WindowInput
from .outcomes import MORE_PORTS, PORTS_WHEN
from .previews import parts, preview_message
from .restrictions import check_restrictions
from .silence import ExplainsSilence
from .waiting import follow, go_on, is_followed, wish_of
from .windows import FALLBACK_FORM, Body, fallback_form, instead_of

# Meta reports `sent` within seconds. A message it never reports may wait 30 days for its phone,
# but then Meta has taken it and says so; silence for this long means that it never arrived there.
UNKNOWN_AFTER_S = 15 * 60.0
ACCEPTANCE = {"held_for_quality_assessment": "heldForQualityAssessment", "paused": "paused"}


class SendAction(ExplainsSilence):
    """Base of the components that send a message: they differ in the body alone."""

    scopes = ("whatsapp_business_messaging",)
    port = "sent"
    has_later_fate = True
    Output = SentMessage
    more_ports = MORE_PORTS
    ports_when = PORTS_WHEN
    form_of: ClassVar[FormOf | None] = FALLBACK_FORM
    shows: ClassVar[Sequence[tuple[str, str]]] = ()
    """Which input fields the person will see, from top to bottom, each with its kind of `Part`."""
    samples: ClassVar[Mapping[str, JsonObject]] = {"accepted": SENT_SAMPLE}

    def bubble(self, input: Mapping[str, Json]) -> Sequence[Part]:
        """Return what the person will see of a half-filled form."""
        return [part for name, kind in self.shows for part in parts(kind, input.get(name))]

    async def form(self, context: ComponentContext, input: Mapping[str, Json]) -> Form:
        return await fallback_form(context, input)

    async def preview(self, context: ComponentContext, input: Mapping[str, Json]) -> Preview:
        bubble = self.bubble(input)
        summary = next((each.text for each in bubble if each.text), "")
        return await preview_message(context, input, summary=summary, bubble=bubble)

    def as_output(self, sent: SentMessage, state: JsonObject) -> SentMessage:
        """Return the output for a send whose answer was waited for; `state` is the wait's."""
        return sent

    async def resume(
        self, context: ActionContext, state: JsonObject, event: JsonObject | None
    ) -> SentMessage | Wait | None:
        if is_followed(state):
            return await go_on(context, state)
        sent = await resume_send(context, state, event)
        return await follow(context, sent, state, partial(self.as_output, state=state))


def as_it_is(sent: SentMessage) -> SentMessage:
    return sent


async def send_message(
    context: ActionContext,
    input: MessageInput,
    body: Body,
    *,
    edge: str = "messages",
    as_output: Callable[[SentMessage], SentMessage] = as_it_is,
) -> SentMessage | Wait:
    """Send the body, `{"type": ..., ...}`, once for this step, to an edge of the sender's number.

    What has to be uploaded first is made by a function from the proven sender: it is called when
    nothing else is left that could refuse the message. What leaves at `sent` is what `as_output`
    makes of the message.

    Repeated after a crash, it returns what the first attempt returned, or waits for the status
    webhook that tells whether that attempt reached Meta. Raises RejectedError before any call for
    a recipient that cannot be used and, if the policy says so, for a closed window.
    """
    recipient = await addressed(context, input)
    if not callable(body):
        check_place(recipient, body)
    opaque = pack(context.step_id, input.opaque_data or None)
    sender = await prove_sender(context, input.phone_number_id, input.business_account_id)
    window = await whatsapp(context).windows.state(sender.id, recipient.identities)
    state = _remembered(input, sender, recipient, window)
    # The journal is asked before there can be an objection: an earlier attempt may have sent it.
    earlier = (
        await whatsapp(context).deliveries.earlier(_step(context, state))
        if context.may_have_acted
        else None
    )
    if earlier is not None and not _has_not_acted(context, earlier):
        outcome = _outcome_of(context, earlier, state)
        return await follow(context, outcome, state, as_output)
    needs_window = isinstance(input, WindowInput) and input.needs_window
    await check_restrictions(context, sender, window.state, needs_window=needs_window)
    instead = instead_of(input, recipient, window)
    await context.quota.take("pair", f"{sender.id}:{recipient.identities[0]}")
    await context.quota.take("messages", sender.id)
    with told_of_fallback() if instead is not None else nullcontext():
        content = await _content(context, sender, body, instead)
        check_place(recipient, content)
        request: JsonObject = {**envelope(input, recipient, opaque), **content}
        state = _with_sent_as(state, "template" if content.get("type") == "template" else "message")
        outcome = await _post(context, f"{sender.id}/{edge}", request, state)
    return await follow(context, outcome, state, as_output)


async def _content(
    context: ActionContext, sender: SenderNumber, body: Body, instead: Filling | None
) -> JsonObject:
    if instead is not None:
        return await instead.message(context, sender)
    return await body(sender) if callable(body) else body


async def resume_send(
    context: ActionContext, state: JsonObject, event: JsonObject | None
) -> SentMessage:
    """End the wait for an unanswered send: its status webhook came, or the time is over."""
    status = as_object(as_object(event).get("status"))
    message_id = as_text(status.get("id"))
    if not message_id:
        since = await whatsapp(context).deliveries.unknown(_step(context, state), is_over=True)
        raise _unknown(since)
    sent = _found(context, state, message_id)
    is_group, person = status.get("recipient_type") == "group", recipient_of(status, {})
    told = (
        answered_by(group_id=as_text(status.get("recipient_id")))
        if is_group
        else answered_by(wa_id=person.wa_id, bsuid=person.bsuid)
    )
    sent = sent.model_copy(
        update={**told, "delivery_status": as_text(status.get("status")) or None}
    )
    await _keep_accepted(context, sent, state)
    return sent


def _unknown(since: str) -> OutcomeUnknownError:
    at = f" at {datetime.fromisoformat(since):%Y-%m-%d %H:%M} UTC" if since else ""
    return OutcomeUnknownError(
        "Nobody knows whether the message was sent",
        f"The connection broke{at} before Meta answered, and no status has come in the "
        f"{UNKNOWN_AFTER_S / 60:g} minutes after it. Should one come yet, owners are told.",
        "Ask the person or look into the chat first. If the message is not there, send it again: "
        "`appmixer run retry` with the run's id and `--even-if-unknown` (`evenIfUnknown` of "
        "`POST /api/runs/{id}/retry`). If it was there after all, the person has it twice then.",
    )


async def _keep_accepted(context: ActionContext, sent: SentMessage, state: JsonObject) -> None:
    result = sent.model_dump(mode="json")
    await keep_accepted(context, _step(context, state), sent.message_id, result)


def _step(context: ActionContext, state: JsonObject) -> str:
    return step_of(as_text(state["wabaId"]), context.step_id)


async def _post(
    context: ActionContext, path: str, body: JsonObject, state: JsonObject
) -> SentMessage | Wait:
    deliveries, step = whatsapp(context).deliveries, _step(context, state)
    sent_as = as_text(as_object(state["output"]).get("sentAs"))
    try:
        answer = await graph_of(context).post(
            path, json=body, before_acting=_journalled(context, deliveries, step, sent_as)
        )
        sent = _accepted(context, answer, state)
    except _BegunElsewhere as other:
        return _outcome_of(context, other.attempt, state)
    except OutcomeUnknownError:
        await deliveries.unknown(step, sent_as)
        return _wait(context, state)
    except ConnectorError:
        await deliveries.refused(step)
        raise
    await _keep_accepted(context, sent, state)
    return sent


class _BegunElsewhere(Exception):
    """Another execution of the same step is sending, or has sent."""

    def __init__(self, attempt: Attempt) -> None:
        super().__init__(attempt)
        self.attempt = attempt


def _has_not_acted(context: ActionContext, earlier: Attempt) -> bool:
    """Say whether the attempt was journalled, and a crash kept it from leaving."""
    return earlier.state == "sending" and context.has_not_acted(earlier.name)


def _journalled(
    context: ActionContext, deliveries: Deliveries, step: str, sent_as: str
) -> Callable[[], Awaitable[None]]:
    """Return what writes the journal's entry at the last moment, once for all tries of a step."""
    begun: list[str] = []

    async def begin() -> None:
        if not begun:
            earlier = await deliveries.begin(step, context.attempt, context.has_not_acted, sent_as)
            if earlier is not None:
                raise _BegunElsewhere(earlier)
            begun.append(step)
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
    return _found(context, state, message_id).model_copy(update={"status": held, **told})


def _outcome_of(context: ActionContext, earlier: Attempt, state: JsonObject) -> SentMessage | Wait:
    if earlier.result is not None:
        return SentMessage.model_validate(earlier.result)
    # The window may have opened or closed since.
    state = _with_sent_as(state, earlier.sent_as)
    if earlier.message_id is not None:
        return _found(context, state, earlier.message_id)
    return _wait(context, state)


def _wait(context: ActionContext, state: JsonObject) -> Wait:
    reason = "Nobody knows yet whether Meta took the message: its first status will tell."
    return Wait(f"step:{_step(context, state)}", UNKNOWN_AFTER_S, state, reason)


def _remembered(
    input: MessageInput, sender: SenderNumber, recipient: Recipient, window: Window
) -> JsonObject:
    """Return the sender's WABA, what is waited for, and what of the output is known already."""
    closes_at = window.closes_at.isoformat() if window.closes_at else None
    return {
        "wabaId": sender.waba_id,
        **wish_of(input),
        "output": {
            "phoneNumberId": sender.id,
            "recipient": recipient.value,
            "input": input.to,
            "window": {"state": window.state, "closesAt": closes_at},
        },
    }


def _with_sent_as(state: JsonObject, sent_as: str) -> JsonObject:
    return {**state, "output": {**as_object(state["output"]), "sentAs": sent_as}}


def _found(context: ActionContext, state: JsonObject, message_id: str) -> SentMessage:
    return SentMessage.model_validate(
        {
            **as_object(state["output"]),
            "messageId": message_id,
            "status": "accepted",
            "acceptedAt": datetime.fromtimestamp(context.clock.now, UTC),
            "idempotencyKey": context.step_id,
        }
    )
