"""Embedded Signup: what the wizard does to the world, the code and the event it leaves behind."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from typing import Literal

from ...protocol.shapes import Json
from ...world.entities import (
    App,
    AuthorizationCode,
    Business,
    Grant,
    LoginConfiguration,
    PhoneNumber,
    User,
    Waba,
)
from ...world.world import World

# https://developers.facebook.com/documentation/business-messaging/whatsapp/embedded-signup/implementation
CODE_LIFE_S = 30.0
REGISTER_WITHIN_S = 14 * 24 * 3600.0
COEXISTENCE = "whatsapp_business_app_onboarding"
ONLY_WABA = "only_waba_sharing"

FeatureType = Literal["", "whatsapp_business_app_onboarding", "only_waba_sharing"]


class SignupError(Exception):
    """The wizard cannot end like this: a sentence that says why."""


@dataclass(frozen=True)
class Choice:
    """What a customer chose in the wizard."""

    user: User
    waba_ids: tuple[str, ...]
    number_id: str | None = None
    scopes: tuple[str, ...] | None = None
    feature: FeatureType = ""
    is_app_only: bool = False
    version: int = 4


def onboard(
    world: World, app: App, configuration: LoginConfiguration, choice: Choice
) -> tuple[AuthorizationCode, Json]:
    """Share the accounts with the app, and return the code and the event of the page."""
    wabas = [_waba(world, choice.user, waba_id) for waba_id in choice.waba_ids]
    if not wabas:
        raise SignupError("Embedded Signup ends with at least one account: pick one.")
    number = _number(world, wabas, choice)
    reach = frozenset(waba.id for waba in wabas)
    scopes = configuration.scopes if choice.scopes is None else choice.scopes
    granted = {name: reach if name.startswith("whatsapp_") else None for name in scopes}
    _keep(world, app, choice.user, granted)
    if number is not None:
        _prepare(world, number, choice)
    for waba in wabas:
        tell_partner(world, app, waba, "PARTNER_ADDED")
    code = AuthorizationCode(
        value="AQ" + secrets.token_urlsafe(48),
        app_id=app.id,
        user=choice.user,
        scopes=dict(granted),
        redirect_uri=None,
        expires_at=world.clock.now() + CODE_LIFE_S,
        kind="SYSTEM_USER",
        life_s=configuration.token_life_s,
    )
    world.codes[code.value] = code
    return code, _finished(wabas[0], number, choice)


def cancelled(version: int, step: str) -> Json:
    """The event of a wizard that was left on the way."""
    return _event("CANCEL", version, {"current_step": step})


def as_message(event: Json) -> str:
    """The event as the page hears it: a text, not an object."""
    return json.dumps(event, separators=(",", ":"))


def tell_partner(world: World, app: App, waba: Waba, event: str) -> None:
    """Tell the app what a business decided about it; the entry is the partner's business."""
    info: Json = {"waba_id": waba.id, "owner_business_id": waba.business_id}
    if event.startswith("PARTNER_APP"):
        info["partner_app_id"] = app.id
    value: Json = {"event": event, "waba_info": info}
    world.publish_to_app(app, _partner(world, app, waba), "account_update", value)


def _partner(world: World, app: App, waba: Waba) -> Business:
    """The business behind the app: that of its developers, or the customer's own."""
    for user in world.users.values():
        if app.id in user.developer_of and user.business_ids:
            return world.businesses[user.business_ids[0]]
    return world.businesses[waba.business_id]


def _waba(world: World, user: User, waba_id: str) -> Waba:
    if waba_id not in user.waba_ids or waba_id not in world.wabas:
        raise SignupError(f"{user.name} has no WhatsApp Business Account {waba_id}.")
    return world.wabas[waba_id]


def _number(world: World, wabas: list[Waba], choice: Choice) -> PhoneNumber | None:
    if choice.feature == ONLY_WABA or choice.is_app_only:
        return None
    candidates = world.numbers_of(wabas[0])
    if choice.number_id is not None:
        candidates = [number for number in candidates if number.id == choice.number_id]
    if not candidates:
        raise SignupError(f"Account {wabas[0].id} has no such phone number.")
    return candidates[0]


def _keep(world: World, app: App, user: User, granted: dict[str, frozenset[str] | None]) -> None:
    earlier = world.grants.get((app.id, user.id))
    before = earlier.scopes if earlier is not None else {}
    together = dict(before)
    for name, reach in granted.items():
        had = before.get(name, frozenset[str]())
        together[name] = None if reach is None or had is None else reach | had
    world.grants[app.id, user.id] = Grant(together)


def _prepare(world: World, number: PhoneNumber, choice: Choice) -> None:
    """The wizard confirms the number; in coexistence it is on the Cloud API at once."""
    number.code_verification_status = "VERIFIED"
    if choice.feature == COEXISTENCE:
        number.is_on_biz_app = number.is_registered = True
        number.onboarded_at = world.clock.now()
        number.syncs.clear()
    elif not number.is_registered:
        number.verify_by = world.clock.now() + REGISTER_WITHIN_S


def _finished(waba: Waba, number: PhoneNumber | None, choice: Choice) -> Json:
    found: Json = {"waba_id": waba.id, "business_id": waba.business_id}
    if choice.is_app_only:
        return _event("FINISH_GRANT_ONLY_API_ACCESS", choice.version, found)
    if number is None:
        return _event("FINISH_ONLY_WABA", choice.version, found)
    name = "FINISH"
    if choice.feature == COEXISTENCE:
        name = "FINISH_WHATSAPP_BUSINESS_APP_ONBOARDING"
    return _event(name, choice.version, {"phone_number_id": number.id, **found})


def _event(name: str, version: int, content: Json) -> Json:
    return {"type": "WA_EMBEDDED_SIGNUP", "event": name, "version": version, "data": content}
