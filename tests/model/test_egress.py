"""Exceptions of the way out: what a manifest may ask for, until when, and what adds to what is there."""

import ipaddress
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.blueprints import environment
from yunzu.model import dated
from yunzu.model.addresses import NEVER, address_range
from yunzu.model.hashes import content, manifest_hash
from yunzu.model.manifests import Environment
from yunzu.model.reading import parse_manifest
from yunzu.model.rules import nothing_added

DAY = date(2026, 12, 1)


def way(**changes: Any) -> dict[str, Any]:
    return {"to": "203.0.113.0/24", "ports": [443], "until": "2027-03-31", "reason": "数据交换"} | changes


def with_ways(*ways: dict[str, Any], **changes: Any) -> Environment:
    return environment(egress=list(ways), **changes)


def findings(**changes: Any) -> list[tuple[str, str]]:
    entry = ", ".join(f"{key}: {value}" for key, value in way(**changes).items())
    text = (
        "{kind: Environment, id: health/beds, system: {zh: 床位}, stage: test, plan: small, "
        f"lease: {{from: 2026-12-01, until: 2027-11-30}}, egress: [{{{entry}}}]}}"
    )
    return [(one.path, one.message) for one in parse_manifest(Environment, text, "f")[1]]


@pytest.mark.parametrize("to", ["10.0.0.0/8", "203.0.113.7/32", "2001:db8::/32", "2001:db8::1/128"])
def test_a_range_of_somebody_else_is_taken(to: str) -> None:
    assert findings(to=f"'{to}'") == []


@pytest.mark.parametrize(
    ("to", "said"),
    [
        ("0.0.0.0/0", "wider than /8"),
        ("::/0", "wider than /16"),
        ("10.0.0.0/7", "wider than /8"),
        ("2000::/15", "wider than /16"),
        ("10.1.2.3/24", "write '10.1.2.0/24'"),
        ("10.1.2.3", "write '10.1.2.3/32'"),
        ("2001:DB8::/32", "write '2001:db8::/32'"),
        ("010.1.2.0/24", "not an address range"),
        ("example.org", "not an address range"),
        ("10.1.2.0/24; x", "not an address range"),
        ("169.254.169.254/32", "169.254.0.0/16 (link-local"),
        ("168.0.0.0/8", "168.63.129.16/32 (a cloud's metadata)"),
        ("100.64.0.0/10", "100.100.100.200/32 (a cloud's metadata)"),
        ("fd00:ec2::/32", "fd00:ec2::254/128 (a cloud's metadata)"),
        ("127.0.0.1/32", "loopback"),
        ("::1/128", "loopback"),
        ("224.0.0.5/32", "multicast"),
        ("ff02::1/128", "multicast"),
        ("fe80::1/128", "link-local"),
        ("::ffff:a9fe:a9fe/128", "IPv4 under another name"),
        ("64:ff9b::a9fe:a9fe/128", "IPv4 under another name"),
    ],
)
def test_what_would_open_too_much_is_a_finding(to: str, said: str) -> None:
    [(path, message)] = findings(to=f"'{to}'")
    assert path == "egress[0].to"
    assert said in message


@given(st.sampled_from(sorted(NEVER)), st.ip_addresses(), st.integers(8, 128))
def test_no_range_that_is_taken_reaches_what_is_never_opened(never: str, address: Any, prefix: int) -> None:
    closed = ipaddress.ip_network(never)
    for near in (address, closed.network_address, closed.broadcast_address):
        wanted = ipaddress.ip_network((near, min(prefix, near.max_prefixlen)), strict=False)
        try:
            taken = address_range(str(wanted))
        except ValueError:
            continue
        assert not ipaddress.ip_network(taken).overlaps(closed)


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"ports": "[]"}, "egress[0].ports"),
        ({"ports": "[443, 443]"}, "egress[0].ports"),
        ({"ports": list(range(1, 18))}, "egress[0].ports"),
        ({"ports": "[0]"}, "egress[0].ports[0]"),
        ({"ports": "[65536]"}, "egress[0].ports[0]"),
        ({"ports": "[443.0]"}, "egress[0].ports[0]"),
        ({"protocol": "SCTP"}, "egress[0].protocol"),
        ({"until": "soon"}, "egress[0].until"),
        ({"reason": "' '"}, "egress[0].reason"),
        ({"cidr": "x"}, "egress[0].cidr"),
    ],
)
def test_each_part_is_held_to_its_own(changes: dict[str, Any], path: str) -> None:
    assert path in {found for found, _ in findings(**changes)}


