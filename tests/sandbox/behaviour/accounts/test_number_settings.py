"""Settings of a number, its username, its key, its PIN and its display name."""

from __future__ import annotations

import base64
import json
from typing import Any

import httpx
import pytest

from appmixer.sandbox.testing import Receiver, RunningSandbox, until
from appmixer.sandbox.world import seed

pytestmark = pytest.mark.anyio

NUMBER = f"/{seed.PHONE_NUMBER_ID}"
SETTINGS = f"{NUMBER}/settings"
DEFAULT_CALLING = {
    "status": "DISABLED",
    "call_icon_visibility": "DEFAULT",
    "callback_permission_status": "DISABLED",
}
REGISTER = {"messaging_product": "whatsapp", "pin": seed.PIN}

Json = dict[str, Any]


def _refusal(answer: httpx.Response) -> tuple[int, int]:
    return answer.status_code, answer.json()["error"]["code"]


async def _changes(receiver: Receiver, field: str, count: int = 1) -> list[Json]:
    def found() -> list[Json]:
        bodies = [json.loads(post.body) for post in receiver.posts]
        changes = [one for body in bodies for entry in body["entry"] for one in entry["changes"]]
        return [change["value"] for change in changes if change["field"] == field]

    await until(lambda: len(found()) >= count)
    return found()


async def test_a_number_starts_with_everything_off(graph: httpx.AsyncClient) -> None:
    every = await graph.get(SETTINGS)
    some = await graph.get(SETTINGS, params={"fields": "storage_configuration"})
    unknown = await graph.get(SETTINGS, params={"fields": "moon_phase"})

    assert every.json() == {
        "calling": DEFAULT_CALLING,
        "payload_encryption": {"status": "DISABLED"},
        "storage_configuration": {"status": "DEFAULT"},
        "user_identity_change": {"enable_identity_key_check": False},
    }
    assert some.json() == {"storage_configuration": {"status": "DEFAULT"}}
    assert _refusal(unknown) == (400, 100)


async def test_calling_is_switched_on_and_told(
    graph: httpx.AsyncClient, receiver: Receiver, number: str
) -> None:
    hours: Json = {
        "status": "ENABLED",
        "timezone_id": "America/Los_Angeles",
        "weekly_operating_hours": [
            {"day_of_week": "MONDAY", "open_time": "0400", "close_time": "1020"}
        ],
        "holiday_schedule": [{"date": "2026-01-01", "start_time": "0000", "end_time": "2359"}],
    }
    changed = await graph.post(SETTINGS, json={"calling": {"status": "ENABLED"}})
    await graph.post(SETTINGS, json={"calling": {"call_hours": hours}})

    calling = {**DEFAULT_CALLING, "status": "ENABLED", "call_hours": hours}
    assert changed.json() == {"success": True}
    assert (await graph.get(SETTINGS)).json()["calling"] == calling
    told = (await _changes(receiver, "account_settings_update", 2))[1]
    assert told.pop("timestamp").isdecimal()
    assert told == {
        "messaging_product": "whatsapp",
        "type": "PHONE_NUMBER_SETTINGS",
        "phone_number_settings": {"phone_number_id": number, "calling": calling},
    }


async def test_calling_needs_somebody_to_tell(graph: httpx.AsyncClient, number: str) -> None:
    answer = await graph.post(SETTINGS, json={"calling": {"status": "ENABLED"}})

    assert _refusal(answer) == (400, 138018)


async def test_live_calling_needs_a_higher_messaging_limit(
    graph: httpx.AsyncClient, controls: httpx.AsyncClient, receiver: Receiver, number: str
) -> None:
    await controls.post("/settings", json={"mode": "live"})

    answer = await graph.post(SETTINGS, json={"calling": {"status": "ENABLED"}})

    assert _refusal(answer) == (400, 138015)


