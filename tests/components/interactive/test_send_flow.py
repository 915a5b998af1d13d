"""Send Flow against the simulator of Meta; and where Meta never answered, with Graph replaced."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest
import respx

from appmixer.engine.contract import NothingToChooseError, Wait, choices_of
from appmixer.engine.contract.testing import RecordingContext
from appmixer.whatsapp.components.interactive.send_flow import SendFlow
from appmixer.whatsapp.plugin.interactive.flows import SentFlow

from ..live import NUMBER, PERSON, WABA, Live, documented

pytestmark = pytest.mark.anyio

URL = f"https://graph.facebook.com/v25.0/{NUMBER}/messages"
WAMID = "wamid.HBgLMTY1MDU1NTEyMzQVAgARGBI5REQyODhCNDM1RDRGNzc2RDgA"
ASK: dict[str, Any] = {
    "phoneNumberId": NUMBER,
    "to": PERSON,
    "text": "Pick one",
    "flowId": "6627390910605886",
    "buttonText": "Book!",
}
BEGUN: dict[str, Any] = {"screen": "FIRST_SCREEN", "data": {"product": "SKU-1"}}
SCREEN: dict[str, Any] = {
    "id": "START",
    "title": "Start",
    "terminal": True,
    "layout": {
        "type": "SingleColumnLayout",
        "children": [
            {"type": "Footer", "label": "Done", "on-click-action": {"name": "complete"}},
        ],
    },
}


def parameters(live: Live) -> dict[str, Any]:
    found: dict[str, Any] = live.sent[-1]["interactive"]["action"]["parameters"]
    return found


async def test_what_meta_documents_is_sent_and_its_token_given_back(live: Live) -> None:
    await live.ready()

    sent = await live.run("SendFlow", **ASK, **BEGUN, flowToken="order-7781")

    assert live.sent == [documented("send.interactive.flow")]
    assert sent.flow_token == "order-7781"


async def test_a_token_is_made_for_a_step_and_stays_that_of_the_step(live: Live) -> None:
    await live.ready()

    live.context.step_id = "run-1:form"
    first = await live.run("SendFlow", **ASK)
    again = await live.run("SendFlow", **ASK)
    live.context.step_id = "run-2:form"
    other = await live.run("SendFlow", **ASK, flowToken="")

    assert len(live.sent) == 2
    assert first == again
    assert parameters(live)["flow_token"] == other.flow_token
    assert len({"", first.flow_token, other.flow_token}) == 3


async def test_a_flow_by_name_with_an_endpoint_begins_where_that_says(live: Live) -> None:
    await live.ready()
    named = {key: value for key, value in ASK.items() if key != "flowId"}

    await live.run(
        "SendFlow",
        **named,
        flowName="booking",
        action="data_exchange",
        mode="draft",
        flowToken="t",
        headerType="text",
        headerText="Lucky Shrub",
    )

    assert parameters(live) == {
        "flow_message_version": "3",
        "flow_name": "booking",
        "flow_token": "t",
        "flow_cta": "Book!",
        "flow_action": "data_exchange",
        "mode": "draft",
    }
    assert live.sent[0]["interactive"]["header"] == {"type": "text", "text": "Lucky Shrub"}


async def test_a_flow_can_stand_below_a_document_and_above_a_footer(live: Live) -> None:
    await live.ready()
    prices = {"link": "https://www.luckyshrub.example/prices.pdf"}

    await live.run(
        "SendFlow",
        **ASK,
        headerType="document",
        headerMedia=prices,
        headerFileName="Prices.pdf",
        footer="Lucky Shrub",
    )

    interactive = live.sent[0]["interactive"]
    file = {**prices, "filename": "Prices.pdf"}
    assert interactive["header"] == {"type": "document", "document": file}
    assert interactive["footer"] == {"text": "Lucky Shrub"}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"flowId": ""}, "flowId"),
        ({"flowName": "booking"}, "flowId"),
        ({"flowId": "booking"}, "flowId"),
        ({"buttonText": "ä" * 31}, "buttonText"),
        ({"buttonText": "Book 🌱"}, "buttonText"),
        ({"buttonText": "Book ✔\ufe0f"}, "buttonText"),
        ({"buttonText": " "}, "buttonText"),
        ({"mode": "live"}, "mode"),
        ({"action": "open"}, "action"),
        ({"data": {"product": "SKU-1"}}, "screen"),
        ({"action": "data_exchange", "screen": "FIRST_SCREEN"}, "screen"),
        ({"action": "data_exchange", "data": {"a": 1}}, "data"),
    ],
)
async def test_what_meta_would_refuse_is_refused_before_the_call(
    live: Live, changes: dict[str, Any], field: str
) -> None:
    assert await live.refusal("SendFlow", **{**ASK, **changes}) == field
    assert live.requests == []


async def test_a_button_may_say_what_other_languages_say(live: Live) -> None:
    await live.ready()

    await live.run("SendFlow", **{**ASK, "buttonText": "予約する: 20 °C ½ été"})

    assert parameters(live)["flow_cta"] == "予約する: 20 °C ½ été"


async def test_an_unanswered_send_still_gives_the_token_when_its_status_comes(
    context: RecordingContext,
    respx_mock: respx.MockRouter,
    requests: Callable[[], list[httpx.Request]],
) -> None:
    respx_mock.post(URL).mock(side_effect=httpx.ReadTimeout("no answer"))
    action, input = SendFlow(), SendFlow.Input.model_validate(ASK)

    wait = await action.receive(context, input)
    assert isinstance(wait, Wait)
    state = json.loads(json.dumps(wait.state))
    sent = await action.resume(context, state, {"status": {"id": WAMID, "status": "sent"}})

    asked = json.loads(requests()[-1].content)
    token = asked["interactive"]["action"]["parameters"]["flow_token"]
    assert isinstance(sent, SentFlow)
    assert (sent.message_id, sent.flow_token) == (WAMID, token)


async def test_flows_are_offered_with_how_they_stand(live: Live) -> None:
    choices = choices_of(SendFlow.Input)["flowId"]
    with pytest.raises(NothingToChooseError, match="has no Flow"):
        await choices.first(live.context, {})
    source = json.dumps({"version": "7.0", "screens": [SCREEN]})
    async with live.sandbox.graph() as graph:
        for name, told in {"first": {}, "second": {"flow_json": source, "publish": True}}.items():
            body = {"name": name, "categories": ["SIGN_UP"], **told}
            (await graph.post(f"/{WABA}/flows", json=body)).raise_for_status()

    offered = await choices.first(live.context, {"phoneNumberId": NUMBER})

    assert [(each.label, each.badge, each.state, each.is_disabled) for each in offered] == [
        ("second", "", "fine", False),
        ("first", "draft", "advice", False),
    ]
