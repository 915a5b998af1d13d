"""A template that somebody wants: checked while its form is filled in, and what Meta is sent."""

from __future__ import annotations

from typing import Any, Self

from pydantic import Field, model_validator

from appmixer.engine.contract import ActionContext, Json

from ..foreign_json.shapes import as_object, as_objects, as_text
from ..media.resumable import upload_handle
from .building import build_components, check_examples, samples_of, with_handle
from .faults import Place, fault
from .fields import ExistingTemplate, Naming, TemplateContent
from .rules import check_samples, check_written, format_of, has_order_details, parts_of

# https://developers.facebook.com/documentation/business-messaging/whatsapp/templates/time-to-live
LIFE_S = {"AUTHENTICATION": (30, 900), "UTILITY": (30, 43_200), "MARKETING": (43_200, 2_592_000)}
THIRTY_DAYS = -1
# https://developers.facebook.com/docs/graph-api/guides/upload
SAMPLE_TYPES = {
    "image": ("image/jpeg", "image/png"),
    "video": ("video/mp4",),
    "gif": ("video/mp4",),
    "document": ("application/pdf",),
}
# A larger GIF is shown as a video.
MAX_GIF_BYTES = 3_500_000
# What only one's own text has, and what only codes have.
OWN = (
    "body",
    "body_examples",
    "footer",
    "header_kind",
    "header_text",
    "header_sample",
    "buttons",
    "asks_call_permission",
    "cards",
    "offer_text",
)
OF_CODES = (
    "code_button_text",
    "autofill_text",
    "supported_apps",
    "add_security_recommendation",
    "code_expiration_minutes",
)


class Draft(TemplateContent):
    """The content of a template, held against Meta's rules where it is written."""

    @property
    def has_content(self) -> bool:
        return any(getattr(self, name) for name in (*OWN, *OF_CODES, "components"))

    def check(self) -> None:
        """Refuse what Meta would refuse, naming the field."""
        self.check_life()
        self._check_one_way()
        place = Place(is_raw=self.components is not None)
        components = build_components(self)
        if self.category == "AUTHENTICATION":
            _check_authentication(components, place)
            return
        check_written(components, self.category, place)
        # Last, because examples may come from an expression, and say nothing of all else then.
        check_samples(components, place)
        check_examples(self)

    def check_life(self) -> None:
        least, most = LIFE_S[self.category]
        life_s = self.message_ttl_seconds
        if life_s not in (None, THIRTY_DAYS) and not least <= life_s <= most:
            raise fault(
                "messageTtlSeconds",
                f"A message of the category {self.category} lives {least:,} to {most:,} seconds.",
                "Choose a time between them, or -1 for 30 days.",
            )

    def _check_one_way(self) -> None:
        is_code = self.category == "AUTHENTICATION"
        foreign = [*OWN, *OF_CODES] if self.components is not None else OWN if is_code else OF_CODES
        found = next((name for name in foreign if getattr(self, name)), None)
        if found is None:
            return
        field = str(TemplateContent.model_fields[found].alias)
        if self.components is not None:
            cause, cure = "Components are given besides.", "Use either those or the form."
        elif is_code:
            cause = "The text of authentication templates is WhatsApp's own."
            cure = "Leave it empty, or choose another category."
        else:
            cause = "Only authentication templates have this."
            cure = "Leave it empty, or choose AUTHENTICATION."
        raise fault(field, cause, cure)


class NewTemplate(Draft, Naming):
    """A template that is to be created."""

    is_order_status: bool = Field(
        default=False,
        title="Order Status",
        description="A template that tells how an order stands, with text and footer alone; for "
        "utility.",
        examples=[True],
        json_schema_extra={"x-widget": "toggle", "x-group": "Options"},
    )
    link_tracking_opted_out: bool = Field(
        default=False,
        title="No Counting of Taps on Links",
        description="Meta does not count who taps the links of this template.",
        examples=[True],
        json_schema_extra={"x-widget": "toggle", "x-group": "Options"},
    )

    @model_validator(mode="after")
    def _fits(self) -> Self:
        self.check()
        # https://developers.facebook.com/documentation/business-messaging/whatsapp/payments/payments-in/orderstatustemplate
        kinds = {as_text(each.get("type")).upper() for each in build_components(self)}
        is_plain = kinds <= {"BODY", "FOOTER"} and self.category == "UTILITY"
        if self.is_order_status and not is_plain:
            raise fault(
                "isOrderStatus",
                "A template that tells how an order stands is for utility, and has a text and a "
                "footer alone.",
                "Choose UTILITY and take other parts away.",
            )
        return self


class ChangedTemplate(Draft, ExistingTemplate):
    """What a template that is there is to become."""

    @model_validator(mode="after")
    def _fits(self) -> Self:
        self.check_life()
        if self.has_content:
            self.check()
        return self


async def content_of(context: ActionContext, draft: Draft) -> dict[str, Json]:
    """Return what Meta is sent of a draft's content; samples are uploaded on the way."""
    components = build_components(draft)
    for kind, sample, field, where in samples_of(draft):
        handle = await upload_handle(
            context,
            file_id=sample.file_id,
            url=sample.link,
            takes=SAMPLE_TYPES[kind],
            field=field,
            max_bytes=MAX_GIF_BYTES if kind == "gif" else None,
        )
        components = with_handle(components, where, handle)
    body: dict[str, Json] = {"components": components}
    if draft.category != "AUTHENTICATION":
        body["parameter_format"] = format_of(components)
    if draft.message_ttl_seconds is not None:
        body["message_send_ttl_seconds"] = draft.message_ttl_seconds
    return body


async def creation_of(context: ActionContext, draft: NewTemplate) -> dict[str, Json]:
    """Return what Meta is sent to create the template."""
    body: dict[str, Json] = {
        "name": draft.name,
        "language": draft.language,
        "category": draft.category,
        **await content_of(context, draft),
    }
    if has_order_details(as_objects(body["components"])):
        body["display_format"] = "ORDER_DETAILS"
    if draft.is_order_status:
        body["sub_category"] = "ORDER_STATUS"
    if draft.link_tracking_opted_out:
        body["cta_url_link_tracking_opted_out"] = True
    return body


def _check_authentication(components: list[dict[str, Any]], place: Place) -> None:
    # https://developers.facebook.com/documentation/business-messaging/whatsapp/templates/authentication-templates/authentication-templates
    parts = parts_of(components, place)
    foreign = next((kind for kind in parts if kind not in ("BODY", "FOOTER", "BUTTONS")), None)
    if foreign or as_text(as_object(parts.get("BODY")).get("text")):
        raise fault(
            place("body"),
            "The text of authentication templates is WhatsApp's own.",
            "Leave out all but what it may say besides, its footer and its button.",
        )
    buttons = as_objects(as_object(parts.get("BUTTONS")).get("buttons"))
    if len(buttons) != 1 or as_text(buttons[0].get("type")).upper() != "OTP":
        raise fault(place("buttons"), "It needs one button, of the type OTP.", "Give just that.")
    kind = as_text(buttons[0].get("otp_type")).upper()
    if kind in ("ONE_TAP", "ZERO_TAP") and not as_objects(buttons[0].get("supported_apps")):
        raise fault(
            place("supportedApps"),
            "No app is named that could take the code over.",
            "Add the app, or let people copy the code.",
        )
    if kind == "ZERO_TAP" and buttons[0].get("zero_tap_terms_accepted") is not True:
        raise fault(
            place("zeroTapTermsAccepted"),
            "Codes that apps take by themselves need WhatsApp's terms to be accepted.",
            "Accept them, or choose another way.",
        )
