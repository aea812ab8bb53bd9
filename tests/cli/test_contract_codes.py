"""Exit codes, each provoked for real, and a sentence instead of a traceback for whatever can be foreseen."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.command import Command, Ended
from tests.support.tenants import Tenants
from yunzu import naming

NETWORK = "networking.k8s.io/v1"
LABELS = {"metadata": {"labels": {"pod-security.kubernetes.io/enforce": "privileged"}}}


def said(ended: Ended, code: int) -> str:
    """The last line of what was said, after checking code and decency."""
    assert ended.code == code, ended
    assert ended.out == ""
    text = ended.err
    assert "Traceback" not in text
    assert all(character.isprintable() or character == "\n" for character in text)
    assert max(map(len, text.splitlines())) < 600
    return text.splitlines()[-1]


def ids(yunzu: Command) -> dict[str, str]:
    return {one["id"]: one["state"] for one in yunzu("env", "list", "--json").items}


@pytest.mark.parametrize("verb", ["show", "where", "plan", "apply", "verify", "destroy"])
def test_1_an_environment_that_is_not_there(verb: str, yunzu: Command) -> None:
    sentence = said(yunzu("env", verb, "nobody/nothing"), 1)
    assert sentence.startswith("error: ")
    assert "nobody/nothing" in sentence
    assert ";" in sentence  # what to do


def test_1_a_department_that_is_not_there(yunzu: Command) -> None:
    assert "is not registered; " in said(yunzu("dept", "show", "nobody"), 1)


HOSTILE_IDS = {
    "parent directory": "../../etc/passwd",
    "parent in a part": "health/../beds",
    "no slash": "health",
    "two slashes": "a/b/c",
    "escape": "a\x1b[2J/b\x1b]0;owned\x07",
    "right-to-left": "a/\u202eb",
    "chinese": "卫生/床位",
    "long": "a" * 10_000 + "/b",
    "double hyphen": "dept--a/b",
    "capital": "Health/beds",
    "empty": "",
    "line": "a/b\nc",
    "wildcard": "a/%",
    "reserved": "kube-system/beds",
}


@pytest.mark.parametrize("case", HOSTILE_IDS)
@pytest.mark.parametrize("verb", ["show", "apply", "destroy", "credentials"])
def test_2_an_id_that_is_none_asks_no_server(case: str, verb: str, offline: Command) -> None:
    """The centre does not run, which would be 5."""
    extra = ["--account", "a"] if verb == "credentials" else []
    sentence = said(offline("env", verb, HOSTILE_IDS[case], *extra), 2)
    assert "environment: " in sentence
    assert len(sentence) < 300


def test_2_an_invalid_manifest_with_every_finding_and_nothing_changed(
    yunzu: Command, tenants: Tenants, tmp_path: Path, applied: str
) -> None:
    copy = Command(yunzu.home, tmp_path / "tenants")
    shutil.copytree(tenants.directory, copy.tenants)
    department = applied.partition("/")[0]
    (copy.tenants / department / "environments" / "prod.yaml").write_text("kind: Environment\nid: x--y\n")
    (copy.tenants / department / "department.yaml").write_text("kind: [")
    findings = copy("validate", copy.tenants, "--json").document["findings"]
    assert {one["path"] for one in findings} >= {"id", "plan", "lease"}
    before = ids(yunzu)
    for arguments in (["env", "apply", applied], ["onboard", copy.tenants / department]):
        ended = copy(*arguments)
        assert "findings; nothing was changed" in said(ended, 2)
        for one in findings:
            assert f"{one['file']}:{one['path']}: {one['message']}" in ended.err or not one["path"]
        assert ended.err.count("\n") == len(findings) + 1
    assert ids(yunzu) == before


def test_2_no_directory_of_manifests(offline: Command) -> None:
    shutil.rmtree(offline.tenants)
    ended = offline("env", "apply", "a/b")
    said(ended, 2)
    assert f"{offline.tenants}: does not exist" in ended.err
    offline.tenants.write_text("a file")
    assert "is not a directory" in offline("env", "apply", "a/b").err


def test_2_onboard_wants_a_departments_directory(offline: Command) -> None:
    for directory in (offline.tenants, offline.tenants / "nobody"):
        assert f"{directory}: holds no department.yaml; give" in said(offline("onboard", directory), 2)


def test_2_settings_that_cannot_be_meant(offline: Command, tmp_path: Path) -> None:
    sentence = said(offline("status", YUNZU_NODES="many", YUNZU_S3_DRIVER="ceph"), 2)
    assert "nodes should be 'kwok' or 'none'" in sentence
    assert "s3_driver should be" in sentence


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"home = ", "is not TOML"),
        (b"\xff\xfe", "is not TOML"),
        (b'hoem = "x"', "hoem is not a setting"),
        (b"s3_secret_key = 8731", "s3_secret_key should be a valid string"),
    ],
)
def test_2_a_settings_file_that_cannot_be_read(
    content: bytes, says: str, offline: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "yunzu.toml").write_bytes(content)
    monkeypatch.chdir(tmp_path)
    sentence = said(offline("env", "list"), 2)
    assert says in sentence
    assert "8731" not in sentence + offline("--debug", "env", "list").err


def test_3_erasing_wants_the_id_once_more(yunzu: Command, applied: str) -> None:
    for confirm in ([], ["--confirm", applied + "x"]):
        sentence = said(yunzu("env", "destroy", applied, "--erase-data", *confirm), 3)
        assert f"--confirm {applied}" in sentence
    assert ids(yunzu)[applied] == "active"


@pytest.fixture
def foreign(tenants: Tenants) -> Iterator[str]:
    """An environment whose namespace somebody else has."""
    identifier = tenants.one()
    namespace = identifier.replace("/", "--")
    body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}}
    tenants.centre.cluster.create(body, field_manager="somebody")
    yield identifier
    tenants.centre.cluster.delete("v1", "Namespace", namespace)


def test_3_a_namespace_of_somebody_else(foreign: str, yunzu: Command, tenants: Tenants) -> None:
    sentence = said(yunzu("env", "apply", foreign), 3)
    namespace = foreign.replace("/", "--")
    assert f"Namespace {namespace}: exists and is not ours" in sentence
    assert foreign not in ids(yunzu)
    labels = tenants.centre.cluster.get("v1", "Namespace", namespace)["metadata"]["labels"]
    assert naming.LABEL_CENTRE not in labels


def test_4_verify_names_what_was_loosened(yunzu: Command, tenants: Tenants, applied: str) -> None:
    namespace = applied.replace("/", "--")
    tenants.centre.cluster.delete(NETWORK, "NetworkPolicy", "deny-all", namespace)
    try:
        document = yunzu("env", "verify", applied, "--json")
        red = [one["name"] for one in document.document["probes"] if not one["ok"]]
        assert (document.code, document.document["ok"]) == (4, False)
        assert red == ["declared: NetworkPolicy perimeter-deny-all"]
        plain = yunzu("env", "verify", applied)
        assert plain.code == 4
        assert "RED" in next(line for line in plain.out.splitlines() if red[0] in line)
        assert f"{applied}: 1 of {len(document.document['probes'])} probes are red" in plain.out
    finally:
        repaired = yunzu("env", "apply", applied, "--json").items[0]
    assert repaired["changes"]["create"] == 1
    assert yunzu("env", "verify", applied).code == 0


@pytest.mark.parametrize(
    "arguments",
    ["env list", "env show a/b", "env where a/b", "env destroy a/b", "env kubeconfig --admin"],
)
def test_5_a_home_that_is_not_up(arguments: str, offline: Command) -> None:
    sentence = said(offline(*arguments.split()), 5)
    assert "is not running" in sentence
    assert "run yunzu up" in sentence


def test_5_status_of_a_home_that_is_not_up(offline: Command) -> None:
    assert offline("status").code == 5


def test_dry_runs_change_nothing(yunzu: Command, tenants: Tenants) -> None:
    identifier = tenants.one()
    directory = yunzu.tenants / identifier.partition("/")[0]
    before = ids(yunzu)
    for arguments in (["env", "apply", identifier], ["env", "plan", identifier], ["onboard", directory]):
        dry = [] if "plan" in arguments else ["--dry-run"]
        ended = yunzu(*arguments, *dry)
        assert ended.code == 0
        assert "created (nothing was changed)" in ended.out
        assert "ResourceQuota" in ended.out
    namespaces = [one["metadata"]["name"] for one in tenants.centre.cluster.list("v1", "Namespace")]
    assert identifier.replace("/", "--") not in namespaces
    assert identifier not in ids(yunzu)
    assert {one: state for one, state in ids(yunzu).items() if one in before} == before


def test_a_dry_run_of_destroy_changes_nothing(yunzu: Command, applied: str) -> None:
    retained = yunzu("env", "destroy", applied, "--dry-run")
    assert retained.out.splitlines()[0] == f"{applied}: nothing was changed; `yunzu env destroy` would"
    assert "retain database" in retained.out
    erased = yunzu("env", "destroy", applied, "--erase-data", "--dry-run", "--json").document
    assert (erased["id"], erased["retain"], len(erased["erase"])) == (applied, [], 2)
    assert ids(yunzu)[applied] == "active"
