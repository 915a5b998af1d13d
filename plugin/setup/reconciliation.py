"""Makes Meta's side agree with the store at every WABA, and again where that has failed."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence

from appmixer.engine.contract import Clock, ConnectorError, Json, Log, ThrottledError

# What could not be done at Meta is tried again, less often each time.
FIRST_PAUSE_S, LONGEST_PAUSE_S = 5.0, 600.0


class Reconciliation:
    """Goes round the subscriptions; `settle` is what it does at one, given its entry."""

    def __init__(
        self,
        log: Log,
        clock: Clock,
        entries: Callable[[], Awaitable[Mapping[str, Json]]],
        settle: Callable[[str, Json], Awaitable[None]],
    ) -> None:
        self._log, self._clock = log, clock
        self._entries, self._settle = entries, settle
        # The WABAs at which something is left to be done; None as long as that may be all of them.
        self._left: set[str] | None = None
        self._is_left = asyncio.Event()

    async def keep(self) -> None:
        """Go round all of them, and again where that has failed; never ends.

        Raises ThrottledError after a round in which something happened that nobody foresaw. Begun
        again, it goes on with what is left.
        """
        pause_s = FIRST_PAUSE_S
        while True:
            if faults := await self.go_round(self._left):
                kinds = ", ".join(sorted({type(each).__name__ for each in faults}))
                raise ThrottledError(
                    "Some subscriptions could not be looked at",
                    f"Something unexpected went wrong at {len(faults)} of the WhatsApp Business "
                    f"Accounts ({kinds}); the log names each by its id.",
                )
            if not self._left:
                pause_s = FIRST_PAUSE_S
                await self._is_left.wait()
            await self._clock.sleep(pause_s)
            pause_s = min(2 * pause_s, LONGEST_PAUSE_S)

    async def go_round(self, which: set[str] | None = None) -> Sequence[Exception]:
        """Do again what failed or was cut off, at all of them or at these.

        Returns what nobody foresaw. No failure at one WABA keeps another from its turn.
        """
        entries = await self._entries()
        chosen = entries if which is None else {each: entries[each] for each in which & {*entries}}
        self._left = set[str]() if which is None else (self._left or set()) - which
        if not self._left:
            self._is_left.clear()
        faults: list[Exception] = []
        for waba_id, entry in chosen.items():
            try:
                await self._settle(waba_id, entry)
            except ConnectorError as error:
                self.leave(waba_id)
                self._log.warning("subscription.not_reconciled", wabaId=waba_id, reason=str(error))
            except Exception as error:  # one WABA's fault must not keep the others from their turn
                self.leave(waba_id)
                self._log.error("subscription.not_reconciled", wabaId=waba_id, exc_info=error)
                faults.append(error)
        return faults

    def leave(self, waba_id: str) -> None:
        """Have what could not be done at the WABA done again later."""
        if self._left is not None:
            self._left.add(waba_id)
            self._is_left.set()
