"""The connectors' configuration over HTTP: the administrator's."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from pydantic import Field

from .accounts import Body, examine, show_check
from .bodies import JsonRoute
from .identity import Administrator, hosting

router = APIRouter(prefix="/api", tags=["configuration"], route_class=JsonRoute)


class NewValue(Body):
    """A value for a key."""

    value: str = Field(repr=False)


@router.get("/configuration")
async def list_configuration(request: Request, _: Administrator) -> dict[str, Any]:
    """Return every connector's keys; secrets show only whether they are set."""
    configuration = hosting(request).configuration
    connectors = hosting(request).connectors
    return {"connectors": [configuration.describe(each) for each in sorted(connectors)]}


@router.get("/configuration/{service}")
async def get_configuration(request: Request, _: Administrator, service: str) -> dict[str, Any]:
    return hosting(request).configuration.describe(service)


@router.put("/configuration/{service}/{key}")
async def set_value(
    request: Request, _: Administrator, service: str, key: str, new: NewValue
) -> dict[str, Any]:
    """Store a value; one from the environment goes on to win over it."""
    return await hosting(request).configuration.set(service, key, new.value)


@router.delete("/configuration/{service}/{key}")
async def remove_value(
    request: Request, _: Administrator, service: str, key: str
) -> dict[str, Any]:
    """Remove a stored value, so that the default counts again."""
    return await hosting(request).configuration.remove(service, key)


@router.get("/checks")
async def list_checks(request: Request, _: Administrator) -> dict[str, Any]:
    """Let every connector look at its setup and report."""
    engine = hosting(request)
    return {
        "checks": [
            {"service": service, **show_check(check)}
            for service in sorted(engine.plugins)
            for check in await examine(engine, service, None)
        ]
    }
