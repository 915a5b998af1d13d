"""What owners are told when a send of unknown outcome turns out to have been taken."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, TypeAlias

from appmixer.engine.contract import Notice, RejectedError

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
HAS_FAILED = "A message of unknown outcome has failed"
BESIDE_FAILED: Mapping[OtherSend, str] = {
    "none": "",
    "sent": " It had been sent again meanwhile; what became of that one is told by itself.",
    "unknown": " It had been sent a second time by then, and nobody knows whether that one has "
    "arrived.",
}


def late_notice(
    waba_id: str,
    step_id: str,
    status: Mapping[str, Any],
    other: OtherSend,
    failure: RejectedError | None,
) -> Notice:
    """Return what a status says that comes when nobody waits for it any more.

    `failure` is why the message has failed, if it has.
    """
    run_id = step_id.partition(".")[0]
    if failure is None:
        title = TITLES[other]
        cause = f"Meta reports only now that it is `{as_text(status.get('status'))}`.{MORE[other]}"
        cure = f"Look at run {run_id}, and do not send it again."
    else:
        title = HAS_FAILED
        cause = f"Meta had taken it, and reports only now that it has failed: {failure.title}."
        cause = f"{cause} {failure.cause}{BESIDE_FAILED[other]}"
        cure = f"{failure.cure} Look at run {run_id}.".lstrip()
    details = {"wabaId": waba_id, "stepId": step_id, "messageId": as_id(status.get("id"))}
    return Notice(f"late:{waba_id}:{step_id}", title, cause, cure, dict(details))
