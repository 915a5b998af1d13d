"""Letting an action do its work once, and naming how that ended."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import httpx
from pydantic import BaseModel

from ..contract import (
    Action,
    AuthorizationError,
    Collected,
    Component,
    ConnectorError,
    End,
    OutcomeUnknownError,
    RejectedError,
    ThrottledError,
    Wait,
)
from ..errors import describe_error
from ..flows.flows import Flows
from ..flows.inputs import read_input
from ..flows.models import FlowComponent
from ..observe.faults import Describe
from ..runs.outcomes import Outcome, outcome_of_error
from ..runs.states import StepState
from ..runs.work import SegmentWork, StepCall
from ..storage.database import DATABASE_AWAY
from ..storage.fence import check_right
from .calls import on_acting
from .contexts import EngineActionContext, Services
from .transport import DryRunRequest

STEP_TIMEOUT_S = 600.0
RETRY_AFTER_S = 5.0
NOTHING_COLLECTED = Collected()


async def _everything_follows(port: str) -> bool:
    """Say so of what is in no flow: whoever lets it act looks at all of its ports."""
    return True


class Actions:
    """The actions of all connectors, each with the context of the step that it is done for."""

    def __init__(
        self,
        services: Services,
        flows: Flows,
        component: Callable[[str], Component],
        describe: Describe,
        *,
        timeout_s: float = STEP_TIMEOUT_S,
    ) -> None:
        self._services, self._flows, self._component = services, flows, component
        self._describe, self._timeout_s = describe, timeout_s

    async def do_call(
        self,
        work: SegmentWork,
        call: StepCall,
        component: FlowComponent,
        values: Mapping[str, Any],
        typed: BaseModel | None = None,
        collected: Collected | None = None,
    ) -> Outcome:
        """Do what a segment has come to, with the context of that step.

        `typed` is the input as the action takes it, where that is known already. Raise
        LeaseLostError, before anything is done, when it is another process's to do.
        """
        check_right()

        async def follows(port: str) -> bool:
            document = await self._flows.document(work.flow_key, work.version)
            return (call.component, port) in document.listening

        return await self.act(
            owner_id=work.owner_id,
            flow_key=work.flow_key,
            key=call.component,
            component=component,
            values=values,
            typed=typed,
            step_id=call.known_as or call.step_id,
            resumes=call.resumes,
            event=work.event,
            may_have_acted=work.may_have_begun or call.attempt > 1 or call.resumes is not None,
            collected=collected or NOTHING_COLLECTED,
            follows=follows,
        )

    async def act(
        self,
        *,
        owner_id: str,
        flow_key: str,
        key: str,
        component: FlowComponent,
        values: Mapping[str, Any],
        step_id: str,
        typed: BaseModel | None = None,
        resumes: Mapping[str, Any] | None = None,
        event: Any = None,
        may_have_acted: bool = False,
        collected: Collected = NOTHING_COLLECTED,
        follows: Callable[[str], Awaitable[bool]] = _everything_follows,
    ) -> Outcome:
        """Do it once, and return how that ended; with `resumes`, a wait's state, go on after it.

        `may_have_acted` says that an earlier attempt at the step may have done something,
        `collected` is what a component that collects gets, and `follows` says of its ports whether
        anything of its flow does.

        It raises nothing but DryRunRequest, and what cancels it.
        """
        marks = self._services.marks
        attempt = marks.name()
        kind = self._flows.types.get(component.type)
        writes, may_repeat = (kind.writes, kind.may_repeat) if kind else (True, False)
        account_id: str | None = None
        token: str | None = None
        sent: list[tuple[str, Any]] = []
        kept: list[dict[str, Any]] = []
        asked_at = self._services.storage.clock.now
        marks.begin(attempt)
        # What has left is known even of a component that does not say so itself.
        telling = on_acting.set(partial(marks.act, attempt) if writes else None)
        try:
            place = await self._flows.place(owner_id, flow_key, key, component)
            account_id = place.account.id if place.account else None
            if place.account is not None:
                token = await place.account.access_token()
            context = EngineActionContext(
                self._services,
                place,
                step_id,
                attempt,
                may_have_acted,
                collected,
                follows,
                sent,
                kept,
            )
            action = self._component(component.type)
            assert isinstance(action, Action)
            async with asyncio.timeout(self._timeout_s):
                if resumes is None:
                    if typed is None:
                        typed = read_input(action.Input, values)
                    result = await action.receive(context, typed)
                else:
                    result = await action.resume(context, resumes, event)
            outcome = _outcome_of(action, result, context)
        except AuthorizationError as error:
            if account_id is not None and token is not None:
                await self._services.accounts.mark_reconnect(
                    account_id, str(error), asked_at=asked_at, token=token
                )
            outcome = outcome_of_error(error, account_id)
        except ConnectorError as error:
            outcome = outcome_of_error(error, account_id)
        except DryRunRequest:
            marks.end(attempt)
            raise
        except (*DATABASE_AWAY, httpx.TransportError, TimeoutError) as failure:
            has_acted = marks.has_acted(attempt)
            cut_short = self._cut_short(failure, has_acted=has_acted, may_repeat=may_repeat)
            outcome = outcome_of_error(cut_short, account_id)
        except Exception as error:  # a component's fault is this step's failure and nobody else's
            fault = self._describe(error, given=[values, resumes, event], component=component.type)
            outcome = Outcome(StepState.FAILED, error=fault)
        finally:
            on_acting.reset(telling)
        marks.end(attempt)
        return replace(outcome, kept=kept) if kept else outcome

    def _cut_short(
        self, failure: Exception, *, has_acted: bool, may_repeat: bool
    ) -> ConnectorError:
        """Name the end of a step that something has cut short: nothing is done twice unasked."""
        if isinstance(failure, httpx.UnsupportedProtocol):
            return RejectedError(
                "The address cannot be called",
                "It does not begin with http:// or https://.",
                "Correct it.",
            )
        title, cause = self._told(failure)
        if has_acted and not may_repeat:
            return OutcomeUnknownError(
                title,
                f"{cause} Its request had left, and what came of it is not known.",
                "Look at the service whether it happened before you run it again.",
            )
        if type(failure) is TimeoutError and not has_acted:
            return RejectedError(title, cause, "Try again; if it stays, ask the administrator.")
        cure = "It is tried again by itself."
        return ThrottledError(title, cause, cure, retry_after_s=RETRY_AFTER_S)

    def _told(self, failure: Exception) -> tuple[str, str]:
        name = type(failure).__name__
        if isinstance(failure, httpx.TransportError):
            return "The service did not answer", f"The connection failed ({name})."
        if isinstance(failure, DATABASE_AWAY):
            return "The database does not answer", f"It is busy, full or away ({name})."
        cause = f"It had not ended after {self._timeout_s:g} seconds."
        return "The step took too long", cause


def _outcome_of(action: Action, result: Any, context: EngineActionContext) -> Outcome:
    sent = context.sent
    at_once = context.at_most[-1] if context.at_most else None
    if isinstance(result, Wait):
        return Outcome(
            StepState.WAITING,
            sent,
            delay_s=result.timeout_s,
            wait_key=result.key,
            wait_state=result.state,
            wait_reason=result.reason,
            at_once=at_once,
        )
    if isinstance(result, End):
        error = _ended(result) if result.has_failed else None
        state = StepState.FAILED if result.has_failed else StepState.COMPLETED
        return Outcome(state, sent, error=error, ends_run=True)
    if result is not None:
        sent.append((action.port, result.model_dump(mode="json")))
    return Outcome(StepState.COMPLETED, sent, at_once=at_once)


def _ended(end: End) -> dict[str, Any]:
    """Return the error of a run that was ended as failed, in the words of its flow."""
    title = end.text or "The flow has ended the run"
    return describe_error(RejectedError(title, "The flow has ended the run as failed."))
