"""What happens in a world, told to whoever listens at the moment; nothing is kept."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, TypeAlias

EventKind = Literal["call", "webhook", "message", "person", "clock", "settings", "reset", "end"]
Listener: TypeAlias = Callable[[EventKind, object], None]


class Feed:
    """Passes on what changed: the kind of event and the thing itself.

    A listener is called at once, in the middle of what happens: it has to be quick, and must
    take from the thing what it wants to keep, for the thing goes on changing.
    """

    def __init__(self) -> None:
        self._listeners: list[Listener] = []

    @property
    def listeners(self) -> int:
        return len(self._listeners)

    def publish(self, kind: EventKind, subject: object = None) -> None:
        for listener in self._listeners:
            listener(kind, subject)

    def listen(self, listener: Listener) -> None:
        self._listeners.append(listener)

    def leave(self, listener: Listener) -> None:
        """Stop listening; may be called twice."""
        if listener in self._listeners:
            self._listeners.remove(listener)

    def close(self) -> None:
        """Tell everybody that nothing more will come."""
        self.publish("end")
        self._listeners.clear()
