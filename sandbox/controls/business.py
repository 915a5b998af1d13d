"""Controls of what happens on the business's and the caller's side: signups, groups, calls."""

from __future__ import annotations

from typing import Literal

from fastapi import FastAPI, HTTPException
from pydantic import Field

from ..behaviour.calling import calls
from ..behaviour.groups import members
from ..behaviour.login import signup
from ..protocol.shapes import Json
from ..world import call_permissions
from ..world import seed as fixed
from ..world.belongings import PhoneCall
from ..world.entities import Group, Person, PhoneNumber, User
from ..world.settings import Switches
from ..world.world import World


class SignupChoice(Switches):
    """How a customer goes through Embedded Signup."""

    user_id: str | None = Field(
        default=None, description="Who signs up; the seeded user unless given"
    )
    waba_ids: list[str] = Field(
        default_factory=list[str],
        description="The accounts to share; the user's first unless given",
    )
    phone_number_id: str | None = Field(
        default=None, description="The number; the first of the first account unless given"
    )
    version: Literal[3, 4] = 4
    feature_type: signup.FeatureType = Field(
        default="", description="Coexistence, or sharing the account without a number"
    )
    app_only_install: bool = False
    cancel_at: str | None = Field(
        default=None, description="Leave the wizard at this step: there is no code then"
    )
    app_id: str = fixed.APP_ID
    config_id: str = fixed.ES_CONFIG_ID


class MembershipChange(Switches):
    person: str = Field(description="Phone number or business-scoped user id")
    action: Literal["join", "leave"] = "join"


class GroupChange(Switches):
    suspended: bool


class CallAction(Switches):
    """What a person does with a call, or allows."""

    action: Literal["start", "accept", "reject", "hangUp", "allow", "disallow"]
    to: str | None = Field(
        default=None, description="Phone number id; the seeded number unless given"
    )
    permanent: bool = Field(default=False, description="With allow: for good, not for a week")


def business_controls(controls: FastAPI, world: World) -> None:
    @controls.post("/_sandbox/signup", status_code=201)
    async def sign_up(given: SignupChoice) -> Json:
        """Go through Embedded Signup: the code, and the event the page would get."""
        app = world.apps.get(given.app_id)
        configuration = app.configurations.get(given.config_id) if app is not None else None
        if app is None or configuration is None or not configuration.is_signup:
            raise HTTPException(404, "There is no such app, or no such Embedded Signup of it.")
        if given.cancel_at is not None:
            return {"code": None, "event": signup.cancelled(given.version, given.cancel_at)}
        choice = _choice(world, given)
        try:
            code, event = signup.onboard(world, app, configuration, choice)
        except signup.SignupError as impossible:
            raise HTTPException(422, str(impossible)) from None
        return {"code": code.value, "expiresAt": code.expires_at, "event": event}

    @controls.get("/_sandbox/groups")
    async def groups() -> Json:
        return {"groups": [_shown_group(group) for group in world.groups.values()]}

    @controls.post("/_sandbox/groups/{group_id}/people")
    async def join_or_leave(group_id: str, change: MembershipChange) -> Json:
        """Somebody follows the invitation, takes a request back, or leaves."""
        group, person = _group(world, group_id), _person(world, change.person)
        request_id: str | None = None
        try:
            if change.action == "join":
                request_id = members.join(world, group, person)
            else:
                members.leave(world, group, person)
        except members.MembershipError as impossible:
            raise HTTPException(409, str(impossible)) from None
        return {**_shown_group(group), "joinRequestId": request_id}

    @controls.patch("/_sandbox/groups/{group_id}")
    async def suspend(group_id: str, change: GroupChange) -> Json:
        """Suspend a group as Meta does for a breach of policy, or lift that."""
        group = _group(world, group_id)
        if group.is_suspended != change.suspended:
            members.suspend(world, group, is_suspended=change.suspended)
        return _shown_group(group)

    @controls.post("/_sandbox/people/{key}/calls", status_code=201)
    async def call(key: str, given: CallAction) -> Json:
        """A person calls, takes, refuses or ends a call, or lets the business call."""
        person, number = _person(world, key), _number(world, given.to)
        if given.action in ("allow", "disallow"):
            answer = "accept" if given.action == "allow" else "reject"
            reply = {"response": answer, "is_permanent": given.permanent}
            call_permissions.answer(world, number, person, reply)
            return {"permission": call_permissions.of(world, number, person).status}
        try:
            return _shown_call(_acted(world, person, number, given.action))
        except calls.CallError as impossible:
            raise HTTPException(409, str(impossible)) from None


def _acted(world: World, person: Person, number: PhoneNumber, action: str) -> PhoneCall:
    if action == "start":
        return calls.ring(world, person, number)
    phone_call = calls.running(world, person, number)
    act = {"accept": calls.pick_up, "reject": calls.decline, "hangUp": calls.end}[action]
    act(world, phone_call)
    return phone_call


def _choice(world: World, given: SignupChoice) -> signup.Choice:
    user = _user(world, given.user_id)
    return signup.Choice(
        user=user,
        waba_ids=tuple(given.waba_ids) or user.waba_ids[:1],
        number_id=given.phone_number_id,
        feature=given.feature_type,
        is_app_only=given.app_only_install,
        version=given.version,
    )


def _user(world: World, user_id: str | None) -> User:
    user = world.users.get(user_id or fixed.USER_ID)
    if user is None or user.is_system:
        raise HTTPException(404, f"There is nobody with the id {user_id} who could sign up.")
    return user


def _person(world: World, key: str) -> Person:
    person = world.person(key)
    if person is None:
        raise HTTPException(404, f"There is nobody with the number or user id {key}.")
    return person


def _number(world: World, number_id: str | None) -> PhoneNumber:
    number = world.numbers.get(number_id or fixed.PHONE_NUMBER_ID)
    if number is None:
        raise HTTPException(404, f"There is no phone number {number_id}.")
    return number


def _group(world: World, group_id: str) -> Group:
    group = world.groups.get(group_id)
    if group is None:
        raise HTTPException(404, "There is no such group.")
    return group


def _shown_group(group: Group) -> Json:
    return {
        "id": group.id,
        "phoneNumberId": group.number_id,
        "subject": group.subject,
        "description": group.description,
        "joinApprovalMode": group.join_approval_mode,
        "participants": list(group.participants),
        "joinRequests": [
            {"id": request.id, "waId": request.wa_id} for request in group.join_requests.values()
        ],
        "suspended": group.is_suspended,
    }


def _shown_call(phone_call: PhoneCall) -> Json:
    return {
        "id": phone_call.id,
        "phoneNumberId": phone_call.number_id,
        "waId": phone_call.wa_id,
        "outbound": phone_call.is_outbound,
        "state": phone_call.state,
    }
