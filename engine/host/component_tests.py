"""One component on its own: its form, a real try, and a dry run that shows the request."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, quote_plus

import httpx

from ..accounts.accounts import Accounts
from ..contract import Check, Fate
from ..contract.redaction import Redaction
from ..errors import NotFoundError, describe_error
from ..flows.component_types import ComponentTypes
from ..flows.expressions import ExpressionError, fill_input, run_budget
from ..flows.flows import Flows
from ..flows.input_checks import InputChecks
from ..flows.inputs import MAX_INPUT_VALUES, has_more_values
from ..flows.models import ComponentType, Fault, FlowComponent, InputFaults
from ..flows.ports import described, scope_of
from ..flows.secret_fields import HIDDEN, secret_fields
from ..runs.fates import Fates, has_fate, untold
from ..runs.followed import FOLLOWED_FOR_S, Followed
from ..times import iso
from .actions import Actions
from .transport import DryRunRequest, is_dry_run

# What a test remembers is nobody's state; its ledgers, and but for dry runs its quotas, are real.
TESTED = "trial"
SECRET_HEADERS = ("authorization", "cookie")
ONLY_ACCEPTED = Check(
    "accepted",
    "advice",
    "The service has accepted it, which is not delivered: nothing more was heard of it within "
    f"{FOLLOWED_FOR_S:g} seconds.",
    "Let a flow do it: its run shows whatever becomes of it later.",
)


@dataclass(frozen=True)
class ComponentTests:
    """Tests for all owners; every call names the owner, and uses nobody else's account."""

    flows: Flows
    types: ComponentTypes
    input_checks: InputChecks
    actions: Actions
    redaction: Redaction
    accounts: Accounts
    fates: Fates

    async def form(
        self,
        owner_id: str,
        name: str,
        *,
        account: str | None = None,
        values: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """Return what an input makes of a component; raise ConnectorError naming the field."""
        kind = await self._kind(name)
        if kind.form_of is None:
            raise NotFoundError(f"{name} has no form that depends on its input.")
        step = FlowComponent(type=name, account=account, input=dict(values or {}))
        place = await self.flows.place(owner_id, TESTED, TESTED, step)
        form = await self.flows.forms.ask(place, step)
        schema = kind.with_form(form).schema
        return {"form": form.fingerprint, "schema": schema, "ports": described(schema)}

    async def test(
        self,
        owner_id: str,
        name: str,
        *,
        account: str | None = None,
        values: Mapping[str, Any] | None = None,
        given: Mapping[str, Mapping[str, Any]] | None = None,
        dry_run: bool = False,
    ) -> dict[str, Any]:
        """Do what an action does, or show what it would send; a trigger answers its samples.

        `given` is what earlier steps gave, where the input has expressions. Raises InputFaults for
        a wrong input. Everything else that goes wrong is in the answer.
        """
        kind = await self._kind(name)
        values = await self._filled(values or {}, given or {})
        faults = await self.input_checks.faults(values, kind.schema)
        if faults:
            raise InputFaults([Fault(f"input{each.path}", each.text) for each in faults])
        if kind.kind == "trigger":
            return {"status": "sample", "samples": kind.schema["x-samples"]}
        step = FlowComponent(type=name, account=account)
        if not dry_run:
            return await self._act(owner_id, step, values)
        mark = is_dry_run.set(True)
        try:
            return {"dryRun": True, "request": None, **await self._act(owner_id, step, values)}
        except DryRunRequest as found:
            secrets = [*_secrets(values, kind), *await self._key(owner_id, kind, account)]
            request = self._shown(found.request, secrets)
            return {"dryRun": True, "status": "notSent", "request": request}
        finally:
            is_dry_run.reset(mark)

    async def _filled(
        self, values: Mapping[str, Any], given: Mapping[str, Mapping[str, Any]]
    ) -> Mapping[str, Any]:
        """Return an input whose expressions are replaced, where anything is given for them."""
        if not given:
            return values
        if has_more_values([values, given], MAX_INPUT_VALUES):
            text = f"It holds more than {MAX_INPUT_VALUES:,} values."
            raise InputFaults([Fault("given", text)])
        now, scope = self.flows.storage.clock.now, scope_of(given)
        budget = run_budget()
        filled: dict[str, Any] = {}

        def fill_all() -> None:
            for name, value in values.items():
                try:
                    filled.update(fill_input({name: value}, scope, budget, now=now))
                except ExpressionError as error:
                    raise InputFaults([Fault(f"input.{name}", str(error))]) from None

        await asyncio.to_thread(fill_all)
        return filled

    async def _act(
        self, owner_id: str, step: FlowComponent, values: Mapping[str, Any]
    ) -> dict[str, Any]:
        step_id = f"{TESTED}-{uuid.uuid4().hex}"
        with self.fates.followed.follow(self.types[step.type].connector, step_id) as followed:
            outcome = await self.actions.act(
                owner_id=owner_id,
                flow_key=TESTED,
                key=TESTED,
                component=step,
                values=values,
                step_id=step_id,
            )
            output: dict[str, list[Any]] = {}
            for port, value in outcome.values:
                output.setdefault(port, []).append(value)
            fate = None
            if has_fate(self.types, step.type) and not is_dry_run.get():
                if untold(outcome.state, output) == "accepted":
                    fate = await self._fate(followed)
        answer = {"status": outcome.state, "output": output, "error": outcome.error, "fate": fate}
        return {**answer, "reason": outcome.wait_reason} if outcome.wait_reason else answer

    async def _fate(self, followed: Followed) -> dict[str, Any]:
        """Wait a moment for what becomes of what was done; else say that it was only accepted."""
        clock = self.flows.storage.clock
        accepted = Fate("", "accepted", datetime.fromtimestamp(clock.now, UTC))
        await followed.for_a_moment(clock)
        fate = followed.fate or accepted
        return {
            "state": fate.state,
            "at": iso(fate.at.timestamp()),
            "error": describe_error(fate.error) if fate.error else None,
            "silentSince": None,
            "reasons": [asdict(ONLY_ACCEPTED)] if fate.state == "accepted" else [],
        }

    async def _key(self, owner_id: str, kind: ComponentType, account: str | None) -> Sequence[str]:
        """Return the account's key or token in the forms in which an address or a header has it."""
        if account is None:
            return ()
        hosted = await self.accounts.named(owner_id, kind.connector, account)
        token = await hosted.access_token()
        return token, quote(token), quote(token, safe=""), quote_plus(token)

    async def _kind(self, name: str) -> ComponentType:
        if name not in self.types:
            raise NotFoundError(f"There is no component {name!r}; see `appmixer components`.")
        await self.types.load([name])
        return self.types[name]

    def _shown(self, request: httpx.Request, secrets: Sequence[str]) -> dict[str, Any]:
        def without(text: str) -> str:
            for secret in secrets:
                text = text.replace(secret, HIDDEN)
            return text

        text = without(request.content.decode("utf-8", "replace"))
        is_json = request.headers.get("content-type", "").startswith("application/json")
        headers = {
            name: HIDDEN if name in SECRET_HEADERS or self.redaction.names(name) else without(value)
            for name, value in request.headers.items()
        }
        url = request.url
        for name in filter(self.redaction.names, list(url.params)):
            url = url.copy_set_param(name, HIDDEN)
        return {
            "method": request.method,
            "url": without(str(url)),
            "headers": headers,
            "body": json.loads(text) if is_json and text else text,
        }


def _secrets(values: Mapping[str, Any], kind: ComponentType) -> list[str]:
    return [str(values[name]) for name in secret_fields(kind.schema) if name in values]
