"""Whether a template can be sent as it stands at Meta; if not, why, and what to do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from appmixer.engine.contract import RejectedError

from ..foreign_json.shapes import as_text

# https://developers.facebook.com/documentation/business-messaging/whatsapp/support/error-codes
NO_SUCH_TRANSLATION = 132001
PAUSED = 132015
DISABLED = 132016
# https://developers.facebook.com/documentation/business-messaging/whatsapp/templates/template-pausing
OUT_OF_USE = {
    "PAUSED": (
        "is paused",
        "Too many people have blocked or reported it lately.",
        "Wait until the pause is over (3 hours the first time, 6 the second), choose another "
        "template, and send this one only to people who expect it.",
        PAUSED,
    ),
    "DISABLED": (
        "is disabled",
        "Meta has paused it too often, or it breaks a rule of Meta's.",
        "Choose another template; this one is over.",
        DISABLED,
    ),
    "REJECTED": (
        "was rejected",
        "Meta has not approved it",
        "Change it by what Meta says and have it approved, or choose another template.",
        NO_SUCH_TRANSLATION,
    ),
    "PENDING": (
        "is not approved yet",
        "Meta is still reviewing it, which takes up to a day.",
        "Wait until it is approved, or choose another template.",
        NO_SUCH_TRANSLATION,
    ),
    "IN_APPEAL": (
        "is not approved",
        "An appeal against Meta's decision is under way.",
        "Wait for the answer, or choose another template.",
        NO_SUCH_TRANSLATION,
    ),
    "LIMIT_EXCEEDED": (
        "cannot be sent",
        "The business account has more templates than Meta allows.",
        "Delete templates that nobody uses, or choose another one.",
        NO_SUCH_TRANSLATION,
    ),
    "PENDING_DELETION": (
        "is being deleted",
        "It was deleted, and Meta only waits for messages that are under way.",
        "Choose another template.",
        NO_SUCH_TRANSLATION,
    ),
    "DELETED": (
        "was deleted",
        "Meta has it no more.",
        "Choose another template.",
        NO_SUCH_TRANSLATION,
    ),
    "ARCHIVED": (
        "is archived",
        "Nobody has sent it for a year.",
        "Take it out of the archive in WhatsApp Manager, or choose another template.",
        NO_SUCH_TRANSLATION,
    ),
}


def standing_fault(node: Mapping[str, Any]) -> RejectedError | None:
    """Return why a template cannot be sent now; of a state that nobody knows Meta decides."""
    status = as_text(node.get("status")).upper()
    if status not in OUT_OF_USE:
        return None
    what, cause, cure, code = OUT_OF_USE[status]
    reason = as_text(node.get("rejected_reason"))
    if status == "REJECTED":
        cause += f", for the reason {reason}." if reason not in ("", "NONE") else "."
    name, language = as_text(node.get("name")), as_text(node.get("language"))
    return RejectedError(
        f"The template {name} ({language}) {what}", cause, cure, "templateName", code
    )
