"""Who of the business may work with an account, and at what."""

from __future__ import annotations

from ...protocol.errors import MetaError, missing_permission, unknown_object
from ...protocol.paging import page
from ...protocol.shapes import Json
from ...world.entities import User, Waba
from ...world.world import World
from ..call import Answer, Call, success

# https://developers.facebook.com/docs/graph-api/reference/whats-app-business-account/assigned_users/
TASKS = (
    "MANAGE",
    "DEVELOP",
    "MANAGE_TEMPLATES",
    "MANAGE_PHONE",
    "VIEW_COST",
    "MANAGE_EXTENSIONS",
    "VIEW_PHONE_ASSETS",
    "MANAGE_PHONE_ASSETS",
    "VIEW_TEMPLATES",
    "VIEW_INSIGHTS",
    "MANAGE_USERS",
    "MANAGE_BILLING",
    "MESSAGING",
)


async def listed(call: Call) -> Answer:
    waba = call.waba()
    business_id = call.need("business")
    if business_id != waba.business_id:
        raise missing_permission("The business has no access to this WhatsApp Business Account")
    return page(
        [user for user in call.world.users.values() if waba.id in user.waba_ids],
        key=lambda user: user.id,
        show=lambda user: _shown(user, waba),
        parameters=call.parameters,
        url=call.url,
    )


async def assign(call: Call) -> Answer:
    waba = call.waba()
    user = _user(call, waba)
    # Meta's pages write the list with single quotes, which is no JSON.
    given = call.parameters.get("tasks")
    written = given.strip("[] ").split(",") if isinstance(given, str) else call.listed("tasks")
    tasks = [task for task in (name.strip("'\" ") for name in written) if task]
    wrong = [task for task in tasks if task not in TASKS]
    if wrong or not tasks:
        raise MetaError(100, f"(#100) Param tasks must be one of {{{', '.join(TASKS)}}}")
    waba.tasks[user.id] = tasks
    if waba.id not in user.waba_ids:
        user.waba_ids = (*user.waba_ids, waba.id)
    return success()


async def dismiss(call: Call) -> Answer:
    waba = call.waba()
    user = _user(call, waba)
    waba.tasks.pop(user.id, None)
    user.waba_ids = tuple(waba_id for waba_id in user.waba_ids if waba_id != waba.id)
    return success()


def _user(call: Call, waba: Waba) -> User:
    user_id = call.need("user")
    user = call.world.users.get(user_id)
    if user is None or not _works_for(call.world, user, waba):
        raise unknown_object(call.method, user_id)
    return user


def _works_for(world: World, user: User, waba: Waba) -> bool:
    partners = {
        business.id for business in world.businesses.values() if waba.id in business.client_waba_ids
    }
    return any(one in {waba.business_id, *partners} for one in user.business_ids)


def _shown(user: User, waba: Waba) -> Json:
    return {"id": user.id, "name": user.name, "tasks": waba.tasks.get(user.id, ["MANAGE"])}
