"""Window Closing Soon: starts a run for a person who waits while free text still arrives."""

from __future__ import annotations

from datetime import UTC, datetime

from pydantic import Field

from appmixer.engine.contract import Every, Fields, JsonObject, TriggerContext

from ...plugin.fields.definitions import OptionalPhoneNumberId
from ...plugin.fields.senders import business_account, whatsapp
from ...plugin.foreign_json.shapes import as_int, as_list
from ...plugin.ledgers.closings import CLOSINGS, MINUTE_S, Closing
from ...plugin.ledgers.windows import OpenedBy
from ...plugin.people.recipients import BSUID
from ...plugin.triggers.listening import ListeningTrigger, WabaInput

# The clock is looked at so often, and so many people at most are told of each time.
EVERY_S = 60.0
AT_MOST = 1_000


class ClosingWindow(Fields):
    """A window that closes soon, and for whom."""

    reply_to: str = Field(
        description="What to fill in as the recipient of an answer: the person's number or "
        "user id.",
        examples=["+16505551234"],
    )
    phone_number_id: str = Field(
        title="Phone Number ID",
        description="Your number: answer from this one.",
        examples=["106540352242922"],
    )
    waba_id: str = Field(
        title="WABA ID",
        description="The WhatsApp Business Account of it.",
        examples=["102290129340398"],
    )
    user_id: str | None = Field(
        description="The person's business-scoped user id, where Meta told it.",
        examples=["US.13491208655302741918"],
    )
    closes_at: datetime = Field(description="When it closes.", examples=["2026-09-22T14:13:20Z"])
    waiting_since: datetime = Field(
        description="When the person wrote or called last.", examples=["2026-09-21T14:13:20Z"]
    )
    opened_by: OpenedBy = Field(
        description="What opened it: a message or a call.", examples=["message"]
    )


class WindowClosingSoon(ListeningTrigger):
    """https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/send-messages"""

    label = "Window Closing Soon"
    description = (
        "Starts a run for each person who waits for an answer while the 24-hour window is about "
        "to close."
    )
    keywords = ("24 Hours", "Unanswered", "Reminder", "Session Expiring")
    effect = "read"
    port = "closing"
    events = (CLOSINGS,)
    Output = ClosingWindow

    class Input(WabaInput):
        phone_number_id: OptionalPhoneNumberId = None
        minutes_before: int = Field(
            default=60,
            ge=5,
            le=720,
            title="Minutes Before",
            description="So long before the window closes; from 5 minutes to 12 hours.",
            examples=[60],
        )

    async def start(self, context: TriggerContext) -> None:
        await super().start(context)
        await context.add_schedule(Every(EVERY_S))

    async def stop(self, context: TriggerContext) -> None:
        await context.remove_schedule()
        await super().stop(context)

    async def receive(self, context: TriggerContext, event: JsonObject) -> list[ClosingWindow]:
        given: WindowClosingSoon.Input = context.properties
        waba_id = business_account(context, given.business_account_id)
        minute, last = (
            int(context.clock.now + s) // MINUTE_S for s in (0, given.minutes_before * 60)
        )
        kept = as_list((await context.state.get(["next"])).get("next"))
        following = (as_int(kept[0]) or 0, as_int(kept[1]) or 0) if kept else (0, 0)
        first = max(following, (minute, 0))
        closings = whatsapp(context).closings
        found, following = await closings.owed(waba_id, first, last, AT_MOST)
        await context.put_with_starts({"next": [*following]})
        wanted = [each for each in found if each.at > context.clock.now]
        number = given.phone_number_id
        return [
            _told(waba_id, each) for each in wanted if not number or each.phone_number_id == number
        ]


def _told(waba_id: str, closing: Closing) -> ClosingWindow:
    numbers = [each for each in closing.identities if not BSUID.fullmatch(each)]
    users = [each for each in closing.identities if BSUID.fullmatch(each)]
    return ClosingWindow(
        reply_to=f"+{numbers[0]}" if numbers else users[0],
        phone_number_id=closing.phone_number_id,
        waba_id=waba_id,
        user_id=users[0] if users else None,
        closes_at=datetime.fromtimestamp(closing.at, UTC),
        waiting_since=datetime.fromtimestamp(closing.opening.at, UTC),
        opened_by=closing.opening.by,
    )
