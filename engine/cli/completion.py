"""The names that a shell completes: quiet and quick, so that no engine just means no names."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import typer

from .output import SHORT_ID_CHARS, moment

if TYPE_CHECKING:
    from ..contract import Manifest

TIMEOUT_S = 1.0
Names = list[tuple[str, str]]


def flows(context: typer.Context, incomplete: str) -> Names:
    return _asked(
        context,
        incomplete,
        "/api/flows",
        lambda answer: [
            (each["id"], f"{each['name']}, {each['state']}") for each in answer["flows"]
        ],
    )


def runs(context: typer.Context, incomplete: str) -> Names:
    return _asked(
        context,
        incomplete,
        "/api/runs?limit=50",
        lambda answer: [
            (
                each["id"] if len(incomplete) > SHORT_ID_CHARS else each["id"][:SHORT_ID_CHARS],
                f"{each['flowId']}, {each['status']}, {moment(each['startedAt'])}",
            )
            for each in answer["runs"]
        ],
    )


def events(context: typer.Context, incomplete: str) -> Names:
    return _asked(
        context,
        incomplete,
        "/api/events?unrouted=true&limit=50",
        lambda answer: [
            (str(each["id"]), f"{each['kind']}, {moment(each['receivedAt'])}")
            for each in answer["events"]
        ],
    )


def accounts(context: typer.Context, incomplete: str) -> Names:
    return _asked(
        context,
        incomplete,
        "/api/accounts",
        lambda answer: [
            (each["name"], f"{each['service']}, {each['state']}") for each in answer["accounts"]
        ],
    )


def owners(context: typer.Context, incomplete: str) -> Names:
    return _asked(
        context,
        incomplete,
        "/api/owners",
        lambda answer: [(each["name"], "") for each in answer["owners"]],
    )


def components(context: typer.Context, incomplete: str) -> Names:
    """Complete full names, and the short ones that need no connector before them."""
    found = [entry for manifest in _manifests() for entry in manifest.components]
    names = [(each.name, each.label) for each in found]
    names += [(each.name.rpartition(".")[2], each.label) for each in found]
    return _beginning(names, incomplete)


def services(context: typer.Context, incomplete: str) -> Names:
    return _beginning([(each.id, each.label) for each in _manifests()], incomplete)


def keys(context: typer.Context, incomplete: str) -> Names:
    chosen = [each for each in _manifests() if each.id == context.params.get("service")]
    named = [(key.name, key.label) for each in chosen for key in each.configuration]
    return _beginning(named, incomplete)


def _manifests() -> list[Manifest]:
    from ..contract import load_connectors

    return [each.manifest for each in load_connectors().values()]


def _asked(
    context: typer.Context, incomplete: str, path: str, read: Callable[[Any], Names]
) -> Names:
    from .remote import RemoteError, open_remote

    url, data = context.params.get("url"), context.params.get("data")
    try:
        answer = open_remote(url, data, os.environ, timeout_s=TIMEOUT_S).get(path)
    except (RemoteError, OSError):
        return []
    return _beginning(read(answer), incomplete)


def _beginning(names: Names, incomplete: str) -> Names:
    return [each for each in names if each[0].startswith(incomplete)]
