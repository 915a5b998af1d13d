"""Answers and webhooks beside Meta's own examples, key by key."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from appmixer.sandbox.behaviour.groups import members
from appmixer.sandbox.protocol.shapes import is_array, is_object
from appmixer.sandbox.testing import Receiver, RunningSandbox, until
from appmixer.sandbox.world import seed

pytestmark = pytest.mark.anyio

DATA = Path(__file__).parents[1] / "data"
WEBHOOKS = Path(__file__).parents[2] / "sandbox" / "fixtures" / "webhooks"
APP_TOKEN = f"{seed.APP_ID}|{seed.APP_SECRET}"
NUMBER, WABA = f"/{seed.PHONE_NUMBER_ID}", f"/{seed.WABA_ID}"
PRODUCT = {"messaging_product": "whatsapp"}
HELLO = {"name": "hello_world", "language": {"code": "en_US"}}

Json = dict[str, Any]


def _example(name: str) -> Any:
    return json.loads((DATA / "responses" / f"{name}.json").read_text())


def _webhook(name: str) -> Json:
    body = json.loads((WEBHOOKS / f"{name}.json").read_text())
    value: Json = body["entry"][0]["changes"][0]["value"]
    return value


def _keys(value: Any, prefix: str = "") -> set[str]:
    """Every path of keys in a body; lists count by their first element."""
    if is_array(value):
        return _keys(value[0], f"{prefix}[]") if value else {prefix}
    if not is_object(value):
        return {f"{prefix}:{type(value).__name__}"}
    return {path for key, part in value.items() for path in _keys(part, f"{prefix}.{key}")}


@pytest.mark.parametrize(
    ("method", "path", "body", "example"),
    [
        ("GET", "/me", None, "me"),
        ("GET", f"{NUMBER}?fields=id,status,platform_type,code_verification_status", None,
         "phone_number.get.unregistered"),
        ("POST", f"{NUMBER}/register", {**PRODUCT, "pin": seed.PIN}, "phone_number.register"),
        ("POST", NUMBER, {"pin": "123456"}, "phone_number.set_pin"),
        ("GET", f"{WABA}", None, "waba.get"),
        ("GET", f"{WABA}?fields=id,name,currency,timezone_id,country,account_review_status,"
         "business_verification_status,ownership_type,owner_business_info,"
         "on_behalf_of_business_info,is_enabled_for_insights,"
         "marketing_messages_onboarding_status,primary_business_location", None,
         "waba.get.fields"),
        ("GET", f"{WABA}/subscribed_apps", None, "subscribed_apps.get.empty"),
        ("POST", f"{WABA}/subscribed_apps", None, "subscribed_apps.post"),
        ("DELETE", f"{WABA}/subscribed_apps", None, "subscribed_apps.delete"),
        ("GET", f"{WABA}/message_templates?limit=2&name=order_confirmation", None,
         "message_templates.list"),
        ("GET", f"{WABA}/message_templates?name=nothing&summary=total_count,"
         "message_template_count,message_template_limit,are_translations_complete", None,
         "message_templates.list.summary"),
        ("POST", f"{WABA}/message_templates",
         {"name": "greeting", "language": "en_US", "category": "UTILITY",
          "components": [{"type": "BODY", "text": "Hello there"}]},
         "message_templates.create"),
        ("DELETE", f"{WABA}/message_templates?name=hello_world", None,
         "message_templates.delete"),
        ("GET", f"/{seed.BUSINESS_ID}/owned_whatsapp_business_accounts?fields=id,name,"
         "message_template_namespace,timezone_id", None, "owned_whatsapp_business_accounts"),
    ],
)  # fmt: skip
async def test_answers_have_the_keys_of_the_example(
    method: str, path: str, body: Json | None, example: str, graph: httpx.AsyncClient
) -> None:
    answer = await graph.request(method, path, json=body)

    assert answer.status_code == 200, answer.text
    expected = _keys(_example(example))
    if example == "message_templates.list":
        # Our page is the last one of these.
        expected = {path for path in expected if not path.startswith(".paging.next")}
        # Meta's first example has a button of another kind in front.
        expected = {path for path in expected if ".buttons[]" not in path}
        assert expected <= _keys(answer.json())
    else:
        assert _keys(answer.json()) == expected


@pytest.mark.parametrize(
    ("body", "example"),
    [
        ({"to": "+16505551234", "text": {"body": "x"}}, "messages.send"),
        ({"recipient": seed.PERSON_BSUID, "text": {"body": "x"}}, "messages.send.bsuid"),
        ({"to": "+16505551234", "type": "template", "template": HELLO}, "messages.send.template"),
    ],
)
async def test_sends_are_answered_like_the_example(
    body: Json, example: str, graph: httpx.AsyncClient, number: str
) -> None:
    answer = await graph.post(f"/{number}/messages", json={**PRODUCT, **body})

    assert _keys(answer.json()) == _keys(_example(example))


async def test_a_registered_number_shows_the_fields_of_the_example(
    receiver: Receiver, graph: httpx.AsyncClient
) -> None:
    await graph.post(f"{NUMBER}/register", json={**PRODUCT, "pin": seed.PIN})
    example = _example("phone_number.get.fields")

    default = (await graph.get(NUMBER)).json()
    chosen = (await graph.get(NUMBER, params={"fields": ",".join(example)})).json()
    listed = (await graph.get(f"{WABA}/phone_numbers")).json()

    health = (await graph.get(NUMBER, params={"fields": "health_status"})).json()
    assert _keys(health) == _keys(_example("phone_number.get.health_status"))
    assert _keys(default) == _keys(_example("phone_number.get.default"))
    assert _keys(chosen) == _keys(example)
    # The list adds when the number came to the Cloud API, which Meta's default node has too.
    added = {".data[].last_onboarded_time:str"}
    assert _keys(listed) == _keys(_example("phone_numbers.list")) | added
    subscribed = (await graph.get(f"{WABA}/subscribed_apps")).json()
    without_override = {".data[].override_callback_uri:str"}
    assert _keys(subscribed) == _keys(_example("subscribed_apps.get")) - without_override


async def test_media_is_described_like_the_example(graph: httpx.AsyncClient, number: str) -> None:
    files = {"file": ("a.png", b"\x89PNG\r\n", "image/png")}
    form = {"messaging_product": "whatsapp", "type": "image/png"}

    uploaded = (await graph.post(f"/{number}/media", data=form, files=files)).json()
    described = (await graph.get(f"/{uploaded['id']}")).json()
    deleted = (await graph.delete(f"/{uploaded['id']}")).json()

    assert _keys(uploaded) == _keys(_example("media.upload"))
    # Meta's example has its size as a text; clients get a number.
    as_seen = {".file_size:str": ".file_size:int"}
    assert _keys(described) == {as_seen.get(key, key) for key in _keys(_example("media.get"))}
    assert deleted == _example("media.delete")


async def test_tokens_are_inspected_like_the_example(
    sandbox: RunningSandbox, graph: httpx.AsyncClient
) -> None:
    async with sandbox.graph(APP_TOKEN) as app:
        inspected = await app.get("/debug_token", params={"input_token": seed.SYSTEM_USER_TOKEN})
        sandbox.world.tokens[seed.SYSTEM_USER_TOKEN].expires_at = 1
        expired = await app.get("/debug_token", params={"input_token": seed.SYSTEM_USER_TOKEN})

    assert _keys(inspected.json()) == _keys(_example("debug_token"))
    assert _keys(expired.json()) == _keys(_example("debug_token.expired"))


@pytest.mark.parametrize(
    "example", sorted(path.stem for path in (DATA / "responses").glob("error.*.json"))
)
async def test_an_injected_error_has_the_body_of_the_example(
    example: str, graph: httpx.AsyncClient, controls: httpx.AsyncClient, number: str
) -> None:
    expected = _example(example)["error"]
    rule: Json = {"endpoint": "messages", "code": expected["code"], "count": 1}
    if "error_subcode" in expected and expected["code"] in (100, 190):
        rule["subcode"] = expected["error_subcode"]
    added = await controls.post("/faults", json=rule)
    assert added.status_code == 201, added.text

    answer = await graph.post(f"/{number}/messages", json={})

    got = answer.json()["error"]
    assert (got["code"], got.get("error_subcode")) == (
        expected["code"],
        expected.get("error_subcode"),
    )
    assert {"message", "type", "code", "fbtrace_id"} <= got.keys()
    assert answer.status_code >= 400


def _without_user_ids(keys: set[str]) -> set[str]:
    return {key for key in keys if "user_id" not in key}


@pytest.mark.parametrize(
    ("message", "example"),
    [
        ({"type": "text", "text": {"body": "x"}}, "messages.text"),
        ({"type": "text", "text": {"body": "x"}, "context": {"id": "wamid.q"}},
         "messages.text.reply"),
        ({"type": "text", "text": {"body": "x"}, "context": {"forwarded": True}},
         "messages.text.forwarded"),
        ({"type": "image", "image": {"caption": "x"}}, "messages.image"),
        ({"type": "audio"}, "messages.audio.file"),
        ({"type": "audio", "audio": {"voice": True}}, "messages.audio.voice"),
        ({"type": "video", "video": {"caption": "x"}}, "messages.video"),
        ({"type": "document", "document": {"caption": "x", "filename": "a.pdf"}},
         "messages.document"),
        ({"type": "sticker"}, "messages.sticker"),
        ({"type": "unsupported", "unsupported": {"type": "edit"}},
         "messages.unsupported.131051"),
    ],
)  # fmt: skip
async def test_inbound_messages_have_the_keys_of_the_example(
    message: Json, example: str, receiver: Receiver, controls: httpx.AsyncClient, number: str
) -> None:
    answer = await controls.post(f"/people/{seed.PERSON}/messages", json=message)
    assert answer.status_code == 201, answer.text

    await receiver.wait_for("messages", 1)

    value = receiver.posts[0].values()[0]
    assert _without_user_ids(_keys(value)) == _keys(_webhook(example))


@pytest.mark.parametrize(
    "example",
    [
        "messages.button",
        "messages.contacts",
        "messages.interactive.button_reply",
        "messages.interactive.list_reply",
        "messages.interactive.nfm_reply.flow",
        "messages.location",
        "messages.order",
        "messages.reaction",
        "messages.reaction.removed",
        "messages.system.customer_identity_changed",
        "messages.system.user_changed_number",
        "messages.text.referral_ad",
    ],
)
async def test_a_person_can_write_each_example(
    example: str, receiver: Receiver, controls: httpx.AsyncClient, number: str
) -> None:
    expected = _webhook(example)
    original: Json = expected["messages"][0]
    kept = {"type", original["type"], "context", "referral", "identity"}
    message = {key: part for key, part in original.items() if key in kept}

    await controls.post(f"/people/{seed.PERSON}/messages", json=message)

    got = (await receiver.wait_for("messages", 1))[0]
    assert got[original["type"]] == original[original["type"]]
    value = receiver.posts[0].values()[0]
    assert _without_user_ids(_keys(value)) == _without_user_ids(_keys(expected))


async def test_statuses_have_the_keys_of_the_examples(
    receiver: Receiver, graph: httpx.AsyncClient, controls: httpx.AsyncClient, number: str
) -> None:
    request = {**PRODUCT, "to": "+16505551234", "type": "template", "template": HELLO}
    await graph.post(f"/{number}/messages", json=request)

    await receiver.wait_for("statuses", 3)

    values = [value for post in receiver.posts for value in post.values()]
    for value, example in zip(
        values, ("statuses.sent", "statuses.delivered", "statuses.read"), strict=True
    ):
        # Since 2026 a contact and the user id come along; the examples are older.
        keys = {key for key in _without_user_ids(_keys(value)) if ".contacts" not in key}
        assert keys == _keys(_webhook(example))


async def test_people_without_a_number_have_only_their_user_id(
    receiver: Receiver, graph: httpx.AsyncClient, controls: httpx.AsyncClient, number: str
) -> None:
    hidden = {"hidePhone": True, "username": "sheena.nelson"}
    await controls.patch(f"/people/{seed.PERSON}", json=hidden)
    await controls.post(f"/people/{seed.PERSON_BSUID}/messages", json={"text": {"body": "x"}})
    await receiver.wait_for("messages", 1)
    request = {**PRODUCT, "recipient": seed.PERSON_BSUID, "text": {"body": "x"}}
    await graph.post(f"/{number}/messages", json=request)

    statuses = await receiver.wait_for("statuses", 2)

    assert _keys(receiver.posts[0].values()[0]) == _keys(_webhook("messages.text.bsuid_only"))
    delivered = [value for post in receiver.posts for value in post.values()][2]
    priced = {key for key in _keys(delivered) if ".pricing" not in key}
    assert statuses[1]["status"] == "delivered"
    assert priced == _keys(_webhook("statuses.delivered.bsuid_only"))


@pytest.mark.parametrize("status", ["held", "paused"])
async def test_a_paced_template_is_answered_like_the_example(
    status: str, graph: httpx.AsyncClient, controls: httpx.AsyncClient, number: str
) -> None:
    example = _example(f"messages.send.template.{status}")
    pacing = {"sample": 0, "messageStatus": example["messages"][0]["message_status"]}
    await controls.post("/settings", json={"templatePacing": pacing})
    template = {"name": "spring_sale", "language": {"code": "en_US"}}
    names = [
        {"type": "text", "parameter_name": name, "text": "x"} for name in ("first_name", "discount")
    ]
    components = [{"type": "body", "parameters": names}]

    answer = await graph.post(
        f"/{number}/messages",
        json={
            **PRODUCT,
            "to": "+16505551234",
            "type": "template",
            "template": {**template, "components": components},
        },
    )

    got = answer.json()
    assert _keys(got) == _keys(example)
    assert got["messages"][0]["message_status"] == example["messages"][0]["message_status"]


async def test_changes_of_a_number_are_answered_like_the_examples(
    receiver: Receiver, graph: httpx.AsyncClient
) -> None:
    override = {"override_callback_uri": receiver.url, "verify_token": seed.VERIFY_TOKEN}
    renamed = await graph.post(NUMBER, json={**PRODUCT, "new_display_name": "Lucky Shrub Plants"})
    number = await graph.post(NUMBER, json={"webhook_configuration": override})
    await graph.post(f"{WABA}/subscribed_apps", json=override)
    shown = await graph.get(NUMBER, params={"fields": "webhook_configuration"})
    limit = await graph.get(NUMBER, params={"fields": "whatsapp_business_manager_messaging_limit"})

    assert renamed.json() == _example("phone_number.set_display_name")
    assert number.json() == _example("phone_number.set_webhook_override")
    assert _keys(shown.json()) == _keys(_example("phone_number.get.webhook_configuration"))
    assert _keys(limit.json()) == _keys(_example("phone_number.get.messaging_limit"))


async def test_a_block_that_fails_in_part_is_answered_like_the_example(
    receiver: Receiver, graph: httpx.AsyncClient, controls: httpx.AsyncClient, number: str
) -> None:
    await controls.post(f"/people/{seed.PERSON}/messages", json={"text": {"body": "x"}})
    users = [{"user": f"+{seed.PERSON}"}, {"user": f"+{seed.OTHER_PERSON}"}]

    answer = await graph.post(f"{NUMBER}/block_users", json={**PRODUCT, "block_users": users})

    assert answer.status_code == 400
    assert _keys(answer.json()) == _keys(_example("block_users.partial_failure"))


async def test_a_group_send_is_answered_like_the_example(
    sandbox: RunningSandbox, graph: httpx.AsyncClient, number: str
) -> None:
    await graph.post(f"{NUMBER}/groups", json={**PRODUCT, "subject": "Plants"})
    await until(lambda: bool(sandbox.world.groups))
    group = next(iter(sandbox.world.groups.values()))
    members.join(sandbox.world, group, sandbox.world.people[seed.PERSON])
    to = {"recipient_type": "group", "to": group.id}

    answer = await graph.post(f"{NUMBER}/messages", json={**PRODUCT, **to, "text": {"body": "x"}})

    assert _keys(answer.json()) == _keys(_example("messages.send.group"))


async def test_a_broken_flow_is_answered_like_the_example(graph: httpx.AsyncClient) -> None:
    made = await graph.post(f"{WABA}/flows", json={"name": "x", "categories": ["OTHER"]})
    form = {"name": "flow.json", "asset_type": "FLOW_JSON"}
    broken = b'{"version": "7.2", "screens": [{"id": "A", "unheard": 1}]}'

    answer = await graph.post(
        f"/{made.json()['id']}/assets",
        data=form,
        files={"file": ("flow.json", broken, "application/json")},
    )

    assert answer.json()["success"] is True
    expected = _example("flow.assets.upload.invalid")["validation_errors"]
    got = {key for key in _keys(answer.json()["validation_errors"]) if ".pointers" not in key}
    # Meta's page has pointers too, this example of it is older.
    assert got == _keys(expected)


async def test_reading_and_an_empty_account_are_answered_like_the_examples(
    sandbox: RunningSandbox, graph: httpx.AsyncClient, controls: httpx.AsyncClient, number: str
) -> None:
    heard = await controls.post(f"/people/{seed.PERSON}/messages", json={"text": {"body": "x"}})
    read = {"status": "read", "message_id": heard.json()["id"]}

    answer = await graph.post(f"/{number}/messages", json={**PRODUCT, **read})
    sandbox.world.numbers = {}
    listed = await graph.get(f"{WABA}/phone_numbers")

    assert answer.json() == _example("messages.mark_read")
    assert listed.json() == _example("phone_numbers.list.empty")
