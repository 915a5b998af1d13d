"""The administrator's configuration, typed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache, lru_cache

from appmixer.engine.contract import ConfigurationError

from .manifest import read_manifest

# https://developers.facebook.com/docs/graph-api/changelog
GRAPH_VERSION = "v25.0"
GRAPH_URL = "https://graph.facebook.com"
DIALOG_URL = "https://www.facebook.com"
# Meta reports `sent` within seconds. A message it never reports may wait 30 days for its phone,
# but then Meta has taken it and says so; silence for this long means that it never arrived there.
UNKNOWN_AFTER_S = "900"


@dataclass(frozen=True)
class Settings:
    """What the configuration holds; None where nothing was set."""

    client_id: str | None
    client_secret: str | None = field(repr=False)
    config_id: str | None
    es_config_id: str | None
    verify_token: str | None = field(repr=False)
    graph_url: str
    dialog_url: str
    graph_version: str
    unknown_after_s: float

    @classmethod
    def read(cls, configuration: Mapping[str, str]) -> Settings:
        """Take the values as they are now; raise ConfigurationError for one that cannot be."""
        return _read(tuple(configuration.items()))

    def required(self, name: str) -> str:
        """Return the value of `clientId`, `clientSecret` or `verifyToken`; raise if it is unset."""
        values = {
            "clientId": self.client_id,
            "clientSecret": self.client_secret,
            "verifyToken": self.verify_token,
        }
        value = values[name]
        if value is None:
            raise ConfigurationError(
                f"The connector has no {name}",
                "The administrator has not finished setting up WhatsApp.",
                how_to_set(name),
                name,
            )
        return value

    def app_token(self) -> str:
        """Return the token of the app itself."""
        # https://developers.facebook.com/documentation/facebook-login/guides/access-tokens
        return f"{self.required('clientId')}|{self.required('clientSecret')}"


@lru_cache(maxsize=8)
def _read(configuration: tuple[tuple[str, str], ...]) -> Settings:
    given = {name: value.strip() for name, value in configuration}

    def value(name: str) -> str | None:
        if given.get(name):
            _check_form(name, given[name])
        return given.get(name) or None

    return Settings(
        client_id=value("clientId"),
        client_secret=value("clientSecret"),
        config_id=value("configId"),
        es_config_id=value("esConfigId"),
        verify_token=value("verifyToken"),
        graph_url=(value("graphUrl") or GRAPH_URL).rstrip("/"),
        dialog_url=(value("dialogUrl") or DIALOG_URL).rstrip("/"),
        graph_version=value("graphVersion") or GRAPH_VERSION,
        unknown_after_s=float(value("unknownAfterS") or UNKNOWN_AFTER_S),
    )


def how_to_set(name: str) -> str:
    """Say in one sentence how an administrator sets a configuration key."""
    variable = re.sub(r"(?=[A-Z])", "_", name).upper()
    return (
        f"Run `appmixer config set appmixer:whatsapp {name} VALUE`, "
        f"or set APPMIXER_WHATSAPP_{variable}."
    )


def _check_form(name: str, value: str) -> None:
    key = _keys()[name]
    if "pattern" in key and not re.fullmatch(key["pattern"], value):
        raise ConfigurationError(
            f"This is no {key['label']}",
            f"{name} has to look like {key['example']}.",
            how_to_set(name),
            name,
        )


@cache
def _keys() -> Mapping[str, Mapping[str, str]]:
    return {key["name"]: key for key in read_manifest()["configuration"]}
