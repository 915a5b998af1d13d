"""What the doctor says of accounts by what has come from them: news of Meta's, and messages."""

from __future__ import annotations

from collections.abc import AsyncGenerator

from appmixer.engine.contract import Account, Check

from ..ledgers.health import Health
from ..ledgers.heard import Heard
from .checks import Wires, waba_ids_of

MESSAGES = "messages"
WRITE = (
    "Write to the number from a phone; while the app is in Development mode, from one on its list. "
    "What you send yourself causes statuses, and no messages."
)


async def check_heard(
    account: Account, wires: Wires, health: Health, heard: Heard
) -> AsyncGenerator[Check]:
    """Yield what Meta has told of the account, and whether people's messages come."""
    for waba_id in waba_ids_of(account):
        for trouble in await health.troubles(waba_id):
            yield Check(f"health {waba_id}", trouble.state, trouble.what, trouble.cure)
        if any(each.kind == MESSAGES for each in await wires.subjects(waba_id)):
            yield await _messages(waba_id, heard)


async def _messages(waba_id: str, heard: Heard) -> Check:
    name, last = f"messages {waba_id}", await heard.last(waba_id)
    if last.message is not None:
        finding = f"People write to it; the last message came about {last.message:%Y-%m-%d %H:%M}"
        return Check(name, "fine", f"{finding} UTC.")
    if last.status is not None:
        why = "Statuses of what was sent do come, so nobody has written yet."
    else:
        why = "No status has come either: nobody has written yet, or a link above is open."
    return Check(name, "advice", f"No message of a person has come. {why}", WRITE)
