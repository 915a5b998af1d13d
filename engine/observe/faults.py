"""What a record says of an exception, and what only the log may."""

from __future__ import annotations

import traceback
import uuid
from dataclasses import dataclass
from typing import Any, Protocol

from ..contract import ConnectorError, Log
from ..errors import describe_error
from .logs import without


class Describe(Protocol):
    """Says what a record says of any exception; what was not foreseen goes to the log."""

    def __call__(
        self, error: BaseException, *, given: Any = None, **where: str
    ) -> dict[str, Any]: ...


@dataclass(frozen=True)
class Faults:
    """Describes exceptions."""

    log: Log

    def describe(self, error: BaseException, *, given: Any = None, **where: str) -> dict[str, Any]:
        """Return what a record says of any exception; what was not foreseen goes to the log.

        No text that was `given` to the code which has failed is shown there.
        """
        if isinstance(error, ConnectorError):
            return describe_error(error)
        reference = uuid.uuid4().hex[:12]
        trace = without("".join(traceback.format_exception(error)), given)
        self.log.error("unexpected_error", reference=reference, exception=trace, **where)
        return {
            "kind": "InternalError",
            "title": "Something unexpected went wrong inside the engine or a component",
            "cause": f"{type(error).__name__}; the log tells more under {reference}.",
            "cure": "Report it with this reference.",
        }
