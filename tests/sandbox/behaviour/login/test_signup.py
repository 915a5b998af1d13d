"""Embedded Signup: a code for 30 seconds, an event for the page, and news for the partner."""

from __future__ import annotations

import json
import re
from html import unescape
from typing import Any

import httpx
import pytest

from appmixer.sandbox.testing import Receiver, RunningSandbox, until
from appmixer.sandbox.world import seed

pytestmark = pytest.mark.anyio

CLIENT = {"client_id": seed.APP_ID, "client_secret": seed.APP_SECRET}
APP_TOKEN = f"{seed.APP_ID}|{seed.APP_SECRET}"
BOTH_SCOPES = ["whatsapp_business_management", "whatsapp_business_messaging"]

Json = dict[str, Any]


async def _exchange(graph: httpx.AsyncClient, code: str, **more: str) -> httpx.Response:
    return await graph.get("/oauth/access_token", params={**CLIENT, "code": code, **more})


async def test_a_signup_leaves_a_code_and_an_event(
    graph: httpx.AsyncClient, controls: httpx.AsyncClient, sandbox: RunningSandbox
) -> None:
    signed_up = (await controls.post("/signup", json={})).json()

    token = (await _exchange(graph, signed_up["code"])).json()
    async with sandbox.graph(APP_TOKEN) as app:
        shown = await app.get("/debug_token", params={"input_token": token["access_token"]})

    assert signed_up["event"] == {
        "type": "WA_EMBEDDED_SIGNUP",
        "event": "FINISH",
        "version": 4,
        "data": {
            "phone_number_id": seed.PHONE_NUMBER_ID,
            "waba_id": seed.WABA_ID,
            "business_id": seed.BUSINESS_ID,
        },
    }
    inspected = shown.json()["data"]
    assert (inspected["type"], inspected["expires_at"]) == ("SYSTEM_USER", 0)
    assert inspected["granular_scopes"] == [
        {"scope": scope, "target_ids": [seed.WABA_ID]} for scope in BOTH_SCOPES
    ]


async def test_the_code_lives_half_a_minute(
    graph: httpx.AsyncClient, controls: httpx.AsyncClient
) -> None:
    code = (await controls.post("/signup", json={})).json()["code"]
    await controls.post("/clock", json={"advanceS": 31})

    answer = await _exchange(graph, code)

    assert answer.json()["error"]["error_subcode"] == 36007


async def test_the_code_is_exchanged_without_an_address(
    graph: httpx.AsyncClient, controls: httpx.AsyncClient
) -> None:
    code = (await controls.post("/signup", json={})).json()["code"]

    with_address = await _exchange(graph, code, redirect_uri="http://127.0.0.1:9/")
    without = await _exchange(graph, code)
    again = await _exchange(graph, code)

    assert with_address.json()["error"]["error_subcode"] == 36008
    assert without.json()["token_type"] == "bearer"
    assert again.json()["error"]["error_subcode"] == 36009


@pytest.mark.parametrize(
    ("choice", "event", "keys"),
    [
        ({"featureType": "only_waba_sharing", "version": 3}, "FINISH_ONLY_WABA",
         {"waba_id", "business_id"}),
        ({"featureType": "whatsapp_business_app_onboarding"},
         "FINISH_WHATSAPP_BUSINESS_APP_ONBOARDING",
         {"phone_number_id", "waba_id", "business_id"}),
        ({"appOnlyInstall": True}, "FINISH_GRANT_ONLY_API_ACCESS", {"waba_id", "business_id"}),
        ({"cancelAt": "PHONE_NUMBER_SETUP"}, "CANCEL", {"current_step"}),
    ],
    ids=["waba", "coexistence", "app", "cancel"],
)  # fmt: skip
async def test_each_way_out_has_its_event(
    choice: Json, event: str, keys: set[str], controls: httpx.AsyncClient
) -> None:
    signed_up = (await controls.post("/signup", json=choice)).json()

    assert signed_up["event"]["event"] == event
    assert signed_up["event"]["version"] == choice.get("version", 4)
    assert signed_up["event"]["data"].keys() == keys
    assert (signed_up["code"] is None) == (event == "CANCEL")


