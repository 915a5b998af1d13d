"""Registering a number as Meta documents it."""

from __future__ import annotations

import json

import pytest

from ..live import NUMBER, Live, documented

pytestmark = pytest.mark.anyio

# A number of the sandbox that has no PIN yet.
NEW = "106540352242923"


@pytest.mark.parametrize("component", ["RegisterPhoneNumber", "EnsureRegistered"])
async def test_a_number_says_where_its_data_rest(live: Live, component: str) -> None:
    input = {"phoneNumberId": NUMBER, "pin": "000000", "dataLocalizationRegion": "CH"}

    await live.run(component, **input)

    [posted] = [each for each in live.requests if each.url.path.endswith(f"/{NUMBER}/register")]
    assert json.loads(posted.content)["data_localization_region"] == "CH"


async def test_a_number_is_registered_in_the_words_of_metas_example(live: Live) -> None:
    example = documented("register")
    await live.run("RequestVerificationCode", phoneNumberId=NEW)
    live.context.step_id = "run-1:verify"
    await live.run("VerifyCode", phoneNumberId=NEW, code="123830")

    output = await live.run("RegisterPhoneNumber", phoneNumberId=NEW, pin=example["pin"])

    posted = live.requests[-1]
    assert posted.url.path.endswith(f"/{NEW}/register")
    assert json.loads(posted.content) == example
    assert output.model_dump() == {"success": True, "phoneNumberId": NEW}
