"""What pywa manages beside messages: files, numbers, the profile, flows, groups, calls."""

from __future__ import annotations

import base64
import importlib
from typing import Any

import httpx
import pytest

from appmixer.sandbox.testing import RunningSandbox, until
from appmixer.sandbox.world import seed
from appmixer.sandbox.world.entities import PhoneNumber

pytestmark = pytest.mark.anyio

# pywa's annotations do not hold up in strict mode, so it enters untyped.
types: Any = importlib.import_module("pywa.types")
calls: Any = importlib.import_module("pywa.types.calls")
flows: Any = importlib.import_module("pywa.types.flows")
others: Any = importlib.import_module("pywa.types.others")
errors: Any = importlib.import_module("pywa.errors")

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 64
JPEG = b"\xff\xd8\xff\xe0\0\x10JFIF\0" + b"\0" * 64
FLOW: dict[str, Any] = {
    "version": "7.2",
    "screens": [
        {
            "id": "DONE",
            "title": "Done",
            "terminal": True,
            "layout": {
                "type": "SingleColumnLayout",
                "children": [
                    {
                        "type": "Footer",
                        "label": "Done",
                        "on-click-action": {"name": "complete", "payload": {}},
                    }
                ],
            },
        }
    ],
}
# A subject public key of RSA with 2,048 bits and the exponent 65537.
KEY_HEAD = "30820122300d06092a864886f70d01010105000382010f003082010a0282010100"
KEY = base64.encodebytes(bytes.fromhex(KEY_HEAD + "ab" * 256 + "0203010001")).decode()
PUBLIC_KEY = f"-----BEGIN PUBLIC KEY-----\n{KEY}-----END PUBLIC KEY-----\n"


async def _fetched(url: str) -> httpx.Response:
    async with httpx.AsyncClient(trust_env=False) as client:
        return await client.get(url)


async def test_uploads_downloads_and_deletes_a_file(bot: Any) -> None:
    media = await bot.call("upload_media", PNG, mime_type="image/png", filename="a.png")
    described = await bot.call("get_media_url", media.id)
    content = await bot.call("get_media_bytes", described.url)
    deleted = await bot.call("delete_media", media.id)

    assert (described.id, described.mime_type, described.file_size) == (media.id, "image/png", 72)
    assert content == PNG
    assert deleted.success
    with pytest.raises(errors.WhatsAppError):
        await bot.call("get_media_url", media.id)


async def test_reads_accounts_and_numbers(bot: Any) -> None:
    account = await bot.call("get_business_account")
    owned = list(await bot.call("get_owned_business_accounts"))
    shared = list(await bot.call("get_shared_business_accounts"))
    number = await bot.call("get_business_phone_number")
    numbers = list(await bot.call("get_business_phone_numbers"))

    assert (account.id, account.name) == (seed.WABA_ID, "Lucky Shrub")
    assert [one.id for one in owned] == [seed.WABA_ID]
    assert shared == []
    assert (number.id, number.platform_type) == (seed.PHONE_NUMBER_ID, "CLOUD_API")
    assert [one.id for one in numbers] == [seed.PHONE_NUMBER_ID, seed.UNVERIFIED_PHONE_NUMBER_ID]


async def test_adds_confirms_registers_and_deregisters_a_number(
    bot: Any, sandbox: RunningSandbox
) -> None:
    made = await bot.call(
        "create_phone_number",
        country_calling_code="1",
        phone_number="5550783884",
        verified_name="Lucky Three",
    )
    number = sandbox.world.numbers[made.id]
    await bot.call(
        "request_verification_code", code_method="SMS", language_code="en_US", phone_id=made.id
    )
    await bot.call("verify_phone_number", _code(number), phone_id=made.id)
    await bot.call("register_phone_number", "123456", phone_id=made.id)
    platform = (await bot.call("get_business_phone_number", phone_id=made.id)).platform_type
    await bot.call("deregister_phone_number", phone_id=made.id)

    with pytest.raises(errors.WhatsAppError):
        await bot.call("deregister_phone_number", phone_id=made.id)
    assert platform == "CLOUD_API"
    assert not number.is_registered


def _code(number: PhoneNumber) -> str:
    assert number.verification_code is not None
    return number.verification_code


