"""A department that proves itself is not told who its neighbours are."""

from datetime import date

from yunzu.services.inventory import Entry
from yunzu.services.jobs.veiling import Veil
from yunzu.services.probes import Probe


def entry(identifier: str, database: str) -> Entry:
    department, name = identifier.split("/")
    return Entry(
        id=identifier,
        uid="e2345abcdefg",
        department=department,
        environment=name,
        namespace=f"{department}--{name}",
        plan="small",
        state="active",
        lease_from=date(2026, 1, 1),
        lease_until=date(2026, 12, 31),
        databases=(("main", database),),
        buckets=(("files", f"{database}-files"),),
    )


ALL = [
    entry("health/beds", "yz_c_h_main"),
    entry("police/wanted", "yz_c_p_main"),
    entry("police/wanted-2", "yz_c_q"),
]


def test_names_of_others_are_hidden_and_ones_own_are_not() -> None:
    veil = Veil("health", ALL)
    for name, detail, shown in (
        ("cluster: enters police/wanted", "", "cluster: enters another department's environment 1"),
        ("cluster: enters police/wanted-2", "", "cluster: enters another department's environment 2"),
        ("cluster: enters health/beds", "", "cluster: enters health/beds"),
        ("x", "refused in police--wanted", "refused in another department's environment 1"),
        ("x", 'no right on "yz_c_p_main"', 'no right on "another department\'s database"'),
        ("x", "yz_c_p_main-files: denied", "another department's bucket: denied"),
        ("x", 'own "yz_c_h_main"', 'own "yz_c_h_main"'),
        ("x", "notpolice/wanted", "notpolice/wanted"),
    ):
        made = veil(Probe(name, True, 0.1, detail))
        assert shown in (made.name, made.detail)


def test_alone_nothing_is_hidden() -> None:
    probe = Probe("cluster: enters health/beds", True, 0.1, "detail")
    assert Veil("health", ALL[:1])(probe) == probe
