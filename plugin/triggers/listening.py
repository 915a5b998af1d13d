"""What the triggers share: which business account they listen to, and that they stop again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, ClassVar

from pydantic import Field

from appmixer.engine.contract import Fields, JsonObject, Trigger, TriggerContext

from ..fields.definitions import BusinessAccountId, OptionalPhoneNumberId
from ..fields.senders import business_account, prove_sender, whatsapp
from ..foreign_json.shapes import as_texts
from ..setup.ownership import Subject
from ..webhook.events import STEMS
from ..webhook.items import TEST

# Flows that run have stored it under this name.
TOPICS = "routes"

IncludeTests = Annotated[
    bool,
    Field(
        title="Also Meta's Test Button",
        description="Start, marked as a test, when somebody presses Test in the Meta App "
        "Dashboard. Its sample is of no account, and the people in it are not real.",
        examples=[False],
        json_schema_extra={"x-widget": "toggle", "x-group": "Options"},
    ),
]

IncludeStandby = Annotated[
    bool,
    Field(
        title="Also While Another App Answers",
        description="Messages of conversations that another app or Meta's agent leads. "
        "Sending into one takes it over.",
        examples=[False],
        json_schema_extra={"x-widget": "toggle", "x-group": "Options"},
    ),
]


class WabaInput(Fields):
    """At which WhatsApp Business Account a trigger listens."""

    business_account_id: BusinessAccountId = None


class AccountInput(WabaInput):
    """The same, for what Meta's Test button can send as well."""

    include_tests: IncludeTests = False


class ListeningInput(AccountInput):
    """Whose events a trigger is for, of the account or of one of its numbers."""

    phone_number_id: OptionalPhoneNumberId = None


class ListeningTrigger(Trigger):
    """Base of the triggers: starting asks for events, stopping takes back what was asked for."""

    group = "Triggers"
    scopes: ClassVar[Sequence[str]] = (
        "whatsapp_business_messaging",
        "whatsapp_business_management",
    )
    events: ClassVar[Sequence[str]]
    """What it may ask for: `messages`, `statuses`, `standby`, and of what happens to an account the
    fields of webhooks by Meta's names, such as `message_template_status_update`."""

    def wanted(self, properties: Any) -> Sequence[str]:
        """Return those of its events that the properties ask for: about no others is it asked."""
        has_standby = getattr(properties, "include_standby", False)
        return [each for each in self.events if each != "standby" or has_standby]

    async def start(self, context: TriggerContext) -> None:
        properties: WabaInput = context.properties
        waba_id = business_account(context, properties.business_account_id)
        phone_number_id: str | None = None
        if named := number_of(properties):
            phone_number_id = (await prove_sender(context, named, waba_id)).id
        events = self.wanted(properties)
        topics = [topic_of(each, waba_id, phone_number_id) for each in events]
        if isinstance(properties, AccountInput) and properties.include_tests:
            topics += [f"{TEST}:{each}" for each in events]
        before = await _topics(context)
        # Written down first: what a start that broke off has added can then still be found.
        await context.state.put({TOPICS: list(dict.fromkeys([*before, *topics]))})
        for topic in topics:
            await context.add_listener(topic, {})
        for topic in set(before) - set(topics):
            await context.remove_listener(topic)
        await context.state.put({TOPICS: topics})
        for caution in await whatsapp(context).cautions(waba_id, phone_number_id, context.account):
            context.warn(caution)

    async def stop(self, context: TriggerContext) -> None:
        topics = await _topics(context)
        for topic in topics:
            await context.remove_listener(topic)
        await context.state.delete([TOPICS])
        of_account = [Subject.of(each) for each in topics if not each.startswith(f"{TEST}:")]
        for waba_id in dict.fromkeys(subject.waba_id for subject in of_account):
            others = await context.other_flows([f"{stem}:{waba_id}" for stem in STEMS])
            if told := await whatsapp(context).ending(waba_id, context.account, others):
                context.warn(told)


def number_of(properties: WabaInput) -> str | None:
    """Return the id of the number that the trigger is narrowed to, if it is."""
    found: str | None = getattr(properties, "phone_number_id", None)
    return found


def is_for(properties: AccountInput, event: JsonObject) -> bool:
    """Say whether an event is of the number that the trigger is narrowed to; a test is for all."""
    number = number_of(properties)
    return not number or event.get("isTest") is True or event.get("phoneNumberId") == number


def topic_of(event: str, waba_id: str, phone_number_id: str | None) -> str:
    """Return the topic of an event; what happens to an account has one for each field."""
    if event not in STEMS:
        return f"account:{waba_id}:{event}"
    return f"{event}:{waba_id}" + (f":{phone_number_id}" if phone_number_id else "")


async def _topics(context: TriggerContext) -> list[str]:
    return as_texts((await context.state.get([TOPICS])).get(TOPICS))