def test_a_way_is_listed_once_and_sixteen_at_most() -> None:
    for ways in ([way(), way(ports=[80, 443])], [way(ports=[n]) for n in range(1, 18)]):
        with pytest.raises(ValueError, match=r"listed twice|at most 16"):
            with_ways(*ways)
    assert with_ways(way(), way(protocol="UDP"), way(ports=[80]))


def test_without_exceptions_an_environment_is_what_it_was() -> None:
    """What was approved before there were any keeps its hash."""
    assert manifest_hash(environment(egress=[])) == manifest_hash(environment())
    assert "egress" not in content(environment(egress=[]))
    assert "egress" not in content(with_ways(way(until="2026-12-31")).on(date(2027, 1, 1)))


def test_an_exception_holds_through_its_last_day() -> None:
    both = with_ways(way(until="2026-12-31"), way(ports=[80]))
    assert both.on(date(2026, 12, 31)) is both
    assert both.next_end == date(2026, 12, 31)
    later = both.on(date(2027, 1, 1))
    assert later == with_ways(way(ports=[80]))
    assert later.next_end == date(2027, 3, 31)
    assert later.on(date(2027, 4, 1)) == environment()
    assert environment().next_end is None


def added(before: Environment | None, after: Environment) -> list[str]:
    return [path for path, _ in dated.added(before, after)]


@pytest.mark.parametrize(
    ("after", "paths"),
    [
        ([], []),
        ([way()], []),
        ([way(until="2027-01-01")], []),
        ([way(until="2027-04-01")], ["egress[0]"]),
        ([way(ports=[80]), way()], ["egress[0]"]),
        ([way(to="203.0.112.0/23")], ["egress[0]"]),
        ([way(protocol="UDP")], ["egress[0]"]),
        ([way(reason="另有用途")], ["egress[0]"]),
    ],
)
def test_only_less_needs_nobody(after: list[dict[str, Any]], paths: list[str]) -> None:
    wanted = with_ways(*after)
    assert added(with_ways(way()), wanted) == paths
    ruling = nothing_added(wanted, paths)
    assert ruling.verdict == ("people" if paths else "grant")
    assert all(path in ruling.sentence for path in paths)


@pytest.mark.parametrize(
    ("until", "lease", "codes"),
    [
        ("2026-11-30", "2028-11-30", ["ended"]),
        ("2026-12-01", "2028-11-30", []),
        ("2027-12-01", "2028-11-30", []),
        ("2027-12-02", "2028-11-30", ["too-long"]),
        ("2027-11-30", "2027-11-30", []),
        ("2027-12-01", "2027-11-30", ["after-lease"]),
        ("2028-01-01", "2027-11-30", ["too-long", "after-lease"]),
    ],
)
def test_what_is_added_ends_within_a_year_and_the_lease(until: str, lease: str, codes: list[str]) -> None:
    wanted = with_ways(way(until=until), lease={"from": "2026-12-01", "until": lease})
    found = list(dated.untimely(environment(), wanted, DAY))
    assert [code for _, code, _ in found] == codes
    assert {path for path, _, _ in found} <= {"egress[0].until"}
    assert not list(dated.untimely(wanted, wanted, DAY))  # what is there already is not looked at again


def test_a_year_after_a_leap_day_is_the_last_of_february() -> None:
    lease = {"from": "2026-12-01", "until": "2030-11-30"}
    for until, count in (("2029-02-28", 0), ("2029-03-01", 1)):
        found = dated.untimely(None, with_ways(way(until=until), lease=lease), date(2028, 2, 29))
        assert len(list(found)) == count
