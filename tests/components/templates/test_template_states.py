"""Templates that cannot be sent as they stand, or of which that is not known."""

from __future__ import annotations

from typing import Any

import pytest
import respx

from appmixer.engine.contract import ConnectorError, RejectedError, ThrottledError
from appmixer.engine.contract.testing import RecordingContext
from appmixer.whatsapp.components.templates.send_template import SendTemplate
from appmixer.whatsapp.plugin.sending.messages import SentMessage

from ..live import WABA
from .fillings import (
    CHOSEN,
    DEFINITION,
    GRAPH,
    GREETING,
    HI,
    Requests,
    meta_has,
    send,
)

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("status", "code", "title"),
    [
        ("PAUSED", 132015, "is paused"),
        ("DISABLED", 132016, "is disabled"),
        ("REJECTED", 132001, "was rejected"),
        ("PENDING", 132001, "is not approved yet"),
        ("IN_APPEAL", 132001, "is not approved"),
        ("LIMIT_EXCEEDED", 132001, "cannot be sent"),
        ("PENDING_DELETION", 132001, "is being deleted"),
        ("DELETED", 132001, "was deleted"),
        ("ARCHIVED", 132001, "is archived"),
    ],
)
@pytest.mark.parametrize(
    "filled_in",
    [
        {"parameters": GREETING},
        {"bodyParameters": ["a", "b"]},
        {"components": [{"type": "body", "parameters": [{"type": "text", "text": "a"}] * 2}]},
    ],
)
async def test_a_template_that_is_out_of_use_is_refused_before_it_is_sent(
    context: RecordingContext,
    respx_mock: respx.MockRouter,
    requests: Requests,
    status: str,
    code: int,
    title: str,
    filled_in: dict[str, Any],
) -> None:
    node = {**DEFINITION, "status": status, "rejected_reason": "SCAM", "components": [HI]}
    meta_has(respx_mock, node)

    with pytest.raises(RejectedError) as caught:
        await SendTemplate().receive(context, send(**filled_in))
    shown = await SendTemplate().preview(context, {**CHOSEN, "parameters": GREETING})

    error = caught.value
    assert (error.title, error.code) == (f"The template made_up (en_US) {title}", code)
    assert error.field == "templateName"
    assert error.cause.endswith(".")
    assert ("SCAM" in error.cause) == (status == "REJECTED")
    assert error.cure.endswith(".")
    assert {request.method for request in requests()} == {"GET"}
    assert [note for note in shown.notes if title in note]


async def test_a_template_that_is_in_use_again_is_sent_without_waiting_for_the_news(
    context: RecordingContext, respx_mock: respx.MockRouter
) -> None:
    meta_has(respx_mock, {**DEFINITION, "status": "PAUSED", "components": [HI]})
    await SendTemplate().preview(context, {**CHOSEN})
    meta_has(respx_mock, {**DEFINITION, "components": [HI]})

    sent = await SendTemplate().receive(context, send(parameters=GREETING))

    assert isinstance(sent, SentMessage)


async def test_a_thousand_sends_that_are_refused_do_not_ask_a_thousand_times(
    context: RecordingContext, respx_mock: respx.MockRouter, requests: Requests
) -> None:
    meta_has(respx_mock, {**DEFINITION, "status": "PAUSED", "components": [HI]})

    async def refused(step: str) -> int:
        context.step_id = step
        with pytest.raises(RejectedError):
            await SendTemplate().receive(context, send(parameters=GREETING))
        return len(requests())

    first, second, third = [await refused(step) for step in ("a", "b", "c")]
    context.host.clock.advance(61)
    later = await refused("d")

    assert (second - first, third - second, later - third) == (0, 0, 1)


async def test_what_was_read_earlier_counts_while_meta_does_not_answer(
    context: RecordingContext, respx_mock: respx.MockRouter
) -> None:
    meta_has(respx_mock, {**DEFINITION, "components": [HI]})
    await SendTemplate().receive(context, send(parameters=GREETING))
    busy = {"error": {"message": "too many calls", "code": 80008}}
    respx_mock.get(f"{GRAPH}/{WABA}/message_templates").respond(400, json=busy)
    context.host.clock.advance(3600 - 1)
    context.step_id = "later"

    sent = await SendTemplate().receive(context, send(parameters=GREETING))

    assert isinstance(sent, SentMessage)


@pytest.mark.parametrize(
    ("code", "error"), [(80008, ThrottledError), (200, RejectedError), (10, RejectedError)]
)
async def test_a_form_of_a_template_that_cannot_be_read_is_not_sent_by_guess(
    context: RecordingContext,
    respx_mock: respx.MockRouter,
    requests: Requests,
    code: int,
    error: type[ConnectorError],
) -> None:
    refusal = {"error": {"message": "no", "code": code}}
    respx_mock.get(f"{GRAPH}/{WABA}/message_templates").respond(400, json=refusal)

    with pytest.raises(error):
        await SendTemplate().receive(context, send(parameters=GREETING))

    assert {request.method for request in requests()} == {"GET"}


@pytest.mark.parametrize(
    ("listed", "field", "cause"),
    [
        ([], "templateName", "none of this name"),
        ([{**DEFINITION, "language": "cs", "components": [HI]}], "languageCode", "in cs."),
    ],
)
async def test_a_form_of_a_template_that_is_gone_is_refused_before_anything_is_sent(
    context: RecordingContext,
    respx_mock: respx.MockRouter,
    requests: Requests,
    listed: list[dict[str, Any]],
    field: str,
    cause: str,
) -> None:
    meta_has(respx_mock, *listed)

    with pytest.raises(RejectedError) as caught:
        await SendTemplate().receive(context, send(parameters=GREETING))

    assert (caught.value.field, caught.value.code) == (field, 132001)
    assert cause in caught.value.cause
    assert {request.method for request in requests()} == {"GET"}


async def test_a_step_that_is_repeated_tells_what_was_sent_before_the_template_was_paused(
    context: RecordingContext, respx_mock: respx.MockRouter, requests: Requests
) -> None:
    meta_has(respx_mock, {**DEFINITION, "components": [HI]})
    first = await SendTemplate().receive(context, send(parameters=GREETING))
    meta_has(respx_mock, {**DEFINITION, "status": "PAUSED", "components": [HI]})
    context.host.clock.advance(601)

    again = await SendTemplate().receive(context, send(parameters=GREETING))

    assert again == first
    assert [each.method for each in requests()].count("POST") == 1
