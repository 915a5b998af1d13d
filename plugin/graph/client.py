"""Meta's Graph API over HTTP: every call of the connector goes through here."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import re
from collections.abc import (
    AsyncGenerator,
    AsyncIterator,
    Awaitable,
    Callable,
    Container,
    Iterator,
    Mapping,
)
from copy import copy
from functools import lru_cache, partial
from typing import IO, Any, TypeVar
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

import httpx

from appmixer.engine.contract import (
    Log,
    RejectedError,
    ThrottledError,
)
from appmixer.engine.contract.decompression import ACCEPT_ENCODING, unpacked

from ..foreign_json.shapes import as_object
from .any_call import AnyCall
from .paging import follow
from .redaction import spoken
from .requests import BeforeActing, pieces, request_of, tracer, url_of, usable
from .responses import Answer, Reader, Reply, error_for, no_file, object_of, reply_of, whole

T = TypeVar("T")
Params = Mapping[str, str]

PACKING = (b"accept-encoding", ACCEPT_ENCODING.encode())
TIMEOUT = httpx.Timeout(connect=5.0, read=30.0, write=60.0, pool=5.0)
TIMEOUTS_S = TIMEOUT.as_dict()
# A read is tried again twice; whoever asks for a longer wait than this gets it from the host.
PAUSES_S = (0.2, 1.0)
MAX_PATIENCE_S = 10.0
# Tokens whose headers and proof are kept ready.
MAX_TOKENS = 1_000
# Hosts that serve media for a token: lookaside.fbsbx.com today.
# https://developers.facebook.com/documentation/business-messaging/whatsapp/business-phone-numbers/media
MEDIA_DOMAINS = ("fbsbx.com", "facebook.com", "fbcdn.net", "whatsapp.net")

_PATH = re.compile(r"(upload:)?[A-Za-z0-9_][\w.=-]*(/[A-Za-z0-9_][\w.=-]*)*", re.ASCII)


class GraphClient:
    """Calls that name their token, for one reading of the configuration.

    Reads, and writes marked `repeats`, are tried again up to twice when Meta cannot be reached or
    is out of order for a moment. Other writes are made once: if the request left and no answer
    came, OutcomeUnknownError says so.
    """

    def __init__(
        self,
        http: httpx.AsyncClient,
        *,
        base_url: str,
        version: str,
        app_secret: str | None,
        log: Log,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._http, self._log, self._pause = http, log, pause
        self._root = f"{base_url.rstrip('/')}/{version}"
        self._origin = urlsplit(base_url)
        self._app_secret = app_secret
        self._of_token = lru_cache(maxsize=MAX_TOKENS)(self._make_of_token)

    async def get(self, path: str, *, token: str, params: Params | None = None) -> dict[str, Any]:
        return await self._call("GET", path, token=token, params=params, repeats=True)

    async def post(
        self,
        path: str,
        *,
        token: str,
        params: Params | None = None,
        json: Mapping[str, Any] | None = None,
        form: Mapping[str, str] | None = None,
        files: Mapping[str, Any] | None = None,
        repeats: bool = False,
        before_acting: BeforeActing | None = None,
        tolerates: Container[int] = (),
    ) -> dict[str, Any]:
        """Send `json`, or `form` and `files` in httpx's shape; without any, no body.

        `before_acting` is awaited when the connection stands and the body has not been sent;
        what it raises keeps the request from being made. An error whose code it `tolerates` is
        returned with what else the answer says.
        """
        return await self._call(
            "POST",
            path,
            token=token,
            params=params,
            repeats=repeats,
            before_acting=before_acting,
            tolerates=tolerates,
            json=json,
            data=form,
            files=files,
        )

    async def upload(
        self, session: str, file: IO[bytes], size_bytes: int, *, token: str
    ) -> dict[str, Any]:
        """Send the whole of a file to a session that Meta opened for it: `upload:...`."""
        path, _, query = session.partition("?")
        body: dict[str, Any] = {"content": pieces(file), "size_bytes": size_bytes}
        params = dict(parse_qsl(query.replace("+", "%2B")))
        return await self._call("POST", path, token=token, params=params, repeats=True, **body)

    async def delete(
        self,
        path: str,
        *,
        token: str,
        params: Params | None = None,
        json: Mapping[str, Any] | None = None,
        tolerates: Container[int] = (),
    ) -> dict[str, Any]:
        return await self._call(
            "DELETE", path, token=token, params=params, repeats=True, tolerates=tolerates, json=json
        )

    def at(self, version: str) -> GraphClient:
        """Return a client of another version of Graph, on the same connections."""
        other = copy(self)
        other._root = f"{self._root.rpartition('/')[0]}/{version}"
        return other

    async def make(
        self, call: AnyCall, *, token: str, before_acting: BeforeActing | None = None
    ) -> Reply:
        """Make a call that a flow has put together; what reads is tried again as in `get`."""
        reads = call.method == "GET"
        proof = self._of_token(token)[1].partition("=")[2]
        return await self._read(
            partial(reply_of, hidden=(token, proof, self._app_secret)),
            call.method,
            call.path,
            token=token,
            params=call.params,
            repeats=reads,
            before_acting=None if reads else before_acting,
            json=call.body,
        )

    def pages(
        self, path: str, *, token: str, params: Params | None = None
    ) -> AsyncIterator[dict[str, Any]]:
        """Yield the items of all pages of a list."""

        async def get(page_params: Params) -> dict[str, Any]:
            return await self.get(path, token=token, params=page_params)

        return follow(get, params or {}, host=self.host)

    async def download(self, url: str, *, token: str) -> AsyncGenerator[bytes]:
        """Yield the content of a media URL that Meta gave; the token goes to Meta's hosts only."""
        self._check_media_url(url)
        headers = [(b"authorization", f"Bearer {usable(token)}".encode()), PACKING]
        try:
            async with self._http.stream(
                "GET", url, headers=headers, timeout=TIMEOUT, follow_redirects=False
            ) as response:
                if response.status_code != 200:
                    raise no_file(response.status_code, response.headers)
                async for piece in unpacked(response):
                    yield piece
        except (httpx.RequestError, httpx.InvalidURL) as failure:
            raise error_for(failure, repeats=True, secrets=[token]) from None

    async def exchange(self, parameters: Mapping[str, str]) -> dict[str, Any]:
        """Call oauth/access_token; the secrets go into the body, where no log keeps them."""
        return await self._call("POST", "oauth/access_token", repeats=True, data=parameters)

    @property
    def host(self) -> str:
        return self._origin.netloc

    async def _call(
        self, method: str, path: str, *, tolerates: Container[int] = (), **call: Any
    ) -> dict[str, Any]:
        return await self._read(partial(object_of, tolerates=tolerates), method, path, **call)

    async def _read(
        self,
        read: Reader[T],
        method: str,
        path: str,
        *,
        repeats: bool,
        token: str | None = None,
        params: Params | None = None,
        before_acting: BeforeActing | None = None,
        **body: Any,
    ) -> T:
        extensions = {"trace": tracer(before_acting)} if before_acting else {}
        is_file = bool(body.get("files") or body.get("content"))
        pauses_s = iter(PAUSES_S if repeats and not is_file else ())
        while True:
            try:
                answer = await self._exchange(
                    method, path, token, params, body, extensions, repeats=repeats
                )
                return read(answer, repeats=repeats, secrets=self._secrets(token, body))
            except ThrottledError as error:
                pause_s = next(pauses_s, None)
                if pause_s is None or error.retry_after_s > MAX_PATIENCE_S:
                    raise
                await self._pause(pause_s)

    async def _exchange(
        self,
        method: str,
        path: str,
        token: str | None,
        params: Params | None,
        body: Mapping[str, Any],
        extensions: Mapping[str, Any],
        *,
        repeats: bool,
    ) -> Answer:
        if not _PATH.fullmatch(path):
            raise RejectedError(
                "This is no id of Meta's",
                f"Graph has no path {path[:80]!r}.",
                "Check the ids that this step is given: they have digits only.",
            )
        try:
            headers, proof = self._of_token(token)
            query = f"{urlencode(params, quote_via=quote)}&{proof}".strip("&") if params else proof
            # Built here and not by the client, which takes a sixth of a call for it.
            request = request_of(
                method,
                url_of(f"{self._root}/{path}?{query}" if query else f"{self._root}/{path}"),
                headers,
                body,
                {**extensions, "timeout": TIMEOUTS_S},
            )
            response = await self._http.send(request, stream=True, follow_redirects=False)
            try:
                content = await whole(response)
            finally:
                await response.aclose()
        except (httpx.RequestError, httpx.InvalidURL) as failure:
            raise error_for(failure, repeats=repeats, secrets=self._secrets(token, body)) from None
        self._log.debug("graph.call", method=method, path=path, status=response.status_code)
        return Answer(response.status_code, response.headers, content)

    def _make_of_token(self, token: str | None) -> tuple[httpx.Headers, str]:
        """Return the headers of a call with the token, and its proof as a query."""
        standing = [each for each in self._http.headers.raw if each[0].lower() != PACKING[0]]
        headers = httpx.Headers([(b"Host", httpx.URL(self._root).netloc), *standing, PACKING])
        if token is None:
            return headers, ""
        headers["Authorization"] = f"Bearer {usable(token)}"
        if self._app_secret is None:
            return headers, ""
        # https://developers.facebook.com/docs/graph-api/guides/secure-requests
        digest = hmac.new(self._app_secret.encode(), token.encode(), hashlib.sha256).hexdigest()
        return headers, f"appsecret_proof={digest}"

    def _secrets(self, token: str | None, body: Mapping[str, Any]) -> Iterator[str | None]:
        """Yield what no error may show; looked for only when there is one."""
        yield token
        yield self._app_secret
        sent = {**as_object(body.get("json")), **as_object(body.get("data"))}
        hidden = ("pin", "code", "client_secret", "fb_exchange_token", "verify_token")
        yield from (str(sent[name]) for name in hidden if sent.get(name))
        yield from spoken(body.get("json"))

    def _check_media_url(self, url: str) -> None:
        try:
            link = urlsplit(url)
        except ValueError:
            link = urlsplit("")
        if (link.scheme, link.netloc) == (self._origin.scheme, self._origin.netloc):
            return
        host = link.hostname or ""
        ours = any(host == domain or host.endswith(f".{domain}") for domain in MEDIA_DOMAINS)
        if link.scheme != "https" or not ours or link.username is not None:
            raise RejectedError(
                "This is no media address of Meta's",
                "The token is sent to Meta's hosts only.",
                "Take the address that Meta gives for the media id.",
            )
