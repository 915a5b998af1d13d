"""The form of a template: compiled from its definition, with a field for each thing to fill in."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import respx
from jsonschema import Draft202012Validator

from appmixer.engine.contract import ConnectorError, Form, RejectedError
from appmixer.engine.contract.conformance import form_complaints
from appmixer.engine.contract.testing import RecordingContext
from appmixer.whatsapp.components.templates.send_template import SendTemplate
from appmixer.whatsapp.plugin.templates.blank import blank_of, made_from

from ..live import REQUESTS, WABA, Live, documented
from .fillings import (
    DEFINITION,
    GRAPH,
    HI,
    body,
    form_of,
    header,
    meta_has,
    misfits,
    schema_of,
)

pytestmark = pytest.mark.anyio

RESPONSES = REQUESTS.parent / "responses"
SEEDED = Path(__file__).parents[3] / "sandbox" / "fixtures" / "templates.json"


def definitions() -> list[dict[str, Any]]:
    """All definitions of templates that Meta's examples and the sandbox have."""
    created = [json.loads(each.read_text()) for each in REQUESTS.glob("template.create.*.json")]
    listed = json.loads((RESPONSES / "message_templates.list.json").read_text())["data"]
    got = json.loads((RESPONSES / "message_template.get.json").read_text())
    return [*created, *listed, got, *json.loads(SEEDED.read_text())]


@pytest.mark.parametrize("definition", definitions(), ids=lambda each: each["name"])
def test_every_definition_compiles_and_takes_its_own_examples(definition: dict[str, Any]) -> None:
    blank = blank_of(definition)

    Draft202012Validator.check_schema(blank.schema)
    assert misfits(blank.schema, blank.example) == []
    assert {*blank.read(blank.example)} == {*blank.example}


@pytest.mark.parametrize(
    ("name", "keys"),
    [
        ("authentication", ["code"]),
        ("named", ["body_first_name", "body_discount"]),
        ("positional", ["body_1", "body_2", "button_1_url"]),
    ],
)
def test_what_a_creation_asks_meta_for_can_be_filled_in(name: str, keys: list[str]) -> None:
    assert [each.key for each in blank_of(documented(f"template.create.{name}")).slots] == keys


async def test_a_field_tells_its_variable_its_example_and_its_sentence(live: Live) -> None:
    schema = schema_of(await form_of(live, "order_confirmation"))

    fields = schema["properties"]
    assert [*fields] == ["body_1", "body_2", "button_1_url", "button_2_payload"]
    assert schema["required"] == ["body_1", "body_2", "button_1_url"]
    assert schema["additionalProperties"] is False
    assert fields["body_1"]["title"] == "{{1}}, for example Sheena"
    assert fields["body_1"]["description"] == "In the body: Hi {{1}}, your order {{2}} has shipped."
    assert [each["title"] for each in fields["body_1"]["anyOf"]] == [
        "Text",
        "Amount of Money",
        "Date",
    ]
    assert fields["button_1_url"] | {"description": ""} == {
        "title": "Track: End of the Address",
        "description": "",
        "type": ["string", "number"],
        "maxLength": 2000 - len("https://www.luckyshrub.example/track/"),
        "pattern": r"^\s*\S+\s*$",
        "x-hint": "the end of an address, without blanks",
        "x-group": "Buttons",
        "examples": ["860198"],
    }
    assert [each["x-group"] for each in fields.values()] == ["Body", "Body", "Buttons", "Buttons"]


def test_only_the_sentence_around_a_variable_is_shown() -> None:
    text = "Welcome back. Your order {{1}} is on its way! Questions?\nCall {{2}}"
    blank = blank_of({**DEFINITION, "components": [{"type": "BODY", "text": text}]})

    assert [each.description for each in blank.slots] == [
        "In the body: Your order {{1}} is on its way!",
        "In the body: Call {{2}}",
    ]


async def test_values_keep_their_names_when_another_language_has_other_parts(live: Live) -> None:
    english = schema_of(await form_of(live, "order_confirmation"))
    spanish = schema_of(await form_of(live, "order_confirmation", "es"))

    shared = {*english["properties"]} & {*spanish["properties"]}
    assert shared == {"body_1", "body_2", "button_1_url"}


async def test_a_form_without_a_choice_is_empty_and_all_forms_are_as_hosts_want_them(
    live: Live,
) -> None:
    names = dict.fromkeys(each["name"] for each in definitions())
    inputs: list[dict[str, Any]] = [
        {"templateName": name, "languageCode": "en_US"} for name in names
    ]
    inputs.append({**inputs[0], "bodyParameters": [{}]})

    assert await form_complaints(SendTemplate(), live.context, *inputs) == []
    assert await SendTemplate().form(live.context, {"templateName": "hello_world"}) == Form()


async def test_a_step_that_is_filled_in_by_hand_has_no_fields_and_is_marked_all_the_same(
    live: Live,
) -> None:
    formed = await form_of(live, "order_confirmation")

    hands: list[dict[str, Any]] = [{"bodyParameters": [{}, {}]}, {"components": [{"type": "body"}]}]
    for more in hands:
        plain = await form_of(live, "order_confirmation", **more)
        assert ({**plain.fields}, [*plain.required]) == ({}, [])
        assert (plain.about, plain.fingerprint) == (formed.about, formed.fingerprint)


@pytest.mark.parametrize(
    ("input", "field", "cause"),
    [
        ({"templateName": "gone", "languageCode": "en_US"}, "templateName", "none of this name"),
        (
            {"templateName": "order_confirmation", "languageCode": "de"},
            "languageCode",
            "It is there in en_US, es.",
        ),
        (
            {"templateName": "spring_sale", "languageCode": "en_US", "businessAccountId": "1"},
            "businessAccountId",
            "",
        ),
    ],
)
async def test_a_form_of_what_is_not_there_says_at_which_field(
    live: Live, input: dict[str, Any], field: str, cause: str
) -> None:
    with pytest.raises(ConnectorError) as caught:
        await SendTemplate().form(live.context, input)

    assert caught.value.field == field
    assert cause in caught.value.cause


async def test_another_template_of_the_same_name_elsewhere_has_to_be_told_apart(
    context: RecordingContext, respx_mock: respx.MockRouter
) -> None:
    elsewhere = respx_mock.get(f"{GRAPH}/2002/message_templates")
    elsewhere.respond(json={"data": [{**DEFINITION, "components": [HI], "id": "2"}]})
    meta_has(respx_mock, {**DEFINITION, "components": [HI], "id": "1"})
    chosen = {"templateName": "made_up", "languageCode": "en_US"}

    same = await SendTemplate().form(context, chosen)
    elsewhere.respond(json={"data": [{**DEFINITION, "components": [body("Hi {{1}}")]}]})
    with pytest.raises(RejectedError) as caught:
        await SendTemplate().form(context, chosen)
    named = await SendTemplate().form(context, {**chosen, "businessAccountId": "2002"})

    assert same.about == f"template:{WABA}:made_up:en_us"
    assert caught.value.field == "businessAccountId"
    assert named.about == "template:2002:made_up:en_us"


def test_addresses_of_example_files_do_not_make_it_another_template() -> None:
    def uploaded(address: str) -> dict[str, Any]:
        return {**DEFINITION, "components": [header("IMAGE", example={"header_handle": [address]})]}

    assert made_from(uploaded("https://a.example/1")) == made_from(uploaded("https://a.example/2"))
    assert made_from(uploaded("a")) != made_from({**uploaded("a"), "category": "UTILITY"})
