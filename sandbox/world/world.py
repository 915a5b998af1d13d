"""A simulated world: everything Meta would know, with its clock, its switches and its webhooks."""

from __future__ import annotations

import base64
import secrets
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from ..graph.faults import Faults
from ..shapes import Json
from ..webhooks.courier import Courier
from ..webhooks.envelope import Update
from .clock import Clock
from .entities import (
    App,
    AuthorizationCode,
    Business,
    Conversation,
    Grant,
    Media,
    Message,
    Person,
    PhoneNumber,
    Template,
    Token,
    User,
    Waba,
)
from .settings import Settings

MAX_LOGGED_CALLS = 1000
SERVICE_WINDOW_S = 24 * 3600.0

Node: TypeAlias = PhoneNumber | Waba | App | Business | Media | Template | User

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


@dataclass(slots=True)
class GraphCall:
    """One line of the call log: what was asked, never with which token."""

    at: float
    method: str
    path: str
    status: int
    error_code: int | None
    fault: str | None


class World:
    """The state of one sandbox. Two worlds share nothing."""

    def __init__(self, seed: Callable[[World], None]) -> None:
        self._seed = seed
        self.clock = Clock()
        self.settings = Settings()
        self.courier = Courier(self.clock, lambda: self.settings)
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

    def _clear(self) -> None:
        self.apps: dict[str, App] = {}
        self.users: dict[str, User] = {}
        self.businesses: dict[str, Business] = {}
        self.wabas: dict[str, Waba] = {}
        self.numbers: dict[str, PhoneNumber] = {}
        self.templates: dict[str, Template] = {}
        self.media: dict[str, Media] = {}
        self.tokens: dict[str, Token] = {}
        self.codes: dict[str, AuthorizationCode] = {}
        self.grants: dict[tuple[str, str], Grant] = {}
        self.people: dict[str, Person] = {}
        self.people_by_bsuid: dict[str, Person] = {}
        self.messages: dict[str, Message] = {}
        self.conversations: dict[tuple[str, str], Conversation] = {}
        self.deleted_templates: dict[tuple[str, str, str], float] = {}
        self.calls: deque[GraphCall] = deque(maxlen=MAX_LOGGED_CALLS)

    # Looking things up

    def node(self, node_id: str) -> Node | None:
        return (
            self.numbers.get(node_id)
            or self.wabas.get(node_id)
            or self.media.get(node_id)
            or self.templates.get(node_id)
            or self.apps.get(node_id)
            or self.businesses.get(node_id)
            or self.users.get(node_id)
        )

    def waba_of(self, node: Node) -> Waba | None:
        """The WhatsApp Business Account a node belongs to, if it is that kind of node."""
        if isinstance(node, Waba):
            return node
        if isinstance(node, PhoneNumber | Template):
            return self.wabas[node.waba_id]
        if isinstance(node, Media):
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
        while len(self.messages) > self.settings.history_limit:
            oldest = self.messages.pop(next(iter(self.messages)))
            # A person's chat is in the same order, so the oldest is its first.
            if oldest.person is not None and oldest.person.chat[0] is oldest:
                oldest.person.chat.popleft()

    # Webhooks

    def publish(self, update: Update, number: PhoneNumber | None = None) -> None:
        """Send an update to every app that is subscribed to its WABA and field."""
        for subscription in self.wabas[update.waba_id].subscriptions.values():
            app = self.apps[subscription.app_id]
            if update.field not in app.fields:
                continue
            url = app.callback_url
            if update.field in OVERRIDABLE_FIELDS:
                own = number.override_callback_uri if number is not None else None
                url = own or subscription.override_callback_uri or url
            if url is not None:
                self.courier.send(app, url, update)

    def publish_message(
        self, number: PhoneNumber, person_key: str, part: str, item: Json, contacts: list[Json]
    ) -> None:
        """Send one message or one status (`part`) of a conversation."""
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
