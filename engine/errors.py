"""Why the engine itself refuses a request or a start, and what records say of an error."""

from __future__ import annotations

from typing import Any

from .contract import ConfigurationError, ConnectorError, RejectedError, ThrottledError


class StartError(Exception):
    """The engine cannot be started; the text says why and what to do."""


class UnauthenticatedError(ConnectorError):
    """Nobody knows who asks."""


class ForbiddenError(ConnectorError):
    """It is known who asks, and they may not."""


class MisdirectedError(ConnectorError):
    """It was asked under a name that is not this engine's."""


class ConflictError(RejectedError):
    """What is there now does not allow it."""


class OutdatedError(RejectedError):
    """It was meant for something else than what is there now."""


class TooLargeError(RejectedError):
    """More bytes than are taken."""


class TooSlowError(RejectedError):
    """It has not come in the time that there is for it."""


class CrowdedError(ThrottledError):
    """There is no room for it as long as others take it."""


class NotFoundError(LookupError):
    """There is no such thing, or it is another owner's; the text is a sentence."""


def not_here(connector_id: str) -> ConfigurationError:
    """Return what to say of something stored whose connector is not here now."""
    return ConfigurationError(
        f"The connector {connector_id} is not here",
        "It is not installed, or the engine had to leave it out.",
        "Let the administrator run `appmixer doctor`, which names what is left out, and try again"
        " when it is mended; what is stored waits until then.",
    )


def describe_error(error: ConnectorError) -> dict[str, Any]:
    """Return the error as records and answers show it."""
    shown: dict[str, Any] = {
        "kind": type(error).__name__,
        "title": error.title,
        "cause": error.cause,
        "cure": error.cure,
        "field": error.field,
        "code": error.code,
        "subcode": error.subcode,
        "trace": error.trace,
        "mend": error.mend,
    }
    if isinstance(error, ThrottledError):
        shown["retryAfterS"] = error.retry_after_s
    return {name: value for name, value in shown.items() if value not in ("", None)}
