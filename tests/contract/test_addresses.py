"""Which addresses are on the public internet."""

from __future__ import annotations

import pytest

from appmixer.engine.contract import is_public


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "127.8.8.8",
        "0.0.0.0",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.1.1",
        "100.64.0.1",
        "169.254.169.254",
        "192.0.2.1",
        "198.18.0.1",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "fe80::1",
        "fe80::1%eth0",
        "fc00::1",
        "ff02::1",
        "2001:db8::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
        "2001:0:a00:1::1",
        "192.88.99.1",
        "192.0.0.8",
        "64:ff9b:1::1",
        "64:ff9b:1::5db8:d822",
        "fec0::1",
        "::127.0.0.1",
        "::ffff:0:127.0.0.1",
        "::ffff:0:93.184.216.34",
        "5f00::1",
        "3fff::1",
        "2001:2::1",
        "2002:5db8:d822::1",
        "4000::1",
        "100::1",
        "not an address",
    ],
)
def test_an_address_inside_is_not_public_however_it_is_written(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        "93.184.216.34",
        "192.0.0.9",
        "192.31.196.1",
        "2606:2800:220:1:248:1893:25c8:1946",
        "64:ff9b::5db8:d822",
        "2001:4860:4860::8888",
        "2001:4:112::1",
        "2620:4f:8000::1",
    ],
)
def test_an_address_of_the_internet_is_public(address: str) -> None:
    assert is_public(address)
