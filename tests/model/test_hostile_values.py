"""Hostile names and quantities end at the manifest: each is a finding at its place, in words."""

import pytest

from tests.support.manifest_tree import PLANS
from yunzu.findings import Finding
from yunzu.model.manifests import Department, Environment
from yunzu.model.plans import Plan
from yunzu.model.reading import parse_manifest

HOSTILE_IDS = [
    "../../etc", "a/b", "..", ".", "", "-", "dept--a", "dept_a", "-dept", "dept-", "Dept", "DEPT",
    "dерt", "ｄｅｐｔ", "dépt", "de\u202ept", "de\u200bpt", "dept ", " dept", "dept\n", "a" * 31, "a" * 63,
    "a" * 64, "a" * 65, "a" * 254, "123", "1dept", "192.168.1.1", "default", "kube-system", "openshift",
    "postgres", "template0", "template1", "pg-catalog", "pg_catalog", "admin", "root", "minio", "xn--dept",
    "dept-s3alias", "{{7*7}}", "{% raw %}", "${jndi:ldap://x}", "%s", "{0.__class__}", "a: b", "- a",
    'a"; DROP ROLE x; --', "=HYPERLINK(1)", "@SUM(1)", "+1", "\t=1", "\x1b[2J", "a\rb",
    "x,yunzu.io/tenant=other", "in (a,b)", "yunzu-x", "system",
]  # fmt: skip


def quoted(text: str) -> str:
    """As a YAML double-quoted scalar."""
    escaped = "".join(
        c if c.isprintable() and c.isascii() and c not in '"\\' else f"\\U{ord(c):08x}" for c in text
    )
    return f'"{escaped}"'


def department(identifier: str, **more: str) -> list[Finding]:
    extra = "".join(f"\n{key}: {value}" for key, value in more.items())
    text = f"kind: Department\nid: {identifier}\ntitle: {{zh: 卫健委}}{extra}\n"
    manifest, findings = parse_manifest(Department, text, "x.yaml")
    assert (manifest is None) == bool(findings)
    return findings


@pytest.mark.parametrize("hostile", HOSTILE_IDS)
def test_a_hostile_id_is_refused_for_departments_environments_and_claims(hostile: str) -> None:
    (finding,) = department(quoted(hostile))
    assert finding.path == "id"
    text = f"""\
kind: Environment
id: {quoted(f"health/{hostile}")}
system: {{zh: 系统}}
stage: dev
plan: {quoted(hostile)}
lease: {{from: 2026-12-01, until: 2027-11-30}}
databases: [{{name: {quoted(hostile)}}}]
buckets: [{{name: {quoted(hostile)}}}]
"""
    _, findings = parse_manifest(Environment, text, "x.yaml")
    assert [one.path for one in findings] == ["id", "plan", "databases[0].name", "buckets[0].name"]
    for one in [finding, *findings]:
        assert one.message.isprintable()
        assert "Value error" not in one.message
        assert len(one.message) < 260


@pytest.mark.parametrize("identifier", ["dept-a", "dept-a-2", "d", "a" * 30, "a-b-c-1"])
def test_look_alike_ids_are_fine(identifier: str) -> None:
    assert department(identifier) == []


@pytest.mark.parametrize(
    "written", ["yes", "no", "on", "null", "~", "0x10", "123", "1.5", "2024-01-01", ".inf"]
)
def test_what_yaml_does_not_read_as_text_is_to_be_quoted(written: str) -> None:
    (finding,) = department(written)
    assert (finding.path, finding.code) == ("id", "not-text")
    if written not in {"null", "~"}:
        assert f"'{written}'" in finding.message
        assert "in quotes" in finding.message


@pytest.mark.parametrize(
    "title", ["a\u202eb", "a\u200bb", "\x07", "", "   ", "x" * 201, "e\u0301", "\ue000", "a\u2028b"]
)
def test_a_title_shows_what_it_holds(title: str) -> None:
    _, findings = parse_manifest(
        Department, f"kind: Department\nid: health\ntitle: {{zh: {quoted(title)}}}\n", "x.yaml"
    )
    assert [one.path for one in findings] == ["title.zh"]
    assert findings[0].message.isprintable()


@pytest.mark.parametrize(
    ("field", "value", "path"),
    [
        ("pods: 20", "pods: -1", "pods"),
        ("pods: 20", "pods: 1e100", "pods"),
        ("pods: 20", "pods: 20.5", "pods"),
        ("pods: 20", "pods: true", "pods"),
        ("storage: 20Gi", "storage: -1", "storage"),
        ("storage: 20Gi", "storage: 1e100", "storage"),
        ("storage: 20Gi", "storage: 0", "storage"),
        ("storage: 20Gi", "storage: 20GB", "storage"),
        ("storage: 20Gi", "storage: 1025Ti", "storage"),
        ("storage: 20Gi", "storage: ２０Gi", "storage"),
        ('requests: {cpu: "1"', "requests: {cpu: 0.1m", "requests.cpu"),
        ('requests: {cpu: "1"', "requests: {cpu: 0.5", "requests.cpu"),
        ('requests: {cpu: "1"', "requests: {cpu: -1", "requests.cpu"),
        ('requests: {cpu: "1"', 'requests: {cpu: "3"', "limits"),
        ("memory: 2Gi}\nlimits", "memory: 5Gi}\nlimits", "limits"),
        ("default: {cpu: 500m", "default: {cpu: 5m", "container.default"),
        ("maximum: {cpu: \"2\"", "maximum: {cpu: 100m", "container.maximum"),
        ("configmaps: 40", "configmaps: -1", "objects.configmaps"),
        ("configmaps: 40", "requests.cpu: 40", "objects.requests.cpu"),
        ("configmaps: 40", "count/: 40", "objects.count/"),
        ('"380.00"', '"-1"', "price.month"),
        ('"380.00"', "380.001", "price.month"),
        ('"380.00"', ".nan", "price.month"),
        ('"380.00"', "Infinity", "price.month"),
        ("self_service: true", "self_service: maybe", "self_service"),
        ("pods: 20", "pods: 20\npod: 3", "pod"),
    ],
)  # fmt: skip
def test_a_plan_says_whole_bounded_quantities(field: str, value: str, path: str) -> None:
    text = (PLANS / "small.yaml").read_text("utf-8")
    assert text.count(field) == 1
    _, findings = parse_manifest(Plan, text.replace(field, value), "small.yaml")
    assert [one.path for one in findings] == [path]


