"""A number's settings: calling, identity checks, payload encryption, where content is stored."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType

from ...protocol.errors import MetaError, invalid_parameter, refused, unknown_field
from ...protocol.shapes import Json, is_array, is_object, objects
from ...world.belongings import NumberSettings
from ...world.entities import PhoneNumber
from ...world.world import World
from ..call import Answer, Call, success
from .checks import flag, is_web_address, one_of, part
from .encryption import is_rsa_key

FEATURES = ("calling", "payload_encryption", "storage_configuration", "user_identity_change")
ON_OFF = ("ENABLED", "DISABLED")
CLOCK = re.compile(r"([01]\d|2[0-3])[0-5]\d")
DAY = re.compile(r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])")
WEEKDAYS = tuple("MONDAY TUESDAY WEDNESDAY THURSDAY FRIDAY SATURDAY SUNDAY".split())
# https://developers.facebook.com/documentation/business-messaging/whatsapp/calling/call-settings
CALLING_CHOICES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "status": ON_OFF,
        "call_icon_visibility": ("DEFAULT", "DISABLE_ALL"),
        "callback_permission_status": ON_OFF,
        "srtp_key_exchange_protocol": ("DTLS", "SDES"),
    }
)
CALLING_OBJECTS = ("call_hours", "call_icons", "sip", "audio", "voicemail", "video")
MAX_HOURS_A_DAY = 2
MAX_HOLIDAYS = 20
MAX_SIP_SERVERS = 3
LOW_LIMITS = ("TIER_50", "TIER_250", "TIER_1K")
# https://developers.facebook.com/documentation/business-messaging/whatsapp/local-storage
STORAGE = ("DEFAULT", "IN_COUNTRY_STORAGE_ENABLED", "NO_STORAGE_ENABLED")


async def get(call: Call) -> Answer:
    settings = call.number().settings
    every: Json = {name: getattr(settings, name) for name in FEATURES}
    if not flag(call, "include_sip_credentials"):
        every["calling"] = _without_credentials(every["calling"])
    wanted = [selected.name for selected in call.fields()]
    for name in wanted:
        # The settings have no id; Graph takes the name in `fields` all the same.
        if name not in (*FEATURES, "id"):
            raise unknown_field(name, "WhatsAppBusinessPhoneNumberSettings")
    return {name: value for name, value in every.items() if not wanted or name in wanted}


async def update(call: Call) -> Answer:
    """One feature a call, as Meta wants it."""
    given = [name for name in FEATURES if name in call.parameters]
    if len(given) != 1:
        raise invalid_parameter(f"Exactly one setting must be given, one of: {', '.join(FEATURES)}")
    feature = given[0]
    value = part(call, feature)
    if value is None:
        raise MetaError(100, f"(#100) Param {feature} must be an object")
    number = call.number()
    checked = CHECKS[feature](call, value)
    setattr(number.settings, feature, checked)
    if feature == "calling":
        _tell(call.world, number, number.settings)
    return success()


def _without_credentials(calling: Json) -> Json:
    sip = calling.get("sip")
    if not is_object(sip):
        return calling
    hidden = {"sip_user_password"}
    servers = [
        {name: value for name, value in server.items() if name not in hidden}
        for server in objects(sip.get("servers"))
    ]
    return {**calling, "sip": {**sip, "servers": servers}}


def _calling(call: Call, value: Json) -> Json:
    unknown = [name for name in value if name not in (*CALLING_CHOICES, *CALLING_OBJECTS)]
    if unknown:
        raise MetaError(100, f'(#100) Unexpected key "{unknown[0]}" on param "calling".')
    for name, allowed in CALLING_CHOICES.items():
        if name in value:
            one_of(value[name], f"calling.{name}", allowed)
    for name in CALLING_OBJECTS:
        if name in value and not is_object(value[name]):
            raise MetaError(100, f"(#100) Param calling.{name} must be an object")
    if "call_hours" in value:
        _check_hours(value["call_hours"])
    number = call.number()
    merged = {**number.settings.calling, **value}
    if "sip" in value:
        merged["sip"] = _sip(call, value["sip"])
    if merged["status"] == "ENABLED" and number.settings.calling["status"] != "ENABLED":
        _check_eligible(call.world, number, merged)
    return merged


def _check_eligible(world: World, number: PhoneNumber, calling: Json) -> None:
    waba = world.wabas[number.waba_id]
    limit = world.businesses[waba.business_id].messaging_limit
    # Sandbox numbers may call whatever their messaging limit is; real ones need 2,000 a day.
    if world.settings.mode == "live" and limit in LOW_LIMITS:
        raise refused(138015)
    sip = calling.get("sip")
    has_sip = is_object(sip) and sip.get("status") == "ENABLED"
    apps = (world.apps[app_id] for app_id in waba.subscriptions)
    if not has_sip and not any("calls" in app.fields for app in apps):
        raise refused(138018)


def _check_hours(hours: Json) -> None:
    one_of(hours.get("status"), "calling.call_hours.status", ON_OFF)
    if hours["status"] == "DISABLED":
        return
    zone = hours.get("timezone_id")
    weekly = hours.get("weekly_operating_hours")
    if not isinstance(zone, str) or not zone or not is_array(weekly) or not weekly:
        raise invalid_parameter("call_hours needs timezone_id and weekly_operating_hours")
    days: list[str] = []
    for row in weekly:
        days.append(_checked_row(row, "weekly_operating_hours", "open_time", "close_time"))
        one_of(days[-1], "day_of_week", WEEKDAYS)
    if any(days.count(day) > MAX_HOURS_A_DAY for day in days):
        raise invalid_parameter("weekly_operating_hours has more than two entries for a day")
    holidays = hours.get("holiday_schedule", [])
    if not is_array(holidays) or len(holidays) > MAX_HOLIDAYS:
        raise invalid_parameter(f"holiday_schedule must be a list of at most {MAX_HOLIDAYS}")
    for row in holidays:
        if not DAY.fullmatch(_checked_row(row, "holiday_schedule", "start_time", "end_time")):
            raise invalid_parameter("holiday_schedule has a date that is not YYYY-MM-DD")


def _checked_row(row: object, name: str, start: str, end: str) -> str:
    """Check the two times of a row, and return its day."""
    if not is_object(row):
        raise invalid_parameter(f"{name} must be a list of objects")
    times = [row.get(start), row.get(end)]
    if not all(isinstance(time, str) and CLOCK.fullmatch(time) for time in times):
        raise invalid_parameter(f"{name} needs {start} and {end} as HHMM")
    if str(times[0]) >= str(times[1]):
        raise invalid_parameter(f"{name} has an entry that ends before it starts")
    return str(row.get("day_of_week") or row.get("date"))


def _sip(call: Call, sip: Json) -> Json:
    one_of(sip.get("status"), "calling.sip.status", ON_OFF)
    given = sip.get("servers", [])
    if not is_array(given) or len(given) > MAX_SIP_SERVERS or not all(map(is_object, given)):
        raise invalid_parameter(f"sip.servers must be a list of at most {MAX_SIP_SERVERS} servers")
    servers: list[Json] = []
    for server in objects(given):
        host, port = server.get("hostname"), server.get("port", 5061)
        is_port = isinstance(port, int) and not isinstance(port, bool) and 0 < port < 65536
        if not isinstance(host, str) or not is_web_address(f"https://{host}", 300) or not is_port:
            raise invalid_parameter("Each of sip.servers needs a hostname, and a port if not 5061")
        # Meta makes the password; it shows it only to whoever asks for the credentials.
        made = {"app_id": int(call.bearer().app_id), "sip_user_password": call.world.new_id()}
        servers.append({**server, "port": port, **made})
    return {**sip, "servers": servers}


def _encryption(_call: Call, value: Json) -> Json:
    one_of(value.get("status"), "payload_encryption.status", ON_OFF)
    if value["status"] == "ENABLED" and not is_rsa_key(value.get("client_encryption_key")):
        raise invalid_parameter("client_encryption_key must be a 2048-bit RSA public key in PEM")
    return value


def _storage(_call: Call, value: Json) -> Json:
    one_of(value.get("status"), "storage_configuration.status", STORAGE)
    if value["status"] == "IN_COUNTRY_STORAGE_ENABLED":
        region = value.get("data_localization_region")
        if not isinstance(region, str) or len(region) != 2:
            raise invalid_parameter("data_localization_region must be a country code")
    return value


def _identity(_call: Call, value: Json) -> Json:
    if not isinstance(value.get("enable_identity_key_check"), bool):
        raise invalid_parameter("enable_identity_key_check must be a boolean")
    return {"enable_identity_key_check": value["enable_identity_key_check"]}


CHECKS: Mapping[str, Callable[[Call, Json], Json]] = MappingProxyType(
    {
        "calling": _calling,
        "payload_encryption": _encryption,
        "storage_configuration": _storage,
        "user_identity_change": _identity,
    }
)


def _tell(world: World, number: PhoneNumber, settings: NumberSettings) -> None:
    value: Json = {
        "messaging_product": "whatsapp",
        "timestamp": str(int(world.clock.now())),
        "type": "PHONE_NUMBER_SETTINGS",
        "phone_number_settings": {
            "phone_number_id": number.id,
            "calling": _without_credentials(settings.calling),
        },
    }
    world.publish_of_number(number, "account_settings_update", value)
