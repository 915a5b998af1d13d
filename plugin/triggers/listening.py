"""What the triggers share: which business account they listen to, and that they stop again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from appmixer.engine.contract import (
    Fields,
    Trigger,
    TriggerContext,
)

from ..fields.definitions import BusinessAccountId, OptionalPhoneNumberId
from ..fields.senders import business_account, prove_sender, whatsapp
from ..foreign_json.shapes import as_texts
from ..setup.ownership import Subject
from ..webhook.events import STEMS

# Flows that run have stored it under this name.
TOPICS = "routes"


class ListeningInput(Fields):
    """Whose events a trigger is for."""

    business_account_id: BusinessAccountId = None
    phone_number_id: OptionalPhoneNumberId = None


class ListeningTrigger(Trigger):
    """Base of the triggers: starting asks for events, stopping takes back what was asked for."""

    group = "Triggers"
    scopes = ("whatsapp_business_messaging", "whatsapp_business_management")
    events: ClassVar[Sequence[str]]
    """What it may ask for: `messages`, `statuses`, `standby`, and of what happens to an account the
    fields of webhooks by Meta's names, such as `message_template_status_update`."""

    def wanted(self, properties: Any) -> Sequence[str]:
        """Return those of its events that the properties ask for: about no others is it asked."""
        return self.events

    async def start(self, context: TriggerContext) -> None:
        properties: ListeningInput = context.properties
        waba_id = business_account(context, properties.business_account_id)
        phone_number_id: str | None = None
        if properties.phone_number_id:
            phone_number_id = (await prove_sender(context, properties.phone_number_id, waba_id)).id
        topics = [topic_of(each, waba_id, phone_number_id) for each in self.wanted(properties)]
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
        for waba_id in dict.fromkeys(Subject.of(topic).waba_id for topic in topics):
            others = await context.other_flows([f"{stem}:{waba_id}" for stem in STEMS])
            if told := await whatsapp(context).ending(waba_id, context.account, others):
                context.warn(told)


def topic_of(event: str, waba_id: str, phone_number_id: str | None) -> str:
    """Return the topic of an event; what happens to an account has one for each field."""
    if event not in STEMS:
        return f"account:{waba_id}:{event}"
    return f"{event}:{waba_id}" + (f":{phone_number_id}" if phone_number_id else "")


async def _topics(context: TriggerContext) -> list[str]:
    return as_texts((await context.state.get([TOPICS])).get(TOPICS))