async def test_the_partner_hears_of_new_and_lost_customers(
    graph: httpx.AsyncClient,
    controls: httpx.AsyncClient,
    receiver: Receiver,
    sandbox: RunningSandbox,
) -> None:
    signed_up = await controls.post("/signup", json={"wabaIds": [seed.SECOND_WABA_ID]})
    token = (await _exchange(graph, signed_up.json()["code"])).json()["access_token"]

    async with sandbox.graph(token) as customer:
        await customer.delete("/me/permissions")

    await until(lambda: len(receiver.posts) == 2)
    entries = [json.loads(post.body)["entry"][0] for post in receiver.posts]
    waba = {"waba_id": seed.SECOND_WABA_ID, "owner_business_id": seed.BUSINESS_ID}
    assert [entry["id"] for entry in entries] == [seed.BUSINESS_ID] * 2
    assert [entry["changes"][0]["value"] for entry in entries] == [
        {"event": "PARTNER_ADDED", "waba_info": waba},
        {
            "event": "PARTNER_APP_UNINSTALLED",
            "waba_info": {**waba, "partner_app_id": seed.APP_ID},
        },
    ]


async def test_a_new_number_has_two_weeks_to_register(
    graph: httpx.AsyncClient, controls: httpx.AsyncClient
) -> None:
    number_id = seed.UNVERIFIED_PHONE_NUMBER_ID
    await controls.post("/signup", json={"phoneNumberId": number_id})
    fields = {"fields": "code_verification_status"}

    at_first = (await graph.get(f"/{number_id}", params=fields)).json()
    await controls.post("/clock", json={"advanceS": 14 * 24 * 3600})
    later = (await graph.get(f"/{number_id}", params=fields)).json()

    assert [one["code_verification_status"] for one in (at_first, later)] == ["VERIFIED", "EXPIRED"]


async def test_nobody_shares_what_is_not_theirs(controls: httpx.AsyncClient) -> None:
    foreign = await controls.post("/signup", json={"wabaIds": [seed.OTHER_WABA_ID]})
    number = await controls.post("/signup", json={"phoneNumberId": seed.OTHER_PHONE_NUMBER_ID})
    nobody = await controls.post("/signup", json={"userId": seed.SYSTEM_USER_ID})
    plain = await controls.post("/signup", json={"configId": seed.CONFIG_ID})

    answers = (foreign, number, nobody, plain)
    assert [answer.status_code for answer in answers] == [422, 422, 404, 404]
    assert foreign.json()["detail"] == (
        f"Robin Marsh has no WhatsApp Business Account {seed.OTHER_WABA_ID}."
    )


async def test_the_window_of_a_signup_tells_the_page_behind_it(graph: httpx.AsyncClient) -> None:
    query = {
        "client_id": seed.APP_ID,
        "config_id": seed.ES_CONFIG_ID,
        "response_type": "code",
        "state": "</script>",
    }
    form = {"decision": "approve", "waba_ids": [seed.WABA_ID], "scopes": BOTH_SCOPES}

    page = await graph.get("/dialog/oauth", params=query)
    done = await graph.post("/dialog/oauth", params=query, data=form)

    assert f'value="{seed.UNVERIFIED_PHONE_NUMBER_ID}"' in page.text
    assert (done.status_code, done.text.count("</script>")) == (200, 1)
    said = re.search(r"of (\[.*\])\)", unescape(done.text))
    assert said is not None
    event, login = json.loads(said[1])
    assert json.loads(event)["data"]["waba_id"] == seed.WABA_ID
    assert login["authResponse"]["state"] == "</script>"
    token = await _exchange(graph, login["authResponse"]["code"])
    assert token.json()["token_type"] == "bearer"


async def test_a_signup_with_an_address_goes_back_to_it(graph: httpx.AsyncClient) -> None:
    address = "http://127.0.0.1:9/back"
    query = {
        "client_id": seed.APP_ID,
        "config_id": seed.ES_CONFIG_ID,
        "redirect_uri": address,
        "response_type": "code",
    }
    form = {"decision": "approve", "waba_ids": [seed.WABA_ID], "scopes": BOTH_SCOPES}

    nothing = await graph.post("/dialog/oauth", params=query, data={"decision": "approve"})
    done = await graph.post("/dialog/oauth", params=query, data=form)
    left = await graph.post("/dialog/oauth", params=query, data={"decision": "cancel"})

    code = httpx.URL(done.headers["location"]).params["code"]
    assert nothing.status_code == 400
    assert "error=access_denied" in left.headers["location"]
    assert (await _exchange(graph, code, redirect_uri=address)).status_code == 200
