"""List Business Accounts and List Templates, through `receive`, with Graph replaced."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
import respx

from appmixer.engine.contract import NoInput
from appmixer.engine.contract.testing import RecordingContext
from appmixer.whatsapp.components.accounts.list_business_accounts import (
    ACCOUNT_SAMPLE,
    ListBusinessAccounts,
)
from appmixer.whatsapp.components.templates.list_templates import ListTemplates

Requests = Callable[[], list[httpx.Request]]

pytestmark = pytest.mark.anyio

RESPONSES = Path(__file__).parents[1] / "data" / "responses"
GRAPH = "https://graph.facebook.com/v25.0"
TEMPLATES = f"{GRAPH}/102290129340398/message_templates"


async def test_lists_the_shared_accounts_even_if_one_of_them_was_taken_back(
    context: RecordingContext, respx_mock: respx.MockRouter
) -> None:
    node = json.loads((RESPONSES / "waba.get.fields.json").read_text("utf-8"))
    node["message_template_namespace"] = "ba30dd89_2ebd_41e4_b805_f2c05ae04cc9"
    gone = {"error": {"message": "Unsupported get request", "code": 100, "error_subcode": 33}}
    respx_mock.get(f"{GRAPH}/102290129340398").respond(json=node)
    respx_mock.get(f"{GRAPH}/2002").respond(400, json=gone)

    output = await ListBusinessAccounts().receive(context, NoInput())

    first, second = output.business_accounts
    assert first.model_dump(mode="json") == ACCOUNT_SAMPLE
    assert (second.id, second.is_default, second.name) == ("2002", False, None)
    assert second.problem is not None
    assert "[code 100]" in second.problem
    assert output.count == 2


async def test_an_account_that_shares_nothing_lists_nothing(
    context: RecordingContext, respx_mock: respx.MockRouter
) -> None:
    assert context.connected is not None
    context.connected.profile = {}

    output = await ListBusinessAccounts().receive(context, NoInput())

    assert output.model_dump() == {"businessAccounts": [], "count": 0}


async def test_lists_the_templates_of_all_pages(
    context: RecordingContext, respx_mock: respx.MockRouter
) -> None:
    page = json.loads((RESPONSES / "message_templates.list.json").read_text("utf-8"))
    last = {"data": [{"id": 3, "name": "last", "language": "cs"}]}
    respx_mock.get(TEMPLATES, params={"after": "MgZDZD"}).respond(json=last)
    respx_mock.get(TEMPLATES).respond(json=page)

    output = await ListTemplates().receive(context, ListTemplates.Input())

    found = [(each.id, each.name, each.status, each.body_variables) for each in output.templates]
    assert found == [
        ("1689556908129832", "order_confirmation", "APPROVED", ["1", "2"]),
        ("1689556908129835", "spring_sale", "REJECTED", ["first_name", "discount"]),
        ("3", "last", "", []),
    ]
    assert output.templates[1].rejected_reason == "INVALID_FORMAT"
    assert output.count == 3


async def test_what_metas_loose_filters_let_through_is_left_out(
    context: RecordingContext, respx_mock: respx.MockRouter, requests: Requests
) -> None:
    nodes = [
        {"name": "sale", "status": "APPROVED", "language": "en_US"},
        {"name": "sale_2", "status": "APPROVED", "language": "en_US"},
        {"name": "sale", "status": "PAUSED", "language": "cs"},
    ]
    respx_mock.get(TEMPLATES).respond(json={"data": nodes})

    output = await ListTemplates().receive(
        context, ListTemplates.Input(name="sale", status="APPROVED")
    )

    assert [(each.name, each.language) for each in output.templates] == [("sale", "en_US")]
    params = dict(requests()[0].url.params)
    assert (params["name"], params["status"]) == ("sale", "APPROVED")
