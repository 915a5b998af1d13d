"""A flow whose template is filled in by its form: checked when it is stored, started and sent."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from anyio import to_thread

from .conftest import Stage, given

pytestmark = pytest.mark.anyio

NUMBER = "106540352242922"
ORDER = "1689556908129832"
CHOSEN = {
    "phoneNumberId": NUMBER,
    "to": "+16505551234",
    "templateName": "order_confirmation",
    "languageCode": "en_US",
}
FILLED_IN = {"body_1": "{{ shop.request.body.name }}", "body_2": 860198, "button_1_url": "860198"}


def ordering(**input: Any) -> dict[str, Any]:
    return {
        "name": "Orders",
        "components": {
            "shop": {"type": "appmixer.utilities.Webhook"},
            "tell": {
                "type": "appmixer.whatsapp.SendTemplate",
                "account": "acme",
                "source": {"in": {"shop": ["request"]}},
                "input": {**CHOSEN, **input},
            },
        },
    }


async def form(stage: Stage, **input: Any) -> dict[str, Any]:
    query = {
        "type": "appmixer.whatsapp.SendTemplate",
        "account": "acme",
        "input": {**CHOSEN, **input},
    }
    found: dict[str, Any] = await stage.call("POST", "/api/forms", query)
    return found


async def store(stage: Stage, **input: Any) -> httpx.Response:
    return await stage.api.put("/api/flows/orders", json=ordering(**input))


def faults_in(answer: httpx.Response) -> dict[str, str]:
    prefix = "components.tell.input."
    return {each["path"].removeprefix(prefix): each["text"] for each in answer.json()["errors"]}


async def decide(stage: Stage, template: str = ORDER, **change: Any) -> None:
    """Let Meta decide about a template, and tell of it."""
    path = f"templates/{template}"
    await to_thread.run_sync(lambda: stage.sandbox.control("POST", path, change))


async def marked(stage: Stage, text: str) -> str:
    """Return the mark of the flow once it has this text."""

    async def found() -> str:
        flow = await stage.call("GET", "/api/flows/orders")
        marks = [each["text"] for each in flow["marks"] if each["path"] == "components.tell"]
        return next((each for each in marks if text in each), "")

    return str(await stage.until(found))


async def order(stage: Stage, name: str, runs: int) -> dict[str, Any]:
    """Let the shop tell of an order, and return the run of it, which is so many since the start."""
    await stage.api.post(await stage.address("orders"), json={"name": name})
    found = await stage.runs("orders", runs)
    [run] = [each for each in found if each["steps"][-1]["input"]["parameters"]["body_1"] == name]
    return run


async def test_a_wrong_count_is_refused_with_its_field_when_it_is_stored(stage: Stage) -> None:
    # What the inspector asks for as soon as the template is chosen.
    asked = await form(stage)

    nothing = await store(stage)
    wrong = await store(stage, parameters={"body_1": "", "body_3": "x"})
    right = await store(stage, parameters=FILLED_IN)

    assert asked["schema"]["required"][-1] == "parameters"
    assert faults_in(nothing) == {
        "parameters": "Parameters (parameters) is missing; fill it in.",
    }
    known = "body_1, body_2, button_1_url, button_2_payload"
    assert faults_in(wrong) == {
        "parameters.body_1": "{{1}}, for example Sheena is empty; fill it in.",
        "parameters.body_2": "{{2}}, for example 860198 (body_2) is missing; fill it in.",
        "parameters.body_3": f"There is no field body_3; the fields are: {known}.",
        "parameters.button_1_url": (
            "Track: End of the Address (button_1_url) is missing; fill it in."
        ),
    }
    assert right.json()["document"]["components"]["tell"]["form"] == asked["form"]


async def test_a_wrong_count_is_refused_with_its_field_when_it_is_started(stage: Stage) -> None:
    # Nobody has asked for the form, as of a flow that comes from elsewhere.
    stored = await store(stage, parameters={"body_1": "x"})

    started = await stage.api.post("/api/flows/orders/start")

    assert (stored.status_code, started.status_code) == (200, 422)
    assert [*faults_in(started)] == ["parameters.body_2", "parameters.button_1_url"]


async def test_a_filled_in_form_is_sent_and_a_paused_template_is_not(stage: Stage) -> None:
    stage.sandbox.register_number()
    await form(stage)
    await store(stage, parameters=FILLED_IN)
    await stage.call("POST", "/api/flows/orders/start")
    first = await order(stage, "Ann", 1)
    before = await stage.phone()
    await decide(stage, status="PAUSED")
    mark = await marked(stage, "is paused")
    second = await order(stage, "Bob", 2)
    await decide(stage, status="APPROVED")

    async def unmarked() -> bool:
        return not (await stage.call("GET", "/api/flows/orders"))["marks"]

    await stage.until(unmarked)
    third = await order(stage, "Cyd", 3)

    assert given(first, "tell", "sent")["status"] == "accepted"
    assert before == ["Hi Ann, your order 860198 has shipped."]
    assert mark.startswith("The template order_confirmation (en_US) is paused.")
    assert second["status"] == "failed"
    error = second["steps"][-1]["error"]
    assert error["title"] == "The template order_confirmation (en_US) is paused"
    assert (error["field"], error["code"]) == ("templateName", 132015)
    assert third["status"] == "completed"
    assert len(await stage.phone()) == 2


async def test_a_template_that_says_something_else_marks_the_flow_and_is_refused_before_it_is_sent(
    stage: Stage,
) -> None:
    stage.sandbox.register_number()
    await form(stage)
    await store(stage, parameters=FILLED_IN)
    await stage.call("POST", "/api/flows/orders/start")
    changed = {
        "type": "BODY",
        "text": "Hi {{1}}, {{2}} comes on {{3}} to you.",
        "example": {"body_text": [["Sheena", "860198", "Friday"]]},
    }

    def edit() -> int:
        answer = stage.sandbox.graph().post(f"/{ORDER}", json={"components": [changed]})
        return answer.status_code

    status = await to_thread.run_sync(edit)
    mark = await marked(stage, "was changed")
    await decide(stage, status="APPROVED")
    run = await order(stage, "Ann", 1)
    restarted = await stage.api.post("/api/flows/orders/start")

    assert status == 200
    assert "Look through what it is filled in with" in mark
    error = run["steps"][-1]["error"]
    assert (run["status"], error["field"]) == ("failed", "parameters.body_3")
    assert "It also needs body_3 ({{3}}, for example Friday)." in error["cause"]
    assert {"parameters.body_3", "parameters.button_1_url"} <= {*faults_in(restarted)}
    assert await stage.phone() == []


async def test_another_category_marks_the_flow(stage: Stage) -> None:
    await form(stage)
    await store(stage, parameters=FILLED_IN)

    await decide(stage, category="MARKETING")

    assert "is MARKETING now, and was UTILITY before" in await marked(stage, "MARKETING")


@pytest.mark.parametrize(
    "filled_in",
    [
        {"bodyParameters": ["{{ shop.request.body.name }}", "1"]},
        {"bodyParameters": {"1": "{{ shop.request.body.name }}", "2": "1"}},
    ],
)
async def test_a_flow_from_before_there_was_a_form_goes_on(
    stage: Stage, filled_in: dict[str, Any]
) -> None:
    stage.sandbox.register_number()
    track = [{"index": 0, "kind": "urlSuffix", "value": "1"}]
    await form(stage, **filled_in) if isinstance(filled_in["bodyParameters"], list) else None
    stored = await store(stage, **filled_in, buttonParameters=track)
    await stage.call("POST", "/api/flows/orders/start")
    await stage.api.post(await stage.address("orders"), json={"name": "Ann"})
    [run] = await stage.runs("orders", 1)

    assert stored.status_code == 200
    assert run["status"] == "completed"
    assert await stage.phone() == ["Hi Ann, your order 1 has shipped."]
