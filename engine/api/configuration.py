"""The connectors' configuration over HTTP: the administrator's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Request, Response
from pydantic import Field

from .accounts import Body, examine, show_check
from .addresses import describe_addresses
from .bodies import JsonRoute
from .identity import Administrator, hosting
from .languages import Languages, chosen_language
from .shapes.configuration import (
    ConfigurationList,
    ConfigurationValue,
    ConnectorConfiguration,
    SetupReport,
)
from .shapes.shape import shaped

if TYPE_CHECKING:
    from ..host.engine import Engine

router = APIRouter(prefix="/api", tags=["configuration"], route_class=JsonRoute)


class NewValue(Body):
    """A value for a key."""

    value: str = Field(repr=False)


@router.get("/configuration", response_model=shaped(ConfigurationList))
async def list_configuration(
    request: Request, response: Response, _: Administrator, accept_language: Languages = ""
) -> dict[str, Any]:
    """Return every connector's keys and addresses; secrets show only whether they are set.

    Their texts are in the language that `Accept-Language` asks for, as far as a connector has it.
    """
    engine = hosting(request)
    language = await chosen_language(engine, response, accept_language)
    return {
        "connectors": [
            await engine.offers.said(_describe(engine, each), each, language)
            for each in sorted(engine.connectors)
        ]
    }


@router.get("/configuration/{service}", response_model=shaped(ConnectorConfiguration))
async def get_configuration(
    request: Request,
    response: Response,
    _: Administrator,
    service: str,
    accept_language: Languages = "",
) -> dict[str, Any]:
    engine = hosting(request)
    language = await chosen_language(engine, response, accept_language)
    return await engine.offers.said(_describe(engine, service), service, language)


@router.put("/configuration/{service}/{key}", response_model=shaped(ConfigurationValue))
async def set_value(
    request: Request, _: Administrator, service: str, key: str, new: NewValue
) -> dict[str, Any]:
    """Store a value; one from the environment goes on to win over it."""
    return await hosting(request).configuration.set(service, key, new.value)


@router.delete("/configuration/{service}/{key}", response_model=shaped(ConfigurationValue))
async def remove_value(
    request: Request, _: Administrator, service: str, key: str
) -> dict[str, Any]:
    """Remove a stored value, so that the default counts again."""
    return await hosting(request).configuration.remove(service, key)


@router.get("/checks", response_model=shaped(SetupReport))
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


def _describe(engine: Engine, service: str) -> dict[str, Any]:
    keys = engine.configuration.describe(service)
    connector = engine.connectors.get(service)
    # One that is left out can be configured, so that it works after the next start.
    manifest = connector.manifest if connector else None
    return {**keys, **describe_addresses(engine.settings, manifest)}
