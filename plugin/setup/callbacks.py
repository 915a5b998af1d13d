"""Where Meta delivers what happens at a WABA: the address that counts, and whether it is ours.

The callback address of a number wins over that of its WABA, and this over the app's.
https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/override
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Literal

import httpx
from pydantic import ConfigDict

from appmixer.engine.contract import ConfigurationError, HostContext, RejectedError, ThrottledError

from ..configuration.settings import Settings
from ..foreign_json.meta_fields import At, Id, MetaFields, Text
from ..foreign_json.shapes import as_object, as_text
from ..graph.account import AccountGraph
from ..graph.client import GraphClient
from ..webhook.endpoint import ENDPOINT
from .app_webhook import read_app_webhook, shortcoming
from .numbers import IsRegistered

Place = Literal["here", "elsewhere", "unknown"]
# All others go to the app's own address, whatever addresses WABAs and numbers have.
OVERRIDABLE = frozenset(
    {
        "account_settings_update",
        "calls",
        "consumer_profile",
        "group_lifecycle_update",
        "group_participants_update",
        "group_settings_update",
        "group_status_update",
        "history",
        "message_echoes",
        "messages",
        "messaging_handovers",
        "smb_app_state_sync",
        "smb_message_echoes",
    }
)
EVERY_NUMBER = frozenset({""})
TELL_ADDRESS = (
    "Set APPMIXER_PUBLIC_URL to the address that Meta reaches this engine by; "
    "then a wrong callback address is noticed."
)


@dataclass(frozen=True)
class Home:
    """This engine's own callback address, and whether it is known that Meta reaches it there."""

    address: str
    is_known: bool

    @classmethod
    def of(cls, host: HostContext, callback: str) -> Home:
        """Take what the administrator has told, or the app's callback if it is the host itself."""
        address = host.base_url + ENDPOINT
        return cls(address, bool(host.public_url) or _is_same(callback, address))

    def place(self, address: str) -> Place:
        if _is_same(address, self.address):
            return "here"
        return "elsewhere" if self.is_known and address else "unknown"


class Number(MetaFields):
    """A number of a WABA; `callback` is its own address, if it has one."""

    model_config = ConfigDict(frozen=True)

    id: Id
    display_phone_number: Text
    is_registered: IsRegistered
    callback: Annotated[Text, At("webhook_configuration.phone_number")]

    @property
    def shown(self) -> str:
        return self.display_phone_number or self.id


@dataclass(frozen=True)
class Destination:
    """An address that events go to; `number` is set when it is a number's own."""

    address: str
    level: Literal["number", "account", "app"]
    waba_id: str
    number: Number | None = None

    @property
    def subject(self) -> str:
        if self.number is not None:
            return f"phone number {self.number.shown}"
        return f"WhatsApp Business Account {self.waba_id}"

    @property
    def setter(self) -> str:
        """Return what the address was set at."""
        return "the Meta app" if self.level == "app" else self.subject


@dataclass(frozen=True)
class Wiring:
    """What decides where the events of a WABA go; `problems` keep those of a field from coming."""

    waba_id: str
    home: Home
    app_callback: str
    problems: Callable[[str], ConfigurationError | None]
    is_subscribed: bool
    callback: str
    numbers: tuple[Number, ...]

    def missed(self, heard: frozenset[str] = EVERY_NUMBER) -> list[Destination]:
        """Return where else than here the events of these numbers go; "" stands for all numbers."""
        return [each for each in self._destinations(heard) if self.place(each) != "here"]

    def place(self, destination: Destination) -> Place:
        return self.home.place(destination.address)

    def listened(self, heard: frozenset[str]) -> tuple[Number, ...]:
        """Return the numbers that are meant."""
        return tuple(each for each in self.numbers if not heard or heard & {"", each.id})

    def _destinations(self, heard: frozenset[str]) -> list[Destination]:
        if self.callback:
            shared = Destination(self.callback, "account", self.waba_id)
        else:
            shared = Destination(self.app_callback, "app", self.waba_id)
        numbers = self.listened(heard)
        # Nothing happens at one that is not registered, unless there is no other.
        numbers = tuple(each for each in numbers if each.is_registered) or numbers
        found = [
            Destination(each.callback, "number", self.waba_id, each) if each.callback else shared
            for each in numbers
        ]
        return list(dict.fromkeys(found)) or [shared]


