"""User Preference Changed: starts a run when a person stops or resumes marketing messages."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from appmixer.engine.contract import JsonObject, TriggerContext

from ...plugin.foreign_json.meta_fields import At, IdOrNone, Word
from ...plugin.foreign_json.shapes import as_object
from ...plugin.people.identity import recipient_of
from ...plugin.triggers.filters import ONLY_WHEN
from ...plugin.triggers.listening import ListeningInput, ListeningTrigger, is_for
from ...plugin.triggers.outputs import samples_of
from ...plugin.triggers.personal import Personal, read_personal
from ...plugin.triggers.samples import PREFERENCE_EVENTS

Choice = Literal["stop", "resume", "signup"]


class Preference(Personal):
    """What a person chose to get."""

    choice: Annotated[Word, At("value")] = Field(
        description="stop: no marketing messages any more. resume: they may come again. signup: "
        "the person asked for them by a link.",
        examples=["stop"],
    )
    category: Word = Field(description="Of which messages.", examples=["marketing_messages"])
    detail: Word = Field(
        description="It in words.", examples=["User requested to stop marketing messages"]
    )
    signup_id: IdOrNone = Field(
        title="Signup ID", description="The link of a signup.", examples=["13176843987434774"]
    )


def read_preference(event: JsonObject) -> Preference | None:
    """Turn an event into the output; None when it holds no preference."""
    chosen = as_object(event.get("userPreference"))
    if not chosen:
        return None
    named = {"recipient_id": chosen.get("wa_id"), "recipient_user_id": chosen.get("user_id")}
    person = recipient_of(named, as_object(event.get("contact")))
    return read_personal(Preference, event, chosen, person)


class UserPreferenceChanged(ListeningTrigger):
    """https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/user_preferences"""

    label = "User Preference Changed"
    description = "Starts a run when a person stops or resumes your marketing messages."
    keywords = ("Opt-out", "Opt-in", "Unsubscribe", "Marketing", "Stop")
    port = "preference"
    events = ("user_preferences",)

    class Input(ListeningInput):
        choices: list[Choice] = Field(
            default_factory=list[Choice],
            description="Only these choices; leave it empty for all.",
            examples=[["stop"]],
            json_schema_extra={"x-widget": "select", **ONLY_WHEN},
        )

    Output = Preference
    samples = samples_of(read_preference, PREFERENCE_EVENTS)

    async def receive(self, context: TriggerContext, event: JsonObject) -> Preference | None:
        properties: UserPreferenceChanged.Input = context.properties
        preference = read_preference(event) if is_for(properties, event) else None
        if preference is None or not properties.choices:
            return preference
        return preference if preference.choice in properties.choices else None
