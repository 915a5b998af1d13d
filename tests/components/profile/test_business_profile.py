"""The business profile of a sender number, read and changed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import respx

from appmixer.engine.contract.testing import RecordingContext
from appmixer.whatsapp.components.profile.get_business_profile import GetBusinessProfile
from appmixer.whatsapp.components.profile.update_business_profile import UpdateBusinessProfile
from appmixer.whatsapp.plugin.fields.definitions import NumberInput
from appmixer.whatsapp.plugin.numbers.profile import ProfileInput

from ..conftest import GRAPH
from ..live import NUMBER, Live, documented

pytestmark = pytest.mark.anyio

RESPONSES = Path(__file__).parents[2] / "data" / "responses"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(2000)
TEXTS = {
    "about": "Succulent specialists!",
    "address": "1 Hacker Way",
    "description": "Succulents",
    "email": "lucky@luckyshrub.example",
    "websites": ["https://www.luckyshrub.example/"],
    "vertical": "RETAIL",
}


def changes(live: Live) -> list[dict[str, Any]]:
    """What was posted to the profile."""
    found = [each for each in live.requests if each.url.path.endswith("_business_profile")]
    return [json.loads(each.content) for each in found if each.method == "POST"]


async def update(live: Live, **fields: Any) -> Any:
    return await live.run("UpdateBusinessProfile", phoneNumberId=NUMBER, **fields)


async def profile(live: Live) -> dict[str, Any]:
    found = await live.run("GetBusinessProfile", phoneNumberId=NUMBER)
    read: dict[str, Any] = found.model_dump()
    return read


async def test_a_whole_profile_is_changed_as_meta_documents_it(
    context: RecordingContext, respx_mock: respx.MockRouter
) -> None:
    wanted = documented("business_profile.update")
    respx_mock.post(f"{GRAPH}/100000000000001/uploads").respond(json={"id": "upload:MTph?sig=ARZ"})
    respx_mock.post(url__startswith=f"{GRAPH}/upload:MTph").respond(
        json={"h": wanted["profile_picture_handle"]}
    )
    route = respx_mock.post(f"{GRAPH}/{NUMBER}/whatsapp_business_profile")
    route.respond(json={"success": True})
    file = context.files.keep("logo.png", "image/png", PNG)
    given = {**TEXTS, "phoneNumberId": NUMBER, "pictureFileId": file.id}

    output = await UpdateBusinessProfile().receive(context, ProfileInput.model_validate(given))

    assert json.loads(route.calls.last.request.read()) == wanted
    assert output.model_dump() == {
        "success": True,
        "phoneNumberId": NUMBER,
        "changed": [*TEXTS, "profile_picture_handle"],
    }


async def test_what_was_changed_is_what_people_see(live: Live) -> None:
    file = live.context.files.keep("logo.png", "image/png", PNG)

    await update(live, **TEXTS, pictureFileId=file.id)

    seen = await profile(live)
    assert {name: seen[name] for name in TEXTS} == TEXTS
    assert seen["pictureUrl"].startswith(live.sandbox.url)


async def test_a_picture_can_be_fetched_from_where_anybody_can(
    live: Live, respx_mock: respx.MockRouter
) -> None:
    respx_mock.get("https://93.184.216.34/logo.png").respond(content=PNG)
    respx_mock.route(host="127.0.0.1").pass_through()

    output = await update(live, pictureUrl="https://93.184.216.34/logo.png")

    assert output.changed == ["profile_picture_handle"]
    assert (await profile(live))["pictureUrl"].startswith(live.sandbox.url)


async def test_only_what_is_filled_in_is_changed(live: Live) -> None:
    await update(live, **TEXTS)
    before = await profile(live)

    output = await update(live, about="New here", email="", websites=[])

    assert changes(live)[-1] == {"messaging_product": "whatsapp", "about": "New here"}
    assert await profile(live) == {**before, "about": "New here"}
    assert output.changed == ["about"]


async def test_what_is_to_be_cleared_is_emptied_and_nothing_else(live: Live) -> None:
    await update(live, **TEXTS)

    output = await update(
        live, about="New", clear=["address", "description", "email", "websites", "vertical"]
    )

    assert changes(live)[-1] == {
        "messaging_product": "whatsapp",
        "about": "New",
        "address": "",
        "description": "",
        "email": "",
        "websites": [],
        "vertical": "",
    }
    assert await profile(live) == {
        "about": "New",
        "address": None,
        "description": None,
        "email": None,
        "websites": [],
        "vertical": "UNDEFINED",
        "pictureUrl": None,
    }
    assert output.changed == ["about", "address", "description", "email", "websites", "vertical"]


async def test_a_profile_is_read_as_meta_describes_it(
    context: RecordingContext, respx_mock: respx.MockRouter
) -> None:
    answer = json.loads((RESPONSES / "business_profile.get.json").read_text())
    route = respx_mock.get(f"{GRAPH}/{NUMBER}/whatsapp_business_profile").respond(json=answer)

    read = await GetBusinessProfile().receive(context, NumberInput(phone_number_id=NUMBER))

    [told] = answer["data"]
    assert read.model_dump() == {
        **{name: told[name] for name in TEXTS},
        "pictureUrl": told["profile_picture_url"],
    }
    assert route.calls.last.request.url.params["fields"] == (
        "about,address,description,email,websites,vertical,profile_picture_url"
    )


async def test_of_a_profile_that_was_never_filled_in_nothing_is_told(live: Live) -> None:
    assert await profile(live) == {
        "about": None,
        "address": None,
        "description": None,
        "email": None,
        "websites": [],
        "vertical": "UNDEFINED",
        "pictureUrl": None,
    }


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({}, "about"),
        ({"about": ""}, "about"),
        ({"about": "x" * 140}, "about"),
        ({"about": "   "}, "about"),
        ({"address": "x" * 257}, "address"),
        ({"description": "x" * 513}, "description"),
        ({"email": f"{'x' * 120}@x.example"}, "email"),
        ({"email": "lucky"}, "email"),
        ({"email": "lucky@shrub"}, "email"),
        ({"websites": ["https://a.example"] * 3}, "websites"),
        ({"websites": ["www.luckyshrub.example"]}, "websites"),
        ({"websites": [f"https://a.example/{'x' * 240}"]}, "websites"),
        ({"vertical": "SHOPS"}, "vertical"),
        ({"address": "1 Hacker Way", "clear": ["address"]}, "clear"),
        ({"clear": ["about"]}, "clear"),
        ({"pictureFileId": "a", "pictureUrl": "https://a.example/a.png"}, "pictureFileId"),
    ],
)
async def test_what_cannot_be_right_is_refused_before_meta_is_asked(
    live: Live, wrong: dict[str, Any], field: str
) -> None:
    refused = await live.refusal("UpdateBusinessProfile", **{"phoneNumberId": NUMBER, **wrong})

    assert refused == field
    assert live.requests == []


@pytest.mark.parametrize(
    ("name", "content"),
    [("logo.pdf", b"%PDF-1.7 logo"), ("logo.png", PNG + bytes(5 * 1024 * 1024))],
)
async def test_a_picture_that_meta_does_not_take_is_refused_before_it_is_uploaded(
    live: Live, name: str, content: bytes
) -> None:
    file = live.context.files.keep(name, "", content)

    refused = await live.refusal(
        "UpdateBusinessProfile", phoneNumberId=NUMBER, about="New", pictureFileId=file.id
    )

    assert refused == "pictureFileId"
    assert [each for each in live.requests if each.method == "POST"] == []


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"phoneNumberId": ""}, "phoneNumberId"),
        ({"phoneNumberId": "none"}, "phoneNumberId"),
        ({"phoneNumberId": NUMBER, "businessAccountId": "x"}, "businessAccountId"),
    ],
)
async def test_a_profile_of_no_number_is_not_asked_for(
    live: Live, wrong: dict[str, str], field: str
) -> None:
    refused = await live.refusal("GetBusinessProfile", **wrong)

    assert refused == field
    assert [each for each in live.requests if "profile" in each.url.path] == []
