"""What sends and waits rely on: the statuses of the sender's WABA, which tell what has become."""

from __future__ import annotations

from collections.abc import Sequence

from appmixer.engine.contract import Action, ComponentContext, ConnectorError, JsonObject

from ..fields.senders import graph_of, shared_business_accounts, whatsapp
from ..foreign_json.shapes import as_text


class HearsStatuses(Action):
    """Base of what sends a message, or waits for what becomes of one."""

    async def relies_on(self, context: ComponentContext, input: JsonObject) -> Sequence[str]:
        waba_ids = shared_business_accounts(context)
        number_id = as_text(input.get("phoneNumberId")).strip()
        if number_id.isdigit():
            numbers, graph = whatsapp(context).numbers, graph_of(context)
            try:
                number = await numbers.find(number_id, context.account, waba_ids, graph)
            except ConnectorError:
                return [f"statuses:{waba_id}" for waba_id in waba_ids]
            if number is not None:
                return [f"statuses:{number.waba_id}:{number.id}"]
        # Of a sender that an expression will give, the account's default WABA is as good as known.
        named = as_text(input.get("businessAccountId")).strip()
        chosen = [named] if named in waba_ids else waba_ids[:1]
        return [f"statuses:{waba_id}" for waba_id in chosen]
