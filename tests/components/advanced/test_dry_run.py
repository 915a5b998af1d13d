"""A dry run of Make API Call shows the request, and no secret of the account."""

from __future__ import annotations

import json
from pathlib import Path

import httpx
import pytest

from appmixer.engine.contract import Credentials
from appmixer.engine.host.engine import open_engine
from appmixer.engine.settings import Settings

pytestmark = pytest.mark.anyio

TOKEN = "EAAmarkedTokenOfTheAccount"
HIDDEN = "••••••"
SECRET = "s3cret-of-the-app"
ENVIRONMENT = {"APPMIXER_WHATSAPP_CLIENT_SECRET": SECRET}


async def test_a_dry_run_shows_the_call_without_token_and_proof(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path / "data", environment=ENVIRONMENT)
    async with open_engine(settings) as engine:
        owner_id = engine.owners.first_owner_id
        credentials = Credentials(TOKEN, {"businessAccountId": "1", "wabaIds": ["1"]}, "acme")
        await engine.accounts.keep(owner_id, "appmixer:whatsapp", credentials, "acme")

        answer = await engine.component_tests.test(
            owner_id,
            "appmixer.whatsapp.MakeApiCall",
            account="acme",
            values={
                "method": "POST",
                "path": "106540352242922/message_qrdls",
                "body": {"a": TOKEN},
            },
            dry_run=True,
        )

    request = answer["request"]
    assert (request["method"], request["body"]) == ("POST", {"a": HIDDEN})
    assert request["headers"]["authorization"] == HIDDEN
    assert dict(httpx.URL(request["url"]).params) == {"appsecret_proof": HIDDEN}
    assert TOKEN not in json.dumps(answer)
    assert SECRET not in json.dumps(answer)
