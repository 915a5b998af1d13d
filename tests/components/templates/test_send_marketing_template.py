"""Send Marketing Template, against the simulator of Meta."""

from __future__ import annotations

from typing import Any

import pytest

from appmixer.engine.contract import RejectedError

from ..live import NUMBER, PERSON, Live, documented

pytestmark = pytest.mark.anyio

CHOSEN: dict[str, Any] = {
    "phoneNumberId": NUMBER,
    "to": PERSON,
    "templateName": "spring_sale",
    "languageCode": "en_US",
}


async def ready(live: Live) -> None:
    """Let the sale's template be the one of Meta's example, with one numbered variable."""
    await live.run("EnsureRegistered", phoneNumberId=NUMBER, pin="000000")
    [sale] = [each for each in live.sandbox.world.templates.values() if each.name == "spring_sale"]
    sale.parameter_format = "POSITIONAL"
    sale.components = [{"type": "BODY", "text": "Hi {{1}}, spring is here!"}]


async def test_sends_what_meta_documents(live: Live) -> None:
    await ready(live)

    sent = await live.run(
        "SendMarketingTemplate",
        **CHOSEN,
        parameters={"body_1": "Sheena"},
        productPolicy="CLOUD_API_FALLBACK",
        messageActivitySharing=True,
    )

    assert sent.status == "accepted"
    assert live.sent == [documented("send.marketing")]
    assert live.requests[-1].url.path.endswith(f"/{NUMBER}/marketing_messages")


async def test_the_expert_writes_metas_array(live: Live) -> None:
    await ready(live)
    example = documented("send.marketing")

    await live.run(
        "SendMarketingTemplate",
        **CHOSEN,
        components=example["template"]["components"],
        messageActivitySharing=True,
    )

    assert live.sent == [example]


async def test_what_is_left_out_is_metas_to_decide(live: Live) -> None:
    await ready(live)

    await live.run("SendMarketingTemplate", **CHOSEN, parameters={"body_1": "Sheena"})

    [body] = live.sent
    assert body["product_policy"] == "CLOUD_API_FALLBACK"
    assert "message_activity_sharing" not in body


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({}, "parameters.body_1"),
        ({"parameters": {"body_1": "x", "body_2": "y"}}, "parameters.body_2"),
        ({"productPolicy": "LOOSE"}, "productPolicy"),
        ({"messageActivitySharing": "often"}, "messageActivitySharing"),
        ({"bodyParameters": ["x"]}, "bodyParameters"),
        ({"templateName": "weekend_offer"}, "templateName"),
    ],
)
async def test_a_wrong_input_is_refused_before_anything_is_sent(
    live: Live, given: dict[str, Any], field: str
) -> None:
    await ready(live)

    assert await live.refusal("SendMarketingTemplate", **{**CHOSEN, **given}) == field
    assert live.sent == []


async def test_a_template_of_another_category_is_refused_before_it_is_sent(live: Live) -> None:
    await ready(live)

    with pytest.raises(RejectedError) as caught:
        await live.run("SendMarketingTemplate", **{**CHOSEN, "templateName": "hello_world"})

    assert (caught.value.field, caught.value.code) == ("templateName", 134100)
    assert live.sent == []
