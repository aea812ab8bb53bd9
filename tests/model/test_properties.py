"""Names, quantities and ids as properties: over everything people may write, not over examples."""

import re
from collections.abc import Callable
from datetime import date
from typing import TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yunzu import naming
from yunzu.model.identifiers import RESERVED, identifier
from yunzu.model.quantities import MAX_BYTES, MAX_CPU, millicores, size_in_bytes, size_text

Taken = TypeVar("Taken")

WORD = st.text("abcz019", min_size=1, max_size=6)
IDS = st.builds(
    lambda first, rest: "-".join([first, *rest]), WORD.map(lambda w: "d" + w), st.lists(WORD, max_size=3)
).filter(lambda text: len(text) <= naming.MAX_IDENTIFIER)
CLAIMS = IDS.filter(lambda text: len(text) <= naming.MAX_CLAIM)
CENTRES = st.text("0123456789abcdef", min_size=8, max_size=8)
UIDS = st.text("abcdefghijklmnopqrstuvwxyz234567", min_size=11, max_size=11).map(lambda text: "e" + text)
DNS_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
ROLE_NAMES = (
    naming.database_owner,
    naming.database_ddl,
    naming.database_application,
    naming.database_readonly,
    *(
        lambda name, access=access, slot=slot: naming.database_login(name, access, slot)
        for access in ("owner", "app", "ro")
        for slot in ("a", "b")
    ),
)


def outcome(rule: Callable[[str], Taken], text: str) -> tuple[Taken | None, str]:
    """What a rule makes of a text, or None and why it refuses."""
    try:
        return rule(text), ""
    except ValueError as error:
        return None, str(error)


@given(IDS, IDS)
def test_a_namespace_is_a_dns_label(department: str, environment: str) -> None:
    assert DNS_LABEL.fullmatch(naming.namespace(department, environment))


@given(st.tuples(IDS, IDS), st.tuples(IDS, IDS))
def test_two_environments_never_share_a_namespace(one: tuple[str, str], other: tuple[str, str]) -> None:
    assert (naming.namespace(*one) == naming.namespace(*other)) == (one == other)


@given(CENTRES, UIDS, CLAIMS)
def test_names_on_servers_are_never_cut(centre: str, uid: str, claim: str) -> None:
    database = naming.database(centre, uid, claim)
    for name in (database, *(role(database) for role in ROLE_NAMES)):
        assert re.fullmatch("[a-z][a-z0-9_]{0,62}", name)
    assert re.fullmatch("[a-z0-9][a-z0-9-]{1,61}[a-z0-9]", naming.bucket(centre, uid, claim))


@given(CENTRES, st.tuples(UIDS, CLAIMS), st.tuples(UIDS, CLAIMS))
def test_two_claims_never_share_a_name(centre: str, one: tuple[str, str], other: tuple[str, str]) -> None:
    for name in (naming.database, naming.bucket):
        assert (name(centre, *one) == name(centre, *other)) == (one == other)
    roles = [role(naming.database(centre, *pair)) for pair in {one, other} for role in ROLE_NAMES]
    assert len(set(roles)) == len(roles)


@given(st.text())
def test_an_id_is_taken_or_refused_in_printable_words(text: str) -> None:
    taken, refusal = outcome(identifier, text)
    assert refusal.isprintable()
    assert len(refusal) < 250
    if taken is not None:
        assert re.fullmatch(r"[a-z](-?[a-z0-9])*", taken)
        assert len(taken) <= 30
        assert taken not in RESERVED


@given(st.from_regex(r"[a-z][a-z0-9]{0,9}(-[a-z0-9]{1,9}){0,7}", fullmatch=True))
def test_a_shortened_name_is_an_id(name: str) -> None:
    short = naming.shortened(name)
    assert naming.IDENTIFIER.fullmatch(short)
    assert len(short) <= naming.MAX_IDENTIFIER
    if len(name) <= naming.MAX_IDENTIFIER:
        assert short == name
    else:
        assert short.startswith(name[:20])


def test_shortening_follows_the_rule() -> None:
    name = "a" * 21 + "-and-much-more-of-it"
    assert naming.shortened(name) == "a" * 21 + "-bfb1be1f"
    assert "--" not in naming.shortened("a" * 20 + "-and-much-more-of-it")


REQUESTS = st.tuples(
    st.text("ABCXYZ", min_size=2, max_size=2),
    st.dates(date(2000, 1, 1), date(2199, 12, 31)),
    st.integers(1, 10**6),
)


@given(REQUESTS, REQUESTS)
def test_two_requests_never_share_a_number(one: tuple[str, date, int], other: tuple[str, date, int]) -> None:
    number = naming.request_number(*one)
    assert naming.REQUEST_NUMBER.fullmatch(number)
    assert len(number) <= 50  # 办件编号 of GB/T 39046-2020
    assert (number == naming.request_number(*other)) == (one == other)


def test_a_request_number_is_prefix_day_and_place_in_the_day() -> None:
    assert naming.request_number("NT", date(2026, 11, 23), 7) == "NT20261123-0007"
    assert naming.request_number("YZ", date(2026, 1, 2), 12345) == "YZ20260102-12345"


@pytest.mark.parametrize(
    ("prefix", "sequence"), [("nt", 1), ("N", 1), ("NTX", 1), ("N1", 1), ("NT", 0), ("NT", -7)]
)
def test_what_makes_no_request_number_is_refused(prefix: str, sequence: int) -> None:
    with pytest.raises(ValueError, match="is not a request number"):
        naming.request_number(prefix, date(2026, 11, 23), sequence)


@given(st.integers(1, MAX_BYTES))
def test_a_size_survives_being_written(size: int) -> None:
    assert size_in_bytes(size_text(size)) == size


@given(st.text(max_size=30))
def test_a_quantity_is_whole_and_bounded_or_refused(text: str) -> None:
    for parse, most in ((millicores, MAX_CPU), (size_in_bytes, MAX_BYTES)):
        value, refusal = outcome(parse, text)
        assert refusal.isprintable()
        if value is not None:
            assert 1 <= value <= most
            assert re.fullmatch("[0-9]+(m|Ki|Mi|Gi|Ti)?", text)
