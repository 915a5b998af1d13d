"""Every action over HTTP with the least that it needs, and every send with all it can have."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from appmixer.engine.contract import Action, Wait, component_schema
from appmixer.sandbox.testing import receiving
from appmixer.sandbox.world.belongings import QrCode
from appmixer.sandbox.world.entities import Media
from appmixer.whatsapp.plugin.graph.callback_data import unpack
from appmixer.whatsapp.plugin.sending.action import SendAction
from appmixer.whatsapp.plugin.sending.messages import ConversationInput, FreeFormInput
from appmixer.whatsapp.plugin.sending.outcomes import ArrivedMessage
from appmixer.whatsapp.plugin.sending.templates import TemplateAction
from appmixer.whatsapp.plugin.webhook.events import flatten

from .live import CONNECTOR, NUMBER, PERSON, WABA, Live

pytestmark = pytest.mark.anyio

ACTIONS: dict[str, type[Action]] = {
    name.rpartition(".")[2]: found
    for name, found in CONNECTOR.components().items()
    if issubclass(found, Action)
}
WAMID = "wamid.HBgLMTY1MDU1NTEyMzQVAgASGBQzQUVBMzlCRTIyRjg3ODBGODUxQgA="
CODE, CATALOG, PRODUCT = "4O4YGZEG3RIVE1", "194836987003835", "di9ozbzfi4"
SHOP = "https://www.luckyshrub.example"
TYPES = {
    "image": "image/png",
    "video": "video/mp4",
    "audio": "audio/ogg",
    "document": "application/pdf",
    "sticker": "image/webp",
}
MEDIA = {kind: {"mediaId": f"44907093273840{at}"} for at, kind in enumerate(TYPES, 30)}
BLOCKED = "+16505559876"
MEDIUM = MEDIA["document"]["mediaId"]
TEMPLATE = {"templateName": "hello_world", "languageCode": "en_US"}
SIGN_UP = {"flowId": "6627390910605886", "buttonText": "Book!"}
CARDS = [{"media": {"link": f"{SHOP}/{at}.jpg"}, "buttonText": "Buy", "url": SHOP} for at in "ab"]
GATEWAY = {"kind": "gateway", "gateway": "razorpay", "configurationName": "lucky-shrub"}
ORDER = {
    "referenceId": "ref-860198",
    "goods": "physical-goods",
    "currency": "INR",
    "items": [{"name": "Fern", "retailerId": "1234567", "price": "25.00"}],
    "payments": [GATEWAY],
}
# Beside the sender, the recipient and the text of an action that has to have them.
LEAST: dict[str, dict[str, Any]] = {
    **{name: {} for name in ACTIONS},
    **{f"Send{kind.title()}": {kind: medium} for kind, medium in MEDIA.items()},
    "SendLocation": {"latitude": 37.44, "longitude": -122.16},
    "SendContacts": {"fullName": "Barbara", "phone": "+16505559999"},
    "SendReaction": {"messageId": WAMID, "emoji": "👍"},
    "SendButtons": {"buttons": [{"title": "Yes"}]},
    "SendList": {"buttonText": "Options", "sections": [{"rows": [{"title": "First class"}]}]},
    "SendLinkButton": {"buttonText": "See Dates", "url": SHOP},
    "SendFlow": SIGN_UP,
    "SendCarousel": {"linkCards": CARDS},
    "SendProduct": {"catalogId": CATALOG, "productId": PRODUCT},
    "SendProductList": {
        "headerText": "Our picks",
        "catalogId": CATALOG,
        "sections": [{"productIds": [PRODUCT]}],
    },
    "RequestAddress": {"country": "SG"},
    "SendOrderDetails": ORDER,
    "SendOrderStatus": {"referenceId": "ref-860198", "status": "completed"},
    "SendTemplate": TEMPLATE,
    "SendMarketingTemplate": {**TEMPLATE, "templateName": "sale"},
    "MarkAsRead": {"messageId": WAMID},
    "WaitForStatus": {"messageId": WAMID},
    "GetTemplate": {"templateId": "1689556908129831"},
    "CreateTemplate": {"name": "thanks", "language": "en_US", "category": "AUTHENTICATION"},
    "EditTemplate": {"templateId": "2", "category": "MARKETING"},
    "DeleteTemplate": {"name": "hello_world"},
    "UploadMedia": {"fileId": "file-1"},
    "DownloadMedia": {"mediaId": MEDIUM},
    "GetMediaUrl": {"mediaId": MEDIUM},
    "DeleteMedia": {"mediaId": MEDIUM},
    "EnsureRegistered": {"pin": "000000"},
    "RegisterPhoneNumber": {"pin": "000000"},
    "RequestVerificationCode": {"phoneNumberId": "106540352242923"},
    "VerifyCode": {"phoneNumberId": "106540352242923", "code": "123830"},
    "SetTwoStepPin": {"pin": "739154"},
    "UpdateBusinessProfile": {"about": "Succulents"},
    "SetConversationStarters": {"prompts": ["Plan a trip"]},
    "BlockUser": {"people": [PERSON]},
    "UnblockUser": {"people": [BLOCKED]},
    "CreateQrCode": {"prefilledMessage": "Hi"},
    "GetQrCode": {"code": CODE},
    "UpdateQrCode": {"code": CODE, "prefilledMessage": "Hello"},
    "DeleteQrCode": {"code": CODE},
    "MakeApiCall": {"path": f"{NUMBER}/message_qrdls"},
}


# What many sends share; the person has just written, so that no template takes their place.
BESIDE: dict[str, Any] = {
    "businessAccountId": WABA,
    "recipientType": "individual",
    "opaqueData": "order:860198",
    "identityKeyHash": "DF2lS5v2W6x=",
    "waitFor": "delivered",
    "waitSeconds": 60,
    "whenUnknown": "sendAgain",
    "quotedMessageId": WAMID,
    "windowPolicy": "template",
    "unknownWindowPolicy": "template",
    "fallbackTemplate": "hello_world",
    "fallbackLanguage": "en_US",
    "fallbackParameters": {},
}
SENDS = [name for name, action in ACTIONS.items() if issubclass(action, SendAction)]


def least(name: str) -> dict[str, Any]:
    shared = {"phoneNumberId": NUMBER, "to": PERSON, "text": "Hi"}
    required = component_schema(f"appmixer.whatsapp.{name}", ACTIONS[name]).get("required", [])
    return {**{key: shared[key] for key in shared if key in required}, **LEAST[name]}


@pytest.fixture
async def ready(live: Live) -> Live:
    """The account, with all in its world that the inputs name."""
    await live.ready()
    world = live.sandbox.world
    now, number = world.clock.now(), world.numbers[NUMBER]
    number.settings.calling["status"] = "ENABLED"
    number.qr_codes[CODE] = QrCode(CODE, "Hi", now)
    number.blocked[BLOCKED.removeprefix("+")] = now
    world.numbers["106540352242923"].verification_code = "123830"
    for kind, named in MEDIA.items():
        id = named["mediaId"]
        world.media[id] = Media(id, NUMBER, b"%PDF-1.7", TYPES[kind], now + 3600, "")
    [world.messages[WAMID]] = world.messages.values()
    hello = world.templates["1689556908129831"]
    world.templates["1"] = replace(hello, id="1", name="sale", category="MARKETING")
    world.templates["2"] = replace(hello, id="2", name="refused", status="REJECTED")
    live.context.files.keep("a.pdf", "application/pdf", b"%PDF-1.7")
    return live


@pytest.mark.parametrize("name", [each for each in ACTIONS if each != "WaitForStatus"])
async def test_an_action_runs_with_what_cannot_be_left_out_alone(ready: Live, name: str) -> None:
    input = least(name)
    for field in input:
        rest = {key: value for key, value in input.items() if key != field}
        assert await ready.refusal(name, **rest)

    answer = await ready.run(name, **input)

    assert isinstance(answer, ACTIONS[name].Output)
    assert b":null" not in b"".join(each.content for each in ready.requests)


async def test_a_wait_that_was_told_the_message_alone_ends_when_it_has_arrived(ready: Live) -> None:
    sandbox, action = ready.sandbox, ACTIONS["WaitForStatus"]()
    async with receiving() as callback, sandbox.controls() as controls, sandbox.graph() as graph:
        await controls.post("/webhook", json={"callbackUrl": callback.url})
        await graph.post(f"/{WABA}/subscribed_apps")
        sent = await ready.run("SendText", **least("SendText"))
        given = {**least("WaitForStatus"), "messageId": sent.message_id}
        input = action.Input.model_validate(given)
        wait = await action.receive(ready.context, input)
        await controls.post("/clock", json={"advanceS": 5})
        await callback.wait_for("statuses", 3)

    heard = [event for post in callback.posts for event in flatten(json.loads(post.body))]
    await ready.context.plugin.before_routing(heard)

    assert isinstance(wait, Wait)
    assert wait.key == f"message:{WABA}:{sent.message_id}"
    assert await action.resume(ready.context, wait.state, None) is None
    [(port, arrived)] = ready.context.emitted
    assert isinstance(arrived, ArrivedMessage)
    assert (port, arrived.status, arrived.message_id) == ("delivered", "read", sent.message_id)


@pytest.mark.parametrize("name", SENDS)
async def test_a_send_takes_all_that_can_stand_beside_its_message(ready: Live, name: str) -> None:
    action = ACTIONS[name]()
    fields = component_schema(f"appmixer.whatsapp.{name}", ACTIONS[name])["properties"]
    beside = {key: value for key, value in BESIDE.items() if key in fields}
    await ready.written_at(ready.context.clock.now)

    input = action.Input.model_validate({**least(name), **beside})
    wait = await action.receive(ready.context, input)

    assert isinstance(wait, Wait)
    assert [port for port, _ in ready.context.emitted] == ["sent"]
    posted = json.loads(ready.requests[-1].content)
    reference = posted["biz_opaque_callback_data"]
    assert unpack(reference) == (ready.context.step_id, BESIDE["opaqueData"])
    assert posted["recipient_type"] == BESIDE["recipientType"]
    assert posted["recipient_identity_key_hash"] == BESIDE["identityKeyHash"]
    quoted = {"message_id": WAMID} if isinstance(input, ConversationInput) else None
    assert posted.get("context") == quoted
    assert (posted["type"] == "template") == isinstance(action, TemplateAction)


def test_all_fields_that_sends_share_are_among_them() -> None:
    shared = {field.alias for field in FreeFormInput.model_fields.values()}

    assert shared == {*BESIDE, "phoneNumberId", "to"}
