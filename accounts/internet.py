"""Which addresses are out on the internet: the one judgement for everything that dials where a stranger says.

Quality section 3 (SSRF): an address given by a person, a posting or a mail must never lead into our own network.
"""

import ipaddress

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address

# Public by number, private by use: the guest agent address of Azure and the 6to4 relay anycast
# prefix (RFC 7526).
_REFUSED_V4 = tuple(map(ipaddress.IPv4Network, ("168.63.129.16/32", "192.88.99.0/24")))
_GLOBAL_UNICAST_V6 = ipaddress.IPv6Network("2000::/3")
# IETF special purposes with Teredo inside, documentation, 6to4 (which hides an IPv4 address).
_REFUSED_V6 = tuple(
    map(ipaddress.IPv6Network, ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"))
)
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


def is_public_address(address: IPAddress) -> bool:
    """Whether an address is a single host on the public internet.

    IPv4 inside IPv6 (mapped, NAT64 of RFC 6052) is judged by the IPv4 address; Teredo and 6to4
    are refused, as is everything outside the global unicast range 2000::/3.
    """
    if isinstance(address, ipaddress.IPv6Address):
        return _is_public_v6(address)
    return (
        address.is_global
        and not address.is_multicast
        and not address.is_reserved
        and not any(address in network for network in _REFUSED_V4)
    )


def _is_public_v6(address: ipaddress.IPv6Address) -> bool:
    if address.scope_id:
        return False
    if address.ipv4_mapped is not None:
        return is_public_address(address.ipv4_mapped)
    if address in _NAT64:
        return is_public_address(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
    return (
        address in _GLOBAL_UNICAST_V6
        and address.is_global
        and not any(address in network for network in _REFUSED_V6)
    )
