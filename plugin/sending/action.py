"""What every send shares: recipient, window, quota, journal, the call and its outcome."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from functools import partial
from typing import ClassVar

from appmixer.engine.contract import (
    ActionContext,
    ComponentContext,
    Form,
    FormOf,
    Json,
    JsonObject,
    Part,
    Preview,
    Wait,
)

from ..fields.senders import prove_sender, whatsapp
from ..graph.callback_data import pack
from ..ledgers.proven_numbers import SenderNumber
from ..ledgers.windows import Window
from ..people.recipients import Recipient
from ..templates.filling import Filling
from .addressing import addressed, check_place, envelope
from .again import repeat_of, resume_send
from .fallbacks import told_of_fallback
from .hearing import HearsStatuses
from .messages import SENT_SAMPLE, MessageInput, SentMessage, WindowInput
from .outcomes import MORE_PORTS, PORTS_WHEN
from .posting import first_name, has_not_acted, outcome_of, post, with_sent_as
from .previews import parts, preview_message
from .restrictions import check_restrictions
from .silence import ExplainsSilence
from .waiting import follow, go_on, is_followed, wish_of
from .windows import FALLBACK_FORM, Body, fallback_form, instead_of


class SendAction(ExplainsSilence, HearsStatuses):
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
        await whatsapp(context).deliveries.earlier(first_name(context, state))
        if context.may_have_acted
        else None
    )
    if earlier is not None and not has_not_acted(context, earlier):
        outcome = outcome_of(context, earlier, state)
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
        is_template = content.get("type") == "template"
        state = with_sent_as(state, "template" if is_template else "message")
        path, repeat = f"{sender.id}/{edge}", None
        if input.when_unknown == "sendAgain":
            relies = _refuses_closed(input) and not is_template and window.state == "open"
            repeat = repeat_of(path, request, recipient, needs_window=relies)
        outcome = await post(context, path, request, state, repeat)
    return await follow(context, outcome, state, as_output)


def _refuses_closed(input: MessageInput) -> bool:
    return isinstance(input, WindowInput) and input.needs_window and input.window_policy != "send"


async def _content(
    context: ActionContext, sender: SenderNumber, body: Body, instead: Filling | None
) -> JsonObject:
    if instead is not None:
        return await instead.message(context, sender)
    return await body(sender) if callable(body) else body


def _remembered(
    input: MessageInput, sender: SenderNumber, recipient: Recipient, window: Window
) -> JsonObject:
    """Return the sender's WABA, what is waited for, and what of the output is known already."""
    closes_at = window.closes_at.isoformat() if window.closes_at else None
    return {
        "wabaId": sender.waba_id,
        **wish_of(input),
        **({"sendsAgain": True} if input.when_unknown == "sendAgain" else {}),
        "output": {
            "phoneNumberId": sender.id,
            "recipient": recipient.value,
            "input": input.to,
            "window": {"state": window.state, "closesAt": closes_at},
        },
    }
