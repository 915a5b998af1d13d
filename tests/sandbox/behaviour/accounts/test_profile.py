"""A number's profile, its commerce settings, and what else it says about itself."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from appmixer.sandbox.testing import RunningSandbox
from appmixer.sandbox.world import seed

pytestmark = pytest.mark.anyio

NUMBER = f"/{seed.PHONE_NUMBER_ID}"
PROFILE = f"{NUMBER}/whatsapp_business_profile"
FIELDS = "about,address,description,email,profile_picture_url,websites,vertical"
PRODUCT = {"messaging_product": "whatsapp"}
EMPTY = {**PRODUCT, "vertical": "UNDEFINED"}
JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01a picture\xff\xd9"

Json = dict[str, Any]


async def _upload(graph: httpx.AsyncClient, content: bytes, kind: str = "image/jpeg") -> str:
    """A handle, as the Resumable Upload API gives it."""
    details = {"file_name": "a", "file_length": str(len(content)), "file_type": kind}
    session = (await graph.post(f"/{seed.APP_ID}/uploads", params=details)).json()["id"]
    headers = {"Authorization": f"OAuth {seed.SYSTEM_USER_TOKEN}", "file_offset": "0"}
    sent = await graph.post(f"/{session}", headers=headers, content=content)
    handle: str = sent.json()["h"]
    return handle


async def _read(graph: httpx.AsyncClient) -> Json:
    answer = await graph.get(PROFILE, params={"fields": FIELDS})
    shown: Json = answer.json()["data"][0]
    return shown


async def test_a_new_number_says_nothing_about_itself(graph: httpx.AsyncClient) -> None:
    answer = await graph.get(PROFILE, params={"fields": FIELDS})

    assert answer.json() == {"data": [EMPTY]}


async def test_a_profile_keeps_what_it_is_given(graph: httpx.AsyncClient) -> None:
    given: Json = {
        "about": "Succulent specialists!",
        "address": "1 Hacker Way",
        "description": "Succulents",
        "email": "lucky@luckyshrub.example",
        "websites": ["https://www.luckyshrub.example/"],
        "vertical": "RETAIL",
    }
    handle = await _upload(graph, JPEG)
    body = {**PRODUCT, **given, "profile_picture_handle": handle}

    answer = await graph.post(PROFILE, json=body)
    shown = await _read(graph)
    picture = await graph.get(shown.pop("profile_picture_url"))

    assert answer.json() == {"success": True}
    assert shown == {**given, **PRODUCT}
    assert (picture.content, picture.headers["content-type"]) == (JPEG, "image/jpeg")


async def test_what_is_not_named_stays_as_it_was(graph: httpx.AsyncClient) -> None:
    await graph.post(PROFILE, json={**PRODUCT, "about": "First", "email": "a@b.example"})

    await graph.post(PROFILE, json={**PRODUCT, "about": "Second"})

    assert await _read(graph) == {**EMPTY, "about": "Second", "email": "a@b.example"}


@pytest.mark.parametrize(
    "wrong",
    [
        {"about": ""},
        {"about": "x" * 140},
        {"address": "x" * 257},
        {"description": "x" * 513},
        {"email": "nobody"},
        {"email": f"{'x' * 120}@b.example"},
        {"vertical": "PIRACY"},
        {"websites": ["https://a.example"] * 3},
        {"websites": ["ftp://a.example"]},
        {"websites": "https://a.example"},
        {"profile_picture_handle": "4::aW1hZ2UvanBlZw==:made-up"},
        {"about": 5},
    ],
    ids=str,
)
async def test_a_wrong_part_changes_nothing(wrong: Json, graph: httpx.AsyncClient) -> None:
    answer = await graph.post(PROFILE, json={**PRODUCT, "address": "Here", **wrong})

    assert answer.status_code == 400
    assert answer.json()["error"]["code"] in (100, 131009)
    assert await _read(graph) == EMPTY


async def test_a_profile_update_names_the_product(graph: httpx.AsyncClient) -> None:
    answer = await graph.post(PROFILE, json={"about": "Hi"})

    error = answer.json()["error"]
    assert (error["code"], error["message"]) == (
        100,
        "(#100) The parameter messaging_product is required.",
    )


async def test_a_picture_is_an_image(graph: httpx.AsyncClient) -> None:
    handle = await _upload(graph, b"%PDF-1.4", "application/pdf")

    answer = await graph.post(PROFILE, json={**PRODUCT, "profile_picture_handle": handle})

    assert answer.json()["error"]["error_data"]["details"] == (
        "A profile picture must be a JPEG or PNG image"
    )


async def test_a_guessed_picture_is_refused(sandbox: RunningSandbox) -> None:
    async with httpx.AsyncClient(base_url=sandbox.url, verify=False) as plain:
        answers = [
            await plain.get(f"/scontent/{path}") for path in ("picture/x", "qr/X.svg", "flow/x", "")
        ]

    assert [answer.status_code for answer in answers] == [403] * 4


async def test_commerce_settings_are_switched_by_query_or_body(graph: httpx.AsyncClient) -> None:
    path = f"{NUMBER}/whatsapp_commerce_settings"
    await graph.post(path, params={"is_catalog_visible": "true"})
    changed = await graph.post(path, json={"is_cart_enabled": False})

    shown = await graph.get(path)

    assert changed.json() == {"success": True}
    assert shown.json() == {
        "data": [{"id": seed.PHONE_NUMBER_ID, "is_cart_enabled": False, "is_catalog_visible": True}]
    }


async def test_a_commerce_switch_is_on_or_off(graph: httpx.AsyncClient) -> None:
    path = f"{NUMBER}/whatsapp_commerce_settings"

    wrong = await graph.post(path, json={"is_cart_enabled": "perhaps"})
    nothing = await graph.post(path, json={})

    assert [answer.json()["error"]["code"] for answer in (wrong, nothing)] == [100, 100]


async def test_a_chat_offers_ice_breakers_and_commands(graph: httpx.AsyncClient) -> None:
    offered: Json = {
        "prompts": ["Plan a trip", "Find a shop"],
        "commands": [{"command_name": "help", "command_description": "What I can do"}],
    }
    as_text = {name: json.dumps(value) for name, value in offered.items()}
    changed = await graph.post(f"{NUMBER}/conversational_automation", json=as_text)

    shown = await graph.get(NUMBER, params={"fields": "conversational_automation"})

    assert changed.json() == {"success": True}
    assert shown.json() == {
        "conversational_automation": {**offered, "id": seed.PHONE_NUMBER_ID},
        "id": seed.PHONE_NUMBER_ID,
    }


@pytest.mark.parametrize(
    "wrong",
    [
        {"prompts": ["a"] * 5},
        {"prompts": ["x" * 81]},
        {"commands": [{"command_name": "x" * 33, "command_description": "d"}]},
        {"commands": [{"command_name": "x"}]},
        {"commands": [{"command_name": "x", "command_description": "d"}] * 2},
        {"commands": "help"},
        {},
    ],
    ids=str,
)
async def test_offers_have_limits(wrong: Json, graph: httpx.AsyncClient) -> None:
    answer = await graph.post(f"{NUMBER}/conversational_automation", json=wrong)

    assert (answer.status_code, answer.json()["error"]["code"]) == (400, 100)


async def test_an_official_account_is_applied_for(graph: httpx.AsyncClient) -> None:
    path = f"{NUMBER}/official_business_account"
    application = {
        "business_website_url": "https://www.luckyshrub.example",
        "primary_country_of_operation": "US",
    }

    before = await graph.get(path)
    applied = (await graph.post(path, json=application)).json()
    again = await graph.post(path, json=application)
    field = await graph.get(NUMBER, params={"fields": "official_business_account"})

    pending = {"oba_status": "PENDING", "status_message": "The application was received."}
    assert before.json() == {"oba_status": "NOT_STARTED", "id": seed.PHONE_NUMBER_ID}
    assert applied.pop("tracking_id").isdecimal()
    assert applied == {
        "success": True,
        "message": "The application was received.",
        "updated_status": {**pending, "id": seed.PHONE_NUMBER_ID},
    }
    assert again.json()["error"]["code"] == 100
    assert field.json()["official_business_account"] == pending


async def test_compliance_information_is_kept(graph: httpx.AsyncClient) -> None:
    path = f"{NUMBER}/business_compliance_info"
    contact = {"name": "C. P.", "email": "c@l.example", "mobile_number": "+913854559033"}
    declared: Json = {
        "entity_name": "Lucky Shrub",
        "entity_type": "PARTNERSHIP",
        "is_registered": True,
        "grievance_officer_details": contact,
        "customer_care_details": {"email": "s@l.example", "mobile_number": "+913854559033"},
    }

    before = await graph.get(path)
    changed = await graph.post(path, json={**PRODUCT, **declared})
    after = await graph.get(path)

    assert before.json() == {"data": []}
    assert changed.json() == {"success": True}
    assert after.json() == {"data": [{**declared, **PRODUCT}]}


async def test_compliance_information_is_complete(graph: httpx.AsyncClient) -> None:
    body = {**PRODUCT, "entity_name": "Lucky Shrub", "entity_type": "OTHER"}

    answer = await graph.post(f"{NUMBER}/business_compliance_info", json=body)

    assert answer.status_code == 400
    assert answer.json()["error"]["error_data"]["details"] == (
        "The parameter entity_type_custom is required."
    )
