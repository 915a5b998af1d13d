"""The calls of one account: with its token, which is renewed when Meta refuses it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import IO, Any, TypeVar

from appmixer.engine.contract import Account, AuthorizationError

from .client import GraphClient, Params
from .paging import follow

T = TypeVar("T")


class AccountGraph:
    """The same calls for one account; when Meta refuses its token, it is renewed once."""

    def __init__(self, graph: GraphClient, account: Account) -> None:
        self._graph, self._account = graph, account

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
        before_acting: Callable[[], Awaitable[None]] | None = None,
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
            )
        )

    async def upload(self, session: str, file: IO[bytes], size_bytes: int) -> dict[str, Any]:
        """Send the whole of a file to a session that the same account has opened for it."""
        return await self._with_token(
            lambda token: self._graph.upload(session, file, size_bytes, token=token)
        )

    async def delete(self, path: str, params: Params | None = None) -> dict[str, Any]:
        return await self._with_token(
            lambda token: self._graph.delete(path, token=token, params=params)
        )

    def pages(self, path: str, params: Params | None = None) -> AsyncIterator[dict[str, Any]]:
        """Yield the items of all pages of a list."""

        async def get(page_params: Params) -> dict[str, Any]:
            return await self.get(path, page_params)

        return follow(get, params or {}, host=self._graph.host)

    async def download(self, url: str) -> AsyncIterator[bytes]:
        """Yield the content of a media URL that Meta gave."""
        async for chunk in self._graph.download(url, token=await self._account.access_token()):
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