async def test_edits_the_profile(bot: Any) -> None:
    before = await bot.call("get_business_profile")
    await bot.call(
        "update_business_profile",
        about="Succulents",
        address="1 Hacker Way",
        description="We like plants",
        email="lucky@luckyshrub.com",
        industry=types.Industry.RETAIL,
        websites=["https://www.luckyshrub.com"],
        profile_picture=PNG,
    )
    after = await bot.call("get_business_profile")

    assert before.description is None
    assert (after.about, after.address, after.email) == (
        "Succulents",
        "1 Hacker Way",
        "lucky@luckyshrub.com",
    )
    assert (after.description, after.industry) == ("We like plants", types.Industry.RETAIL)
    assert after.websites == ("https://www.luckyshrub.com",)
    assert (await _fetched(after.profile_picture_url)).content == PNG


async def test_changes_settings(bot: Any) -> None:
    name = "update_business_phone_number_settings"
    status = calls.CallingSettingsStatus.DISABLED
    storage = types.StorageConfiguration(
        status=others.StorageStatus.NO_STORAGE_ENABLED, retention_minutes=60
    )
    identity = types.UserIdentityChangeSettings(enable_identity_key_check=True)

    await bot.call(name, calling=calls.CallingSettings(status=status))
    await bot.call(name, storage_configuration=storage)
    await bot.call(name, user_identity_change=identity)

    settings = await bot.call("get_business_phone_number_settings")
    assert settings.calling.status == status
    assert settings.storage_configuration.status == storage.status
    assert settings.user_identity_change == identity


async def test_names_the_number_and_its_ways_to_begin(bot: Any) -> None:
    renamed = await bot.call("update_display_name", "Lucky Shrub Plants")
    keyed = await bot.call("set_business_public_key", PUBLIC_KEY)
    told = await bot.call(
        "update_conversational_automation",
        ice_breakers=["Plan a garden"],
        commands=[types.Command("plan", "Plans a garden")],
    )
    shop = await bot.call("update_commerce_settings", is_catalog_visible=True, is_cart_enabled=True)
    number = await bot.call("get_business_phone_number")

    assert renamed.success
    assert keyed.success
    assert told.success
    assert shop.success
    assert number.conversational_automation.ice_breakers == ("Plan a garden",)
    assert number.conversational_automation.commands == (types.Command("plan", "Plans a garden"),)


async def test_makes_qr_codes(bot: Any) -> None:
    made = await bot.call("create_qr_code", "Hello", image_type="SVG")
    image = (await _fetched(made.qr_image_url)).content
    changed = await bot.call("update_qr_code", made.code, "Good morning")
    listed = list(await bot.call("get_qr_codes", image_type="SVG"))
    await bot.call("delete_qr_code", made.code)

    assert made.deep_link_url == f"https://wa.me/message/{made.code}"
    assert b"<svg" in image
    assert changed.prefilled_message == "Good morning"
    assert [(one.code, one.prefilled_message) for one in listed] == [(made.code, "Good morning")]
    assert list(await bot.call("get_qr_codes")) == []


@pytest.mark.usefixtures("chat")
async def test_blocks_people_who_wrote(bot: Any, controls: httpx.AsyncClient) -> None:
    blocked = await bot.call("block_users", [seed.PERSON])
    await controls.post(f"/people/{seed.PERSON}/messages", json={"text": {"body": "Unheard"}})
    unblocked = await bot.call("unblock_users", [seed.PERSON])
    await controls.post(f"/people/{seed.PERSON}/messages", json={"text": {"body": "Heard"}})

    await until(lambda: len(bot.of("Message")) == 2)
    assert [user.wa_id for user in blocked.added_users] == [seed.PERSON]
    assert [user.wa_id for user in unblocked.removed_users] == [seed.PERSON]
    assert [message.text for message in bot.of("Message")] == ["Hello", "Heard"]
    with pytest.raises(errors.BulkBlockingFailed):
        await bot.call("block_users", [seed.OTHER_PERSON])


async def test_takes_and_gives_back_a_username(bot: Any) -> None:
    taken = await bot.call("set_username", "lucky.shrub")
    current = await bot.call("get_current_username")
    suggested = await bot.call("get_reserved_usernames")
    given = await bot.call("delete_username")

    assert taken.username == current.username == "lucky.shrub"
    assert suggested
    assert given.success


