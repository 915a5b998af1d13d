"""What owners are told when a send of unknown outcome turns out to have been done."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, TypeAlias

from appmixer.engine.contract import Notice

from ..foreign_json.shapes import as_id, as_text

# What is known of the other message of a step that sent twice.
OtherSend: TypeAlias = Literal["none", "sent", "unknown"]
TITLES: Mapping[OtherSend, str] = {
    "none": "A message of unknown outcome was sent after all",
    "sent": "A message was sent twice",
    "unknown": "A message may have been sent twice",
}
MORE: Mapping[OtherSend, str] = {
    "none": "",
    "sent": " It had been sent again meanwhile, so the person has it twice.",
    "unknown": " It had been sent a second time by then, and nobody knows whether both have "
    "arrived: the person may have it twice.",
}


def late_notice(waba_id: str, step_id: str, status: Mapping[str, Any], other: OtherSend) -> Notice:
    """Return what a status says that comes when nobody waits for it any more."""
    cause = f"Meta reports only now that it is `{as_text(status.get('status'))}`.{MORE[other]}"
    run_id = step_id.partition(".")[0]
    details = {"wabaId": waba_id, "stepId": step_id, "messageId": as_id(status.get("id"))}
    cure = f"Look at run {run_id}, and do not send it again."
    return Notice(f"late:{waba_id}:{step_id}", TITLES[other], cause, cure, dict(details))
