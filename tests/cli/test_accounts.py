"""`yunzu account` and `yunzu deputy` on a centre: access that ends reaches the cluster too."""

from datetime import date, timedelta
from typing import Any

from tests.support.bureau import Bureau
from tests.support.engine import wait_for
from yunzu.records import handouts


def _bound(bureau: Bureau, environment: str) -> set[str]:
    """Accounts that the roles of an environment name."""
    namespace = f"{bureau.id}--{environment}"
    found = bureau.tenants.centre.cluster.list("rbac.authorization.k8s.io/v1", "RoleBinding", namespace)
    names = (subject["name"] for one in found for subject in one.get("subjects") or ())
    return {name.rpartition(":")[2] for name in names}


def test_a_disabled_account_has_no_access_anywhere(bureau: Bureau) -> None:
    small: dict[str, Any] = {"databases": [], "buckets": []}
    assert bureau.ask("bound", **small).document["state"] == "done"
    account = f"{bureau.id}-steward"
    assert account in _bound(bureau, "bound")
    [entry] = bureau.command("env", "show", f"{bureau.id}/bound", "--json").items
    records = bureau.tenants.centre.records
    with records.transaction() as connection:
        handouts.enter(connection, entry["uid"], "a", account, {"db-main-owner": "f"})
    words = ("account", "disable", account, "--reason", "离职", "--json")
    assert bureau("applicant", *words).code == 3
    dry = bureau("operator", *words, "--dry-run").document
    assert (dry["disabled"], dry["dry_run"]) == (True, True)
    assert bureau("steward", "whoami").code == 0
    done = bureau("security", *words)
    assert (done.code, done.document["changed"], done.document["revoked_tokens"] > 0) == (0, True, True)
    shared = {"uid": entry["uid"], "binding": "db-main-owner", "slot": "a"}
    assert shared in done.document["rotate"]
    assert bureau("steward", "whoami").code == 3
    wait_for(lambda: account not in _bound(bureau, "bound"))
    assert f"{bureau.id}-approver" in _bound(bureau, "bound")
    assert bureau.command("env", "verify", f"{bureau.id}/bound", "--json").code in (0, 1)
    shown = bureau("auditor of the centre", "account", "show", account, "--json").document
    assert (shown["disabled"]["by"], shown["disabled"]["reason"]) == ("shengshouan", "离职")
    assert "DISABLED" in bureau("operator", "account", "list", "--department", bureau.id).out
    assert bureau("operator", "account", "enable", account, "--reason", "复职").code == 0
    wait_for(lambda: account in _bound(bureau, "bound"), seconds=120)  # there may be a second try
    assert bureau("steward", "whoami").code == 3  # a new code is where it begins
    code = bureau("operator", "account", "code", account).out.strip()
    config = {"XDG_CONFIG_HOME": str(bureau.tenants.directory / "config")}
    assert bureau.command("login", "--account", account, typed=f"{code}\n", **config).code == 0
    again = bureau.command("token", "new", **config)
    bureau.tokens["steward"] = again.out.strip()
    assert bureau("steward", "whoami").code == 0


def test_deputies(bureau: Bureau) -> None:
    reviewer, steward = f"{bureau.id}-reviewer", f"{bureau.id}-steward"
    today = date.today()
    days = ("--from", today - timedelta(days=1), "--until", today + timedelta(days=1))
    words = ("deputy", "new", reviewer, "--by", steward, *days, "--json")
    assert bureau("applicant", *words).code == 3
    assert bureau("reviewer", *words, "--dry-run").code == 0
    [made] = bureau("reviewer", *words).items
    assert (made["of"], made["by"], made["named_by"]) == (reviewer, steward, reviewer)
    number = bureau.ask("lent", plan="large").document["id"]
    [waiting] = [one for one in bureau("steward", "inbox", "--json").items if one["id"] == number]
    assert waiting
    signed = bureau("steward", "request", "approve", number, "--json")
    assert signed.code == 0, signed
    [move] = [one for one in signed.document["moves"] if one["move"] == "approve"]
    assert (move["account"], move["principal"]) == (steward, reviewer)
    assert f"{steward} for {reviewer}" in bureau("reviewer", "request", "show", number).out
    assert bureau("steward", "deputy", "revoke", made["id"]).code == 0
    [one] = bureau("reviewer", "deputy", "list", "--json").items
    assert one["revoked_by"] == steward
    bureau("applicant", "request", "withdraw", number)
