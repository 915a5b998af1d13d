"""Many templates at a time: library, languages, previews, migration, groups, and their numbers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from appmixer.sandbox.testing import Receiver, RunningSandbox
from appmixer.sandbox.world import seed
from appmixer.sandbox.world.entities import Message
from appmixer.sandbox.world.world import World, new_wamid

pytestmark = pytest.mark.anyio

RESPONSES = Path(__file__).parents[3] / "data" / "responses"
WABA = f"/{seed.WABA_ID}"
TEMPLATES = f"{WABA}/message_templates"
LIBRARY = "/message_template_library"
HELLO_ID, ORDER_ID = "1689556908129831", "1689556908129832"
DAY_S = 24 * 3600

Json = dict[str, Any]


def _example(name: str) -> Json:
    body: Json = json.loads((RESPONSES / f"{name}.json").read_text())
    return body


def _refusal(answer: httpx.Response) -> tuple[int, int, int | None]:
    error = answer.json()["error"]
    return answer.status_code, error["code"], error.get("error_subcode")


# The library


async def test_the_library_looks_like_the_example(graph: httpx.AsyncClient) -> None:
    answer = (await graph.get(LIBRARY)).json()

    example = _example("message_template_library.list")
    assert answer.keys() == example.keys()
    assert all(item.keys() == example["data"][0].keys() for item in answer["data"])


@pytest.mark.parametrize(
    ("filters", "names"),
    [
        ({"search": "WAREHOUSE"}, ["order_shipped_1"]),
        ({"topic": "payments"}, ["payment_due_1", "payment_due_1"]),
        ({"usecase": "LOW_BALANCE_WARNING"}, ["low_balance_1"]),
        ({"language": "pt_BR"}, ["order_shipped_1"]),
        ({"industry": "E_COMMERCE", "language": "es"},
         ["order_shipped_1", "order_arrived_1", "visit_feedback_1"]),
        ({"search": "nothing"}, []),
    ],
)  # fmt: skip
async def test_the_library_is_searched(
    filters: Json, names: list[str], graph: httpx.AsyncClient
) -> None:
    answer = await graph.get(LIBRARY, params=filters)

    assert [item["name"] for item in answer.json()["data"]] == names


async def test_the_library_is_read_in_pages(graph: httpx.AsyncClient) -> None:
    whole = [item["id"] for item in (await graph.get(LIBRARY)).json()["data"]]

    first = (await graph.get(LIBRARY, params={"limit": 4})).json()
    second = (await graph.get(first["paging"]["next"])).json()

    assert [item["id"] for item in first["data"] + second["data"]] == whole[:8]
    assert len(set(whole)) == len(whole)


async def test_a_template_of_the_library_needs_no_review(graph: httpx.AsyncClient) -> None:
    inputs = [
        {
            "type": "URL",
            "url": {
                "base_url": "https://www.luckyshrub.example/{{1}}",
                "url_suffix_example": "https://www.luckyshrub.example/demo",
            },
        },
        {"type": "PHONE_NUMBER", "phone_number": "+15550783881"},
    ]
    body = {
        "name": "payment_due",
        "language": "en_US",
        "category": "UTILITY",
        "library_template_name": "payment_due_1",
        # Meta's page shows this list as text.
        "library_template_button_inputs": json.dumps(inputs),
        "library_template_body_inputs": {"add_contact_number": True},
    }

    created = (await graph.post(TEMPLATES, json=body)).json()

    assert (created["status"], created["category"]) == ("APPROVED", "UTILITY")
    fields = {"fields": "components,library_template_name"}
    node = (await graph.get(f"/{created['id']}", params=fields)).json()
    assert node["library_template_name"] == "payment_due_1"
    assert node["components"][2]["buttons"] == [
        {
            "type": "URL",
            "text": "Pay now",
            "url": "https://www.luckyshrub.example/{{1}}",
            "example": ["https://www.luckyshrub.example/demo"],
        },
        {"type": "PHONE_NUMBER", "text": "Call us", "phone_number": "+15550783881"},
    ]


@pytest.mark.parametrize(
    "changes",
    [
        {"library_template_name": "nothing"},
        {"language": "de"},
        {"category": "MARKETING"},
        {"library_template_button_inputs": []},
        {"library_template_button_inputs": "[{'type'"},
        {"library_template_button_inputs": [{"type": "PHONE_NUMBER", "phone_number": "+1"}]},
        {"library_template_button_inputs": [{"type": "URL", "url": "https://a.example"}]},
        {"library_template_button_inputs": [{"type": "URL", "url": {"base_url": "a"}}]},
        {"library_template_body_inputs": {"add_stars": True}},
        {"library_template_body_inputs": "[]"},
    ],
)
async def test_a_wrong_choice_from_the_library_is_refused(
    changes: Json, sandbox: RunningSandbox, graph: httpx.AsyncClient
) -> None:
    before = len(sandbox.world.templates)
    url = {"base_url": "https://www.luckyshrub.example/"}
    body = {
        "name": "shipped",
        "language": "en_US",
        "category": "UTILITY",
        "library_template_name": "order_shipped_1",
        "library_template_button_inputs": [{"type": "URL", "url": url}],
    }

    assert _refusal(await graph.post(TEMPLATES, json={**body, **changes}))[:2] == (400, 100)
    assert len(sandbox.world.templates) == before
    assert (await graph.post(TEMPLATES, json=body)).status_code == 200


# Authentication templates in many languages


def _codes(**changes: Any) -> Json:
    return {
        "name": "verification_code",
        "languages": ["en_US", "es_ES", "fr"],
        "category": "AUTHENTICATION",
        "components": [
            {"type": "BODY", "add_security_recommendation": True},
            {"type": "FOOTER", "code_expiration_minutes": 15},
            {"type": "BUTTONS", "buttons": [{"type": "OTP", "otp_type": "COPY_CODE"}]},
        ],
        **changes,
    }


async def test_languages_are_created_or_changed_in_one_call(
    sandbox: RunningSandbox, graph: httpx.AsyncClient
) -> None:
    before = {one.id for one in sandbox.world.templates.values() if one.language == "en_US"}

    rows = (await graph.post(f"{WABA}/upsert_message_templates", json=_codes())).json()["data"]

    example = _example("message_templates.upsert_authentication")["data"]
    assert [row.keys() for row in rows] == [example[0].keys()] * 3
    assert [(row["language"], row["status"]) for row in rows] == [
        ("en_US", "APPROVED"),
        ("es_ES", "APPROVED"),
        ("fr", "APPROVED"),
    ]
    assert rows[0]["id"] in before
    footers = [sandbox.world.templates[row["id"]].components[1]["text"] for row in rows]
    assert footers == [
        "This code expires in 15 minutes.",
        "Este código caduca en 15 minutos.",
        "Ce code expire dans 15 minutes.",
    ]


@pytest.mark.parametrize(
    "changes",
    [
        {"languages": []},
        {"languages": ["en_US", "xx"]},
        {"category": "UTILITY"},
        {"components": [{"type": "BODY"}]},
        {"name": "Code"},
    ],
)
async def test_one_wrong_language_changes_none(
    changes: Json, sandbox: RunningSandbox, graph: httpx.AsyncClient
) -> None:
    before = len(sandbox.world.templates)

    answer = await graph.post(f"{WABA}/upsert_message_templates", json=_codes(**changes))

    assert _refusal(answer)[:2] == (400, 100)
    assert len(sandbox.world.templates) == before


async def test_previews_show_the_wording(graph: httpx.AsyncClient) -> None:
    parameters: Json = {
        "category": "AUTHENTICATION",
        "languages": "en_US,es_ES",
        "add_security_recommendation": "true",
        "code_expiration_minutes": 10,
        "button_types": "OTP",
    }

    answer = await graph.get(f"{WABA}/message_template_previews", params=parameters)

    assert answer.json() == {
        "data": [
            {
                "body": "*{{1}}* is your verification code. For your security, do not share "
                "this code.",
                "buttons": [{"autofill_text": "Autofill", "text": "Copy code"}],
                "footer": "This code expires in 10 minutes.",
                "language": "en_US",
            },
            {
                "body": "Tu código de verificación es *{{1}}*. Por tu seguridad, no lo compartas.",
                "buttons": [{"autofill_text": "Autocompletar", "text": "Copiar código"}],
                "footer": "Este código caduca en 10 minutos.",
                "language": "es_ES",
            },
        ]
    }


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"category": "UTILITY"},
        {"category": "AUTHENTICATION", "languages": "xx"},
        {"category": "AUTHENTICATION", "button_types": "URL"},
        {"category": "AUTHENTICATION", "code_expiration_minutes": "91"},
        {"category": "AUTHENTICATION", "code_expiration_minutes": "soon"},
    ],
)
async def test_a_wrong_preview_is_refused(parameters: Json, graph: httpx.AsyncClient) -> None:
    answer = await graph.get(f"{WABA}/message_template_previews", params=parameters)

    assert answer.status_code == 400


async def test_without_a_choice_previews_come_in_every_language(graph: httpx.AsyncClient) -> None:
    parameters = {"category": "AUTHENTICATION"}

    rows = (await graph.get(f"{WABA}/message_template_previews", params=parameters)).json()["data"]

    assert len(rows) > 70
    assert rows[0].keys() == {"body", "language"}


# Migration


async def test_approved_templates_are_copied_to_another_account(
    sandbox: RunningSandbox, graph: httpx.AsyncClient
) -> None:
    world = sandbox.world
    world.templates[ORDER_ID].quality = "RED"
    user = world.users[seed.SYSTEM_USER_ID]
    user.waba_ids = (seed.WABA_ID, seed.SECOND_WABA_ID)
    token = world.tokens[seed.SYSTEM_USER_TOKEN]
    token.scopes = dict.fromkeys(token.scopes)
    body = {
        "source_waba_id": seed.WABA_ID,
        "template_ids": [HELLO_ID, ORDER_ID, "1689556908129833", "1689556908129846"],
    }

    path = f"/{seed.SECOND_WABA_ID}/migrate_message_templates"
    answer = (await graph.post(path, json=body)).json()

    # The other account has hello_world already; a red or a paused template is not eligible.
    assert answer == {
        "migrated_templates": ["1689556908129833"],
        "failed_templates": {HELLO_ID: "Content in this language already exists"},
    }
    copies = world.templates_of(world.wabas[seed.SECOND_WABA_ID])
    assert [(one.name, one.language, one.status) for one in copies] == [
        ("hello_world", "en_US", "APPROVED"),
        ("order_confirmation", "es", "APPROVED"),
    ]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"source_waba_id": seed.OTHER_WABA_ID},
        {"source_waba_id": seed.SECOND_WABA_ID},
        {"source_waba_id": seed.WABA_ID},
        {"source_waba_id": "5"},
    ],
)
async def test_a_migration_from_elsewhere_is_refused(
    body: Json, sandbox: RunningSandbox, graph: httpx.AsyncClient
) -> None:
    before = len(sandbox.world.templates)

    answer = await graph.post(f"{WABA}/migrate_message_templates", json=body)

    assert answer.status_code == 400
    assert len(sandbox.world.templates) == before


# Groups


async def test_a_group_is_made_read_changed_and_deleted(graph: httpx.AsyncClient) -> None:
    edge = f"{WABA}/template_groups"
    body = {"name": "Spring", "description": "Sales", "whatsapp_business_templates": [HELLO_ID]}
    fields = {"fields": "name,description,whatsapp_business_templates{name}"}

    group_id = (await graph.post(edge, json=body)).json()["id"]
    listed = (await graph.get(edge)).json()["data"]
    change = {"name": "Summer", "add_templates": [ORDER_ID], "remove_templates": [HELLO_ID]}
    changed = await graph.post(f"/{group_id}", json=change)
    node = (await graph.get(f"/{group_id}", params=fields)).json()
    deleted = await graph.delete(f"/{group_id}")
    gone = await graph.get(f"/{group_id}")

    assert listed == [{"id": group_id, "name": "Spring", "description": "Sales"}]
    assert (changed.json(), deleted.json()) == ({"success": True}, {"success": True})
    assert (node["name"], node["description"]) == ("Summer", "Sales")
    inside = node["whatsapp_business_templates"]["data"]
    assert inside == [{"name": "order_confirmation", "id": ORDER_ID}]
    assert _refusal(gone) == (400, 100, 33)


@pytest.mark.parametrize(
    "changes",
    [
        {"name": ""},
        {"name": "x" * 513},
        {"description": "x" * 1025},
        {"whatsapp_business_templates": ["1689556908129901"]},
        {"whatsapp_business_templates": [str(number) for number in range(101)]},
    ],
)
async def test_a_group_that_breaks_a_rule_is_refused(
    changes: Json, sandbox: RunningSandbox, graph: httpx.AsyncClient
) -> None:
    body = {"name": "Spring", "description": "", **changes}

    assert (await graph.post(f"{WABA}/template_groups", json=body)).status_code == 400
    assert sandbox.world.template_groups == {}


# Numbers


def _sent(world: World, name: str, at: float, *statuses: str) -> Message:
    """A message as a send leaves it behind, without a thousand calls."""
    person = world.people[seed.PERSON]
    message = Message(
        id=new_wamid(seed.PERSON, is_outbound=True),
        number_id=seed.PHONE_NUMBER_ID,
        person=person,
        recipient=seed.PERSON,
        is_outbound=True,
        kind="template",
        content={"name": name, "language": {"code": "en_US"}},
        at=at,
        category="utility",
        statuses=[(status, at) for status in statuses],
    )
    world.remember(message)
    return message


async def test_analytics_count_what_was_sent(
    receiver: Receiver,
    sandbox: RunningSandbox,
    graph: httpx.AsyncClient,
    controls: httpx.AsyncClient,
    number: str,
) -> None:
    template = {"name": "coupon_code_fall", "language": {"code": "en_US"}}
    texts = [{"type": "text", "text": "25OFF"}, {"type": "text", "text": "25%"}]
    code = {"type": "coupon_code", "coupon_code": "25OFF"}
    components = [
        {"type": "body", "parameters": texts},
        {"type": "button", "sub_type": "copy_code", "index": 1, "parameters": [code]},
    ]
    body = {"messaging_product": "whatsapp", "to": f"+{seed.PERSON}", "type": "template"}
    send = {**body, "template": {**template, "components": components}}
    sent = (await graph.post(f"/{number}/messages", json=send)).json()["messages"][0]["id"]
    await receiver.wait_for("statuses", 3)
    tap = {
        "type": "button",
        "button": {"text": "Stop promotions", "payload": "Stop promotions"},
        "context": {"id": sent},
    }
    await controls.post(f"/people/{seed.PERSON}/messages", json=tap)
    now = int(sandbox.world.clock.now())
    day = now // DAY_S * DAY_S
    parameters: Json = {
        "start": now - DAY_S,
        "end": now + 60,
        "granularity": "daily",
        "template_ids": "[1689556908129842]",
    }

    answer = (await graph.get(f"{WABA}/template_analytics", params=parameters)).json()
    only = {**parameters, "metric_types": "SENT"}
    narrow = (await graph.get(f"{WABA}/template_analytics", params=only)).json()

    assert answer["paging"].keys() == _example("analytics.template")["paging"].keys()
    assert answer["data"] == [
        {
            "granularity": "DAILY",
            "product_type": "cloud_api",
            "data_points": [
                {
                    "template_id": "1689556908129842",
                    "start": day,
                    "end": day + DAY_S,
                    "sent": 1,
                    "delivered": 1,
                    "read": 1,
                    "clicked": [
                        {
                            "type": "quick_reply_button",
                            "button_content": "Stop promotions",
                            "count": 1,
                        }
                    ],
                    "cost": [
                        {"type": "amount_spent", "value": 0.025},
                        {"type": "cost_per_delivered", "value": 0.025},
                    ],
                }
            ],
        }
    ]
    [point] = narrow["data"][0]["data_points"]
    assert point.keys() == {"template_id", "start", "end", "sent"}


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"granularity": "MONTHLY"}, 100),
        ({"granularity": None}, 131008),
        ({"template_ids": None}, 100),
        ({"template_ids": "1689556908129901"}, 100),
        ({"template_ids": ",".join(str(number) for number in range(11))}, 100),
        ({"metric_types": "SHOUTED"}, 100),
        ({"start": "soon"}, 100),
        ({"start": 1}, 100),
        ({"end": 1}, 100),
    ],
)
async def test_a_wrong_question_for_numbers_is_refused(
    changes: Json, code: int, sandbox: RunningSandbox, graph: httpx.AsyncClient
) -> None:
    now = int(sandbox.world.clock.now())
    asked = {"start": now - DAY_S, "end": now, "granularity": "DAILY", "template_ids": HELLO_ID}
    parameters = {name: value for name, value in {**asked, **changes}.items() if value is not None}

    answer = await graph.get(f"{WABA}/template_analytics", params=parameters)

    assert _refusal(answer)[:2] == (400, code)


async def test_numbers_must_be_switched_on(
    sandbox: RunningSandbox, graph: httpx.AsyncClient
) -> None:
    sandbox.world.wabas[seed.WABA_ID].is_enabled_for_insights = False

    assert _refusal(await graph.get(f"{WABA}/template_analytics"))[1] == 200007


async def test_two_templates_are_compared(
    sandbox: RunningSandbox, graph: httpx.AsyncClient
) -> None:
    world = sandbox.world
    now = int(world.clock.now())
    person = world.people[seed.PERSON]
    for position in range(1200):
        _sent(world, "hello_world", now - 100, "sent")
        if position < 1000:
            _sent(world, "order_confirmation", now - 100, "sent")
    parameters: Json = {"template_ids": f"[{ORDER_ID}]", "start": now - 7 * DAY_S, "end": now}

    answer = (await graph.get(f"/{HELLO_ID}/compare", params=parameters)).json()

    assert answer["data"][1] == {
        "metric": "MESSAGE_SENDS",
        "type": "NUMBER_VALUES",
        "number_values": [{"key": HELLO_ID, "value": 1200}, {"key": ORDER_ID, "value": 1000}],
    }
    example = _example("message_templates.compare")["data"]
    assert [metric.keys() for metric in answer["data"]] == [metric.keys() for metric in example]
    assert len(person.chat) == 2200


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"template_ids": HELLO_ID},
        {"template_ids": "1689556908129901"},
        {"template_ids": f"{ORDER_ID},1689556908129833"},
        {"days": 8},
        {"ago": 3},
    ],
)
async def test_a_comparison_needs_two_templates_that_were_sent(
    changes: Json, sandbox: RunningSandbox, graph: httpx.AsyncClient
) -> None:
    end = int(sandbox.world.clock.now()) - changes.get("ago", 0) * DAY_S
    parameters = {
        "template_ids": changes.get("template_ids", ORDER_ID),
        "start": end - changes.get("days", 7) * DAY_S,
        "end": end,
    }

    answer = await graph.get(f"/{HELLO_ID}/compare", params=parameters)

    assert _refusal(answer) == (400, 100, None)


# The list


async def test_the_list_is_read_in_both_directions(graph: httpx.AsyncClient) -> None:
    first = (await graph.get(TEMPLATES, params={"fields": "name", "limit": 5})).json()
    second = (await graph.get(first["paging"]["next"])).json()

    back = (await graph.get(second["paging"]["previous"])).json()
    before = {"fields": "name", "limit": 5, "before": second["paging"]["cursors"]["before"]}
    by_cursor = (await graph.get(TEMPLATES, params=before)).json()

    assert back["data"] == by_cursor["data"] == first["data"]
    assert "previous" not in back["paging"]


async def test_the_list_is_filtered_by_time_and_several_values(
    sandbox: RunningSandbox, graph: httpx.AsyncClient
) -> None:
    hour_later = sandbox.world.clock.now() + 3600
    sandbox.world.clock.move_to(hour_later)
    body = {"type": "BODY", "text": "The plants are ready"}
    new = {"name": "fresh", "language": "en", "category": "UTILITY", "components": [body]}
    await graph.post(TEMPLATES, json=new)

    async def names(**filters: Any) -> list[str]:
        parameters = {"fields": "name", "limit": 100, **filters}
        rows = (await graph.get(TEMPLATES, params=parameters)).json()["data"]
        return [row["name"] for row in rows]

    assert await names(since=int(hour_later) - 60) == ["fresh"]
    assert "fresh" not in await names(until=int(hour_later) - 60)
    assert await names(status='["PAUSED","DISABLED"]') == ["weekend_offer", "old_offer"]
    assert await names(content="Tell me more") == ["carousel_media_cards"]


@pytest.mark.parametrize(
    "filters",
    [
        {"status": "GOOD"},
        {"category": "CHAT"},
        {"quality_score": "BLUE"},
        {"source": "ELSEWHERE"},
        {"language": "english"},
        {"since": "yesterday"},
        {"limit": "-1"},
        {"after": "nonsense"},
        {"summary": "everything"},
        {"fields": "name,colour"},
    ],
)
async def test_a_filter_that_meta_does_not_know_is_refused(
    filters: Json, graph: httpx.AsyncClient
) -> None:
    assert _refusal(await graph.get(TEMPLATES, params=filters)) == (400, 100, None)
