"""What the suite's action offers at its field: as the check has said, and for whom it was asked."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Any, cast

from ..context import ComponentContext
from ..values import JsonObject, Option


async def texts(context: ComponentContext, input: JsonObject) -> AsyncGenerator[Option]:
    """Yield `Probe.offered`, each with the name of the account, or raise what stands there."""
    probe: Any = cast("Any", context.plugin).probe
    probe.notes.append(f"asked for texts with {sorted(input)}")
    if isinstance(probe.offered, Exception):
        raise probe.offered
    for text in probe.offered:
        yield Option(text, f"{text} of {context.account.name}")
