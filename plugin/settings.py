"""The administrator's configuration, typed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from appmixer.engine.contract import ConfigurationError

# https://developers.facebook.com/docs/graph-api/changelog
GRAPH_VERSION = "v25.0"
GRAPH_URL = "https://graph.facebook.com"
DIALOG_URL = "https://www.facebook.com"

_BASE_URL = re.compile(r"https?://([\w.-]+|\[[0-9a-fA-F:]+\])(:[0-9]{1,5})?(/[\w./-]*)?", re.ASCII)
_VERSION = re.compile(r"v[0-9]{1,3}\.[0-9]{1,2}", re.ASCII)


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

    @classmethod
    def read(cls, configuration: Mapping[str, str]) -> Settings:
        """Take the values as they are now; raise ConfigurationError for one that cannot be."""

        def value(name: str) -> str | None:
            return configuration.get(name, "").strip() or None

        return cls(
            client_id=value("clientId"),
            client_secret=value("clientSecret"),
            config_id=value("configId"),
            es_config_id=value("esConfigId"),
            verify_token=value("verifyToken"),
            graph_url=_url("graphUrl", value("graphUrl") or GRAPH_URL),
            dialog_url=_url("dialogUrl", value("dialogUrl") or DIALOG_URL),
            graph_version=_version(value("graphVersion") or GRAPH_VERSION),
        )

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


def how_to_set(name: str) -> str:
    """Say in one sentence how an administrator sets a configuration key."""
    variable = re.sub(r"(?=[A-Z])", "_", name).upper()
    return (
        f"Run `appmixer config set appmixer:whatsapp {name} VALUE`, "
        f"or set APPMIXER_WHATSAPP_{variable}."
    )


def _url(name: str, url: str) -> str:
    if _BASE_URL.fullmatch(url):
        return url.rstrip("/")
    raise ConfigurationError(
        f"{name} is no URL",
        "It has to begin with https:// and name a host.",
        how_to_set(name),
        name,
    )


def _version(version: str) -> str:
    if _VERSION.fullmatch(version):
        return version
    raise ConfigurationError(
        "graphVersion is no version",
        "Meta's versions look like v25.0.",
        how_to_set("graphVersion"),
        "graphVersion",
    )
