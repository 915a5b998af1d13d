"""What the page of phones needs: its files, all phones at a glance, one phone, and media."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Annotated

from fastapi import FastAPI, HTTPException, Query, Response

from ..behaviour.people import people as phones
from ..protocol.shapes import Json
from ..world.entities import Group, Media, Person, PhoneNumber
from ..world.world import SERVICE_WINDOW_S, World
from .views import shown_person

MAX_MESSAGES = 1000
MAX_PHONES = 5000
FILE_TYPES: Mapping[str, str] = MappingProxyType(
    {"html": "text/html", "css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}
)
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; "
    "media-src 'self' blob:; connect-src 'self'; form-action 'none'; base-uri 'none'; "
    "frame-ancestors {around}; require-trusted-types-for 'script'"
)
# Pages of this machine, whatever their port. A source list has no way to write [::1].
THIS_MACHINE = "http://127.0.0.1:* http://localhost:*"
PAGE_HEADERS: Mapping[str, str] = MappingProxyType(
    {
        "Content-Security-Policy": POLICY.format(around="'none'"),
        "Cache-Control": "no-cache",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
    }
)
EMBEDDED_HEADERS: Mapping[str, str] = MappingProxyType(
    {**PAGE_HEADERS, "Content-Security-Policy": POLICY.format(around=THIS_MACHINE)}
)
# Whatever a file claims to be, a browser that opens it by its address may run nothing of it.
MEDIA_HEADERS: Mapping[str, str] = MappingProxyType(
    {
        "Content-Security-Policy": "sandbox; default-src 'none'; media-src 'self'",
        "Cache-Control": "private, max-age=300",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
    }
)
SHOWN_IN_PLACE = (
    "image/jpeg",
    "image/png",
    "image/webp",
    "image/gif",
    "audio/",
    "video/",
)

Latest = Annotated[int, Query(ge=1, le=MAX_MESSAGES)]


def phone_controls(controls: FastAPI, world: World) -> None:
    @controls.get("/_sandbox/phones")
    async def overview() -> Json:
        """All numbers, groups and people, and until when each window is open."""
        everybody = itertools.islice(world.people.values(), MAX_PHONES)
        return {
            "now": world.clock.now(),
            "numbers": [_shown_number(world, number) for number in world.numbers.values()],
            "groups": [_shown_group(group) for group in world.groups.values()],
            "people": [_shown_phone(world, person) for person in everybody],
        }

    @controls.get("/_sandbox/phones/{key}")
    async def phone(key: str, limit: Latest = 100, before: str | None = None) -> Json:
        """One phone: the latest messages, or those before the message with the id `before`."""
        person = world.person(key)
        if person is None:
            raise HTTPException(404, f"There is nobody with the number or user id {key}.")
        shown = phones.phone(world, person, limit=limit + 1, before=before)
        return {
            "now": world.clock.now(),
            "person": _shown_phone(world, person),
            "messages": shown[-limit:],
            "hasEarlier": len(shown) > limit,
            "typing": phones.who_types(world, person),
        }

    @controls.get("/_sandbox/media/{media_id}")
    async def content(media_id: str) -> Response:
        """The bytes of a file, without a token; for looking at it."""
        found = world.media.get(media_id)
        if found is None or found.expires_at <= world.clock.now():
            raise HTTPException(404, f"There is no media {media_id}, or it has expired.")
        return _shown_media(found)

    @controls.get("/_sandbox/phone", include_in_schema=False)
    async def embedded() -> Response:
        """One phone for a panel of another page; its scripts read `lang`, `theme` and the hash."""
        return page_file("embedded.html", EMBEDDED_HEADERS)

    @controls.get("/_sandbox/page/{name}", include_in_schema=False)
    async def file(name: str) -> Response:
        return page_file(name)


def page_file(name: str, headers: Mapping[str, str] = PAGE_HEADERS) -> Response:
    """One file of the page, the front page being index.html."""
    content = _page_files().get(name)
    if content is None:
        raise HTTPException(404, "The page has no such file.")
    kind = FILE_TYPES[name.rpartition(".")[2]]
    return Response(content, media_type=kind, headers=headers)


@cache
def _page_files() -> Mapping[str, bytes]:
    folder = resources.files("appmixer.sandbox").joinpath("page")
    return MappingProxyType(
        {
            file.name: file.read_bytes()
            for file in folder.iterdir()
            if file.name.rpartition(".")[2] in FILE_TYPES
        }
    )


def _shown_media(media: Media) -> Response:
    plain_type = media.mime_type.partition(";")[0].strip().lower()
    is_seen = plain_type.startswith(SHOWN_IN_PLACE) and plain_type.isascii()
    place = "inline" if is_seen else "attachment"
    return Response(
        media.content,
        media_type=plain_type if is_seen else "application/octet-stream",
        headers={**MEDIA_HEADERS, "Content-Disposition": place},
    )


def _shown_number(world: World, number: PhoneNumber) -> Json:
    return {
        "id": number.id,
        "display": number.display,
        "name": number.verified_name,
        "business": world.wabas[number.waba_id].name,
        "isRegistered": number.is_registered,
        "isOnBizApp": number.is_on_biz_app,
    }


def _shown_group(group: Group) -> Json:
    return {
        "id": group.id,
        "phoneNumberId": group.number_id,
        "subject": group.subject,
        "participants": list(group.participants),
    }


def _shown_phone(world: World, person: Person) -> Json:
    return {
        **shown_person(world, person),
        "latestAt": person.chat[-1].at if person.chat else None,
        "windows": [
            {"phoneNumberId": number.id, "openUntil": talk.last_inbound_at + SERVICE_WINDOW_S}
            for number in world.numbers.values()
            if (talk := world.conversations.get((number.id, person.wa_id))) is not None
            and talk.last_inbound_at is not None
        ],
    }
