"""What Meta has told that it will refuse of an account, said before anything is sent."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Literal

from appmixer.engine.contract import ActionContext, RejectedError, ThrottledError

from ..fields.senders import graph_of, whatsapp
from ..foreign_json.shapes import as_object, as_objects, as_text
from ..ledgers.health import APPEAL, NO_ANSWER, NO_FIRST_WORD, Standing
from ..ledgers.proven_numbers import SenderNumber

# https://developers.facebook.com/documentation/business-messaging/whatsapp/support/error-codes
LOCKED = 131031


async def check_restrictions(
    context: ActionContext,
    sender: SenderNumber,
    window: Literal["open", "closed", "unknown"],
    *,
    needs_window: bool,
) -> None:
    """Raise RejectedError where Meta is certain to refuse; of what is doubtful Meta decides."""
    standing = await whatsapp(context).health.of(sender.waba_id)
    if not standing.told:
        return
    if until := _restricted_until(context, standing, window, needs_window=needs_window):
        raise RejectedError(
            "Meta has restricted this WhatsApp Business Account",
            f"Until {until:%Y-%m-%d %H:%M} UTC it may not "
            + ("answer people who write to it." if window == "open" else "write to people first."),
            f"{APPEAL} The restriction ends by itself.",
            "phoneNumberId",
            LOCKED,
        )
    # That a ban was lifted is told only to those who are subscribed, so it is asked for.
    if standing.is_banned() and (why := await _blocked(context, sender)) is not None:
        raise RejectedError(
            "Meta has disabled this WhatsApp Business Account",
            f"Nothing can be sent from it. {why}".strip(),
            APPEAL,
            "phoneNumberId",
            LOCKED,
        )


def _restricted_until(
    context: ActionContext, standing: Standing, window: str, *, needs_window: bool
) -> datetime | None:
    now = datetime.fromtimestamp(context.clock.now, UTC)
    first_word, answer = (standing.until(each, now) for each in (NO_FIRST_WORD, NO_ANSWER))
    if window == "closed":
        return first_word
    # Whether a template inside the window counts as an answer Meta does not say.
    if window == "open" and (needs_window or first_word):
        return answer
    return None


async def _blocked(context: ActionContext, sender: SenderNumber) -> str | None:
    """Return why Meta lets the number send nothing, as it says itself; None where it does not."""
    try:
        node = await graph_of(context).get(sender.id, {"fields": "health_status"})
    except (RejectedError, ThrottledError):
        return None
    # https://developers.facebook.com/documentation/business-messaging/whatsapp/support/health-status
    status = as_object(node.get("health_status"))
    if as_text(status.get("can_send_message")) != "BLOCKED":
        return None
    errors = (as_objects(each.get("errors")) for each in as_objects(status.get("entities")))
    told = [as_text(error.get("error_description")) for found in errors for error in found]
    return " ".join(filter(None, told))
