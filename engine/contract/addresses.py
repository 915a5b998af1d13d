"""Which addresses are of the public internet, by IANA's registries and not by an interpreter's.

What the interpreter takes for global changes with its version, and lags behind.
"""

from __future__ import annotations

import ipaddress

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

# The most specific row counts. A block whose reachability the registries call not applicable
# (6to4, Teredo) is not reachable here.
GLOBALLY_REACHABLE = {
    # https://www.iana.org/assignments/ipv4-address-space/ipv4-address-space.xhtml
    "0.0.0.0/0": True,
    "224.0.0.0/4": False,
    # https://www.iana.org/assignments/iana-ipv4-special-registry/iana-ipv4-special-registry.xhtml
    "0.0.0.0/8": False,
    "10.0.0.0/8": False,
    "100.64.0.0/10": False,
    "127.0.0.0/8": False,
    "169.254.0.0/16": False,
    "172.16.0.0/12": False,
    "192.0.0.0/24": False,
    "192.0.0.9/32": True,
    "192.0.0.10/32": True,
    "192.0.2.0/24": False,
    "192.31.196.0/24": True,
    "192.52.193.0/24": True,
    "192.88.99.0/24": False,
    "192.168.0.0/16": False,
    "192.175.48.0/24": True,
    "198.18.0.0/15": False,
    "198.51.100.0/24": False,
    "203.0.113.0/24": False,
    "240.0.0.0/4": False,
    # https://www.iana.org/assignments/ipv6-address-space/ipv6-address-space.xhtml
    "::/0": False,
    "2000::/3": True,
    # https://www.iana.org/assignments/iana-ipv6-special-registry/iana-ipv6-special-registry.xhtml
    "::/128": False,
    "::1/128": False,
    "::ffff:0:0/96": False,
    "64:ff9b::/96": True,
    "64:ff9b:1::/48": False,
    "100::/64": False,
    "100:0:0:1::/64": False,
    "2001::/23": False,
    "2001::/32": False,
    "2001:1::1/128": True,
    "2001:1::2/128": True,
    "2001:1::3/128": True,
    "2001:2::/48": False,
    "2001:3::/32": True,
    "2001:4:112::/48": True,
    "2001:10::/28": False,
    "2001:20::/28": True,
    "2001:30::/28": True,
    "2001:db8::/32": False,
    "2002::/16": False,
    "2620:4f:8000::/48": True,
    "3fff::/20": False,
    "5f00::/16": False,
    "fc00::/7": False,
    "fe80::/10": False,
}
# https://www.rfc-editor.org/rfc/rfc6052 : IPv4 addresses written as IPv6 ones
NAT64 = ipaddress.IPv6Network("64:ff9b::/96")

NETWORKS: list[tuple[Network, bool]] = sorted(
    ((ipaddress.ip_network(block), reachable) for block, reachable in GLOBALLY_REACHABLE.items()),
    key=lambda row: row[0].prefixlen,
    reverse=True,
)


def is_public(address: str) -> bool:
    """Tell whether an address is one of the public internet, however it is written."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if parsed in NAT64 and not _is_reachable(ipaddress.IPv4Address(int(parsed) & 0xFFFFFFFF)):
        return False
    return _is_reachable(parsed)


def _is_reachable(address: Address) -> bool:
    return next(reachable for network, reachable in NETWORKS if address in network)
