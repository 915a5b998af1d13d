"""What a context gives: accounts, stores, files, quotas and logs, as protocols."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, Literal, Protocol, TypeAlias

from .values import File, Json, JsonObject

SharedScope: TypeAlias = Literal["flow", "owner"]


class Account(Protocol):
    """A connected account, as a component sees it: no client secret, no refresh token."""

    @property
    def id(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def owner_id(self) -> str:
        """Whose it is."""
        ...

    @property
    def profile(self) -> JsonObject: ...
    @property
    def settings(self) -> JsonObject:
        """What a person has set of the manifest's account settings."""
        ...

    async def access_token(self) -> str:
        """Return a token that is valid now; raise AuthorizationError if there is none."""
        ...

    async def refresh(self) -> str:
        """Renew the token after the service refused it; raise AuthorizationError if it cannot."""
        ...


class Store(Protocol):
    """Durable keys and JSON values in a namespace of the connector's own.

    A write has been committed when the call returns. Expired entries read as absent.
    """

    async def get(self, keys: Sequence[str]) -> Mapping[str, Json]:
        """Return the entries that exist, by key."""
        ...

    async def put(self, entries: Mapping[str, Json], *, expires_in_s: float | None = None) -> None:
        """Write all entries in one commit."""
        ...

    async def add(self, key: str, value: Json, *, expires_in_s: float | None = None) -> Json | None:
        """Write the entry if the key is absent, else return what is there and change nothing."""
        ...

    async def delete(self, keys: Sequence[str]) -> None: ...

    async def scan(self, prefix: str) -> Mapping[str, Json]:
        """Return every entry whose key starts with the prefix."""
        ...


class SharedStore(Store, Protocol):
    """What components keep for the other components of a flow, or of all flows of an owner.

    It is the connector's own, goes with the flow or the owner, and is bounded: `put`, `add` and
    `increase` raise RejectedError, or what the host says of its limit. A step that is repeated adds
    and increases once, and gets the answer that it got the first time.
    """

    async def increase(self, key: str, by: float, *, expires_in_s: float | None = None) -> float:
        """Add to a number, which is 0 where there is none, and return the sum.

        It expires as it did where it was there; RejectedError when what is there is no number.
        """
        ...


class KeepEntries(Protocol):
    """Puts entries into a store: `Store.put`, or one of those that share another commit."""

    async def __call__(
        self, entries: Mapping[str, Json], *, expires_in_s: float | None = None
    ) -> None: ...


class Files(Protocol):
    """The owner's files."""

    async def describe(self, file_id: str) -> File:
        """Return the file's facts; raise RejectedError if the owner has no such file."""
        ...

    def read(self, file_id: str) -> AsyncIterator[bytes]:
        """Yield the content in chunks; raise RejectedError if the owner has no such file."""
        ...

    async def save(self, name: str, media_type: str, chunks: AsyncIterator[bytes]) -> File: ...


class Quota(Protocol):
    """Rates of the manifest's quotas, shared by everything that the host runs."""

    async def take(self, resource: str, key: str) -> None:
        """Take one unit, waiting shortly for it; raise ThrottledError when the wait would be long.

        `resource` is a quota's name in the manifest, `key` what it is counted by.
        """
        ...


class Log(Protocol):
    """Structured log lines; never a token, a PIN or a message text."""

    def debug(self, event: str, **fields: Any) -> None: ...
    def info(self, event: str, **fields: Any) -> None: ...
    def warning(self, event: str, **fields: Any) -> None: ...
    def error(self, event: str, **fields: Any) -> None: ...
