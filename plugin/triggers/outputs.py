"""What webhooks tell of people, times and errors, as outputs of triggers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any

from pydantic import BaseModel, Field

from appmixer.engine.contract import Fields, JsonObject

from ..foreign_json.shapes import as_objects, as_text, word
from ..graph.errors import details_of, error_from_webhook
from ..graph.redaction import redact
from ..people.identity import Person

IsTest = Annotated[
    bool,
    Field(
        description="Whether Meta's Test button made it up: then nobody in it is real.",
        examples=[False],
    ),
]
Raw = Annotated[
    dict[str, Any], Field(description="All of it as Meta sent it.", examples=[{"type": "text"}])
]


class Contact(Fields):
    """A person on WhatsApp; the phone number or the user id may be absent."""

    wa_id: str | None = Field(
        title="WhatsApp ID",
        description="The phone number in digits; absent for people who hide it.",
        examples=["16505551234"],
    )
    bsuid: str | None = Field(
        title="User ID",
        description="The business-scoped user id (BSUID), which stays when the number is hidden.",
        examples=["US.13491208655302741918"],
    )
    parent_bsuid: str | None = Field(
        title="Parent User ID",
        description="The user id across linked business portfolios.",
        examples=["US.ENT.11815799212886844830"],
    )
    username: str | None = Field(
        description="The name that the person chose to be found by.", examples=["sheena.nelson"]
    )
    profile_name: str | None = Field(
        description="The name in the person's profile.", examples=["Sheena Nelson"]
    )


class ReportedError(Fields):
    """An error that Meta reported by webhook, with what it means."""

    code: int | None = Field(description="Meta's code.", examples=[131047])
    title: str = Field(description="What it is called.", examples=["Re-engagement message"])
    message: str | None = Field(
        description="Meta's message, mostly the title again.", examples=["Re-engagement message"]
    )
    details: str | None = Field(
        description="Meta's details of this one case.",
        examples=["More than 24 hours have passed since the customer last replied."],
    )
    href: str | None = Field(
        title="Link",
        description="Meta's page about it.",
        examples=["https://developers.facebook.com/docs/whatsapp"],
    )
    cause: str = Field(description="Why it happens.", examples=["The 24-hour window was closed."])
    cure: str = Field(
        description="What to do about it.", examples=["Send a template and wait for the answer."]
    )
    is_retryable: bool = Field(
        description="Whether the same message may go through later.", examples=[False]
    )


def read_contact(person: Person) -> Contact:
    return Contact(**vars(person))


def read_place(event: JsonObject) -> dict[str, Any]:
    """Return what an event tells of the number that it is about, and whether it is a test."""
    names = {
        "waba_id": "wabaId",
        "phone_number_id": "phoneNumberId",
        "display_phone_number": "displayPhoneNumber",
    }
    place = {name: word(event, key) for name, key in names.items()}
    return {**place, "is_test": event.get("isTest") is True}


def samples_of(
    read: Callable[[JsonObject], BaseModel | None], events: Mapping[str, JsonObject]
) -> dict[str, JsonObject]:
    """Return the outputs for events, by the same names."""
    found = {name: read(event) for name, event in events.items()}
    return {name: each.model_dump(mode="json") for name, each in found.items() if each is not None}


def read_errors(errors: object, *, has_failed: bool = False) -> list[ReportedError]:
    """Return the errors with what they mean; what failed without a reason has one error too."""
    return [_error(each) for each in as_objects(errors) or ([{}] if has_failed else [])]


def _error(error: Mapping[str, Any]) -> ReportedError:
    explained = error_from_webhook(error)
    return ReportedError(
        code=explained.code,
        title=redact(as_text(error.get("title"))) or explained.title,
        message=redact(as_text(error.get("message"))) or None,
        details=redact(details_of(error)) or None,
        href=as_text(error.get("href")) or None,
        cause=explained.cause,
        cure=explained.cure,
        is_retryable=explained.retry != "no",
    )
