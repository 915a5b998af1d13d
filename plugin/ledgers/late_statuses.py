"""What owners are told when a send of unknown outcome turns out to have been done."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from appmixer.engine.contract import Notice

from ..foreign_json.shapes import as_id, as_text


def late_notice(
    waba_id: str, step_id: str, status: Mapping[str, Any], *, was_sent_again: bool
) -> Notice:
    """Return what a status says that comes when nobody waits for it any more."""
    title = "A message of unknown outcome was sent after all"
    cause = f"Meta reports only now that it is `{as_text(status.get('status'))}`."
    if was_sent_again:
        title = "A message was sent twice"
        cause += " It had been sent again meanwhile, so the person has it twice."
    run_id = step_id.partition(".")[0]
    details = {"wabaId": waba_id, "stepId": step_id, "messageId": as_id(status.get("id"))}
    cure = f"Look at run {run_id}, and do not send it again."
    return Notice(f"late:{waba_id}:{step_id}", title, cause, cure, dict(details))
