"""The calls of one account: with its token, which is renewed when Meta refuses it."""

from __future__ import annotations

from collections.abc import (
    AsyncGenerator,
    AsyncIterator,
    Awaitable,
    Callable,
    Container,
    Mapping,
)
from contextlib import aclosing
from typing import IO, Any, TypeVar

from appmixer.engine.contract import Account, AuthorizationError, RejectedError

from .any_call import AnyCall
from .client import GraphClient, Params
from .paging import follow
from .requests import BeforeActing
from .responses import Reply

T = TypeVar("T")


class AccountGraph:
    """The same calls for one account; when Meta refuses its token, it is renewed once."""

    def __init__(self, graph: GraphClient, account: Account) -> None:
        self._graph, self._account = graph, account

    @property
    def host(self) -> str:
        return self._graph.host

    async def get(self, path: str, params: Params | None = None) -> dict[str, Any]:
        return await self._with_token(
            lambda token: self._graph.get(path, token=token, params=params)
        )

    async def post(
        self,
        path: str,
        *,
        params: Params | None = None,
        json: Mapping[str, Any] | None = None,
        form: Mapping[str, str] | None = None,
        files: Mapping[str, Any] | None = None,
        repeats: bool = False,
        before_acting: BeforeActing | None = None,
        tolerates: Container[int] = (),
    ) -> dict[str, Any]:
        return await self._with_token(
            lambda token: self._graph.post(
                path,
                token=token,
                before_acting=before_acting,
                params=params,
                json=json,
                form=form,
                files=files,
                repeats=repeats,
                tolerates=tolerates,
            )
        )

    async def upload(self, session: str, file: IO[bytes], size_bytes: int) -> dict[str, Any]:
        """Send the whole of a file to a session that the same account has opened for it."""
        return await self._with_token(
            lambda token: self._graph.upload(session, file, size_bytes, token=token)
        )

    async def delete(
        self,
        path: str,
        params: Params | None = None,
        *,
        json: Mapping[str, Any] | None = None,
        tolerates: Container[int] = (),
    ) -> dict[str, Any]:
        return await self._with_token(
            lambda token: self._graph.delete(
                path, token=token, params=params, json=json, tolerates=tolerates
            )
        )

    async def make(self, call: AnyCall, before_acting: BeforeActing | None = None) -> Reply:
        """Make a call that a flow has put together, and return whatever Meta answers.

        That Meta wants another kind of token for it does not end the account: it is asked whether
        the token is good before that is said.
        """
        graph = self._graph.at(call.version) if call.version else self._graph
        try:
            return await self._with_token(
                lambda token: graph.make(call, token=token, before_acting=before_acting)
            )
        except AuthorizationError as refusal:
            await self.get("me", {"fields": "id"})
            raise RejectedError(
                refusal.title,
                refusal.cause,
                "The account is connected, and this call wants more or another token than it has: "
                "look at Meta's page of the call for what may make it.",
                "path",
                refusal.code,
                refusal.subcode,
                refusal.trace,
            ) from None

    def pages(self, path: str, params: Params | None = None) -> AsyncIterator[dict[str, Any]]:
        """Yield the items of all pages of a list."""

        async def get(page_params: Params) -> dict[str, Any]:
            return await self.get(path, page_params)

        return follow(get, params or {}, host=self._graph.host)

    async def download(self, url: str) -> AsyncGenerator[bytes]:
        """Yield the content of a media URL that Meta gave."""
        token = await self._account.access_token()
        async with aclosing(self._graph.download(url, token=token)) as chunks:
            async for chunk in chunks:
                yield chunk

    async def _with_token(self, call: Callable[[str], Awaitable[T]]) -> T:
        token = await self._account.access_token()
        try:
            return await call(token)
        except AuthorizationError as refusal:
            renewed = await self._renewed(refusal)
            if renewed == token:
                raise
        return await call(renewed)

    async def _renewed(self, refusal: AuthorizationError) -> str:
        try:
            return await self._account.refresh()
        except AuthorizationError:
            # What Meta said of the token tells a person more than that it could not be renewed.
            raise refusal from None
