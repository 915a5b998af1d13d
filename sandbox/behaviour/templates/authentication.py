"""Authentication templates: fixed wording in each language, one button, and their previews.

The person who creates one chooses among sentences; the text itself is WhatsApp's.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from urllib.parse import urlencode

from ...fixtures import FIXTURES
from ...protocol.shapes import Json, is_array, is_object, is_text, objects, text
from ..call import Answer, Call
from .buttons import KEYS as BUTTON_KEYS
from .components import by_kind
from .languages import LANGUAGES, check_language
from .refusals import check_keys, missing, not_one_of, parameter, too_long

# https://developers.facebook.com/documentation/business-messaging/whatsapp/templates/authentication-templates/authentication-templates
KEYS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "BODY": ("text", "add_security_recommendation", "example"),
        "FOOTER": ("text", "code_expiration_minutes"),
        "BUTTONS": ("buttons",),
    }
)
EXPIRATION_MINUTES = range(1, 91)
OTP_TYPES = ("COPY_CODE", "ONE_TAP", "ZERO_TAP")
MAX_LABEL_CHARS = 25
MAX_PACKAGE_CHARS = 224
MAX_APPS = 5
PACKAGE = re.compile(r"[A-Za-z][A-Za-z0-9_]*(\.[A-Za-z][A-Za-z0-9_]*)+")
SIGNATURE = re.compile(r"[A-Za-z0-9+/=_-]{11}")
SAMPLE_CODE = "123456"
OTP_URL = "https://www.whatsapp.com/otp/code/"


def check_authentication(given: object) -> None:
    parts = by_kind(given)
    for index, (kind, component) in enumerate(parts.items()):
        path = f"components[{index}]"
        if kind not in KEYS:
            raise not_one_of(f"{path}['type']", KEYS, component.get("type"))
        check_keys(component, ("type", *KEYS[kind]), path)
        if kind == "BODY":
            _check_boolean(component, "add_security_recommendation", path)
        elif kind == "FOOTER":
            _check_minutes(component.get("code_expiration_minutes"), path)
    for kind in ("BODY", "BUTTONS"):
        if kind not in parts:
            raise parameter("components", f"must have a component of type {kind}")
    path = f"components[{list(parts).index('BUTTONS')}]['buttons']"
    buttons = parts["BUTTONS"].get("buttons")
    if not is_array(buttons) or len(buttons) != 1 or not is_object(buttons[0]):
        raise parameter(path, "must have one button, of type OTP.")
    _check_otp(buttons[0], f"{path}[0]")


def worded(given: object, language: str) -> list[Json]:
    """The components as they are kept: with the texts of the language, and the button's URL."""
    parts, said = by_kind(given), texts_of(language)
    is_careful = parts["BODY"].get("add_security_recommendation") is True
    body: Json = {
        "type": "BODY",
        "text": _body(said, is_careful=is_careful),
        "add_security_recommendation": is_careful,
        "example": {"body_text": [[SAMPLE_CODE]]},
    }
    kept = [body]
    minutes = parts.get("FOOTER", {}).get("code_expiration_minutes")
    if minutes is not None:
        footer = said["footer"].format(minutes=minutes)
        kept.append({"type": "FOOTER", "text": footer, "code_expiration_minutes": minutes})
    button = objects(parts["BUTTONS"]["buttons"])[0]
    kept.append({"type": "BUTTONS", "buttons": [_kept_button(button, said)]})
    return kept


async def previews(call: Call) -> Answer:
    """GET /{waba-id}/message_template_previews: the wording in each language, unsaved."""
    category = call.need("category").upper()
    if category != "AUTHENTICATION":
        raise not_one_of("category", ("AUTHENTICATION",), category)
    wanted = call.listed("button_types")
    unknown = next((kind for kind in wanted if kind.upper() != "OTP"), None)
    if unknown is not None:
        raise not_one_of("button_types[0]", ("OTP",), unknown)
    # The page names the parameter `language` and its example `languages`: both are taken.
    languages = call.listed("languages") or call.listed("language") or list(LANGUAGES)
    minutes = call.parameters.get("code_expiration_minutes")
    if minutes is not None:
        minutes = _minutes(minutes)
    is_careful = str(call.parameters.get("add_security_recommendation", "")).lower() == "true"
    rows: list[Json] = []
    for language in languages:
        check_language(language)
        said = texts_of(language)
        row: Json = {"body": _body(said, is_careful=is_careful)}
        if wanted:
            row["buttons"] = [{"autofill_text": said["autofill"], "text": said["text"]}]
        if minutes is not None:
            row["footer"] = said["footer"].format(minutes=minutes)
        rows.append({**row, "language": language})
    return {"data": rows}


