"""Proves, with an account's own token, that it may hear what happens at a WABA or a number."""

from __future__ import annotations

import re
from dataclasses import dataclass

from appmixer.engine.contract import Account, RejectedError

from ..configuration.settings import Settings
from ..foreign_json.shapes import as_texts
from ..graph.account import AccountGraph
from ..graph.client import GraphClient
from ..graph.ids import graph_id
from .tokens import inspect_token

CURE = (
    "Choose a WhatsApp Business Account that was shared when the account was connected, "
    "or connect the account again and select this one."
)

# How Meta, and the kinds of events, name what happens to an account.
FIELD = re.compile(r"[A-Za-z][A-Za-z0-9_.]{0,99}")
# In which field of Meta's webhooks what is called otherwise here comes.
FIELDS_OF = {
    "statuses": "messages",
    "closings": "messages",
    "error": "messages",
    "userAction": "messages",
    "echo": "smb_message_echoes",
    "userPreference": "user_preferences",
}


@dataclass(frozen=True)
class Subject:
    """What a topic is about: `<kind>:<waba>`, `<kind>:<waba>:<phoneNumberId>`, or a field of those
    that tell of an account: `account:<waba>:<field>`.
    """

    kind: str
    waba_id: str
    phone_number_id: str | None = None
    news: str = ""

    @property
    def number(self) -> str:
        """Return the id of its number; empty if it is about all of them."""
        return self.phone_number_id or ""

    @property
    def field(self) -> str:
        """Return the field of Meta's webhooks that it comes in; empty if it may be any."""
        told = self.news if self.kind == "account" else self.kind
        return FIELDS_OF.get(told, told)

    @classmethod
    def of(cls, topic: str) -> Subject:
        kind, _, rest = topic.partition(":")
        waba_id, separator, part = rest.partition(":")
        is_news = kind == "account" and FIELD.fullmatch(part)
        return cls(
            kind,
            graph_id(waba_id, field="businessAccountId"),
            graph_id(part, field="phoneNumberId") if separator and not is_news else None,
            part if is_news else "",
        )


async def prove_ownership(
    subject: Subject, account: Account, calls: AccountGraph, graph: GraphClient, settings: Settings
) -> None:
    """Raise RejectedError, in a sentence, when the account has no right to the subject."""
    # The token is inspected as well: a page of Graph may be readable that was never shared.
    facts = await inspect_token(graph, settings, await account.access_token())
    if not facts.reaches(subject.waba_id):
        raise _not_shared(subject, account, "Meta's grant for this account does not list it.")
    # A grant without limits lists nothing, so it is the profile that tells what was proven.
    if facts.is_unrestricted and subject.waba_id not in as_texts(account.profile.get("wabaIds")):
        raise _not_proven(subject, account)
    await _read(subject, account, calls)
    if subject.phone_number_id is not None:
        await _find_number(subject, subject.phone_number_id, calls)


async def _read(subject: Subject, account: Account, calls: AccountGraph) -> None:
    try:
        node = await calls.get(subject.waba_id, {"fields": "id,name"})
    except RejectedError as error:
        raise _not_shared(subject, account, error.cause, error.code, error.subcode) from None
    if str(node.get("id")) != subject.waba_id:
        raise _not_shared(subject, account, "Meta answered with something else.")


async def _find_number(subject: Subject, phone_number_id: str, calls: AccountGraph) -> None:
    async for number in calls.pages(f"{subject.waba_id}/phone_numbers", {"fields": "id"}):
        if str(number.get("id")) == phone_number_id:
            return
    raise RejectedError(
        f"Number {phone_number_id} is not in WhatsApp Business Account {subject.waba_id}",
        "The account lists its numbers, and this is none of them.",
        "Choose a sender phone number from the list, or the account that owns it.",
        "phoneNumberId",
    )


def _not_proven(subject: Subject, account: Account) -> RejectedError:
    return RejectedError(
        f"WhatsApp Business Account {subject.waba_id} is not among those of {account.name!r}",
        "The account was not proven to reach it, and only what was proven is delivered.",
        f"Run `appmixer account set {account.name} businessAccountId {subject.waba_id}`, which "
        "proves it and adds it, then start again.",
        "businessAccountId",
    )


def _not_shared(
    subject: Subject,
    account: Account,
    cause: str,
    code: int | None = None,
    subcode: int | None = None,
) -> RejectedError:
    title = f"WhatsApp Business Account {subject.waba_id} was not shared with {account.name!r}"
    return RejectedError(title, cause, CURE, "businessAccountId", code, subcode)
