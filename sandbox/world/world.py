"""A simulated world: everything Meta would know, with its clock, its switches and its webhooks."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Callable
from typing import TypeAlias

from ..protocol.envelope import Update
from ..protocol.shapes import Json
from .belongings import Flow, PhoneCall, Signup
from .call_log import CallLog
from .carrier import MakeCarrier
from .clock import Clock
from .entities import (
    App,
    AuthorizationCode,
    Business,
    Conversation,
    Grant,
    Group,
    Media,
    Message,
    Person,
    PhoneNumber,
    StoredFile,
    Template,
    TemplateGroup,
    Token,
    Upload,
    User,
    Waba,
)
from .faults import Faults
from .feed import Feed
from .limits import Limits
from .settings import Settings

SERVICE_WINDOW_S = 24 * 3600.0

Node: TypeAlias = (
    PhoneNumber
    | Waba
    | App
    | Business
    | Media
    | Template
    | TemplateGroup
    | User
    | Flow
    | Group
    | Signup
)

# https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/override
OVERRIDABLE_FIELDS = frozenset(
    {
        "messages",
        "message_echoes",
        "calls",
        "consumer_profile",
        "messaging_handovers",
        "group_lifecycle_update",
        "group_participants_update",
        "group_settings_update",
        "group_status_update",
        "smb_message_echoes",
        "smb_app_state_sync",
        "history",
        "account_settings_update",
    }
)


class World:
    """The state of one sandbox. Two worlds share nothing."""

    def __init__(self, seed: Callable[[World], None], carrier: MakeCarrier) -> None:
        self._seed = seed
        self.clock = Clock()
        self.settings = Settings()
        self.feed = Feed()
        self.courier = carrier(self.clock, lambda: self.settings, self.feed)
        self.faults = Faults(self.clock)
        self._clear()
        seed(self)

    def reset(self) -> None:
        """Back to the seed: timers, queues, logs and switches included."""
        self.clock.reset()
        self.courier.reset()
        self.faults.clear()
        self.settings = Settings()
        self._clear()
        self._seed(self)
        self.feed.publish("reset")

    def refill(self, fill: Callable[[World], None]) -> None:
        """Put another world's things in the place of these; clock and switches stay."""
        self.clock.forget_timers()
        self.courier.reset()
        self._clear()
        fill(self)
        self.feed.publish("reset")

    def _clear(self) -> None:
        self.apps: dict[str, App] = {}
        self.users: dict[str, User] = {}
        self.businesses: dict[str, Business] = {}
        self.wabas: dict[str, Waba] = {}
        self.numbers: dict[str, PhoneNumber] = {}
        self.templates: dict[str, Template] = {}
        self.template_groups: dict[str, TemplateGroup] = {}
        self.media: dict[str, Media] = {}
        self.uploads: dict[str, Upload] = {}
        self.files: dict[str, StoredFile] = {}
        self.tokens: dict[str, Token] = {}
        self.codes: dict[str, AuthorizationCode] = {}
        self.grants: dict[tuple[str, str], Grant] = {}
        self.people: dict[str, Person] = {}
        self.people_by_bsuid: dict[str, Person] = {}
        self.messages: dict[str, Message] = {}
        self.conversations: dict[tuple[str, str], Conversation] = {}
        self.groups: dict[str, Group] = {}
        self.flows: dict[str, Flow] = {}
        self.signups: dict[str, Signup] = {}
        self.phone_calls: dict[str, PhoneCall] = {}
        self.limits = Limits()
        self.fetched_links: dict[str, tuple[float, str | None]] = {}
        self.deleted_templates: dict[tuple[str, str, str], float] = {}
        self.calls = CallLog(lambda: self.settings)

    # Looking things up

    def node(self, node_id: str) -> Node | None:
        return (
            self.numbers.get(node_id)
            or self.wabas.get(node_id)
            or self.media.get(node_id)
            or self.templates.get(node_id)
            or self.template_groups.get(node_id)
            or self.apps.get(node_id)
            or self.businesses.get(node_id)
            or self.users.get(node_id)
            or self.flows.get(node_id)
            or self.groups.get(node_id)
            or self.signups.get(node_id)
        )

    def waba_of(self, node: Node) -> Waba | None:
        """The WhatsApp Business Account a node belongs to, if it is that kind of node."""
        if isinstance(node, Waba):
            return node
        if isinstance(node, PhoneNumber | Template | TemplateGroup | Flow | Signup):
            return self.wabas[node.waba_id]
        if isinstance(node, Media | Group):
            return self.wabas[self.numbers[node.number_id].waba_id]
        return None

    def numbers_of(self, waba: Waba) -> list[PhoneNumber]:
        return [number for number in self.numbers.values() if number.waba_id == waba.id]

    def templates_of(self, waba: Waba) -> list[Template]:
        return [template for template in self.templates.values() if template.waba_id == waba.id]

    def person(self, key: str) -> Person | None:
        """By phone number or business-scoped user id."""
        return self.people.get(key) or self.people_by_bsuid.get(key)

    def add_person(self, person: Person) -> None:
        self.people[person.wa_id] = person
        self.people_by_bsuid[person.bsuid] = person
        if person.parent_bsuid is not None:
            self.people_by_bsuid[person.parent_bsuid] = person

    def new_id(self) -> str:
        """A decimal id as Graph's are; some do not fit into 53 bits."""
        return str(10**15 + secrets.randbelow(9 * 10**15))

    # Conversations

    def conversation(self, number: PhoneNumber, person: Person) -> Conversation:
        return self.conversations.setdefault((number.id, person.wa_id), Conversation())

    def window_is_open(self, number: PhoneNumber, person: Person) -> bool:
        last = self.conversation(number, person).last_inbound_at
        return last is not None and self.clock.now() - last < SERVICE_WINDOW_S

    def remember(self, message: Message) -> None:
        """Keep a message, and let go of the oldest when there are too many."""
        self.messages[message.id] = message
        if message.person is not None:
            message.person.chat.append(message)
        for member in message.audience:
            member.chat.append(message)
        self.feed.publish("message", message)
        while len(self.messages) > self.settings.history_limit:
            oldest = self.messages.pop(next(iter(self.messages)))
            # A person's chat is in the same order, so the oldest is its first.
            for person in (oldest.person, *oldest.audience):
                if person is not None and person.chat and person.chat[0] is oldest:
                    person.chat.popleft()

    # Webhooks

    def publish(self, update: Update, number: PhoneNumber | None = None) -> None:
        """Send an update to every app that is subscribed to its WABA and field."""
        for app, url in self.audience(update.waba_id, update.field, number):
            self.courier.send(app, url, update)

    def audience(
        self, waba_id: str, field: str, number: PhoneNumber | None = None
    ) -> list[tuple[App, str]]:
        """The apps that take a field of a WABA, with the addresses it goes to."""
        found: list[tuple[App, str]] = []
        for subscription in self.wabas[waba_id].subscriptions.values():
            app = self.apps[subscription.app_id]
            if field not in app.fields:
                continue
            url = app.callback_url
            if field in OVERRIDABLE_FIELDS:
                own = number.override_callback_uri if number is not None else None
                url = own or subscription.override_callback_uri or url
            if url is not None:
                found.append((app, url))
        return found

    def publish_message(
        self, number: PhoneNumber, person_key: str, part: str, item: Json, contacts: list[Json]
    ) -> None:
        """Send one message or one status (`part`) of a conversation."""
        if part == "statuses" and self.feed.listeners:
            self.feed.publish("message", self.messages.get(item["id"]))
        value: Json = {
            "messaging_product": "whatsapp",
            "metadata": {"display_phone_number": number.digits, "phone_number_id": number.id},
        }
        if contacts:
            value["contacts"] = contacts
        value[part] = [item]
        self.publish(
            Update(
                waba_id=number.waba_id,
                field="messages",
                lane=f"{number.id}:{person_key}",
                value=value,
                merge=(number.id, part),
            ),
            number,
        )

    def publish_of_number(
        self, number: PhoneNumber, field: str, value: Json, lane: str = ""
    ) -> None:
        """Send news of a number that is not a message: its calls, groups, settings, contacts."""
        update = Update(number.waba_id, field, f"{number.id}:{lane or field}", value)
        self.publish(update, number)

    def publish_to_app(self, app: App, business: Business, field: str, value: Json) -> None:
        """Tell an app about a business that works with it; no WABA has to be subscribed."""
        if app.callback_url is not None and field in app.fields:
            update = Update(
                business.id, field, f"{business.id}:{field}", value, (), int(self.clock.now())
            )
            self.courier.send(app, app.callback_url, update)

    def publish_change(self, waba: Waba, field: str, value: Json) -> None:
        """Send a change of the account itself; these carry a time and no conversation."""
        self.publish(
            Update(
                waba_id=waba.id,
                field=field,
                lane=f"{waba.id}:{field}",
                value=value,
                entry_time=int(self.clock.now()),
            )
        )


def new_wamid(phone: str, *, is_outbound: bool) -> str:
    """An id in the form seen in public logs; clients must not read anything into it."""
    unique = secrets.token_hex(9) if is_outbound else "3A" + secrets.token_hex(9)
    raw = (
        bytes([0x1C, 0x18, len(phone)])
        + phone.encode()
        + bytes([0x15, 0x02, 0x00, 0x11 if is_outbound else 0x12, 0x18, len(unique)])
        + unique.upper().encode()
        + b"\x00"
    )
    return "wamid." + base64.b64encode(raw).decode()
