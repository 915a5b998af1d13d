"""Where the calls of components may go: to the public internet, and to what is allowed besides.

A name is checked where it has become an address: the socket for the connection is made here, or not
made. So it makes no difference how an address is written, what a name server says the second time,
or that a redirect led to it.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass

from ..contract import ConfigurationError, RejectedError, is_public

VARIABLE = "APPMIXER_PRIVATE_HOSTS"
MAX_ENTRIES = 1_000
MAX_CHARS_SHOWN = 80
# A last part without a letter is an address that was mistyped, and no name.
_NAME = re.compile(r"(?:[a-z0-9_-]+\.)*[0-9_-]*[a-z][a-z0-9_-]*\.?")
# What has several colons and no brackets is an IPv6 address without a port.
_WITH_PORT = re.compile(r"(?P<host>[^:]+|\[[^\]]+\]):(?P<port>\d{1,5})")

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class PrivateAddressError(OSError):
    """An address that no component may call; all of one call read the same."""


@dataclass(frozen=True)
class Allowed:
    """What may be called though it is not on the public internet: names or networks, with ports.

    A name is allowed with whatever address it has. Without a port, all ports are meant.
    """

    names: frozenset[tuple[str, int | None]] = frozenset()
    networks: tuple[tuple[Network, int | None], ...] = ()

    def takes(self, host: str, address: str, port: int) -> bool:
        """Say whether a call to the host may go to this address of it."""
        return is_public(address) or self._names(host, port) or self._has(address, port)

    def _names(self, host: str, port: int) -> bool:
        host = host.lower().rstrip(".")
        return (host, None) in self.names or (host, port) in self.names

    def _has(self, address: str, port: int) -> bool:
        try:
            found = ipaddress.ip_address(address.partition("%")[0])
        except ValueError:
            return False
        return any(found in network and only in (None, port) for network, only in self.networks)


def read_allowed(environment: Mapping[str, str]) -> Allowed:
    """Return what the environment allows; raise ConfigurationError for what cannot be read."""
    names, networks = set[tuple[str, int | None]](), list[tuple[Network, int | None]]()
    entries = environment.get(VARIABLE, "").replace(",", " ").lower().split()
    if len(entries) > MAX_ENTRIES:
        raise _unusable(f"It has {len(entries):,} entries, and may have {MAX_ENTRIES:,}.")
    for entry in entries:
        host, port = _parted(entry)
        try:
            networks.append((ipaddress.ip_network(host), port))
        except ValueError:
            if not _NAME.fullmatch(host):
                cause = f"{entry[:MAX_CHARS_SHOWN]} is no host, address or network."
                raise _unusable(cause) from None
            names.add((host.rstrip("."), port))
    return Allowed(frozenset(names), tuple(networks))


def _parted(entry: str) -> tuple[str, int | None]:
    found = _WITH_PORT.fullmatch(entry)
    host, port = (found["host"], int(found["port"])) if found else (entry, None)
    if port is not None and not 0 < port < 65_536:
        raise _unusable(f"{entry[:MAX_CHARS_SHOWN]} names a port that there is not.")
    return host.removeprefix("[").removesuffix("]"), port


def _unusable(cause: str) -> ConfigurationError:
    return ConfigurationError(
        f"{VARIABLE} cannot be used",
        cause,
        "Name hosts, addresses or networks, each with a port where only one is meant, such as"
        " crm.internal:8080, 10.1.0.0/16.",
        VARIABLE,
    )


# Whose address a connection is made to.
called_host: ContextVar[str] = ContextVar("called_host")
AddressInfo = tuple[int | socket.AddressFamily, int | socket.SocketKind, int, str, tuple[str, ...]]


def open_socket(allowed: Allowed, info: AddressInfo) -> socket.socket:
    """Make the socket for a connection to an address of a host, or raise PrivateAddressError."""
    family, kind, protocol, _, place = info
    host = called_host.get()
    if not allowed.takes(host, place[0], int(place[1])):
        raise PrivateAddressError(f"{host} is not on the public internet")
    return socket.socket(family, kind, protocol)


def refusal_in(failure: BaseException | None) -> RejectedError | None:
    """Return what to tell people if a call failed because of where it would have gone."""
    while failure is not None:
        if isinstance(failure, PrivateAddressError):
            return RejectedError(
                "The address cannot be called",
                f"{failure}.",
                "Use an address on the public internet, or ask the administrator to allow this one"
                f" in {VARIABLE}.",
                "url",
            )
        failure = failure.__cause__
    return None
