"""Template groups: a name over several templates, to look at their numbers together."""

from __future__ import annotations

from collections.abc import Mapping

from ...protocol.fields import Getter, Selected, pick
from ...protocol.paging import page
from ...protocol.shapes import Json
from ...world.entities import Template, TemplateGroup
from ...world.world import World
from ..call import Answer, Call, success
from .listing import DEFAULT_FIELDS as TEMPLATE_FIELDS
from .listing import NODE_TYPE as TEMPLATE_TYPE
from .listing import getters as template_getters
from .refusals import parameter, too_long

# Meta's changelog names these calls; the limits are not published, so the name's is a template's.
NODE_TYPE = "BusinessMessagingTemplateGroup"
DEFAULT_FIELDS = ("id", "name", "description")
MAX_NAME_CHARS = 512
MAX_DESCRIPTION_CHARS = 1024
MAX_TEMPLATES = 100


async def list_of_waba(call: Call) -> Answer:
    world, waba, wanted = call.world, call.waba(), call.fields()
    found = [group for group in world.template_groups.values() if group.waba_id == waba.id]
    return page(
        found,
        key=lambda group: group.id,
        show=lambda group: pick(_getters(world, group), wanted, DEFAULT_FIELDS, NODE_TYPE),
        parameters=call.parameters,
        url=call.url,
    )


async def create(call: Call) -> Answer:
    world, waba = call.world, call.waba()
    group = TemplateGroup(
        id=world.new_id(),
        waba_id=waba.id,
        name=_name(call),
        description=_description(call),
        template_ids=_templates(call, waba.id, "whatsapp_business_templates"),
        created_at=world.clock.now(),
    )
    world.template_groups[group.id] = group
    return {"id": group.id}


async def get(call: Call) -> Answer:
    group = call.template_group()
    return pick(_getters(call.world, group), call.fields(), DEFAULT_FIELDS, NODE_TYPE)


async def change(call: Call) -> Answer:
    """What is named is changed; templates can be replaced, added and taken out."""
    group, given = call.template_group(), call.parameters
    name = _name(call) if given.get("name") is not None else group.name
    description = _description(call) if "description" in given else group.description
    ids = list(group.template_ids)
    if given.get("whatsapp_business_templates") is not None:
        ids = _templates(call, group.waba_id, "whatsapp_business_templates")
    added = _templates(call, group.waba_id, "add_templates")
    removed = set(call.listed("remove_templates"))
    ids = [one for one in dict.fromkeys([*ids, *added]) if one not in removed]
    if len(ids) > MAX_TEMPLATES:
        raise parameter("add_templates", f"would make more than {MAX_TEMPLATES} templates.")
    group.name, group.description, group.template_ids = name, description, ids
    return success()


async def delete(call: Call) -> Answer:
    del call.world.template_groups[call.template_group().id]
    return success()


def _getters(world: World, group: TemplateGroup) -> Mapping[str, Getter]:
    def templates(selected: Selected) -> object:
        present = [world.templates.get(one) for one in group.template_ids]
        return page(
            [template for template in present if template is not None],
            key=lambda template: template.id,
            show=lambda template: _shown(template, selected),
            parameters=selected.arguments,
        )

    return {
        "id": lambda _: group.id,
        "name": lambda _: group.name,
        "description": lambda _: group.description,
        "creation_time": lambda _: int(group.created_at),
        "whatsapp_business_templates": templates,
    }


def _shown(template: Template, selected: Selected) -> Json:
    return pick(template_getters(template), selected.nested, TEMPLATE_FIELDS, TEMPLATE_TYPE)


def _name(call: Call) -> str:
    name = call.need("name")
    if len(name) > MAX_NAME_CHARS:
        raise too_long("group's name", MAX_NAME_CHARS)
    return name


def _description(call: Call) -> str:
    description = str(call.parameters.get("description") or "")
    if len(description) > MAX_DESCRIPTION_CHARS:
        raise too_long("group's description", MAX_DESCRIPTION_CHARS)
    return description


def _templates(call: Call, waba_id: str, name: str) -> list[str]:
    ids = list(dict.fromkeys(call.listed(name)))
    if len(ids) > MAX_TEMPLATES:
        raise parameter(name, f"may have {MAX_TEMPLATES} elements.")
    for template_id in ids:
        template = call.world.templates.get(template_id)
        if template is None or template.waba_id != waba_id:
            raise parameter(name, f"has an unknown template: {template_id[:80]}")
    return ids
