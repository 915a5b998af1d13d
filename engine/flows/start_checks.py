"""What keeps a flow from being started, before any trigger of it is asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..accounts.accounts import Accounts
from ..contract import RejectedError
from ..storage.storage import Storage
from .asked_forms import AskedForms, store_uses
from .documents import changed_forms, form_faults
from .models import ComponentType, Fault, FlowDocument, FlowFaults
from .sealed_inputs import opened


@dataclass(frozen=True)
class StartChecks:
    """The checks of all owners' flows; no call uses another owner's account."""

    storage: Storage
    accounts: Accounts
    types: Mapping[str, ComponentType]
    forms: AskedForms

    async def check(
        self, owner_id: str, flow_key: str, version: int, document: FlowDocument
    ) -> Sequence[Fault]:
        """Raise FlowFaults for what keeps a version from starting; return what is to be minded."""
        await self._check_accounts(owner_id, document)
        return await self._check_forms(owner_id, flow_key, version, document)

    async def _check_accounts(self, owner_id: str, document: FlowDocument) -> None:
        faults: list[Fault] = []
        for key, component in document.components.items():
            kind = self.types[component.type]
            if component.account is None:
                if not kind.needs_account:
                    continue
                text = "No account is chosen; name a connected account, or connect one first."
            elif not kind.takes_account:
                text = "It works on behalf of no account; leave it out."
            else:
                try:
                    await self.accounts.named(owner_id, kind.connector, component.account)
                    continue
                except RejectedError as error:
                    text = f"{error.title}. {error.cause} {error.cure}"
            faults.append(Fault(f"components.{key}.account", text))
        if faults:
            raise FlowFaults(faults)

    async def _check_forms(
        self, owner_id: str, flow_key: str, version: int, document: FlowDocument
    ) -> Sequence[Fault]:
        """Ask services for the forms of the steps, and raise FlowFaults for what fits none.

        Return what has changed there and fits still.
        """
        forms, faults = await self.forms.ask_all(owner_id, flow_key, document)
        if forms:
            readable = FlowDocument.model_validate(opened(document, self.storage.seal))
            faults = [*faults, *form_faults(readable, self.types, forms)]
        if faults:
            raise FlowFaults([*changed_forms(document, forms), *faults])
        uses = self.forms.uses(document, forms)
        if uses:
            await self.storage.writer.commit(lambda c: store_uses(c, flow_key, version, uses))
        return [*changed_forms(document, forms)]
