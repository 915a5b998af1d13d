"""POST /marketing_messages: the other channel for marketing templates."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from appmixer.sandbox.testing import Receiver, RunningSandbox
from appmixer.sandbox.world import seed
from appmixer.sandbox.world.entities import Template

pytestmark = pytest.mark.anyio

Json = dict[str, Any]


def _template(name: str = "garden_news", **more: Any) -> Json:
    return {
        "messaging_product": "whatsapp",
        "to": f"+{seed.PERSON}",
        "type": "template",
        "template": {"name": name, "language": {"code": "en_US"}},
        **more,
    }


@pytest.fixture
def template(sandbox: RunningSandbox) -> Template:
    made = Template(
        id="77",
        waba_id=seed.WABA_ID,
        name="garden_news",
        language="en_US",
        category="MARKETING",
        components=[{"type": "BODY", "text": "The garden opens again."}],
        created_at=0.0,
    )
    sandbox.world.templates[made.id] = made
    return made


@pytest.mark.parametrize(
    ("onboarding", "category"), [("ONBOARDED", "marketing_lite"), ("ELIGIBLE", "marketing")]
)
async def test_statuses_name_the_channel(
    onboarding: str,
    category: str,
    template: Template,
    sandbox: RunningSandbox,
    graph: httpx.AsyncClient,
    receiver: Receiver,
    number: str,
) -> None:
    sandbox.world.settings.instant = True
    sandbox.world.wabas[seed.WABA_ID].marketing_messages_status = onboarding

    answer = await graph.post(f"/{number}/marketing_messages", json=_template())

    assert answer.json()["messages"] == [{"id": answer.json()["messages"][0]["id"]}]
    statuses = await receiver.wait_for("statuses", 3)
    assert [one["pricing"]["category"] for one in statuses[:2]] == [category, category]


@pytest.mark.parametrize(
    ("body", "status", "code", "details"),
    [
        (
            _template(type="text", text={"body": "Hi"}),
            400,
            100,
            "Message must be a template message.",
        ),
        (_template("hello_world"), 400, 134100, None),
        (_template("unknown"), 404, 132001, "template name (unknown) does not exist in en_US"),
        (
            _template(product_policy="LAX"),
            400,
            131009,
            "product_policy must be one of: CLOUD_API_FALLBACK, STRICT",
        ),
        (
            _template(message_activity_sharing="yes"),
            400,
            131009,
            "message_activity_sharing must be a boolean",
        ),
    ],
)
async def test_refuses_what_is_not_a_marketing_template(
    body: Json,
    status: int,
    code: int,
    details: str | None,
    template: Template,
    graph: httpx.AsyncClient,
    number: str,
) -> None:
    answer = await graph.post(f"/{number}/marketing_messages", json=body)

    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (status, code)
    assert error.get("error_data", {}).get("details") == details


async def test_a_strict_send_has_nothing_to_fall_back_to(
    template: Template, sandbox: RunningSandbox, graph: httpx.AsyncClient, number: str
) -> None:
    sandbox.world.wabas[seed.WABA_ID].marketing_messages_status = "ELIGIBLE"

    answer = await graph.post(
        f"/{number}/marketing_messages", json=_template(product_policy="STRICT")
    )

    assert (answer.status_code, answer.json()["error"]["code"]) == (500, 134102)


async def test_a_new_template_is_known_there_after_ten_minutes(
    template: Template, sandbox: RunningSandbox, graph: httpx.AsyncClient, number: str
) -> None:
    template.updated_at = sandbox.world.clock.now()

    before = await graph.post(f"/{number}/marketing_messages", json=_template())
    sandbox.world.clock.move_to(sandbox.world.clock.now() + 600)
    after = await graph.post(f"/{number}/marketing_messages", json=_template())

    assert (before.status_code, before.json()["error"]["code"]) == (400, 134101)
    assert after.status_code == 200


async def test_an_account_can_close_the_ordinary_channel_to_marketing(
    template: Template, sandbox: RunningSandbox, graph: httpx.AsyncClient, number: str
) -> None:
    sandbox.world.wabas[seed.WABA_ID].disable_marketing_messages_on_cloud_api = True

    ordinary = await graph.post(f"/{number}/messages", json=_template())
    utility = await graph.post(f"/{number}/messages", json=_template("hello_world"))
    marketing = await graph.post(f"/{number}/marketing_messages", json=_template())

    assert (ordinary.status_code, ordinary.json()["error"]["code"]) == (400, 131063)
    assert (utility.status_code, marketing.status_code) == (200, 200)