async def test_sip_passwords_are_shown_to_who_asks(graph: httpx.AsyncClient, number: str) -> None:
    sip = {"status": "ENABLED", "servers": [{"hostname": "sip.example.com"}]}
    await graph.post(SETTINGS, json={"calling": {"status": "ENABLED", "sip": sip}})

    plain = (await graph.get(SETTINGS)).json()["calling"]["sip"]["servers"]
    secret = await graph.get(SETTINGS, params={"include_sip_credentials": "true"})

    server = {"hostname": "sip.example.com", "port": 5061, "app_id": int(seed.APP_ID)}
    assert plain == [server]
    full = secret.json()["calling"]["sip"]["servers"][0]
    assert full.pop("sip_user_password")
    assert full == server


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"calling": {"status": "ENABLED"}, "payload_encryption": {"status": "DISABLED"}},
        {"calling": "on"},
        {"calling": {"status": "on"}},
        {"calling": {"moon_phase": "full"}},
        {"calling": {"call_hours": {"status": "ENABLED"}}},
        {"calling": {"sip": {"status": "ENABLED", "servers": [{"hostname": ""}]}}},
        {"storage_configuration": {"status": "ELSEWHERE"}},
        {"storage_configuration": {"status": "IN_COUNTRY_STORAGE_ENABLED"}},
        {"user_identity_change": {"enable_identity_key_check": "yes"}},
        {"payload_encryption": {"status": "ENABLED"}},
    ],
    ids=str,
)
async def test_a_wrong_setting_changes_nothing(
    wrong: Json, graph: httpx.AsyncClient, receiver: Receiver, number: str
) -> None:
    before = (await graph.get(SETTINGS)).json()

    answer = await graph.post(SETTINGS, json=wrong)

    assert _refusal(answer) == (400, 100)
    assert (await graph.get(SETTINGS)).json() == before


async def test_storage_and_identity_checks_are_kept(graph: httpx.AsyncClient) -> None:
    storage = {"status": "IN_COUNTRY_STORAGE_ENABLED", "data_localization_region": "DE"}
    identity = {"enable_identity_key_check": True}

    await graph.post(SETTINGS, json={"storage_configuration": storage})
    await graph.post(SETTINGS, json={"user_identity_change": identity})

    kept = (await graph.get(SETTINGS)).json()
    assert (kept["storage_configuration"], kept["user_identity_change"]) == (storage, identity)


async def test_a_username_is_taken_changed_and_given_up(
    graph: httpx.AsyncClient, receiver: Receiver, number: str
) -> None:
    path = f"{NUMBER}/username"
    suggested = (await graph.get(f"{NUMBER}/username_suggestions")).json()
    taken = await graph.post(path, json={"username": "lucky_shrub", "transfer_action": "none"})
    shown = await graph.get(path)
    removed = [(await graph.delete(path)).json() for _ in range(2)]

    assert suggested["data"][0]["username_suggestions"][0] == "lucky_shrub"
    assert taken.json() == {"status": "approved"}
    assert shown.json() == {"username": "lucky_shrub", "status": "approved"}
    assert removed == [{"success": True}, {"success": False}]
    assert (await graph.get(path)).json() == {}
    told = await _changes(receiver, "business_username_update", 2)
    named = {"display_phone_number": "15550783881", "username": "lucky_shrub"}
    assert told == [{**named, "status": "approved"}, {**named, "status": "deleted"}]


@pytest.mark.parametrize(
    "name", ["ab", "x" * 36, "www.shrub", ".shrub", "shrub.", "a..b", "1234", "shrub.com", "a b"]
)
async def test_a_username_has_a_form(name: str, graph: httpx.AsyncClient, number: str) -> None:
    answer = await graph.post(f"{NUMBER}/username", json={"username": name})

    assert _refusal(answer) == (400, 100)


async def test_a_username_belongs_to_one_number(
    sandbox: RunningSandbox, graph: httpx.AsyncClient, number: str
) -> None:
    second = sandbox.world.numbers[seed.UNVERIFIED_PHONE_NUMBER_ID]
    second.is_registered = True
    await graph.post(f"/{second.id}/username", json={"username": "lucky"})
    async with sandbox.graph(seed.OTHER_SYSTEM_USER_TOKEN) as other:
        await other.post(f"/{seed.OTHER_PHONE_NUMBER_ID}/username", json={"username": "fern"})

    foreign = await graph.post(f"{NUMBER}/username", json={"username": "Fern"})
    own = await graph.post(f"{NUMBER}/username", json={"username": "lucky"})
    forced = await graph.post(
        f"{NUMBER}/username", json={"username": "lucky", "transfer_action": "force_transfer"}
    )

    assert (_refusal(foreign), _refusal(own)) == ((400, 147001), (400, 147005))
    assert forced.json() == {"status": "approved"}
    assert second.username is None


async def test_an_unregistered_number_has_no_username(graph: httpx.AsyncClient) -> None:
    answer = await graph.post(f"{NUMBER}/username", json={"username": "lucky_shrub"})

    assert _refusal(answer) == (400, 133010)


