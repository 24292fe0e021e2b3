"""Addresses of machines: which of them are on the open Internet.

Owns that one question, which everybody has to ask before going where somebody else has pointed. Does not own
looking names up, nor connecting.
"""

from __future__ import annotations

import ipaddress

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_NAT64 = ipaddress.ip_network("64:ff9b::/96")


def is_public(address: Address | str) -> bool:
    """Whether the address is one on the open Internet, that of a machine and not of a network's own.

    Addresses that carry another one inside (IPv4-mapped, 6to4, Teredo, NAT64) are as public as that one.
    Raises ValueError for a text that is no address. Source: IANA's registries of special-purpose addresses,
    RFC 6890; RFC 6052 §2.1 for NAT64.
    """
    found = ipaddress.ip_address(address)
    if isinstance(found, ipaddress.IPv6Address):
        inner = _inside(found)
        if inner:
            return all(map(is_public, inner))
        if found.is_site_local:
            return False
    return found.is_global and not (
        found.is_multicast or found.is_reserved or found.is_unspecified or found.is_link_local
    )


def _inside(address: ipaddress.IPv6Address) -> list[ipaddress.IPv4Address]:
    if address.ipv4_mapped is not None:
        return [address.ipv4_mapped]
    if address.sixtofour is not None:
        return [address.sixtofour]
    if address.teredo is not None:
        return list(address.teredo)
    if address in _NAT64 or 1 < int(address) < 1 << 32:
        return [ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)]
    return []
