"""POST /messages: what is accepted, what is refused and how."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import httpx
import pytest

from appmixer.sandbox.protocol.shapes import is_array, is_object
from appmixer.sandbox.testing import RunningSandbox
from appmixer.sandbox.world import seed
from appmixer.sandbox.world.entities import Group, Media

pytestmark = pytest.mark.anyio

REQUESTS = Path(__file__).parents[2] / "requests"
IMAGE_ID, AUDIO_ID = "1003383421387256", "1908647269898587"
GROUP_ID = "Y2FwaV9ncm91cDoxNTU1MDc4Mzg4MToxMjAzNjM0MDQ2OTQyMzM4MjAZD"
DOCUMENT_ID, VIDEO_ID, STICKER_ID = "622684793477189", "731675419373506", "1108647269894321"

Json = dict[str, Any]


def _text(**changes: Any) -> Json:
    return {
        "messaging_product": "whatsapp",
        "to": "+16505551234",
        "type": "text",
        "text": {"body": "Hello"},
        **changes,
    }


def _template(name: str, components: list[Json] | None = None, language: str = "en_US") -> Json:
    template: Json = {"name": name, "language": {"code": language}}
    if components is not None:
        template["components"] = components
    return {
        "messaging_product": "whatsapp",
        "to": "+16505551234",
        "type": "template",
        "template": template,
    }


def _body(*texts: str) -> Json:
    return {"type": "body", "parameters": [{"type": "text", "text": text} for text in texts]}


def _interactive(interactive: Json) -> Json:
    return _text(type="interactive", interactive={"body": {"text": "Choose"}, **interactive})


def _stock_media(sandbox: RunningSandbox, number: str) -> None:
    mime_types = {
        IMAGE_ID: "image/jpeg",
        AUDIO_ID: "audio/ogg",
        DOCUMENT_ID: "application/pdf",
        VIDEO_ID: "video/mp4",
        STICKER_ID: "image/webp",
    }
    for media_id, mime_type in mime_types.items():
        later = sandbox.world.clock.now() + 1000
        sandbox.world.media[media_id] = Media(media_id, number, b"x", mime_type, later, "00")


def _prepare(sandbox: RunningSandbox, number: str, name: str) -> None:
    """What the documented requests take for granted: calls, a list, a group, a template."""
    world = sandbox.world
    world.numbers[number].settings.calling["status"] = "ENABLED"
    world.wabas[seed.WABA_ID].direct_send_allowed = True
    group = Group(GROUP_ID, number, "Plants", "", 0.0, "code", participants=[seed.PERSON])
    world.groups[group.id] = group
    if name == "send.marketing":
        # This example and that of a named template share a name, but not their variables.
        spring = next(one for one in world.templates.values() if one.name == "spring_sale")
        spring.parameter_format = "POSITIONAL"
        spring.components = [{"type": "BODY", "text": "Hi {{1}}, come and see!"}]


def _refusal(answer: httpx.Response) -> tuple[int, int, str | None]:
    error = answer.json()["error"]
    return answer.status_code, error["code"], error.get("error_data", {}).get("details")


@pytest.mark.parametrize("name", sorted(path.stem for path in REQUESTS.glob("*.json")))
async def test_accepts_the_documented_request(
    name: str, sandbox: RunningSandbox, graph: httpx.AsyncClient, number: str
) -> None:
    request = json.loads((REQUESTS / f"{name}.json").read_text())
    _stock_media(sandbox, number)
    _prepare(sandbox, number, name)
    edge = "marketing_messages" if name == "send.marketing" else "messages"

    answer = await graph.post(f"/{number}/{edge}", json=request)

    assert answer.status_code == 200, answer.text
    assert len(sandbox.world.messages) == 1


async def test_answers_with_the_number_as_whatsapp_knows_it(
    graph: httpx.AsyncClient, number: str
) -> None:
    answer = await graph.post(f"/{number}/messages", json=_text(to="+1 (650) 555-1234"))

    body = answer.json()
    assert body["contacts"] == [{"input": "+1 (650) 555-1234", "wa_id": "16505551234"}]
    assert body["messages"][0]["id"].startswith("wamid.")


async def test_puts_its_own_country_before_a_number_without_plus(
    graph: httpx.AsyncClient, number: str
) -> None:
    answer = await graph.post(f"/{number}/messages", json=_text(to="6505551234"))

    assert answer.json()["contacts"] == [{"input": "6505551234", "wa_id": "16505551234"}]


async def test_sends_to_a_business_scoped_user_id(graph: httpx.AsyncClient, number: str) -> None:
    request = _text(recipient=seed.PERSON_BSUID)
    del request["to"]

    answer = await graph.post(f"/{number}/messages", json=request)

    assert answer.json()["contacts"] == [{"input": seed.PERSON_BSUID, "user_id": seed.PERSON_BSUID}]


async def test_prefers_the_phone_number_when_both_addresses_are_given(
    graph: httpx.AsyncClient, number: str
) -> None:
    request = _text(to="+16505559876", recipient=seed.PERSON_BSUID)

    answer = await graph.post(f"/{number}/messages", json=request)

    assert answer.json()["contacts"] == [{"input": "+16505559876", "wa_id": "16505559876"}]


async def test_refuses_an_unregistered_sender(graph: httpx.AsyncClient) -> None:
    answer = await graph.post(f"/{seed.PHONE_NUMBER_ID}/messages", json=_text())

    assert _refusal(answer) == (400, 133010, None)


async def test_refuses_who_is_not_on_the_list_in_development_mode(
    sandbox: RunningSandbox, graph: httpx.AsyncClient, number: str
) -> None:
    answer = await graph.post(f"/{number}/messages", json=_text(to="+16505550000"))

    assert _refusal(answer)[:2] == (400, 131030)
    assert sandbox.world.messages == {}


async def test_refuses_the_sender_as_recipient(graph: httpx.AsyncClient, number: str) -> None:
    answer = await graph.post(f"/{number}/messages", json=_text(to="+15550783881"))

    assert _refusal(answer)[:2] == (400, 131021)


@pytest.mark.parametrize(
    ("request_body", "code", "details"),
    [
        (_text(to="nobody"), 100, "Parameter value is not valid: to must be a valid phone number"),
        (_text(to=""), 100, "Parameter value is not valid: to must be a valid phone number"),
        (_text(to=None), 131008, "The parameter to is required."),
        (_text(text=None), 131008, "The parameter text is required."),
        (_text(text={}), 131008, "The parameter text['body'] is required."),
        (
            _text(text={"body": "x" * 4097}),
            131009,
            "text['body'] length invalid. Min length: 1, Max length: 4096",
        ),
        (
            _text(biz_opaque_callback_data="x" * 513),
            131009,
            "biz_opaque_callback_data length invalid. Min length: 1, Max length: 512",
        ),
        (
            _text(type="smoke", smoke={}),
            131051,
            "Message type smoke is currently not supported.",
        ),
        (
            _text(type="image", image={}),
            131008,
            "image: exactly one of the parameters 'id' and 'link' is required.",
        ),
        (
            _text(type="image", image={"link": "ftp://example.com/a.jpg"}),
            131009,
            "image['link'] must be a URL that starts with http:// or https://",
        ),
        (
            _text(type="image", image={"id": "12"}),
            131009,
            "Media id 12 does not exist or has expired",
        ),
        (
            _text(type="location", location={"latitude": 91, "longitude": 1}),
            131009,
            "location['latitude'] must be between -90 and 90",
        ),
        (
            _text(type="contacts", contacts=[{"name": {"formatted_name": "B"}}]),
            131008,
            "The parameter contacts[0]['name']: one of first_name, last_name, middle_name, "
            "suffix, prefix is required.",
        ),
        (
            _text(type="reaction", reaction={"message_id": "wamid.x", "emoji": "yes"}),
            131009,
            "reaction['emoji'] must be one emoji, or empty to remove the reaction",
        ),
    ],
)
async def test_refuses_a_request_that_breaks_a_rule(
    request_body: Json,
    code: int,
    details: str,
    sandbox: RunningSandbox,
    graph: httpx.AsyncClient,
    number: str,
) -> None:
    answer = await graph.post(f"/{number}/messages", json=request_body)

    assert _refusal(answer) == (400, code, details)
    assert sandbox.world.messages == {}


def _buttons(*titles: str) -> Json:
    replies = [{"type": "reply", "reply": {"id": title, "title": title}} for title in titles]
    return {"type": "button", "action": {"buttons": replies}}


def _list(rows: list[Json], sections: int = 1) -> Json:
    action = {"button": "Open", "sections": [{"rows": rows}] * sections}
    return {"type": "list", "action": action}


@pytest.mark.parametrize(
    ("interactive", "details"),
    [
        (
            _buttons("a", "b", "c", "d"),
            "Invalid buttons count. Min allowed buttons: 1, Max: 3",
        ),
        (_buttons("a", "a"), "Button ids must be unique"),
        (
            _buttons("x" * 21),
            "Button title length invalid. Min length: 1, Max length: 20",
        ),
        (
            _list([{"id": str(row), "title": "Row"} for row in range(11)]),
            "Total row count exceeds the maximum allowed count: 10",
        ),
        (
            _list([{"id": "1", "title": "x" * 25}]),
            "Row title length invalid. Min length: 1, Max length: 24",
        ),
        (
            {
                "type": "cta_url",
                "action": {"name": "cta_url", "parameters": {"display_text": "x", "url": "no"}},
            },
            "parameters['url'] must be a URL that starts with http:// or https://",
        ),
        (
            {"type": "location_request_message", "action": {"name": "other"}},
            "interactive['action']['name'] must be send_location",
        ),
        (
            {**_list([{"id": "1", "title": "Row"}]), "header": {"type": "image", "image": {}}},
            "interactive['header'] of type image is not supported for list",
        ),
        (
            {
                "type": "flow",
                "action": {
                    "name": "flow",
                    "parameters": {"flow_message_version": "2", "flow_id": "1", "flow_cta": "x"},
                },
            },
            "parameters['flow_message_version'] must be 3",
        ),
    ],
)
async def test_refuses_an_interactive_message_beyond_its_limits(
    interactive: Json, details: str, graph: httpx.AsyncClient, number: str
) -> None:
    answer = await graph.post(f"/{number}/messages", json=_interactive(interactive))

    assert _refusal(answer) == (400, 131009, details)


async def test_wants_a_title_for_each_of_several_sections(
    graph: httpx.AsyncClient, number: str
) -> None:
    request = _interactive(_list([{"id": "1", "title": "Row"}], sections=2))

    answer = await graph.post(f"/{number}/messages", json=request)

    assert _refusal(answer) == (400, 131008, "The parameter section['title'] is required.")


@pytest.mark.parametrize(
    ("request_body", "status", "code", "details"),
    [
        (
            _template("order_confirmation", [_body("Sheena")]),
            400,
            132000,
            "body: number of localizable_params (1) does not match the expected number of "
            "params (2)",
        ),
        (
            _template("hello_world", [_body("Sheena")]),
            400,
            132000,
            "body: number of localizable_params (1) does not match the expected number of "
            "params (0)",
        ),
        (
            _template("order_confirmation", [_body("Sheena", "1")]),
            400,
            131008,
            "buttons: Button at index 0 of type Url requires a parameter",
        ),
        (
            _template("order_confirmation", language="en_GB"),
            404,
            132001,
            "template name (order_confirmation) does not exist in en_GB",
        ),
        (
            _template("new_arrivals"),
            404,
            132001,
            "template name (new_arrivals) does not exist in en_US",
        ),
        (
            _template("summer_sale", [_body("Sheena")]),
            400,
            132012,
            "header: Format mismatch, expected IMAGE, received UNKNOWN",
        ),
        (
            _template("spring_sale", [_body("Sheena", "25%")]),
            400,
            100,
            "Parameter name is missing or empty",
        ),
        (
            _template("payment_reminder", [_body("$1", "to\nmorrow")]),
            400,
            132018,
            "body: a text parameter cannot have new-line or tab characters or more than 4 "
            "consecutive spaces",
        ),
        (_template("weekend_offer"), 400, 132015, None),
        (_template("old_offer"), 400, 132016, None),
        (
            _template("hello_world", language=""),
            400,
            131008,
            "The parameter template['language']['code'] is required.",
        ),
    ],
)
async def test_refuses_a_template_that_does_not_fit(
    request_body: Json,
    status: int,
    code: int,
    details: str | None,
    graph: httpx.AsyncClient,
    number: str,
) -> None:
    answer = await graph.post(f"/{number}/messages", json=request_body)

    refusal = _refusal(answer)
    assert refusal[:2] == (status, code)
    assert details is None or refusal[2] == details


async def test_shows_the_filled_in_template_on_the_phone(
    graph: httpx.AsyncClient, controls: httpx.AsyncClient, number: str
) -> None:
    named = [
        {"type": "text", "parameter_name": "discount", "text": "25%"},
        {"type": "text", "parameter_name": "first_name", "text": "Sheena"},
    ]
    request = _template("spring_sale", [{"type": "body", "parameters": named}])

    await graph.post(f"/{number}/messages", json=request)

    phone = (await controls.get(f"/people/{seed.PERSON}/messages")).json()
    assert phone["messages"][0]["content"]["rendered"] == "Hi Sheena, 25% off today!"


async def test_marks_as_read_what_the_number_received(
    graph: httpx.AsyncClient, controls: httpx.AsyncClient, number: str
) -> None:
    inbound = {"type": "text", "text": {"body": "Are you there?"}, "count": 2}
    ids = (await controls.post(f"/people/{seed.PERSON}/messages", json=inbound)).json()["ids"]
    read = {"messaging_product": "whatsapp", "status": "read", "message_id": ids[1]}

    answer = await graph.post(f"/{number}/messages", json=read)

    assert answer.json() == {"success": True}
    phone = (await controls.get(f"/people/{seed.PERSON}/messages")).json()["messages"]
    assert [message["isReadByBusiness"] for message in phone] == [True, True]


async def test_shows_that_it_types_for_a_while(
    sandbox: RunningSandbox, graph: httpx.AsyncClient, controls: httpx.AsyncClient, number: str
) -> None:
    inbound = {"type": "text", "text": {"body": "Are you there?"}}
    written = (await controls.post(f"/people/{seed.PERSON}/messages", json=inbound)).json()["id"]
    typing = {
        "messaging_product": "whatsapp",
        "status": "read",
        "message_id": written,
        "typing_indicator": {"type": "text"},
    }

    await graph.post(f"/{number}/messages", json=typing)

    during = (await controls.get(f"/people/{seed.PERSON}/messages")).json()["typing"]
    sandbox.world.clock.move_to(sandbox.world.clock.now() + 25)
    after = (await controls.get(f"/people/{seed.PERSON}/messages")).json()["typing"]
    assert (during, after) == ([number], [])


async def test_one_time_passwords_need_a_phone_number(
    graph: httpx.AsyncClient, number: str
) -> None:
    request = _template("verification_code")
    request["recipient"] = seed.PERSON_BSUID
    del request["to"]

    answer = await graph.post(f"/{number}/messages", json=request)

    assert _refusal(answer)[:2] == (400, 131062)


JUNK: list[Any] = [None, True, -1, 1.5, "", "x" * 5000, "9" * 5000, [], [[]], {}, {"a": []}, "\x00"]


def _spoiled(value: Any, dice: random.Random) -> Any:
    """The same request with one part of it replaced, dropped or doubled."""
    if is_object(value) and value and dice.random() < 0.85:
        name = dice.choice(sorted(value))
        if dice.random() < 0.15:
            return {key: part for key, part in value.items() if key != name}
        return {**value, name: _spoiled(value[name], dice)}
    if is_array(value) and value and dice.random() < 0.85:
        spot = dice.randrange(len(value))
        if dice.random() < 0.2:
            return value * 2
        return [*value[:spot], _spoiled(value[spot], dice), *value[spot + 1 :]]
    return dice.choice(JUNK)


async def test_a_spoiled_request_is_answered_and_never_breaks_the_sandbox(
    sandbox: RunningSandbox,
    graph: httpx.AsyncClient,
    controls: httpx.AsyncClient,
    number: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    dice = random.Random(20261123)
    _stock_media(sandbox, number)
    sandbox.world.settings.rates = "off"
    documented = [json.loads(path.read_text()) for path in sorted(REQUESTS.glob("*.json"))]
    fine = set(range(200, 500)) | {501}

    for _ in range(1200):
        request = _spoiled(dice.choice(documented), dice)
        answer = await graph.post(f"/{number}/messages", json=request)

        assert answer.status_code in fine, request
        assert "error" in answer.json() or "messages" in answer.json()

    await controls.post("/clock", json={"advanceS": 60})
    assert (await controls.get(f"/people/{seed.PERSON}/messages")).status_code == 200
    assert [record for record in caplog.records if record.levelname == "ERROR"] == []


async def test_cannot_mark_a_message_of_its_own_as_read(
    graph: httpx.AsyncClient, number: str
) -> None:
    sent = (await graph.post(f"/{number}/messages", json=_text())).json()["messages"][0]["id"]
    read = {"messaging_product": "whatsapp", "status": "read", "message_id": sent}

    answer = await graph.post(f"/{number}/messages", json=read)

    assert _refusal(answer)[:2] == (400, 100)
