"""Errors a connector raises, each named for what the host does next.

ConnectorError
├── AuthorizationError     connect the account again; work of that account is paused
├── ThrottledError         the same call later, after `retry_after_s`
├── RejectedError          never as it is: a person has to change something
│   ├── ConfigurationError   an administrator has to change something
│   └── NothingToChooseError why a field has no choices
└── OutcomeUnknownError    it may have happened; do not repeat it
"""

from __future__ import annotations


class ConnectorError(Exception):
    """What went wrong, why, and what a person can do about it.

    `field` names the input that was refused, `code`, `subcode` and `trace` are the service's own.
    `mend` is what the host can offer to do at once, as a `Check` has it: `connect` the account
    again, or let the component of that name do its work for what `field` holds.
    No text may hold a token, a secret, a PIN or the content of a message.
    """

    # Exception.__init__ gets all of them, because pickle makes an error again from what it got, and
    # hosts keep errors as pickles.
    def __init__(
        self,
        title: str,
        cause: str = "",
        cure: str = "",
        field: str = "",
        code: int | None = None,
        subcode: int | None = None,
        trace: str = "",
        mend: str = "",
    ) -> None:
        super().__init__(title, cause, cure, field, code, subcode, trace, mend)
        self.title, self.cause, self.cure, self.field = title, cause, cure, field
        self.code, self.subcode, self.trace, self.mend = code, subcode, trace, mend

    def __str__(self) -> str:
        parts = filter(None, [self.title, self.cause, self.cure])
        sentence = " ".join(part if part[-1] in ".!?" else f"{part}." for part in parts)
        where = f"{self.field}: " if self.field else ""
        code = f" [code {self.code}]" if self.code is not None else ""
        return f"{where}{sentence}{code}"


class AuthorizationError(ConnectorError):
    """The account's permission has ended or is missing: a person has to connect it again."""


class RejectedError(ConnectorError):
    """The call was refused and will be refused again until a person changes something."""


class ConfigurationError(RejectedError):
    """The connector is not set up: its administrator has to act."""


class NothingToChooseError(RejectedError):
    """A field has no choices: a host shows why, and what to do first, in place of a list."""


class OutcomeUnknownError(ConnectorError):
    """The call may or may not have had its effect, so the host must not repeat it."""


class ThrottledError(ConnectorError):
    """The service is busy, limited or down; the same call may succeed after `retry_after_s`."""

    def __init__(
        self,
        title: str,
        cause: str = "",
        cure: str = "",
        field: str = "",
        code: int | None = None,
        subcode: int | None = None,
        trace: str = "",
        retry_after_s: float = 60.0,
    ) -> None:
        super().__init__(title, cause, cure, field, code, subcode, trace)
        # What is tried again by itself is not mended by a person.
        self.args = (title, cause, cure, field, code, subcode, trace, retry_after_s)
        self.retry_after_s = retry_after_s