def _pem(bits: int) -> str:
    """A public key of made-up numbers, in the form every library writes it."""

    def tlv(tag: int, content: bytes) -> bytes:
        size = len(content)
        length = bytes([size]) if size < 128 else b"\x82" + size.to_bytes(2)
        return bytes([tag]) + length + content

    modulus = tlv(2, b"\0" + (1 << (bits - 1) | 1).to_bytes(bits // 8))
    pair = tlv(0x30, modulus + tlv(2, b"\1\0\1"))
    algorithm = tlv(0x30, bytes.fromhex("06092a864886f70d0101010500"))
    der = tlv(0x30, algorithm + tlv(3, b"\0" + pair))
    body = base64.encodebytes(der).decode()
    return f"-----BEGIN PUBLIC KEY-----\n{body}-----END PUBLIC KEY-----\n"


async def test_a_public_key_is_kept(graph: httpx.AsyncClient) -> None:
    path, key = f"{NUMBER}/whatsapp_business_encryption", _pem(2048)

    before = await graph.get(path)
    saved = await graph.post(path, data={"business_public_key": key})
    shown = await graph.get(path)

    assert (before.json(), saved.json()) == ({"data": []}, {"success": True})
    assert shown.json() == {
        "data": [
            {"business_public_key": key, "business_public_key_signature_status": "VALID"},
        ]
    }


@pytest.mark.parametrize(
    "key", [_pem(1024), _pem(2048).replace("A", "B"), _pem(2048)[:-40], "key", ""], ids=range(5)
)
async def test_a_public_key_is_a_key(key: str, graph: httpx.AsyncClient) -> None:
    path = f"{NUMBER}/whatsapp_business_encryption"

    answer = await graph.post(path, json={"business_public_key": key})

    assert answer.status_code == 400
    assert (await graph.get(path)).json() == {"data": []}


async def test_a_changed_pin_is_told(
    graph: httpx.AsyncClient, receiver: Receiver, number: str
) -> None:
    changed = await graph.post(NUMBER, json={"pin": "654321"})
    old = await graph.post(f"{NUMBER}/register", json=REGISTER)

    assert changed.json() == {"success": True}
    assert _refusal(old) == (400, 133005)
    assert await _changes(receiver, "security") == [
        {
            "display_phone_number": "15550783881",
            "event": "PIN_CHANGED",
            "requester": seed.SYSTEM_USER_ID,
        }
    ]


async def test_a_new_name_is_reviewed_and_shows_after_registering(
    graph: httpx.AsyncClient, controls: httpx.AsyncClient, receiver: Receiver
) -> None:
    asked = {"new_display_name": "Lucky Shrub 2", "messaging_product": "whatsapp"}
    fields = {"fields": "verified_name,new_display_name,new_name_status"}

    await graph.post(NUMBER, json=asked)
    pending = (await graph.get(NUMBER, params=fields)).json()
    again = await graph.post(NUMBER, json=asked)
    await controls.post("/clock", json={"advanceS": 2})
    told = await _changes(receiver, "phone_number_name_update")
    approved = (await graph.get(NUMBER, params=fields)).json()
    await graph.post(f"{NUMBER}/register", json=REGISTER)
    shown = (await graph.get(NUMBER, params=fields)).json()

    assert (pending["verified_name"], pending["new_name_status"]) == (
        "Lucky Shrub",
        "PENDING_REVIEW",
    )
    assert _refusal(again) == (400, 100)
    assert told == [
        {
            "display_phone_number": "15550783881",
            "decision": "APPROVED",
            "requested_verified_name": "Lucky Shrub 2",
            "rejection_reason": None,
        }
    ]
    assert (approved["verified_name"], approved["new_name_status"]) == ("Lucky Shrub", "APPROVED")
    assert shown == {
        "verified_name": "Lucky Shrub 2",
        "new_name_status": "NONE",
        "id": seed.PHONE_NUMBER_ID,
    }


@pytest.mark.parametrize("name", ["ab", "x" * 513, "Lucky Shrub", None], ids=range(4))
async def test_a_name_is_new_and_has_a_length(
    name: str | None, graph: httpx.AsyncClient, sandbox: RunningSandbox
) -> None:
    answer = await graph.post(NUMBER, json={"new_display_name": name})

    assert _refusal(answer) == (400, 100)
    assert sandbox.world.numbers[seed.PHONE_NUMBER_ID].name_request is None


async def test_a_name_can_be_declined(
    graph: httpx.AsyncClient, controls: httpx.AsyncClient, receiver: Receiver
) -> None:
    await controls.post("/settings", json={"nameReview": {"delayS": 0, "outcome": "REJECTED"}})

    await graph.post(NUMBER, json={"new_display_name": "Best Shop"})

    told = (await _changes(receiver, "phone_number_name_update"))[0]
    assert (told["decision"], told["rejection_reason"]) == ("REJECTED", "NAME_FORMAT_UNACCEPTABLE")
    status = await graph.get(NUMBER, params={"fields": "new_name_status"})
    assert status.json()["new_name_status"] == "DECLINED"
