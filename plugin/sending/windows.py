"""What is sent when the 24-hour window is not open: the message, nothing, or a template."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import TypeAlias

from appmixer.engine.contract import (
    ComponentContext,
    Form,
    FormOf,
    Json,
    JsonObject,
    RejectedError,
)

from ..ledgers.proven_numbers import SenderNumber
from ..ledgers.windows import Window
from ..people.recipients import Recipient
from ..templates.filling import Filling
from ..templates.forms import DECIDING, template_form
from .fallbacks import FIELDS, told_of_fallback
from .messages import MessageInput, WindowInput

Body: TypeAlias = "JsonObject | Callable[[SenderNumber], Awaitable[JsonObject]]"
FALLBACK_PARAMETERS = "fallbackParameters"
FALLBACK_FORM = FormOf(
    ["windowPolicy", *(FIELDS.get(each, each) for each in DECIDING)],
    [FALLBACK_PARAMETERS],
    asks_service=True,
)


def instead_of(input: MessageInput, recipient: Recipient, window: Window) -> Filling | None:
    """Return the template that takes the message's place, if one does.

    Raises RejectedError where the policy is to refuse.
    """
    # Windows are between a person and a number; of groups Meta names none.
    if not isinstance(input, WindowInput) or not input.needs_window:
        return None
    if recipient.type != "individual" or window.state == "open":
        return None
    is_known = window.state == "closed"
    match input.window_policy if is_known else input.unknown_window_policy:
        case "send":
            return None
        case "refuse":
            raise _closed(window) if is_known else _unknown()
        case "template":
            return Filling(
                input.fallback_template or "",
                input.fallback_language or "",
                input.fallback_parameters,
            )


async def fallback_form(context: ComponentContext, input: Mapping[str, Json]) -> Form:
    """Return the form of the template in the message's place, where the policy asks for one."""
    if input.get("windowPolicy") != "template":
        return Form()
    with told_of_fallback():
        form = await template_form(
            context, {each: input.get(FIELDS.get(each, each)) for each in DECIDING}
        )
    return Form(
        {FIELDS[name]: schema for name, schema in form.fields.items()},
        [FIELDS[name] for name in form.required],
        made_from=form.made_from,
        about=form.about,
    )


def _closed(window: Window) -> RejectedError:
    since = f" at {window.closes_at:%Y-%m-%d %H:%M} UTC" if window.closes_at else ""
    return RejectedError(
        "The 24-hour window is closed",
        f"The person last wrote more than 24 hours ago, and the window closed{since}; "
        "Meta would take free text now and not deliver it.",
        "Send an approved template and wait for the answer, or choose another window policy: a "
        "template in the place of the message, or to send it all the same.",
        "to",
        131047,
    )


def _unknown() -> RejectedError:
    return RejectedError(
        "Nobody knows whether the 24-hour window is open",
        "No message and no call of the person has come through here in the last 400 days; if the "
        "window is closed, Meta would take free text and not deliver it.",
        "Send an approved template and wait for the answer, or choose what else to do when the "
        "window is unknown.",
        "to",
    )
