"""Blocking people and letting them in again: what Meta is asked, and what it says of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from appmixer.engine.contract import ActionContext, Fields, RejectedError, sample_of

from ..fields.definitions import Count, NumberInput
from ..fields.senders import account_numbers, graph_of, prove_sender, whatsapp
from ..foreign_json.meta_fields import IdOrNone, MetaFields, Text
from ..foreign_json.shapes import as_int, as_object, as_objects, as_text
from ..graph.errors import error_from_webhook
from ..people.recipients import Recipient, read_recipient

# https://developers.facebook.com/documentation/business-messaging/whatsapp/block-users
IN_PART = 139100
NOT_LATELY = 131047
MAX_BLOCKED = 64_000
# Ours: Meta names no limit for one call.
MAX_IN_ONE_CALL = 1_000


class PeopleInput(NumberInput):
    """Who is meant, at one of the account's numbers."""

    people: list[
        Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=150)]
    ] = Field(
        title="People",
        description="Phone numbers with + and country code, or user ids (BSUIDs).",
        min_length=1,
        max_length=MAX_IN_ONE_CALL,
        examples=[["+16505551234"]],
    )


class Reached(MetaFields):
    """One of the people, of whom it was done."""

    input: Text = Field(description="How the person was named.", examples=["+16505551234"])
    wa_id: IdOrNone = Field(
        title="WhatsApp ID", description="The person's WhatsApp id.", examples=["16505551234"]
    )
    user_id: IdOrNone = Field(
        title="User ID",
        description="The person's user id (BSUID), where Meta told it.",
        examples=["US.13491208655302741918"],
    )


class Missed(Reached):
    """One of the people, of whom it was not done, and why."""

    code: int | None = Field(description="Meta's code of the reason.", examples=[NOT_LATELY])
    title: str = Field(
        description="The reason in short.",
        examples=["Only who wrote in the last 24 hours can be blocked"],
    )
    cause: str = Field(description="What is behind it.", examples=["Meta says so."])
    cure: str = Field(
        description="What to do about it.", examples=["Block the person after the next message."]
    )


class Outcome(Fields):
    """What became of each of the people."""

    phone_number_id: str = Field(
        title="Phone Number ID",
        description="The sender number at which it was done.",
        examples=["106540352242922"],
    )
    done: list[Reached] = Field(
        description="Those of whom it was done, or had been before.",
        examples=[[sample_of(Reached, user_id=None)]],
    )
    failed: list[Missed] = Field(
        description="Those of whom it was not done, each with the reason.", examples=[[]]
    )
    is_complete: bool = Field(description="Whether it was done of all of them.", examples=[True])


class BlockedPerson(MetaFields):
    """A person on the list of a number."""

    wa_id: IdOrNone = Field(
        title="WhatsApp ID", description="The person's WhatsApp id.", examples=["16505551234"]
    )
    user_id: IdOrNone = Field(
        title="User ID",
        description="The person's user id (BSUID), where the phone number is hidden.",
        examples=["US.13491208655302741918"],
    )


class BlockedPeople(Fields):
    """Who is on the list of a number."""

    people: list[BlockedPerson] = Field(
        description="Those who are blocked.",
        examples=[[sample_of(BlockedPerson, user_id=None)]],
    )
    count: Count
    has_more: bool = Field(description="Whether there are more than these.", examples=[False])


async def blocked_people(
    context: ActionContext, input: NumberInput, *, at_most: int
) -> BlockedPeople:
    """Return the first of those who are blocked at a number."""
    sender = await prove_sender(context, input.phone_number_id, input.business_account_id)
    people = list[BlockedPerson]()
    async for node in graph_of(context).pages(f"{sender.id}/block_users", {"limit": "100"}):
        if len(people) == at_most:
            return BlockedPeople(people=people, count=len(people), has_more=True)
        people.append(BlockedPerson.from_meta(node))
    return BlockedPeople(people=people, count=len(people), has_more=False)


async def change_blocks(
    context: ActionContext, input: PeopleInput, change: Literal["block", "unblock"]
) -> Outcome:
    """Ask Meta for all people at once, and return what it says of each.

    Raises RejectedError for a person who cannot be meant, before any call, and when it was done of
    nobody.
    """
    sender = await prove_sender(context, input.phone_number_id, input.business_account_id)
    found = [await _person(context, input, each) for each in input.people]
    named = [{"user_id" if each.is_bsuid else "user": each.value} for each in found]
    users = [each for position, each in enumerate(named) if each not in named[:position]]
    body = {"messaging_product": "whatsapp", "block_users": users}
    graph, path = graph_of(context), f"{sender.id}/block_users"
    # Of people who are blocked already, Meta says that they are blocked.
    answer = (
        await graph.post(path, json=body, repeats=True, tolerates=(IN_PART,))
        if change == "block"
        else await graph.delete(path, json=body, tolerates=(IN_PART,))
    )
    told = as_object(answer.get("block_users"))
    part = "added_users" if change == "block" else "removed_users"
    done = [Reached.from_meta(each) for each in as_objects(told.get(part))]
    failed = [_missed(each) for each in as_objects(told.get("failed_users"))]
    if not done:
        raise _refusal(failed)
    return Outcome(phone_number_id=sender.id, done=done, failed=failed, is_complete=not failed)


async def _person(context: ActionContext, input: PeopleInput, text: str) -> Recipient:
    async def has_heard(identities: Sequence[str]) -> bool:
        numbers = await account_numbers(context, input.phone_number_id)
        return await whatsapp(context).windows.has_heard([each.id for each in numbers], identities)

    region = as_text(context.account.settings.get("defaultRegion"))
    person = await read_recipient(text, has_heard=has_heard, region=region, field="people")
    if person.type == "group":
        raise RejectedError(
            "A group cannot be blocked",
            f"{text} is the id of a group.",
            "Name the people by their phone numbers or user ids.",
            "people",
        )
    return person


def _refusal(failed: Sequence[Missed]) -> RejectedError:
    if failed:
        first = failed[0]
        return RejectedError(first.title, first.cause, first.cure, "people", first.code)
    return RejectedError(
        "Meta has done it of nobody",
        "It answered without a word of these people.",
        "Look at List Blocked Users, and try again later.",
        "people",
        IN_PART,
    )


def _missed(user: Mapping[str, Any]) -> Missed:
    error = as_object(next(iter(as_objects(user.get("errors"))), None))
    told = error_from_webhook(error)
    title, cure = told.title, told.cure
    if as_int(error.get("code")) == NOT_LATELY:
        # Of a message the same code means that a template is needed.
        title = "Only who wrote in the last 24 hours can be blocked"
        cure = "Block the person after the next message."
    return Missed.from_meta(user, code=told.code, title=title, cause=told.cause, cure=cure)
