"""What there is to choose from for the template that a closed window puts in a message's place."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Generator
from contextlib import contextmanager

from appmixer.engine.contract import ComponentContext, JsonObject, Option, RejectedError

from ..templates.choices import languages
from ..templates.slots import PARAMETERS

FIELDS = {
    "templateName": "fallbackTemplate",
    "languageCode": "fallbackLanguage",
    PARAMETERS: "fallbackParameters",
    "components": "fallbackParameters",
}


@contextmanager
def told_of_fallback() -> Generator[None]:
    """Let what is refused of a template name the fields of the one in the message's place."""
    try:
        yield
    except RejectedError as error:
        name, dot, rest = error.field.partition(".")
        if name not in FIELDS:
            raise
        raise type(error)(
            error.title,
            error.cause,
            error.cure,
            f"{FIELDS[name]}{dot}{rest}",
            error.code,
            error.subcode,
            error.trace,
            error.mend,
        ) from None


async def fallback_languages(
    context: ComponentContext, input: JsonObject
) -> AsyncGenerator[Option]:
    """Yield the codes of the languages that the chosen template is in."""
    chosen = {**input, "templateName": input.get("fallbackTemplate")}
    with told_of_fallback():
        async for option in languages(context, chosen):
            yield option
