"""What is known of message templates: their definitions, until Meta tells that they have changed.

Who has a template in a flow is told by the host: its form is `about` the template.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from appmixer.engine.contract import Event, HostContext, Json

from ..foreign_json.shapes import as_id, as_int, as_object, as_text, as_unix_time

# How long a definition counts, how long one that was read anew for a refusal does (a thousand
# sends that are refused must not ask a thousand times), and how long any may while Meta gives none.
RECENT_S = 600.0
CONFIRMED_S = 60.0
KEPT_S = 24 * 3600.0
# What can be the name and the language of a template, and so part of a key.
# https://developers.facebook.com/documentation/business-messaging/whatsapp/templates/overview
NAME = re.compile(r"[a-z0-9_]{1,512}")
LANGUAGE = re.compile(r"[A-Za-z_]{2,10}")
MAX_MARK_CHARS = 2000
# How long it is remembered that a template was last marked for its state.
MARKED_S = 90 * 24 * 3600.0

# https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/message_template_status_update
STATUS = "message_template_status_update"
# https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/message_template_components_update
COMPONENTS = "message_template_components_update"
# https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/message_template_quality_update
QUALITY = "message_template_quality_update"
# https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/template_category_update
CATEGORY = "template_category_update"
# What Meta reports of a template's state, and what it means for whoever sends it.
TROUBLES = {
    "PAUSED": ("is paused", "It cannot be sent until the pause is over."),
    "DISABLED": ("is disabled", "It cannot be sent any more; choose another one."),
    "REJECTED": ("was rejected", "It cannot be sent until it is changed and approved."),
    "FLAGGED": ("is rated poorly", "Meta will disable it if that does not improve."),
    "LOCKED": ("is locked", "It cannot be sent."),
    "LIMIT_EXCEEDED": ("is over a limit of Meta's", "It cannot be sent."),
    "PENDING_DELETION": ("is being deleted", "Choose another one."),
    "DELETED": ("was deleted", "Choose another one."),
    "ARCHIVED": ("was archived", "It cannot be sent unless it is taken out of the archive."),
}
MENDED = ("APPROVED", "REINSTATED", "UNARCHIVED")
POOR = ("YELLOW", "RED")


@dataclass(frozen=True)
class Known:
    """A template as Meta last described it, and whether that still counts without asking.

    `is_confirmed`: it was read anew just now, because something did not fit it.
    """

    node: Mapping[str, Any]
    is_recent: bool
    is_confirmed: bool


class Templates:
    """The definitions of all accounts' templates, by WABA, name and language."""

    def __init__(self, host: HostContext, clock: Callable[[], datetime]) -> None:
        self._host, self._clock = host, clock

    async def find(self, waba_id: str, name: str, language: str) -> Known | None:
        key = _definition(waba_id, name, language)
        entry = as_object((await self._host.store.get([key])).get(key))
        if not entry:
            return None
        now = self._clock().timestamp()
        age_s = now - (as_int(entry.get("readAt")) or 0)
        confirmed_s = now - (as_int(entry.get("confirmedAt")) or 0)
        return Known(as_object(entry.get("node")), age_s < RECENT_S, confirmed_s < CONFIRMED_S)

    async def keep(
        self,
        waba_id: str,
        name: str,
        language: str,
        node: Mapping[str, Any],
        *,
        confirms: bool = False,
    ) -> None:
        """Remember the template; `confirms` says that it was read anew because of a refusal."""
        key = _definition(waba_id, name, language)
        now = int(self._clock().timestamp())
        entry: dict[str, Json] = {"readAt": now, "node": node}
        if confirms:
            entry["confirmedAt"] = now
        await self._host.store.put({key: entry}, expires_in_s=KEPT_S)

    async def note(self, events: Sequence[Event]) -> None:
        """Forget what has changed, and mark the flows that use it; batches may come twice."""
        for event in events:
            if event.kind in (STATUS, COMPONENTS, QUALITY, CATEGORY):
                await self._note(event)

    async def _note(self, event: Event) -> None:
        kind, value = event.kind, as_object(event.payload.get("value"))
        name = as_text(value.get("message_template_name"))
        language = as_text(value.get("message_template_language"))
        waba_id = as_id(event.payload.get("wabaId"))
        if not (waba_id and NAME.fullmatch(name) and LANGUAGE.fullmatch(language)):
            return
        about = about_template(waba_id, name, language)
        await self._host.store.delete([_definition(waba_id, name, language)])
        change = _change(kind, value)
        if change:
            # Good news of its state do not undo that it is another template now.
            await self._host.store.delete([_marked(about)])
            await self._host.forms_changed(about, _mark(name, language, change))
        elif trouble := _trouble(kind, value):
            await self._host.store.put({_marked(about): kind}, expires_in_s=MARKED_S)
            await self._host.forms_changed(about, _mark(name, language, trouble))
        elif _is_mended(kind, value):
            key = _marked(about)
            if (await self._host.store.get([key])).get(key) == kind:
                await self._host.store.delete([key])
                await self._host.forms_changed(about, "")


def about_template(waba_id: str, name: str, language: str) -> str:
    """Return what the forms made from a template are about."""
    # A send finds the template whatever the case of its language.
    return f"template:{waba_id}:{name}:{language.lower()}"


def _mark(name: str, language: str, said: str) -> str:
    """Return what stands beside a flow; Meta's own words in it may be anything."""
    return f"The template {name} ({language}) {said}".replace("\0", " ")[:MAX_MARK_CHARS]


def _definition(waba_id: str, name: str, language: str) -> str:
    return f"definition:{about_template(waba_id, name, language)}"


def _marked(about: str) -> str:
    return f"marked:{about}"


def _change(kind: str, value: Mapping[str, Any]) -> str:
    """Return what has become of the template's contents or category, if it is about those."""
    if kind == COMPONENTS:
        return "was changed. Look through what it is filled in with, and store the flow again."
    if kind != CATEGORY:
        return ""
    # As a warning, this is how it is now, and `correct_category` what it will be.
    new, correct = as_text(value.get("new_category")), as_text(value.get("correct_category"))
    costs = "Its price goes by its category, and so does to whom it is delivered."
    if correct:
        at = as_unix_time(value.get("category_update_timestamp"))
        day = f" on {datetime.fromtimestamp(at, UTC):%Y-%m-%d}" if at is not None else ""
        return f"will be {correct} in the place of {new}{day}. {costs}"
    return f"is {new} now, and was {as_text(value.get('previous_category'))} before. {costs}"


def _trouble(kind: str, value: Mapping[str, Any]) -> str:
    if kind == QUALITY:
        score = as_text(value.get("new_quality_score"))
        said = f"is rated {score.lower()} by the people who got it. Meta may pause it."
        return said if score in POOR else ""
    what, so = TROUBLES.get(as_text(value.get("event")), ("", ""))
    return " ".join(filter(None, (f"{what}.", _reason(value), so))) if what else ""


def _reason(value: Mapping[str, Any]) -> str:
    rejection = as_object(value.get("rejection_info"))
    told = [
        as_text(as_object(value.get("other_info")).get("description")),
        as_text(rejection.get("reason")),
        as_text(rejection.get("recommendation")),
    ]
    if any(told):
        return " ".join(filter(None, told))
    reason = as_text(value.get("reason"))
    return f"Meta gives the reason {reason}." if reason not in ("", "NONE") else ""


def _is_mended(kind: str, value: Mapping[str, Any]) -> bool:
    if kind == QUALITY:
        return as_text(value.get("new_quality_score")) not in POOR
    return as_text(value.get("event")) in MENDED