@cache
def _all_texts() -> Mapping[str, Mapping[str, str]]:
    parsed: dict[str, dict[str, str]] = json.loads(
        FIXTURES.joinpath("authentication_texts.json").read_text("utf-8")
    )
    return MappingProxyType(parsed)


def texts_of(language: str) -> Mapping[str, str]:
    """The wording of a language; of those we have no translation for, the English one."""
    known = _all_texts()
    return known.get(language.partition("_")[0], known["en"])


def _body(said: Mapping[str, str], *, is_careful: bool) -> str:
    return f"{said['body']} {said['security']}" if is_careful else said["body"]


def _kept_button(button: Json, said: Mapping[str, str]) -> Json:
    """Graph shows a one-time password button as the URL button that the phone gets."""
    kind = text(button.get("otp_type")).upper()
    query: dict[str, str] = {"otp_type": kind}
    label = text(button.get("text")) or said["text"]
    if kind != "COPY_CODE":
        app = _apps(button)[0]
        autofill = text(button.get("autofill_text")) or said["autofill"]
        query |= {"cta_display_name": autofill, **{name: app[name] for name in app}}
    url = f"{OTP_URL}?{urlencode(query)}&code=otp"
    return {
        "type": "URL",
        "text": label,
        "url": url + "{{1}}",
        "example": [url + SAMPLE_CODE],
    }


def _check_otp(button: Json, path: str) -> None:
    if text(button.get("type")).upper() != "OTP":
        raise not_one_of(f"{path}['type']", ("OTP",), button.get("type"))
    check_keys(button, ("type", "text", *BUTTON_KEYS["OTP"]), path)
    kind = text(button.get("otp_type")).upper()
    if kind not in OTP_TYPES:
        raise not_one_of(f"{path}['otp_type']", OTP_TYPES, button.get("otp_type"))
    for name in ("text", "autofill_text"):
        if len(text(button.get(name))) > MAX_LABEL_CHARS:
            raise too_long("OTP button", MAX_LABEL_CHARS)
    if kind == "COPY_CODE":
        return
    apps = _apps(button)
    if not apps:
        raise missing("BUTTONS", "supported_apps")
    if len(apps) > MAX_APPS:
        raise parameter(f"{path}['supported_apps']", f"may have {MAX_APPS} elements.")
    for app in apps:
        _check_app(app, path)
    if kind == "ZERO_TAP" and button.get("zero_tap_terms_accepted") is not True:
        raise parameter(f"{path}['zero_tap_terms_accepted']", "must be true.")


def _apps(button: Json) -> list[Json]:
    """Today a list; a package and signature of the button's own is how it began."""
    listed = objects(button.get("supported_apps"))
    if listed or not button.get("package_name"):
        return listed
    return [{name: button.get(name) for name in ("package_name", "signature_hash")}]


def _check_app(app: Json, path: str) -> None:
    package, signature = app.get("package_name"), app.get("signature_hash")
    if not is_text(package) or len(package) > MAX_PACKAGE_CHARS or not PACKAGE.fullmatch(package):
        raise parameter(f"{path}['package_name']", "must be the name of an Android package.")
    if not is_text(signature) or not SIGNATURE.fullmatch(signature):
        raise parameter(f"{path}['signature_hash']", "must have 11 characters.")


def _check_boolean(component: Json, name: str, path: str) -> None:
    if not isinstance(component.get(name, False), bool):
        raise parameter(f"{path}['{name}']", "must be a boolean.")


def _check_minutes(given: object, path: str) -> None:
    is_whole = isinstance(given, int) and not isinstance(given, bool)
    if given is not None and (not is_whole or given not in EXPIRATION_MINUTES):
        raise parameter(f"{path}['code_expiration_minutes']", "must be from 1 to 90.")


def _minutes(given: object) -> int:
    said = str(given)
    if not (said.isdecimal() and len(said) < 4 and int(said) in EXPIRATION_MINUTES):
        raise parameter("code_expiration_minutes", "must be from 1 to 90.")
    return int(said)
