"""Ice breakers and commands that a chat with the number offers."""

from __future__ import annotations

from ...protocol.errors import MetaError
from ...protocol.shapes import Json, is_array, is_object
from ...world.entities import PhoneNumber
from ..call import Answer, Call, success
from .checks import checked_line, nothing_given, unpacked

# https://developers.facebook.com/documentation/business-messaging/whatsapp/business-phone-numbers/conversational-components
MAX_PROMPTS = 4
MAX_PROMPT_CHARS = 80
MAX_COMMANDS = 30
MAX_NAME_CHARS = 32
MAX_DESCRIPTION_CHARS = 256


async def get(call: Call) -> Answer:
    return {"conversational_automation": shown(call.number()), "id": call.number().id}


async def update(call: Call) -> Answer:
    automation = call.number().automation
    prompts, commands = _prompts(call), _commands(call)
    if prompts is None and commands is None and "enable_welcome_message" not in call.parameters:
        raise nothing_given(("prompts", "commands"))
    automation.prompts = automation.prompts if prompts is None else prompts
    automation.commands = automation.commands if commands is None else commands
    return success()


def shown(number: PhoneNumber) -> Json:
    automation = number.automation
    return {"prompts": automation.prompts, "commands": automation.commands, "id": number.id}


def _prompts(call: Call) -> list[str] | None:
    given = _listed(call, "prompts", MAX_PROMPTS)
    if given is None:
        return None
    return [checked_line(prompt, "prompts", MAX_PROMPT_CHARS, least=1) for prompt in given]


def _commands(call: Call) -> list[Json] | None:
    given = _listed(call, "commands", MAX_COMMANDS)
    if given is None:
        return None
    commands: list[Json] = []
    for command in given:
        if not is_object(command):
            raise MetaError(100, "(#100) Param commands must be an array of objects")
        name = checked_line(command.get("command_name"), "command_name", MAX_NAME_CHARS, least=1)
        description = command.get("command_description")
        said = checked_line(description, "command_description", MAX_DESCRIPTION_CHARS, least=1)
        commands.append({"command_name": name, "command_description": said})
    names = [command["command_name"] for command in commands]
    if len(set(names)) != len(names):
        raise MetaError(100, "(#100) Param commands has a command_name twice")
    return commands


def _listed(call: Call, name: str, most: int) -> list[object] | None:
    given = unpacked(call.parameters.get(name), name)
    if given is None:
        return None
    if not is_array(given) or len(given) > most:
        raise MetaError(100, f"(#100) Param {name} must be an array of at most {most}.")
    return list(given)
