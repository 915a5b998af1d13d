"""Which sender numbers an account has, by the lists of its own business accounts at Meta.

Whoever names an id has not proven anything: what is kept here under a number (windows, quotas,
journal) is for the accounts whose WABA lists it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from appmixer.engine.contract import Account, Json, RejectedError, Store, ThrottledError

from ..foreign_json.meta_fields import Id, MetaFields, Text
from ..foreign_json.shapes import as_int, as_object, as_text
from ..graph.account import AccountGraph
from ..graph.ids import graph_id

# How long a list counts as proof, and how long it may when Meta is too busy to give a new one.
PROVEN_S = 3600.0
KEPT_S = 24 * 3600.0
# How long such an old list counts until Meta is asked once more.
BUSY_S = 60.0
MAX_ACCOUNTS = 1000


@dataclass(frozen=True)
class SenderNumber:
    """A number of the account, the WABA that lists it, and the number as people see it."""

    id: str
    waba_id: str
    display: str = ""


@dataclass
class _Lists:
    """What an account's WABAs have listed."""

    read_at: float = 0.0
    proven_until: float = 0.0
    times_read: int = 0
    numbers: Mapping[str, SenderNumber] = field(default_factory=dict[str, SenderNumber])
    reading: asyncio.Lock = field(default_factory=asyncio.Lock)


class ProvenNumbers:
    """The numbers of all accounts: in memory, in the store for other processes, and at Meta."""

    def __init__(self, store: Store, clock: Callable[[], datetime]) -> None:
        self._store, self._clock = store, clock
        self._accounts: dict[str, _Lists] = {}

    async def find(
        self, number_id: str, account: Account, waba_ids: Sequence[str], graph: AccountGraph
    ) -> SenderNumber | None:
        """Return the number if one of these WABAs of the account has it.

        Raises what Meta says when it is not there and a list could not be read.
        """
        lists = self._lists_of(account.id)
        if not self._prove(lists, number_id):
            times_read = lists.times_read
            async with lists.reading:
                # Those who came while somebody read the lists take what was found.
                if lists.times_read == times_read:
                    await self._recall(lists, account.id)
                    if not self._prove(lists, number_id):
                        await self._read(lists, number_id, account.id, waba_ids, graph)
                    lists.times_read += 1
        found = lists.numbers.get(number_id)
        # A WABA that the account has lost since is none of its own any more.
        return found if found is not None and found.waba_id in waba_ids else None

    def last_listed(self, account: Account, waba_ids: Sequence[str]) -> Sequence[SenderNumber]:
        """Return all numbers of these WABAs of the account, as far as `find` has read them."""
        numbers = self._lists_of(account.id).numbers.values()
        return [each for each in numbers if each.waba_id in waba_ids]

    def _prove(self, lists: _Lists, number_id: str) -> bool:
        return self._now() < lists.proven_until and number_id in lists.numbers

    def _now(self) -> float:
        return self._clock().timestamp()

    def _lists_of(self, account_id: str) -> _Lists:
        if account_id not in self._accounts:
            if len(self._accounts) >= MAX_ACCOUNTS:
                del self._accounts[next(iter(self._accounts))]
            self._accounts[account_id] = _Lists()
        return self._accounts[account_id]

    async def _recall(self, lists: _Lists, account_id: str) -> None:
        key = _key(account_id)
        entry = as_object((await self._store.get([key])).get(key))
        read_at = as_int(entry.get("readAt")) or 0
        if read_at > lists.read_at:
            _fill(lists, read_at, _numbers(as_object(entry.get("wabas"))))

    async def _read(
        self,
        lists: _Lists,
        number_id: str,
        account_id: str,
        waba_ids: Sequence[str],
        graph: AccountGraph,
    ) -> None:
        found: dict[str, Json] = {}
        refusals: list[RejectedError | ThrottledError] = []
        for waba_id in waba_ids:
            try:
                found[waba_id] = await _listed(graph, waba_id)
            except (RejectedError, ThrottledError) as refusal:
                refusals.append(refusal)
        numbers = _numbers(found)
        if refusals and number_id not in numbers:
            is_known = number_id in lists.numbers and self._now() < lists.read_at + KEPT_S
            if is_known and isinstance(refusals[0], ThrottledError):
                lists.proven_until = self._now() + BUSY_S
                return
            raise refusals[0]
        read_at = int(self._now())
        _fill(lists, read_at, numbers)
        entry: Json = {"readAt": read_at, "wabas": found}
        await self._store.put({_key(account_id): entry}, expires_in_s=KEPT_S)


def _fill(lists: _Lists, read_at: float, numbers: Mapping[str, SenderNumber]) -> None:
    lists.read_at, lists.proven_until, lists.numbers = read_at, read_at + PROVEN_S, numbers


class _Listed(MetaFields):
    id: Id
    display_phone_number: Text


async def _listed(graph: AccountGraph, waba_id: str) -> dict[str, Json]:
    pages = graph.pages(f"{graph_id(waba_id)}/phone_numbers", _Listed.asking())
    numbers = [_Listed.from_meta(node) async for node in pages]
    return {each.id: each.display_phone_number for each in numbers}


def _numbers(wabas: Mapping[str, Json]) -> dict[str, SenderNumber]:
    return {
        number_id: SenderNumber(number_id, waba_id, as_text(display))
        for waba_id, listed in wabas.items()
        for number_id, display in as_object(listed).items()
    }


def _key(account_id: str) -> str:
    return f"numbers:{account_id}"
