"""The account provider of the suite: a token names the rooms that it opens."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..errors import AuthorizationError
from ..values import Credentials, Json, JsonObject


@dataclass(frozen=True)
class ProbeAccounts:
    """Takes every token that opens rooms."""

    rooms: Mapping[str, set[str]]

    def authorization_url(self, *, redirect_uri: str, state: str) -> str:
        return f"https://service.example/login?state={state}"

    async def connect(self, *, redirect_uri: str, answer: Mapping[str, str]) -> Credentials:
        return await self.connect_token(answer["code"])

    async def connect_token(self, access_token: str) -> Credentials:
        return Credentials(access_token, self._profile(access_token), "account")

    async def check_settings(self, credentials: Credentials, settings: JsonObject) -> JsonObject:
        return credentials.profile

    async def refresh(self, credentials: Credentials) -> Credentials:
        return credentials

    async def validate(self, credentials: Credentials) -> JsonObject:
        return self._profile(credentials.access_token)

    def _profile(self, access_token: str) -> dict[str, Json]:
        rooms = self.rooms.get(access_token)
        if rooms is None:
            raise AuthorizationError("The token is refused", "", "Connect the account again.")
        return {"rooms": sorted(rooms)}
