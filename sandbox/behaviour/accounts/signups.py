"""In-App Signup: links through which people subscribe to marketing messages inside WhatsApp."""

from __future__ import annotations

import re
from functools import partial

from ...protocol.errors import MetaError, refused
from ...protocol.fields import Getter, pick
from ...protocol.paging import page
from ...protocol.shapes import Json
from ...world.belongings import Signup
from ...world.entities import Token, Waba
from ...world.world import World
from ..call import Answer, Call, success
from .checks import is_web_address, line, needed_line, one_of, part

# https://developers.facebook.com/documentation/business-messaging/whatsapp/in-app-signup
MAX_MESSAGE_CHARS = 300
MAX_PROMO_CHARS = 50
MAX_NAME_CHARS = 256
MAX_URL_CHARS = 2048
PROMO = re.compile(r"[A-Za-z0-9]+")
PLACEHOLDER = re.compile(r"\{\{\s*([^}]*?)\s*\}\}")
STATES = ("ACTIVE", "DISABLED")
NODE_TYPE = "WhatsAppSignup"


async def create(call: Call) -> Answer:
    waba = call.waba()
    _check_enabled(waba)
    signup = Signup(
        id=call.world.new_id(),
        waba_id=waba.id,
        signup_message=needed_line(call, "signup_message", MAX_MESSAGE_CHARS),
        confirmation_message=needed_line(call, "confirmation_message", MAX_MESSAGE_CHARS),
        privacy_policy_url=needed_line(call, "privacy_policy_url", MAX_URL_CHARS),
        promo_code=_promo(call),
        display_name=line(call, "display_name", MAX_NAME_CHARS, least=1),
        website_url=_website(call),
    )
    if not is_web_address(signup.privacy_policy_url, MAX_URL_CHARS):
        raise MetaError(100, "(#100) Param privacy_policy_url must be an http or https address")
    _check_placeholders(signup.confirmation_message, signup.promo_code)
    _accept_terms(call, waba)
    call.world.signups[signup.id] = signup
    return {"id": signup.id}


async def listed(call: Call) -> Answer:
    waba, wanted = call.waba(), call.fields()
    return page(
        [signup for signup in call.world.signups.values() if signup.waba_id == waba.id],
        key=lambda signup: signup.id,
        show=lambda signup: pick(_getters(signup), wanted, tuple(_getters(signup)), NODE_TYPE),
        parameters=call.parameters,
        url=call.url,
    )


async def get(call: Call) -> Answer:
    getters = _getters(call.signup())
    return pick(getters, call.fields(), tuple(getters), NODE_TYPE)


async def update(call: Call) -> Answer:
    signup = call.signup()
    if call.parameters.get("privacy_policy_url") is not None:
        raise MetaError(100, "(#100) Param privacy_policy_url cannot be changed")
    status = call.parameters.get("status")
    if status is not None:
        status = one_of(status, "status", STATES)
    message = line(call, "signup_message", MAX_MESSAGE_CHARS, least=1)
    confirmation = line(call, "confirmation_message", MAX_MESSAGE_CHARS, least=1)
    name = line(call, "display_name", MAX_NAME_CHARS, least=1)
    promo, website = _promo(call), _website(call)
    said = signup.confirmation_message if confirmation is None else confirmation
    _check_placeholders(said, signup.promo_code if promo is None else promo)
    signup.status = status or signup.status
    signup.signup_message = message or signup.signup_message
    signup.confirmation_message = said
    signup.display_name = name or signup.display_name
    signup.promo_code = promo or signup.promo_code
    signup.website_url = website or signup.website_url
    return {**success(), "id": signup.id}


def check_known(world: World, token: Token, signup_id: str) -> None:
    """Links are asked for under a path of their own, and with an error of their own."""
    signup = world.signups.get(signup_id)
    if signup is None or not token.sees(signup.waba_id):
        raise refused(2494164)


def _check_enabled(waba: Waba) -> None:
    if not waba.has_signups:
        raise refused(2494165)


def _accept_terms(call: Call, waba: Waba) -> None:
    """The first link of an account needs its terms accepted; later ones must not repeat it."""
    policy = part(call, "policy")
    if policy is None:
        if not waba.accepted_signup_terms:
            raise refused(2494168)
        return
    if waba.accepted_signup_terms:
        raise refused(2494176)
    address = policy.get("tos")
    if address is not None and not is_web_address(address, MAX_URL_CHARS):
        raise refused(2494177)
    if policy.get("accepted") is not True:
        raise refused(2494168)
    waba.accepted_signup_terms = True


def _website(call: Call) -> str | None:
    website = line(call, "website_url", MAX_URL_CHARS)
    if website is not None and not is_web_address(website, MAX_URL_CHARS, ("https",)):
        raise refused(2494179)
    return website


def _promo(call: Call) -> str | None:
    promo = line(call, "promo_code", MAX_PROMO_CHARS, least=1)
    if promo is not None and not PROMO.fullmatch(promo):
        raise MetaError(100, "(#100) Param promo_code must have letters and digits only")
    return promo


def _check_placeholders(message: str, promo: str | None) -> None:
    named: list[str] = PLACEHOLDER.findall(message)
    if any(name != "promo_code" for name in named):
        raise refused(2494166)
    if named and promo is None:
        raise refused(2494167)


def _getters(signup: Signup) -> dict[str, Getter]:
    plain: Json = {
        "id": signup.id,
        "waba_id": signup.waba_id,
        "status": signup.status,
        "signup_message": signup.signup_message,
        "confirmation_message": signup.confirmation_message,
        "privacy_policy_url": signup.privacy_policy_url,
        "promo_code": signup.promo_code,
        "display_name": signup.display_name,
        "website_url": signup.website_url,
    }
    return {name: partial(_value, value) for name, value in plain.items()}


def _value(value: object, _selected: object) -> object:
    return value
