"""What is handed out: credentials once, kubeconfigs that hold, and no secret anywhere else."""

import subprocess
from pathlib import Path

import pytest

from tests.support.command import Command, Ended
from tests.support.tenants import Tenants
from yunzu.services import bindings

SECRET = ("password", "secret-key")


def _secrets(tenants: Tenants, identifier: str) -> set[str]:
    namespace = identifier.replace("/", "--")
    found = set()
    for name in ("database-main", "bucket-main"):
        binding = bindings.read(namespace, name, centre=tenants.centre)
        found |= {binding[key] for key in SECRET if key in binding}
    assert len(found) == 2
    return found


def test_credentials_once_and_after_a_new_start_once_more(yunzu: Command, tenants: Tenants) -> None:
    identifier = tenants.one()
    tenants.apply(identifier)
    department, namespace = identifier.partition("/")[0], identifier.replace("/", "--")

    def take(account: str, *more: str) -> Ended:
        return yunzu("env", "credentials", identifier, "--account", f"{department}-{account}", *more)

    refused = take("wang")
    assert (refused.code, refused.out) == (3, "")
    assert f"stewards are: {department}-zhang" in refused.err
    assert take("zhang", "--binding", "database-other").code == 2
    first = take("zhang", "--binding", "database-main", "--json")
    assert first.code == 0
    [item] = first.items
    assert (item["binding"], item["slot"], item["secret"]) == (
        "database-main",
        "a",
        f"{namespace}/database-main",
    )
    assert item["values"] == bindings.read(namespace, "database-main", centre=tenants.centre)
    second = take("zhang")
    assert (second.code, second.out) == (3, "")
    assert f"it lies in Secret {namespace}/database-main" in second.err
    assert not any(secret in second.err for secret in _secrets(tenants, identifier))
    assert take("zhang", "--binding", "bucket-main").code == 0

    yunzu("env", "destroy", identifier)
    assert take("zhang").code == 1  # there is none
    tenants.apply(identifier)
    renewed = take("zhang", "--binding", "database-main", "--json")
    assert renewed.code == 0, renewed.err
    assert renewed.items[0]["values"]["password"] != item["values"]["password"]


def test_no_secret_is_shown_by_anything_else(yunzu: Command, tenants: Tenants, applied: str) -> None:
    secrets = _secrets(tenants, applied)
    for arguments in (
        ["env", "list", "--json"],
        ["env", "show", applied, "--json"],
        ["env", "where", applied, "--json"],
        ["--debug", "env", "plan", applied, "--json"],
        ["--debug", "env", "apply", applied, "--json"],
        ["--debug", "env", "verify", applied, "--json"],
        ["--debug", "env", "credentials", applied, "--account", "nobody"],
        ["dept", "list", "--json"],
        ["status", "--json"],
    ):
        ended = yunzu(*arguments)
        assert not any(secret in ended.out + ended.err for secret in secrets), arguments


@pytest.mark.parametrize(("person", "changes"), [("zhang", "yes"), ("li", "no")])
def test_kubeconfig(
    person: str, changes: str, yunzu: Command, tenants: Tenants, applied: str, tmp_path: Path
) -> None:
    """A steward may make a ConfigMap at home, an auditor may not, and nobody looks at the neighbours."""
    ended = yunzu("env", "kubeconfig", applied, "--account", f"{applied.partition('/')[0]}-{person}")
    assert (ended.code, ended.err) == (0, "")
    file = tmp_path / "kubeconfig"
    file.write_text(ended.out, "utf-8")
    kubectl = str(tenants.centre.connections.tools["kubectl"])

    def ask(*arguments: str) -> str:
        command = [kubectl, "--kubeconfig", str(file), *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
        return done.stdout.strip() or done.stderr.strip()

    assert ask("auth", "can-i", "create", "configmaps") == changes
    assert ask("get", "resourcequota", "plan", "-o", "name") == "resourcequota/plan"
    assert "Forbidden" in ask("get", "pods", "-n", "kube-system")


def test_kubeconfig_needs_a_person_of_the_department(yunzu: Command, applied: str) -> None:
    stranger = yunzu("env", "kubeconfig", applied, "--account", "mallory\x1b[2J")
    assert (stranger.code, stranger.out) == (2, "")
    assert "\x1b" not in stranger.err
    assert yunzu("env", "kubeconfig", applied, "--account", "mallory").code == 3
    assert yunzu("env", "kubeconfig", applied).code == 3  # who works on the machine is nobody's person
    assert yunzu("env", "kubeconfig").code == 2
