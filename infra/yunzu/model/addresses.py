"""Address ranges that an environment may be let out to. A range that would open too much ends here.

What a cluster's own ranges are (nodes, pods, Services, its API) no manifest can know: whoever decides an
exception looks at that.
"""

import ipaddress
from collections.abc import Mapping
from typing import Annotated

from pydantic import AfterValidator, WithJsonSchema

from yunzu.model.text import shown

LEAST_PREFIX: Mapping[int, int] = {4: 8, 6: 16}
"""IP version -> the shortest prefix: what is wider is no exception any more."""

NEVER: Mapping[str, str] = {
    "0.0.0.0/8": "this very host",
    "127.0.0.0/8": "loopback",
    "169.254.0.0/16": "link-local, with the cloud's metadata and the node's DNS",
    "224.0.0.0/4": "multicast",
    "240.0.0.0/4": "reserved, with broadcast",
    "100.100.100.200/32": "a cloud's metadata",
    "168.63.129.16/32": "a cloud's metadata",
    "192.0.0.192/32": "a cloud's metadata",
    "::/128": "this very host",
    "::1/128": "loopback",
    "::ffff:0:0/96": "IPv4 under another name",
    "64:ff9b::/96": "IPv4 under another name",
    "64:ff9b:1::/48": "IPv4 under another name",
    "2002::/16": "IPv4 under another name",
    "fd00:ec2::254/128": "a cloud's metadata",
    "fd20:ce::254/128": "a cloud's metadata",
    "fe80::/10": "link-local",
    "ff00::/8": "multicast",
}
"""Range -> what it is. No exception may reach into one: what holds it is asked for in parts."""

_NEVER = tuple((ipaddress.ip_network(one), what) for one, what in NEVER.items())


def address_range(value: str) -> str:
    """A range in CIDR notation as its standard writes it (RFC 4632, RFC 5952).

    Raises ValueError for what is none, is written differently, is wider than /8 (IPv6: /16), or reaches into
    a range of `NEVER`.
    """
    try:
        network = ipaddress.ip_network(value, strict=False)
    except ValueError as error:
        raise ValueError(f"{shown(value)} is not an address range; write it like '10.20.0.0/16'") from error
    if str(network) != value:
        raise ValueError(f"{shown(value)} is not how that range is written; write '{network}'")
    least = LEAST_PREFIX[network.version]
    if network.prefixlen < least:
        raise ValueError(f"{value} is wider than /{least}; name the ranges that are really needed")
    for never, what in _NEVER:
        if network.overlaps(never):
            raise ValueError(f"{value} reaches {never} ({what}), which no exception opens; leave that out")
    return value


AddressRange = Annotated[
    str, AfterValidator(address_range), WithJsonSchema({"type": "string", "maxLength": 49})
]
