"""Checking the inputs of steps and tests, while whoever else asks goes on being answered."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .inputs import has_more_values, input_errors
from .models import Fault

# An input of so many values is checked within milliseconds, so it waits for no larger one.
FEW_VALUES = 200


@dataclass(frozen=True)
class InputChecks:
    """The checks of one engine."""

    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def faults(self, value: Mapping[str, Any], schema: Mapping[str, Any]) -> list[Fault]:
        """Return what is wrong with an input."""
        if not has_more_values(value, FEW_VALUES):
            return [*input_errors(value, schema)]
        # One at a time: many large inputs together would leave no thread for anything else.
        async with self._turn:
            return await asyncio.to_thread(lambda: [*input_errors(value, schema)])
