"""What happens to a template: review, pauses, ratings, categories, edits, deletion, archive."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from importlib import resources
from pathlib import Path
from typing import Any

import httpx
import pytest

from appmixer.sandbox.behaviour.media import uploads
from appmixer.sandbox.gateway.server import create_app
from appmixer.sandbox.protocol.shapes import is_array, is_object
from appmixer.sandbox.testing import Receiver, RunningSandbox, serving, until
from appmixer.sandbox.world import seed
from appmixer.sandbox.world.entities import Template

pytestmark = pytest.mark.anyio

WEBHOOKS = resources.files("appmixer.sandbox").joinpath("fixtures", "webhooks")
TEMPLATES = f"/{seed.WABA_ID}/message_templates"
ORDER_ID = "1689556908129832"
HOUR_S = 3600.0
DAY_S = 24 * HOUR_S
BODY = {"type": "BODY", "text": "The plants are ready"}

Json = dict[str, Any]


@pytest.fixture
def order(sandbox: RunningSandbox) -> Template:
    """A seeded template that is approved."""
    return sandbox.world.templates[ORDER_ID]


async def _change(controls: httpx.AsyncClient, **change: Any) -> Json:
    answer = await controls.post(f"/templates/{ORDER_ID}", json=change)
    assert answer.status_code == 200, answer.text
    shown: Json = answer.json()
    return shown


async def _told(receiver: Receiver, count: int) -> list[Json]:
    def values() -> list[Json]:
        return [value for post in receiver.posts for value in post.values()]

    await until(lambda: len(values()) >= count)
    return values()


def _named(**value: Any) -> Json:
    return {
        "message_template_id": int(ORDER_ID),
        "message_template_name": "order_confirmation",
        "message_template_language": "en_US",
        **value,
    }


def _status(event: str, reason: str | None = "NONE", **extra: Any) -> Json:
    return _named(event=event, reason=reason, message_template_category="UTILITY", **extra)


def _advance(sandbox: RunningSandbox, seconds: float) -> None:
    sandbox.world.clock.move_to(sandbox.world.clock.now() + seconds)


def _refusal(answer: httpx.Response) -> tuple[int, int, int | None]:
    error = answer.json()["error"]
    return answer.status_code, error["code"], error.get("error_subcode")


async def _send(graph: httpx.AsyncClient, number: str) -> httpx.Response:
    parameters = [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]
    suffix = [{"type": "text", "text": "1"}]
    template = {
        "name": "order_confirmation",
        "language": {"code": "en_US"},
        "components": [
            {"type": "body", "parameters": parameters},
            {"type": "button", "sub_type": "url", "index": 0, "parameters": suffix},
        ],
    }
    body = {"messaging_product": "whatsapp", "to": "+16505551234", "type": "template"}
    return await graph.post(f"/{number}/messages", json={**body, "template": template})


@pytest.mark.parametrize(
    "event",
    ["APPROVED", "IN_APPEAL", "LIMIT_EXCEEDED", "LOCKED", "PENDING", "PENDING_DELETION"],
)
async def test_a_status_can_be_set_and_is_told(
    event: str, receiver: Receiver, controls: httpx.AsyncClient
) -> None:
    shown = await _change(controls, status=event)

    assert shown["status"] == event
    assert await _told(receiver, 1) == [_status(event)]


async def test_a_rejection_says_why(
    receiver: Receiver, graph: httpx.AsyncClient, controls: httpx.AsyncClient
) -> None:
    await _change(controls, status="REJECTED", reason="SCAM")

    node = (await graph.get(f"/{ORDER_ID}", params={"fields": "status,rejected_reason"})).json()
    assert node == {"status": "REJECTED", "rejected_reason": "SCAM", "id": ORDER_ID}
    assert await _told(receiver, 1) == [_status("REJECTED", "SCAM")]


async def test_variables_side_by_side_are_rejected_by_the_review(
    sandbox: RunningSandbox, receiver: Receiver, graph: httpx.AsyncClient
) -> None:
    body = {
        "type": "BODY",
        "text": "Dear {{1}} {{2}}, your plants are ready to be fetched",
        "example": {"body_text": [["Sheena", "Nelson"]]},
    }
    request = {"name": "a", "language": "en", "category": "UTILITY", "components": [body]}
    created = (await graph.post(TEMPLATES, json=request)).json()
    _advance(sandbox, 2)

    [value] = await _told(receiver, 1)

    assert created["status"] == "PENDING"
    assert (value["event"], value["reason"]) == ("REJECTED", "INVALID_FORMAT")
    assert value["rejection_info"].keys() == {"reason", "recommendation"}


async def test_pauses_last_three_then_six_hours_and_the_third_disables(
    sandbox: RunningSandbox,
    receiver: Receiver,
    graph: httpx.AsyncClient,
    controls: httpx.AsyncClient,
    number: str,
) -> None:
    codes: list[int] = []
    sandbox.world.clock.freeze(frozen=True)
    for hours in (3, 6):
        await _change(controls, status="PAUSED")
        _advance(sandbox, hours * HOUR_S - 1)
        codes.append((await _send(graph, number)).json()["error"]["code"])
        _advance(sandbox, 1)
        assert (await _send(graph, number)).status_code == 200
    await _change(controls, status="PAUSED")
    codes.append((await _send(graph, number)).json()["error"]["code"])

    assert codes == [132015, 132015, 132016]
    events = [value for value in await _told(receiver, 5) if "event" in value]
    assert [(value["event"], value["other_info"]["title"]) for value in events] == [
        ("PAUSED", "FIRST_PAUSE"),
        ("APPROVED", "UNPAUSE"),
        ("PAUSED", "SECOND_PAUSE"),
        ("APPROVED", "UNPAUSE"),
        ("DISABLED", "DISABLED"),
    ]
    disabled_at = str(int(sandbox.world.clock.now()))
    assert events[-1]["disable_info"] == {"disable_date": disabled_at}


async def test_a_pause_can_be_ended_by_hand(
    sandbox: RunningSandbox,
    order: Template,
    receiver: Receiver,
    graph: httpx.AsyncClient,
    controls: httpx.AsyncClient,
) -> None:
    await _change(controls, status="PAUSED")

    answer = await graph.post(f"/{ORDER_ID}/unpause")
    again = await graph.post(f"/{ORDER_ID}/unpause")
    _advance(sandbox, 4 * HOUR_S)

    assert answer.json() == {"success": True}
    assert _refusal(again) == (400, 100, 2388039)
    assert order.status == "APPROVED"
    assert [value["event"] for value in await _told(receiver, 2)] == ["PAUSED", "APPROVED"]


async def test_a_rating_is_shown_filtered_and_told(
    receiver: Receiver, graph: httpx.AsyncClient, controls: httpx.AsyncClient
) -> None:
    await _change(controls, quality="GREEN")
    await _change(controls, quality="RED")

    filters = {"quality_score": "RED", "fields": "quality_score"}
    [found] = (await graph.get(TEMPLATES, params=filters)).json()["data"]
    assert (found["id"], found["quality_score"]["score"]) == (ORDER_ID, "RED")
    assert await _told(receiver, 2) == [
        _named(previous_quality_score="UNKNOWN", new_quality_score="GREEN"),
        _named(previous_quality_score="GREEN", new_quality_score="RED"),
    ]


async def test_a_category_changes_at_once_or_when_it_was_announced(
    sandbox: RunningSandbox,
    receiver: Receiver,
    graph: httpx.AsyncClient,
    controls: httpx.AsyncClient,
) -> None:
    sandbox.world.clock.freeze(frozen=True)
    at = int(sandbox.world.clock.now() + DAY_S)
    fields = {"fields": "category,previous_category,correct_category"}

    await _change(controls, category="MARKETING", categoryInS=DAY_S)
    before = (await graph.get(f"/{ORDER_ID}", params=fields)).json()
    _advance(sandbox, DAY_S)
    after = (await graph.get(f"/{ORDER_ID}", params=fields)).json()
    await _change(controls, category="UTILITY")
    await _change(controls, suggestedCategory="MARKETING")

    assert before == {"category": "UTILITY", "correct_category": "MARKETING", "id": ORDER_ID}
    assert after == {"category": "MARKETING", "previous_category": "UTILITY", "id": ORDER_ID}
    assert await _told(receiver, 4) == [
        _named(new_category="UTILITY", correct_category="MARKETING", category_update_timestamp=at),
        _named(previous_category="UTILITY", new_category="MARKETING"),
        _named(previous_category="MARKETING", new_category="UTILITY"),
        _named(current_category="UTILITY", suggested_category="MARKETING"),
    ]


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"status": "GONE"},
        {"status": "APPROVED", "reason": "SCAM"},
        {"categoryInS": 5},
        {"quality": "BLUE"},
        {"colour": "green"},
    ],
)
async def test_a_change_that_says_nothing_sensible_is_refused(
    change: Json, order: Template, controls: httpx.AsyncClient
) -> None:
    answer = await controls.post(f"/templates/{ORDER_ID}", json=change)
    nobody = await controls.post("/templates/5", json={"status": "APPROVED"})

    assert (answer.status_code, nobody.status_code) == (422, 404)
    assert order.status == "APPROVED"


async def test_an_edit_is_told_and_reviewed(
    sandbox: RunningSandbox, order: Template, receiver: Receiver, graph: httpx.AsyncClient
) -> None:
    components = [
        {"type": "HEADER", "format": "TEXT", "text": "Your plants"},
        BODY,
        {"type": "FOOTER", "text": "Lucky Shrub"},
        {
            "type": "BUTTONS",
            "buttons": [
                {"type": "PHONE_NUMBER", "text": "Call", "phone_number": "+15550783881"},
                {"type": "URL", "text": "Open", "url": "https://www.luckyshrub.example/"},
            ],
        },
    ]

    answer = await graph.post(f"/{ORDER_ID}", json={"components": components})
    during = order.status
    _advance(sandbox, 2)

    assert answer.json() == {
        "success": True,
        "id": ORDER_ID,
        "name": "order_confirmation",
        "category": "UTILITY",
    }
    assert (during, order.status, order.components) == ("PENDING", "APPROVED", components)
    changed, approved = await _told(receiver, 2)
    # Two fields, and Meta promises no order between them.
    if "event" in changed:
        changed, approved = approved, changed
    assert approved == _status("APPROVED")
    prefix = "message_template_button_"
    assert changed == _named(
        message_template_title="Your plants",
        message_template_element="The plants are ready",
        message_template_footer="Lucky Shrub",
        message_template_buttons=[
            {
                f"{prefix}type": "PHONE_NUMBER",
                f"{prefix}text": "Call",
                f"{prefix}phone_number": "+15550783881",
            },
            {
                f"{prefix}type": "URL",
                f"{prefix}text": "Open",
                f"{prefix}url": "https://www.luckyshrub.example/",
            },
        ],
    )


async def test_an_approved_template_is_edited_once_a_day_and_ten_times_a_month(
    sandbox: RunningSandbox, graph: httpx.AsyncClient
) -> None:
    sandbox.world.settings.template_review.delay_s = 0.0
    taken: list[bool] = []

    for _ in range(11):
        answer = await graph.post(f"/{ORDER_ID}", json={"components": [BODY]})
        taken.append(answer.status_code == 200)
        _advance(sandbox, 1)
        soon = await graph.post(f"/{ORDER_ID}", json={"components": [BODY]})
        assert _refusal(soon) == (400, 100, 2388039)
        _advance(sandbox, DAY_S)

    assert taken == [True] * 10 + [False]
    _advance(sandbox, 20 * DAY_S)
    later = await graph.post(f"/{ORDER_ID}", json={"components": [BODY]})
    assert later.status_code == 200


async def test_a_rejected_template_is_edited_freely(
    sandbox: RunningSandbox, order: Template, graph: httpx.AsyncClient, controls: httpx.AsyncClient
) -> None:
    for _ in range(3):
        await _change(controls, status="REJECTED")
        edit = {"components": [BODY], "category": "MARKETING"}
        assert (await graph.post(f"/{ORDER_ID}", json=edit)).status_code == 200
        _advance(sandbox, 2)

    assert (order.status, order.category) == ("APPROVED", "MARKETING")


async def test_a_time_to_live_changes_without_a_review(
    order: Template, graph: httpx.AsyncClient
) -> None:
    answer = await graph.post(f"/{ORDER_ID}", json={"message_send_ttl_seconds": 3600})

    assert answer.status_code == 200
    assert (order.status, order.message_send_ttl_s) == ("APPROVED", 3600)


@pytest.mark.parametrize(
    ("status", "edit", "subcode"),
    [
        ("PENDING", {"components": [BODY]}, 2388039),
        ("DISABLED", {"components": [BODY]}, 2388039),
        ("APPROVED", {"category": "MARKETING"}, 2388039),
        ("APPROVED", {"components": [{"type": "BODY", "text": "x" * 1025}]}, 2388040),
        ("APPROVED", {}, None),
        ("REJECTED", {"category": "AUTHENTICATION"}, None),
        ("REJECTED", {"category": "CHAT"}, None),
    ],
)
async def test_an_edit_that_may_not_be_changes_nothing(
    status: str, edit: Json, subcode: int | None, order: Template, graph: httpx.AsyncClient
) -> None:
    order.status = status
    before = (order.components, order.category, order.edits)

    answer = await graph.post(f"/{ORDER_ID}", json=edit)

    assert _refusal(answer) == (400, 100, subcode)
    assert (order.components, order.category, order.edits, order.status) == (*before, status)


async def test_a_header_keeps_its_sample_through_an_edit(
    sandbox: RunningSandbox, graph: httpx.AsyncClient
) -> None:
    sale = next(one for one in sandbox.world.templates.values() if one.name == "summer_sale")

    answer = await graph.post(f"/{sale.id}", json={"components": sale.components})

    assert answer.status_code == 200, answer.text


async def test_a_template_with_messages_under_way_waits_for_them(
    sandbox: RunningSandbox,
    receiver: Receiver,
    graph: httpx.AsyncClient,
    controls: httpx.AsyncClient,
    number: str,
    order: Template,
) -> None:
    await controls.patch(f"/people/{seed.PERSON}", json={"online": False})
    await _send(graph, number)
    await receiver.wait_for("statuses", 1)

    await graph.delete(TEMPLATES, params={"name": "order_confirmation", "hsm_id": ORDER_ID})
    waiting = order.status
    refused = await _send(graph, number)
    _advance(sandbox, 30 * DAY_S)

    assert waiting == "PENDING_DELETION"
    assert refused.json()["error"]["code"] == 132001
    assert ORDER_ID not in sandbox.world.templates
    events = [value for value in await _told(receiver, 3) if "event" in value]
    assert events == [_status("PENDING_DELETION", None), _status("DELETED")]


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"hsm_id": ORDER_ID},
        {"hsm_ids": ORDER_ID, "name": "order_confirmation"},
        {"hsm_ids": f"{ORDER_ID},5"},
        {"hsm_ids": ",".join(str(number) for number in range(101))},
        {"name": "order_confirmation", "hsm_id": "1689556908129831"},
    ],
)
async def test_a_deletion_that_is_not_clear_deletes_nothing(
    parameters: Json, sandbox: RunningSandbox, graph: httpx.AsyncClient
) -> None:
    before = list(sandbox.world.templates)

    answer = await graph.delete(TEMPLATES, params=parameters)

    assert answer.status_code == 400
    assert list(sandbox.world.templates) == before


async def test_several_templates_are_deleted_by_their_ids(
    sandbox: RunningSandbox, graph: httpx.AsyncClient
) -> None:
    body = {"hsm_ids": [ORDER_ID, "1689556908129833"]}

    answer = await graph.request("DELETE", TEMPLATES, json=body)

    assert answer.json() == {"success": True}
    names = [template.name for template in sandbox.world.templates.values()]
    assert "order_confirmation" not in names


async def test_an_archived_template_comes_back_or_goes_for_good(
    sandbox: RunningSandbox,
    order: Template,
    receiver: Receiver,
    graph: httpx.AsyncClient,
    number: str,
) -> None:
    # As at api.facebook.com, which has no version in its paths.
    path = f"{sandbox.url}{TEMPLATES}"
    ids = {"hsm_ids": f"{ORDER_ID},5"}

    archived = (await graph.post(f"{path}/archive", json=ids)).json()
    again = (await graph.post(f"{path}/archive", json={"hsm_ids": [ORDER_ID]})).json()
    refused = await _send(graph, number)
    restored = (await graph.post(f"{path}/unarchive", json={"hsm_ids": [ORDER_ID]})).json()
    status = order.status
    await graph.post(f"{path}/archive", json={"hsm_ids": [ORDER_ID]})
    _advance(sandbox, 28 * DAY_S)

    assert archived == {
        "archived_templates": [ORDER_ID],
        "failed_templates": {"5": "Template not found"},
    }
    failed = {ORDER_ID: "Template is already archived"}
    assert again == {"archived_templates": [], "failed_templates": failed}
    assert refused.json()["error"]["code"] == 132001
    assert restored == {"unarchived_templates": [ORDER_ID], "failed_templates": {}}
    assert status == "APPROVED"
    assert ORDER_ID not in sandbox.world.templates
    events = [value["event"] for value in await _told(receiver, 4)]
    assert events == ["ARCHIVED", "UNARCHIVED", "ARCHIVED", "DELETED"]


async def test_what_direct_send_made_stays_as_it_is(
    order: Template, graph: httpx.AsyncClient
) -> None:
    order.source = "AUTO_GENERATED"

    edited = await graph.post(f"/{ORDER_ID}", json={"components": [BODY]})
    deleted = await graph.delete(TEMPLATES, params={"name": order.name, "hsm_id": ORDER_ID})
    found = (await graph.get(TEMPLATES, params={"source": "AUTO_GENERATED"})).json()["data"]

    assert _refusal(edited) == (400, 100, 2388318)
    assert _refusal(deleted) == (400, 100, 2388330)
    assert [template["id"] for template in found] == [ORDER_ID]


async def test_the_controls_list_what_graph_does_not_show(controls: httpx.AsyncClient) -> None:
    await _change(controls, status="PAUSED")

    listed = (await controls.get("/templates")).json()["templates"]

    shown = next(template for template in listed if template["id"] == ORDER_ID)
    assert (shown["pauses"], shown["wabaId"]) == (1, seed.WABA_ID)
    assert shown["pausedUntil"] is not None


@pytest.mark.parametrize(
    ("change", "example"),
    [
        ({"status": "APPROVED"}, "message_template_status_update.APPROVED"),
        ({"status": "ARCHIVED"}, "message_template_status_update.ARCHIVED"),
        ({"status": "DISABLED"}, "message_template_status_update.DISABLED"),
        ({"status": "FLAGGED"}, "message_template_status_update.FLAGGED"),
        ({"status": "PAUSED"}, "message_template_status_update.PAUSED"),
        ({"quality": "YELLOW"}, "message_template_quality_update"),
        ({"category": "MARKETING"}, "template_category_update.changed"),
        ({"category": "MARKETING", "categoryInS": 60}, "template_category_update.impending"),
        ({"suggestedCategory": "MARKETING"}, "template_correct_category_detection"),
    ],
)
async def test_each_webhook_has_the_keys_and_types_of_the_example(
    change: Json, example: str, receiver: Receiver, controls: httpx.AsyncClient
) -> None:
    documented = json.loads(WEBHOOKS.joinpath(f"fields.{example}.json").read_text())
    await _change(controls, **change)

    await _told(receiver, 1)

    told = json.loads(receiver.posts[0].body)
    assert _shape(told) == _shape(documented)
    assert told["entry"][0]["changes"][0]["field"] == example.partition(".")[0]


def _shape(value: object) -> object:
    if is_object(value):
        return {key: _shape(part) for key, part in value.items()}
    if is_array(value):
        return [_shape(part) for part in value]
    return type(value).__name__


async def test_a_pause_and_an_unfinished_upload_outlive_a_restart(tmp_path: Path) -> None:
    state = tmp_path / "state.db"
    file: Json = {"file_name": "a.png", "file_length": 6, "file_type": "image/png"}

    async with _kept(state) as first, first.graph() as graph, first.controls() as controls:
        await controls.post("/clock", json={"freeze": True})
        await _change(controls, status="PAUSED")
        session = (await graph.post(f"/{seed.APP_ID}/uploads", params=file)).json()["id"]
        await graph.post(f"/{session}", content=b"abc", headers={"file_offset": "0"})

    async with _kept(state) as second, second.graph() as graph:
        template = second.world.templates[ORDER_ID]
        before = template.status
        described = (await graph.get(f"/{session}")).json()
        last = await graph.post(f"/{session}", content=b"def", headers={"file_offset": "3"})
        _advance(second, 3 * HOUR_S)

        assert (before, template.status) == ("PAUSED", "APPROVED")
        assert described["file_offset"] == 3
        assert uploads.content_of(second.world, last.json()["h"]) == b"abcdef"


@asynccontextmanager
async def _kept(state: Path) -> AsyncGenerator[RunningSandbox]:
    app = create_app(state=state)
    async with serving(app) as url:
        yield RunningSandbox(url, app)
