"""The description of the API is to be had without an engine, and is the same each time."""

from __future__ import annotations

import asyncio
import json
import sys
from asyncio.subprocess import PIPE

import httpx
import pytest

pytestmark = pytest.mark.anyio

MODULE = "appmixer.engine.api.openapi"


async def test_it_is_printed_without_an_engine_as_an_engine_answers_it(
    admin: httpx.AsyncClient,
) -> None:
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", MODULE, stdout=PIPE)
    printed, _ = await process.communicate()

    answered = (await admin.get("/api/openapi.json")).json()
    # In the same order, too.
    assert json.dumps(json.loads(printed)) == json.dumps(answered)


async def test_what_the_stream_tells_has_a_schema_of_that_name(admin: httpx.AsyncClient) -> None:
    schemas = (await admin.get("/api/openapi.json")).json()["components"]["schemas"]

    assert schemas.keys() >= {
        *("Opened", "Missed", "RunChanged", "RunBegun", "StepBegun", "StepEnded", "FateTold"),
        *("FlowChanged", "FlowMarked", "FlowDeleted", "DraftChanged", "DraftDeleted"),
        *("Account", "AccountDeleted"),
    }
