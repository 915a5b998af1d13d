"""What a flow misses that has started where nothing is heard of what becomes of its messages."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from appmixer.engine.contract import Account, Check, JsonObject

from ..foreign_json.shapes import as_text
from ..ledgers.proven_numbers import SenderNumber
from .checks import waba_ids_of

# By its name, as no component is imported here.
WAIT_FOR_STATUS = "appmixer.whatsapp.WaitForStatus"


async def unheard(
    account: Account,
    actions: Sequence[tuple[str, JsonObject]],
    find: Callable[[str], Awaitable[SenderNumber | None]],
    deafness: Callable[[str, str], Awaitable[Sequence[Check]]],
) -> list[str]:
    """Return a sentence for each WABA of which steps need statuses that do not come here.

    Of a sender that an expression will give, the account's default WABA is looked at.
    """
    default = next(iter(waba_ids_of(account)), "")
    missed: dict[tuple[str, str], list[str]] = {}
    for name, input in actions:
        needs = _needs(name, input)
        if not needs:
            continue
        number_id = as_text(input.get("phoneNumberId")).strip()
        number = await find(number_id) if number_id.isdigit() else None
        named = as_text(input.get("businessAccountId")).strip()
        place = (number.waba_id, number.id) if number else (named or default, "")
        if place[0].isdigit():
            missed.setdefault(place, []).extend(needs)
    told: list[str] = []
    for (waba_id, number_id), needs in missed.items():
        why = [each for each in await deafness(waba_id, number_id) if each.state == "fault"]
        if why:
            lost = ", and ".join(dict.fromkeys(needs))
            told.append(
                f"What becomes of messages from WhatsApp Business Account {waba_id} is not heard "
                f"here: {lost}. {why[0].finding} {why[0].cure}"
            )
    return told


def _needs(name: str, input: JsonObject) -> list[str]:
    """Return what an action does without statuses, if it relies on them."""
    found: list[str] = []
    if name == WAIT_FOR_STATUS or input.get("waitFor", "accepted") != "accepted":
        found.append("steps that wait for it go on at timeout")
    if input.get("whenUnknown") == "sendAgain":
        found.append("a message whose answer is lost is sent twice")
    return found
