"""Why the engine itself refuses a request, each with the status that its HTTP interface answers."""

from __future__ import annotations

from .contract import ConnectorError, RejectedError, ThrottledError


class UnauthenticatedError(ConnectorError):
    """Nobody knows who asks."""


class ForbiddenError(ConnectorError):
    """It is known who asks, and they may not."""


class MisdirectedError(ConnectorError):
    """It was asked under a name that is not this engine's."""


class ConflictError(RejectedError):
    """What is there now does not allow it."""


class TooLargeError(RejectedError):
    """More bytes than are taken."""


class TooSlowError(RejectedError):
    """It has not come in the time that there is for it."""


class CrowdedError(ThrottledError):
    """There is no room for it as long as others take it."""


class NotFoundError(LookupError):
    """There is no such thing, or it is another owner's; the text is a sentence."""
