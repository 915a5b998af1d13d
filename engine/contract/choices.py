"""Choices: what a dropdown offers, said at the field that has it."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from pydantic import BaseModel, GetJsonSchemaHandler

from .context import ComponentContext
from .values import JsonObject, Option

FindChoices: TypeAlias = "Callable[[ComponentContext, JsonObject], AsyncGenerator[Option]]"


@dataclass(frozen=True)
class Choices:
    """Says where a field's choices come from: `Annotated[str, Field(...), Choices(rooms)]`.

    `find` yields them, those that are wanted most first, from the service page by page. Its input
    has the fields that `depends_on` names, by their JSON names, as far as they are filled in. It
    raises NothingToChooseError to say why there are none, and whatever goes wrong. A host searches
    and pages through what it yields, reads no further than it wants, keeps it for a minute for the
    account, and lets a person type what is not in the list.
    """

    find: FindChoices
    depends_on: Sequence[str] = ()

    def decisive(self, input: JsonObject) -> JsonObject:
        """Return what of a half-filled form the choices depend on."""
        return {name: input[name] for name in self.depends_on if input.get(name) not in (None, "")}

    async def first(
        self, context: ComponentContext, input: JsonObject, *, at_most: int = 1_000
    ) -> list[Option]:
        """Return so many of the choices for a half-filled form, or raise what `find` raises."""
        options: list[Option] = []
        async with contextlib.aclosing(self.find(context, self.decisive(input))) as found:
            async for option in found:
                options.append(option)
                if len(options) == at_most:
                    break
        return options

    def __get_pydantic_json_schema__(
        self, schema: Any, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        source = {"dependsOn": [*self.depends_on]} if self.depends_on else True
        return {**handler(schema), "x-source": source}


def choices_of(model: type[BaseModel]) -> dict[str, Choices]:
    """Return the choices of an Input's fields, by the fields' JSON names."""
    return {
        field.alias or name: each
        for name, field in model.model_fields.items()
        for each in field.metadata
        if isinstance(each, Choices)
    }
