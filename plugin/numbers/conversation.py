"""What a chat with a number offers before anything is written: prompts and commands."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from appmixer.engine.contract import Fields, Json, RejectedError

from ..fields.definitions import NumberInput

# https://developers.facebook.com/documentation/business-messaging/whatsapp/business-phone-numbers/conversational-components
MAX_PROMPTS, MAX_PROMPT_CHARS = 4, 80
MAX_COMMANDS, MAX_NAME_CHARS, MAX_HINT_CHARS = 30, 32, 256


class Command(Fields):
    """What people can choose after they have typed a slash."""

    name: str = Field(
        description="What follows the slash.",
        min_length=1,
        max_length=MAX_NAME_CHARS,
        pattern=r"^[^\s/]+$",
        examples=["order"],
        json_schema_extra={"x-hint": "one word without a slash"},
    )
    description: str = Field(
        description="What it is for, as people read it beside the name.",
        min_length=1,
        max_length=MAX_HINT_CHARS,
        pattern=r"\S",
        examples=["Ask for your last order"],
        json_schema_extra={"x-hint": "a text"},
    )


class ConversationInput(NumberInput):
    """What is to be offered; what is left empty stays as it is."""

    prompts: list[
        Annotated[str, StringConstraints(min_length=1, max_length=MAX_PROMPT_CHARS, pattern=r"\S")]
    ] = Field(
        default_factory=list[str],
        description="Up to four questions that people can tap before they have written anything. "
        "They replace those there are.",
        max_length=MAX_PROMPTS,
        examples=[["Book a flight"]],
    )
    commands: list[Command] = Field(
        default_factory=list[Command],
        description="Up to thirty words that people can choose after a slash. They replace those "
        "there are.",
        max_length=MAX_COMMANDS,
        examples=[[{"name": "order", "description": "Ask for your last order"}]],
    )
    clear: list[Literal["prompts", "commands"]] = Field(
        default_factory=list[Literal["prompts", "commands"]],
        description="What is offered no longer: leaving a field empty does not change it.",
        examples=[["prompts"]],
        json_schema_extra={"x-group": "Options"},
    )

    @model_validator(mode="after")
    def _check(self) -> Self:
        names = [each.name for each in self.commands]
        if len(set(names)) < len(names):
            raise RejectedError(
                "A command is there twice",
                "Each has a name of its own.",
                "Rename one of them, or take it away.",
                "commands",
            )
        if any(each in self.filled for each in self.clear):
            raise RejectedError(
                "The same is filled in and to be cleared",
                "Only one of the two can be meant.",
                "Empty the field, or take it off the list of what is cleared.",
                "clear",
            )
        if not self.filled and not self.clear:
            raise RejectedError(
                "Nothing is to be changed",
                "There are neither prompts nor commands.",
                "Fill in what is to be offered, or say what is to be cleared.",
                "prompts",
            )
        return self

    @property
    def filled(self) -> dict[str, Json]:
        """What is filled in, as Meta is told."""
        commands: list[Json] = [
            {"command_name": each.name, "command_description": each.description}
            for each in self.commands
        ]
        found: dict[str, Json] = {"prompts": self.prompts, "commands": commands}
        return {name: value for name, value in found.items() if value}

    @property
    def change(self) -> dict[str, Json]:
        """What Meta is told: what is filled in, and what is to be empty."""
        return {**self.filled, **{str(name): [] for name in self.clear}}
