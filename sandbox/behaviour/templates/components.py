"""The components of a template at its creation: which there are, their limits, what goes together.

Authentication templates have their own rules: see authentication.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from ...protocol.shapes import Json, is_array, is_object, is_text, objects, text
from ...world.world import World
from ..media import uploads
from .buttons import check_buttons
from .parameters import PLACEHOLDER
from .refusals import (
    BAD_BODY,
    BAD_FOOTER,
    BAD_HEADER,
    bad_handle,
    check_keys,
    missing,
    not_one_of,
    parameter,
    refusal,
    too_long,
)
from .variables import Place, check_variables

# https://developers.facebook.com/documentation/business-messaging/whatsapp/templates/components
MAX_BODY_CHARS = 1024
MAX_HEADER_CHARS = 60
MAX_FOOTER_CHARS = 60
MAX_OFFER_CHARS = 16
MAX_BODY_CHARS_WITH_OFFER = 600
MAX_CARD_BODY_CHARS = 160
MAX_CARD_BUTTONS = 2
CARDS = range(2, 11)
# A larger GIF header is shown as a video.
MAX_GIF_BYTES = 3_500_000
HEADER_FILES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "IMAGE": ("image/jpeg", "image/png"),
        "VIDEO": ("video/mp4",),
        "GIF": ("video/mp4",),
        "DOCUMENT": ("application/pdf",),
    }
)
HEADER_FORMATS = ("TEXT", *HEADER_FILES, "LOCATION", "PRODUCT")
CARD_HEADERS = ("IMAGE", "VIDEO", "PRODUCT")
KEYS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "HEADER": ("format", "text", "example"),
        "BODY": ("text", "example"),
        "FOOTER": ("text",),
        "BUTTONS": ("buttons",),
        "CAROUSEL": ("cards",),
        "LIMITED_TIME_OFFER": ("limited_time_offer",),
        "CALL_PERMISSION_REQUEST": (),
    }
)
MARKETING_PARTS = ("LIMITED_TIME_OFFER", "CAROUSEL")
MARKETING_BUTTONS = ("CATALOG", "MPM", "SPM")


@dataclass(frozen=True)
class Draft:
    """A template as somebody wants it: not yet one."""

    world: World
    category: str
    is_named: bool
    samples: frozenset[str] = frozenset()
    """Handles that the template already shows; they stay good in it."""
    is_card: bool = False
    path: str = "components"


def by_kind(given: object, path: str = "components") -> dict[str, Json]:
    """The components by their type in capitals; each may stand once."""
    if not is_array(given) or not all(is_object(component) for component in given):
        raise parameter(path, "must be an array.")
    found: dict[str, Json] = {}
    for component in objects(given):
        kind = text(component.get("type")).upper()
        if kind in found:
            raise parameter(path, f"must have one component of type {kind} only.")
        found[kind] = component
    return found


def check_components(draft: Draft, given: object) -> None:
    parts = by_kind(given, draft.path)
    for index, (kind, component) in enumerate(parts.items()):
        path = f"{draft.path}[{index}]"
        if kind not in KEYS:
            raise not_one_of(f"{path}['type']", KEYS, component.get("type"))
        check_keys(
            {name: value for name, value in component.items() if value is not None},
            ("type", *KEYS[kind]),
            path,
        )
        _check_one(draft, kind, component, path, parts)
    if "BODY" not in parts and not draft.is_card:
        raise parameter(draft.path, "must have a component of type BODY")
    _check_together(draft, parts)


def samples_in(components: list[Json]) -> frozenset[str]:
    """The handles in the headers of a template and its cards."""
    found: set[str] = set()
    for component in components:
        example = component.get("example")
        handles = example.get("header_handle") if is_object(example) else None
        found.update(str(handle) for handle in (handles if is_array(handles) else []))
        for card in objects(component.get("cards")):
            found |= samples_in(objects(card.get("components")))
    return frozenset(found)


def _check_one(
    draft: Draft, kind: str, component: Json, path: str, parts: Mapping[str, Json]
) -> None:
    if kind == "HEADER":
        _check_header(draft, component, path)
    elif kind == "BODY":
        _check_body(draft, component, path, has_offer="LIMITED_TIME_OFFER" in parts)
    elif kind == "FOOTER":
        _check_footer(component)
    elif kind == "CAROUSEL":
        _check_carousel(draft, component, path)
    elif kind == "LIMITED_TIME_OFFER":
        _check_offer(component, path)


def _check_header(draft: Draft, component: Json, path: str) -> None:
    form = text(component.get("format")).upper()
    if form not in HEADER_FORMATS:
        raise not_one_of(f"{path}['format']", HEADER_FORMATS, component.get("format"))
    if draft.is_card and form not in CARD_HEADERS:
        raise not_one_of(f"{path}['format']", CARD_HEADERS, form)
    if form == "TEXT":
        said = component.get("text")
        if not is_text(said):
            raise missing("HEADER", "text")
        if len(said) > MAX_HEADER_CHARS:
            raise too_long("header", MAX_HEADER_CHARS)
        if "\n" in said:
            raise refusal(BAD_HEADER, "The header of your template can't have new lines.")
        check_variables(said, component.get("example"), Place("HEADER", path, draft.is_named))
    elif form in HEADER_FILES:
        _check_sample(draft, form, component.get("example"), path)


def _check_sample(draft: Draft, form: str, example: object, path: str) -> None:
    """A header with a file shows one to the reviewers: the handle of a resumable upload."""
    given = example.get("header_handle") if is_object(example) else None
    handles = given if is_array(given) else [given]
    if not handles or not is_text(handles[0]):
        raise missing("HEADER", "example")
    place = f"{path}['example']['header_handle'][0]"
    if handles[0] in draft.samples:
        return
    file = uploads.file_of(draft.world, handles[0])
    if file is None:
        raise bad_handle(place, "no upload has this handle, or it has expired")
    if file.mime_type not in HEADER_FILES[form]:
        raise bad_handle(place, f"a file of type {file.mime_type} is no sample for {form}")
    if form == "GIF" and len(file.content) > MAX_GIF_BYTES:
        raise bad_handle(place, f"a GIF may have {MAX_GIF_BYTES} bytes")


def _check_body(draft: Draft, component: Json, path: str, *, has_offer: bool) -> None:
    said = component.get("text")
    if not is_text(said):
        raise refusal(BAD_BODY, "The body of your template has no text.")
    limit = MAX_BODY_CHARS_WITH_OFFER if has_offer else MAX_BODY_CHARS
    limit = MAX_CARD_BODY_CHARS if draft.is_card else limit
    if len(said) > limit:
        raise too_long("body", limit)
    check_variables(said, component.get("example"), Place("BODY", path, draft.is_named))


def _check_footer(component: Json) -> None:
    said = component.get("text")
    if not is_text(said):
        raise missing("FOOTER", "text")
    if len(said) > MAX_FOOTER_CHARS:
        raise too_long("footer", MAX_FOOTER_CHARS)
    if PLACEHOLDER.search(said) or "\n" in said:
        raise refusal(BAD_FOOTER, "The footer can have neither variables nor new lines.")


def _check_offer(component: Json, path: str) -> None:
    offer = component.get("limited_time_offer")
    if not is_object(offer):
        raise missing("LIMITED_TIME_OFFER", "limited_time_offer")
    check_keys(offer, ("text", "has_expiration"), f"{path}['limited_time_offer']")
    said = offer.get("text")
    if not is_text(said):
        raise missing("LIMITED_TIME_OFFER", "text")
    if len(said) > MAX_OFFER_CHARS:
        raise too_long("limited-time offer", MAX_OFFER_CHARS)
    if not isinstance(offer.get("has_expiration", False), bool):
        raise parameter(f"{path}['limited_time_offer']['has_expiration']", "must be a boolean.")


def _check_carousel(draft: Draft, component: Json, path: str) -> None:
    given = component.get("cards")
    if not is_array(given) or not all(is_object(card) for card in given):
        raise parameter(f"{path}['cards']", "must be an array.")
    if len(given) not in CARDS:
        raise parameter(
            f"{path}['cards']", f"must have from {CARDS.start} to {CARDS.stop - 1} elements."
        )
    for index, card in enumerate(given):
        inside = Draft(
            draft.world,
            draft.category,
            draft.is_named,
            draft.samples,
            is_card=True,
            path=f"{path}['cards'][{index}]['components']",
        )
        check_components(inside, card.get("components"))
    if len({_shape(card) for card in objects(given)}) > 1:
        raise parameter(f"{path}['cards']", "must all have the same components and button types.")


def _shape(card: Json) -> tuple[str, ...]:
    """What every card of a carousel has in common: header format, parts, kinds of buttons."""
    parts = by_kind(card.get("components"))
    buttons = objects(parts.get("BUTTONS", {}).get("buttons"))
    return (
        text(parts.get("HEADER", {}).get("format")).upper(),
        *sorted(parts),
        *(text(button.get("type")).upper() for button in buttons),
    )


def _check_together(draft: Draft, parts: Mapping[str, Json]) -> None:
    form = text(parts.get("HEADER", {}).get("format")).upper()
    index = list(parts).index("BUTTONS") if "BUTTONS" in parts else -1
    path = f"{draft.path}[{index}]"
    most = {"most": MAX_CARD_BUTTONS} if draft.is_card else {}
    kinds = check_buttons(parts["BUTTONS"], path, **most) if index >= 0 else []
    if draft.is_card:
        _check_card(draft, parts, form)
    if "OTP" in kinds:
        raise parameter(path, "may have OTP buttons in category AUTHENTICATION only.")
    only_marketing = [
        *(part for part in MARKETING_PARTS if part in parts),
        *(kind for kind in MARKETING_BUTTONS if kind in kinds),
    ]
    if only_marketing and draft.category != "MARKETING":
        raise parameter("category", f"must be MARKETING for a template with {only_marketing[0]}.")
    if "SPM" in kinds and form != "PRODUCT":
        raise parameter(path, "with an SPM button needs a header of format PRODUCT.")
    if "LIMITED_TIME_OFFER" in parts:
        _check_offer_parts(parts, form, kinds)
    if "CAROUSEL" in parts and not {"HEADER", "FOOTER", "BUTTONS"}.isdisjoint(parts):
        raise parameter(draft.path, "with a CAROUSEL may have a BODY beside it and nothing else.")


def _check_card(draft: Draft, parts: Mapping[str, Json], form: str) -> None:
    allowed = {"HEADER", "BODY", "BUTTONS"}
    foreign = next((part for part in parts if part not in allowed), None)
    if foreign is not None:
        raise parameter(draft.path, f"cannot have a component of type {foreign} in a card.")
    if not form:
        raise parameter(draft.path, "must have a component of type HEADER")
    if "BUTTONS" not in parts:
        raise parameter(draft.path, "must have a component of type BUTTONS")


def _check_offer_parts(parts: Mapping[str, Json], form: str, kinds: list[str]) -> None:
    if "FOOTER" in parts:
        raise refusal(BAD_FOOTER, "A template with a limited-time offer can't have a footer.")
    if form not in ("", "IMAGE", "VIDEO"):
        raise refusal(BAD_HEADER, "Beside a limited-time offer only images and videos can stand.")
    if "URL" not in kinds:
        raise parameter("components", "with a LIMITED_TIME_OFFER needs a URL button.")
