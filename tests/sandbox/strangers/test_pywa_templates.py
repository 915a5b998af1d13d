"""pywa creates templates of every kind, sees them approved, edits, finds and deletes them."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from appmixer.sandbox.world import seed

pytestmark = pytest.mark.anyio

# pywa's annotations do not hold up in strict mode, so it enters untyped.
types: Any = importlib.import_module("pywa.types")
t: Any = importlib.import_module("pywa.types.templates")

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 64
TO = f"+{seed.PERSON}"
EN = t.TemplateLanguage.ENGLISH_US
GREETING = t.BodyText("Hi {{1}}, thank you for coming.", "Sheena")
APP = t.OTPSupportedApp(package_name="com.luckyshrub", signature_hash="K8a/AINcGX7")


def _buttons(*buttons: Any) -> Any:
    return t.Buttons(buttons=list(buttons))


def _card() -> Any:
    return t.CarouselCard(
        components=[
            t.HeaderImage(example=PNG, mime_type="image/png"),
            t.BodyText("A plant for a small window."),
            _buttons(t.QuickReplyButton(text="More")),
        ]
    )


COMPONENTS: dict[str, Callable[[], list[Any]]] = {
    "text": lambda: [t.HeaderText("News for {{1}}", "you"), GREETING, t.FooterText(text="F")],
    "image": lambda: [t.HeaderImage(example=PNG, mime_type="image/png"), GREETING],
    "location": lambda: [t.HeaderLocation(), GREETING],
    "buttons": lambda: [
        GREETING,
        _buttons(
            t.QuickReplyButton(text="Yes"),
            t.QuickReplyButton(text="No"),
            t.URLButton(text="Open", url="https://a.example/{{1}}", example="https://a.example/1"),
            t.PhoneNumberButton(text="Call", phone_number="+15550051310"),
            t.CopyCodeButton(example="SALE20"),
        ),
    ],
    "catalog": lambda: [GREETING, _buttons(t.CatalogButton(text="View catalog"))],
    "products": lambda: [GREETING, _buttons(t.MPMButton(text="View items"))],
    "voice call": lambda: [GREETING, _buttons(t.VoiceCallButton(text="Call now"))],
    "call permission": lambda: [GREETING, t.CallPermissionRequestButton()],
    "offer": lambda: [
        t.HeaderImage(example=PNG, mime_type="image/png"),
        t.LimitedTimeOffer(text="Ends soon!", has_expiration=True),
        GREETING,
        _buttons(
            t.CopyCodeButton(example="SALE20"),
            t.URLButton(text="Open", url="https://a.example/{{1}}", example="https://a.example/1"),
        ),
    ],
    "carousel": lambda: [GREETING, t.Carousel(cards=[_card(), _card()])],
}
CODES: dict[str, Callable[[], Any]] = {
    "copy": lambda: t.CopyCodeOTPButton(text="Copy"),
    "one tap": lambda: t.OneTapOTPButton(
        text="Copy", autofill_text="Fill in", supported_apps=[APP]
    ),
    "zero tap": lambda: t.ZeroTapOTPButton(
        text="Copy", autofill_text="Fill in", zero_tap_terms_accepted=True, supported_apps=[APP]
    ),
}


@pytest.fixture(autouse=True)
async def _reviewed_at_once(controls: httpx.AsyncClient) -> None:
    await controls.post("/settings", json={"templateReview": {"delayS": 0}})


def _template(components: list[Any], category: str = "MARKETING", **named: Any) -> Any:
    return t.Template(
        name="probe",
        language=EN,
        category=t.TemplateCategory(category),
        components=components,
        **named,
    )


@pytest.mark.parametrize("kind", COMPONENTS)
async def test_creates_it_and_hears_that_it_is_approved(kind: str, bot: Any) -> None:
    made = await bot.call("create_template", _template(COMPONENTS[kind]()))

    [told] = await bot.hears("TemplateStatusUpdate")
    found = await bot.call("get_template", made.id)
    assert made.status == t.TemplateStatus.PENDING
    assert (told.template_id, told.template_name) == (made.id, "probe")
    assert told.new_status == found.status == t.TemplateStatus.APPROVED
    wanted = [type(part).__name__ for part in COMPONENTS[kind]()]
    assert [type(part).__name__ for part in found.components] == wanted


@pytest.mark.parametrize("kind", CODES)
async def test_creates_templates_for_passcodes(kind: str, bot: Any) -> None:
    components = [
        t.AuthenticationBody(add_security_recommendation=True),
        t.AuthenticationFooter(code_expiration_minutes=5),
        _buttons(CODES[kind]()),
    ]

    made = await bot.call("create_template", _template(components, "AUTHENTICATION"))

    [told] = await bot.hears("TemplateStatusUpdate")
    assert (told.template_id, told.new_status) == (made.id, t.TemplateStatus.APPROVED)


async def test_creates_sends_edits_and_deletes_one_with_names(
    bot: Any, controls: httpx.AsyncClient
) -> None:
    body = t.BodyText("Hi {{name}}, thank you for coming.", name="Sheena")
    named = _template([body], "UTILITY", parameter_format=t.ParamFormat.NAMED)
    made = await bot.call("create_template", named)
    await bot.hears("TemplateStatusUpdate")
    sent = await bot.call("send_template", TO, "probe", EN, [body.params(name="Pablo")])
    await bot.hears("MessageStatus", 3)
    other = t.BodyText("Hello {{name}}, thank you for coming.", name="Sheena")
    edited = await bot.call("update_template", made.id, new_components=[other])
    found = await bot.call("get_template", made.id)
    deleted = await bot.call("delete_template", "probe")

    phone = (await controls.get(f"/people/{seed.PERSON}/messages")).json()["messages"]
    assert [message["id"] for message in phone] == [sent.id]
    assert phone[0]["content"]["rendered"] == "Hi Pablo, thank you for coming."
    assert (edited.success, edited.id) == (True, made.id)
    assert found.components[0].text == "Hello {{name}}, thank you for coming."
    assert deleted.success
    assert list(await bot.call("get_templates", name="probe")) == []


async def test_finds_templates_page_by_page(bot: Any) -> None:
    approved = await bot.call("get_templates", statuses=[t.TemplateStatus.APPROVED])
    first = await bot.call("get_templates", pagination=types.Pagination(limit=3))
    second = await bot.call(
        "get_templates", pagination=types.Pagination(limit=3, after=first.after)
    )
    every = await bot.call("get_templates")

    assert {one.status for one in approved} == {t.TemplateStatus.APPROVED}
    assert [one.id for one in first] == [one.id for one in every][:3]
    assert first.has_next
    assert [one.id for one in [*first, *second]] == [one.id for one in every][:6]


async def test_archives_and_unpauses(bot: Any) -> None:
    every = {one.name: one for one in await bot.call("get_templates")}
    sale = every["summer_sale"].id

    archived = await bot.call("archive_templates", [sale])
    back = await bot.call("unarchive_templates", [sale])
    unpaused = await bot.call("unpause_template", every["weekend_offer"].id)

    assert (archived.archived, archived.failed) == ((sale,), {})
    assert (back.unarchived, back.failed) == ((sale,), {})
    assert unpaused.success


async def test_sends_marketing_through_its_own_endpoint(bot: Any) -> None:
    params = [t.BodyText.params(first_name="Sheena", discount="25%")]

    sent = await bot.call("send_template", TO, "spring_sale", EN, params, use_mm_lite_api=True)

    statuses = await bot.hears("MessageStatus", 3)
    assert {status.id for status in statuses} == {sent.id}
    [first] = [status for status in statuses if status.status.value == "sent"]
    assert first.pricing.category.value == "marketing_lite"