async def read_wiring(
    waba_id: str, host: HostContext, settings: Settings, graph: GraphClient, calls: AccountGraph
) -> Wiring:
    """Ask Meta; an app that cannot be asked just now has an unknown callback and no problem."""
    app_callback = ""
    problems: Callable[[str], ConfigurationError | None] = _no_problem
    try:
        webhook = await read_app_webhook(graph, settings)
    except ThrottledError as error:
        host.log.warning("app_webhook.not_read", reason=str(error))
    else:
        app_callback = webhook.callback_url if webhook is not None else ""
        problems = partial(shortcoming, webhook)
    is_subscribed, callback = False, ""
    async for row in calls.pages(f"{waba_id}/subscribed_apps"):
        if str(as_object(row.get("whatsapp_business_api_data")).get("id")) == settings.client_id:
            is_subscribed, callback = True, as_text(row.get("override_callback_uri"))
    nodes = calls.pages(f"{waba_id}/phone_numbers", Number.asking())
    return Wiring(
        waba_id=waba_id,
        home=Home.of(host, app_callback),
        app_callback=app_callback,
        problems=problems,
        is_subscribed=is_subscribed,
        callback=callback,
        numbers=tuple([Number.from_meta(node) async for node in nodes]),
    )


def _no_problem(field: str) -> None:
    return None


def require_delivery(wiring: Wiring, heard: frozenset[str], field: str) -> None:
    """Raise what keeps the events of these numbers, of a field or all, from coming here."""
    if (error := not_delivered(wiring, field)) is not None:
        raise error
    for destination in wiring.missed(heard) if not field or field in OVERRIDABLE else ():
        if wiring.place(destination) == "elsewhere":
            raise refusal(wiring, destination)


def not_delivered(wiring: Wiring, field: str) -> ConfigurationError | None:
    """Return what at the app keeps the events of a field from coming here; None if nothing does."""
    if (problem := wiring.problems(field)) is not None or not field or field in OVERRIDABLE:
        return problem
    if wiring.home.place(wiring.app_callback) != "elsewhere":
        return None
    home = wiring.home.address
    return ConfigurationError(
        f"The events of `{field}` go to another address",
        f"Meta delivers them to the callback address of the Meta app, {wiring.app_callback}, "
        f"whatever address a WhatsApp Business Account has; this engine is reached at {home}.",
        f"Save {home} as the callback URL in the Meta App Dashboard, WhatsApp, Configuration. "
        "If both addresses lead here, correct APPMIXER_PUBLIC_URL.",
        "businessAccountId",
    )


def refusal(wiring: Wiring, destination: Destination) -> RejectedError:
    """Say that events go elsewhere, and how they come here."""
    home, kind = wiring.home.address, RejectedError
    if destination.level == "app":
        kind = ConfigurationError
        cure = (
            f"Save {home} as the callback URL in the Meta App Dashboard, WhatsApp, Configuration, "
            "or"
        )
    else:
        cure = "Remove that address where it was set, or"
    return kind(
        f"The events of {destination.subject} go to another address",
        f"Meta delivers these events to {destination.address}, the callback address of "
        f"{destination.setter}; this engine is reached at {home}.",
        f"{cure} run `appmixer doctor --claim` to have the events of your accounts come here. "
        "If both addresses lead here, correct APPMIXER_PUBLIC_URL.",
        "phoneNumberId" if destination.level == "number" else "businessAccountId",
    )


def doubt(destination: Destination) -> str:
    """Say that nobody knows whether events come here."""
    return (
        f"Meta delivers the events of {destination.subject} to {destination.address}, "
        f"and this engine was not told whether that is its own address. {TELL_ADDRESS}"
    )


def shown(numbers: Sequence[Number]) -> str:
    return ", ".join(each.shown for each in numbers)


def _is_same(one: str, other: str) -> bool:
    return _parts(one) == _parts(other)


def _parts(address: str) -> tuple[str, str, int | None, str]:
    try:
        url = httpx.URL(address)
    except httpx.InvalidURL:
        return "", address, None, ""
    return url.scheme, url.host, url.port, url.path