def test_request_above_limit_is_found_beside_other_faults() -> None:
    text = (PLANS / "small.yaml").read_text("utf-8").replace('requests: {cpu: "1"', 'requests: {cpu: "3"')
    _, findings = parse_manifest(Plan, text.replace("pods: 20", "pods: -1"), "small.yaml")
    assert [one.path for one in findings] == ["limits", "pods"]


LEASES = [
    ("{from: 2026-12-01, until: 2026-11-30}", "lease"),
    ("{from: 0, until: 2026-11-30}", "lease.from"),
    ("{from: true, until: 2026-11-30}", "lease.from"),
    ("{from: 2026-12-01T00:00:00Z, until: 2027-11-30}", "lease.from"),
    ("{from: '1764547200', until: 2027-11-30}", "lease.from"),
    ("{from: 2026-12-01, until: 9999-12-31}", "lease.until"),
    ("{from: 2026-12-01, until: 2027-02-30}", "lease.until"),
    ("{start: 2026-12-01, from: 2026-12-01, until: 2027-02-28}", "lease.start"),
    ("forever", "lease"),
    ("null", "lease"),
]


@pytest.mark.parametrize(("lease", "path"), LEASES)
def test_a_lease_is_two_days_in_order(lease: str, path: str) -> None:
    text = f"kind: Environment\nid: health/beds\nsystem: {{zh: x}}\nstage: dev\nplan: small\nlease: {lease}\n"
    _, findings = parse_manifest(Environment, text, "x.yaml")
    assert [one.path for one in findings] == [path]


def test_a_python_name_is_not_a_second_spelling() -> None:
    text = (
        "kind: Environment\nid: health/beds\nsystem: {zh: x}\nstage: dev\nplan: small\n"
        "lease: {start: 2026-12-01, until: 2027-11-30}\n"
    )
    _, findings = parse_manifest(Environment, text, "x.yaml")
    assert [one.path for one in findings] == ["lease.from", "lease.start"]


def test_days_may_be_quoted_and_one_day_is_a_lease() -> None:
    text = (
        "kind: Environment\nid: health/beds\nsystem: {zh: x}\nstage: dev\nplan: small\n"
        "lease: {from: '2026-12-01', until: 2026-12-01}\n"
    )
    manifest, findings = parse_manifest(Environment, text, "x.yaml")
    assert findings == []
    assert manifest is not None
    assert manifest.lease.start == manifest.lease.until


@pytest.mark.parametrize("retain", ["false", "perhaps", "1", "null", '"true"'])
def test_no_manifest_asks_for_erasing(retain: str) -> None:
    text = (
        "kind: Environment\nid: health/beds\nsystem: {zh: x}\nstage: dev\nplan: small\n"
        f"lease: {{from: 2026-12-01, until: 2027-11-30}}\nretain: {retain}\n"
    )
    _, findings = parse_manifest(Environment, text, "x.yaml")
    assert [one.path for one in findings] == ["retain"]
    assert "`yunzu env destroy --erase-data`" in findings[0].message
    manifest, findings = parse_manifest(
        Environment, text.replace(f"retain: {retain}", "retain: true"), "x.yaml"
    )
    assert findings == []
    assert manifest is not None
    assert manifest.retain is True


def test_an_unknown_key_comes_with_the_likeliest() -> None:
    (finding,) = department("health", poeple="[]")
    assert (finding.code, finding.message) == (
        "unknown-key",
        "'poeple' is not a key of this place; did you mean 'people'?",
    )


def test_every_fault_of_a_manifest_comes_at_once() -> None:
    text = """\
kind: Environmen
id: health
stage: production
plan: Small
grade: 9
lease: {until: 2026-13-01}
retain: perhaps
databases: [{name: main}, {name: main, connections: 0}]
buckets: {}
colour: red
"""
    _, findings = parse_manifest(Environment, text, "x.yaml")
    wanted = "kind id system stage plan grade lease.from lease.until retain databases[1].connections"
    assert {one.path for one in findings} == {*wanted.split(), "buckets", "colour"}


def test_no_sentence_echoes_a_long_or_steering_value() -> None:
    for value in ("A" * 5000, "\x1b]0;owned\x07", "\u202e" * 100):
        findings = [
            *department(quoted(value), uscc=quoted(value), region=quoted(value), people=quoted(value)),
            *department("health", **{quoted(value): "1"}),
        ]
        assert len(findings) == 5
        for one in findings:
            assert str(one).isprintable()
            assert len(str(one)) < 300