async def test_goes_through_the_life_of_a_flow(bot: Any) -> None:
    survey = [types.FlowCategory.SURVEY]
    made = await bot.call("create_flow", "survey", survey, flow_json=FLOW)
    draft = await bot.call("get_flow", made.id)
    renamed = await bot.call("update_flow_metadata", made.id, name="survey 2")
    updated = await bot.call("update_flow_json", made.id, FLOW)
    assets = list(await bot.call("get_flow_assets", made.id))
    asset = (await _fetched(assets[0].url)).json()
    published = await bot.call("publish_flow", made.id)
    deprecated = await bot.call("deprecate_flow", made.id)
    other = await bot.call("create_flow", "short", survey)
    deleted = await bot.call("delete_flow", other.id)
    listed = list(await bot.call("get_flows"))

    assert made.success
    assert (draft.name, draft.status) == ("survey", types.FlowStatus.DRAFT)
    assert (updated.success, updated.validation_errors) == (True, ())
    assert asset == FLOW
    assert [one.success for one in (renamed, published, deprecated, deleted)] == [True] * 4
    assert [(one.name, one.status) for one in listed] == [("survey 2", types.FlowStatus.DEPRECATED)]


async def test_makes_and_ends_a_group(bot: Any, sandbox: RunningSandbox) -> None:
    asked = await bot.call("create_group", subject="Plants", description="All of them")
    await until(lambda: any(one.field == "group_lifecycle_update" for one in bot.of("RawUpdate")))
    group_id = next(iter(sandbox.world.groups))
    group = await bot.call("get_group", group_id)
    link = await bot.call("get_group_invite_link", group_id)
    other = await bot.call("reset_group_invite_link", group_id)
    requests = list(await bot.call("get_group_join_requests", group_id))
    changed = await bot.call(
        "update_group_settings", group_id, subject="Cacti", profile_picture=JPEG
    )
    deleted = await bot.call("delete_group", group_id)

    assert asked.request_id
    assert (group.subject, group.description) == ("Plants", "All of them")
    assert link.link != other.link
    assert requests == []
    assert changed.request_id
    assert deleted.request_id
    await until(lambda: not sandbox.world.groups)


@pytest.mark.usefixtures("chat")
async def test_calls_a_person_who_allowed_it(bot: Any, controls: httpx.AsyncClient) -> None:
    reply = {"response": "accept", "is_permanent": True, "response_source": "user_action"}
    said = {"type": "call_permission_reply", "call_permission_reply": reply}
    await controls.post(
        f"/people/{seed.PERSON}/messages", json={"type": "interactive", "interactive": said}
    )
    offer = calls.SessionDescription(sdp_type="offer", sdp="v=0\r\n")

    made = await bot.call("initiate_call", seed.PERSON, offer)
    ended = await bot.call("terminate_call", made.id)

    [permission] = await bot.hears("CallPermissionUpdate")
    assert permission.from_user.wa_id == seed.PERSON
    assert made.id.startswith("wacid.")
    assert ended.success


async def test_points_webhooks_elsewhere_and_back(bot: Any, sandbox: RunningSandbox) -> None:
    url = sandbox.world.apps[seed.APP_ID].callback_url
    token = await bot.call("get_app_access_token", seed.APP_ID, seed.APP_SECRET)
    app = await bot.call(
        "set_app_callback_url",
        app_id=seed.APP_ID,
        app_access_token=token,
        callback_url=url,
        verify_token=seed.VERIFY_TOKEN,
        fields=["messages"],
    )
    done = [
        await bot.call("override_waba_callback_url", url, seed.VERIFY_TOKEN),
        await bot.call("delete_waba_callback_url"),
        await bot.call("override_phone_callback_url", url, seed.VERIFY_TOKEN),
        await bot.call("delete_phone_callback_url"),
    ]

    assert token == f"{seed.APP_ID}|{seed.APP_SECRET}"
    assert [one.success for one in (app, *done)] == [True] * 5
    assert sandbox.world.apps[seed.APP_ID].fields == ("messages",)


async def test_reads_what_it_heard_and_types(
    bot: Any, chat: Any, controls: httpx.AsyncClient
) -> None:
    read = await bot.call("mark_message_as_read", chat.id)
    typing = await bot.call("indicate_typing", chat.id)

    phone = (await controls.get(f"/people/{seed.PERSON}/messages")).json()
    assert read.success
    assert typing.success
    assert phone["typing"] == [seed.PHONE_NUMBER_ID]
