"""The command as another user of another place: a token, an address and a certificate, and nothing else."""

import re
import shutil
from pathlib import Path

from tests.support.bureau import Bureau
from tests.support.command import Command, Ended
from tests.support.elsewhere import LOOK, NOBODY, Elsewhere


def test_a_token_is_enough_and_nothing_else_opens(bureau: Bureau, elsewhere: Elsewhere) -> None:
    manifest = elsewhere.directory / "away.yaml"
    manifest.write_bytes(bureau.manifest("away", plan="large").read_bytes())
    manifest.chmod(0o644)

    def run(role: str, *words: object) -> Ended:
        ended = elsewhere.run("-m", "yunzu_cli.main", *words, YUNZU_TOKEN=bureau.tokens[role])
        assert ended.code == 0, ended
        return ended

    who = run("applicant", "whoami", "--json").document
    assert (who["account"], who["authenticated"]) == (f"{bureau.id}-applicant", "token")
    filed = run("applicant", "request", "new", "environment.new", "--manifest", manifest, "--json").document
    assert (filed["state"], filed["applicant"]) == ("accepted", f"{bureau.id}-applicant")
    assert run("reviewer", "request", "show", filed["id"], "--json").document["id"] == filed["id"]
    assert filed["id"] in run("reviewer", "inbox").out
    denied = run("reviewer", "request", "deny", filed["id"], "--reason", "试", "--json").document
    assert denied["state"] == "denied"
    assert filed["id"] in run("applicant", "request", "list").out
    assert run("auditor", "sla", "--json").document["department"] == bureau.id
    assert run("applicant", "item", "show", "environment.new", "--json").document["offered"] is True
    assert run("auditor", "ledger", "--csv").out.startswith("\ufeff")
    own = f"{bureau.id}-applicant"
    assert run("applicant", "account", "show", own, "--json").document["department"] == bureau.id
    assert run("applicant", "deputy", "list", "--json").items == []
    assert run("applicant", "lease", "list", "--json").document["day"]
    assert "items" in run("applicant", "campaign", "show", "--json").document
    assert elsewhere.run("-c", LOOK, bureau.command.home.resolve()).code == 0  # nothing there is readable


def test_who_has_a_code_logs_in_there(bureau: Bureau, elsewhere: Elsewhere) -> None:
    """The token is kept in that user's own configuration, under the address; nothing of it is printed."""
    account = f"{bureau.id}-steward"
    code = bureau("operator", "account", "code", account).out.strip()
    own = elsewhere.own("own")

    def run(*words: object, typed: str = "") -> Ended:
        return elsewhere.run("-m", "yunzu_cli.main", *words, typed=typed, HOME=str(own))

    done = run("login", "--account", account, "--json", typed=f"{code}\n")
    assert done.code == 0, done
    kept = Path(done.document["kept"])
    assert (kept.parent, kept.stat().st_uid) == (own / ".config" / "yunzu" / "tokens", NOBODY)
    text = kept.read_text().strip()
    assert text not in done.out + done.err
    assert run("whoami", "--json").document["account"] == account
    again = run("token", "new").out.strip()
    assert run("logout").code == 0
    assert not kept.exists()
    assert run("whoami").code == 3
    assert elsewhere.run("-m", "yunzu_cli.main", "whoami", YUNZU_TOKEN=text).code == 3
    bureau.tokens["steward"] = again
    log = "".join(one["line"] for one in bureau.command("logs", "api", "--json").items)
    assert "POST /api/v1/login/finish" in log
    assert code not in log
    assert text not in log


def test_files_are_pulled_edited_and_pushed_there(bureau: Bureau, elsewhere: Elsewhere) -> None:
    """The plans and the centre's other files are not there."""
    own = elsewhere.own("own")
    tenants = ("--tenants", own / "tenants")

    def run(role: str, *words: object) -> Ended:
        return elsewhere.run("-m", "yunzu_cli.main", *words, YUNZU_TOKEN=bureau.tokens[role])

    shown = run("reviewer", "dept", "show", bureau.id, "--json").document
    assert run("applicant", "dept", "list", "--json").items == [shown]
    assert run("applicant", "dept", "show", "nobody").code == 1
    pulled = run("applicant", "manifests", "pull", *tenants, "--json")
    assert [one["id"] for one in pulled.items] == [bureau.id, *shown["environments"]], pulled
    text = bureau.manifest("pushed", databases=[], buckets=[]).read_bytes()
    file = own / "tenants" / bureau.id / "environments" / "pushed.yaml"
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(text)
    [new] = run("applicant", "manifests", "diff", *tenants, "--json").items
    assert (new["id"], new["state"]) == (f"{bureau.id}/pushed", "new")
    [dry] = run("applicant", "manifests", "push", *tenants, "--dry-run", "--json").items
    assert [(one["id"], one["state"]) for one in dry["requests"]] == [(None, "granted")]
    ended = run("applicant", "manifests", "push", *tenants, "--json")
    assert [one["state"] for one in ended.items[0]["requests"]] == ["done"], ended
    assert run("applicant", "manifests", "diff", *tenants).out == "every file says what is approved\n"
    bureau.retire("pushed")


def test_an_environment_lives_by_tokens_alone(bureau: Bureau, elsewhere: Elsewhere) -> None:
    """Workers do what takes the servers' credentials; what is secret comes back to whoever asked."""
    own = elsewhere.directory / "own"
    file = own / bureau.id / "environments" / "remote.yaml"
    file.parent.mkdir(parents=True)
    shutil.copyfile(bureau.manifest("remote", stage="prod"), file)
    shutil.copy(bureau.tenants.directory / bureau.id / "department.yaml", own / bureau.id)
    for one in (own, *own.rglob("*")):
        one.chmod(0o755)
    identifier, tenants = f"{bureau.id}/remote", ("--tenants", own)

    def run(role: str, *words: object, code: int = 0) -> Ended:
        ended = elsewhere.run("-m", "yunzu_cli.main", *words, YUNZU_TOKEN=bureau.tokens[role])
        assert ended.code == code, ended
        return ended

    [plan] = run("applicant", "env", "plan", identifier, *tenants, "--json").items
    assert plan["requests"] == ["environment.new, which a rule grants"]
    assert plan["changes"]["create"] > 10
    [made] = run("applicant", "env", "apply", identifier, *tenants, "--json").items
    assert made["changes"]["create"] > 10
    assert run("auditor", "env", "show", identifier, "--json").items[0]["state"] == "active"
    listed = run("reviewer", "env", "list", "--json").items
    assert {one["department"] for one in listed} == {bureau.id}
    assert identifier in [one["id"] for one in listed]
    assert "bucket main" in run("reviewer", "env", "where", identifier).out
    proven = run("auditor", "env", "verify", identifier, "--json").document
    assert (proven["ok"], len(proven["probes"]) > 10) == (True, True)
    offered = run("steward", "env", "credentials", identifier, "--dry-run", "--json").document
    assert offered["account"] == f"{bureau.id}-steward"
    handed = run("steward", "env", "credentials", identifier, "--json").items
    assert {one["binding"] for one in handed} == {"database-main", "bucket-main"}
    assert handed[0]["values"]["password"]
    assert "client-key-data" in run("steward", "env", "kubeconfig", identifier).out
    run("applicant", "env", "credentials", identifier, code=3)  # no steward
    run("applicant", "env", "kubeconfig", identifier, "--account", f"{bureau.id}-steward", code=3)
    run("applicant", "env", "kubeconfig", "--admin", code=5)
    assert run("applicant", "onboard", own / bureau.id, "--json").items[0]["verified"] is True
    waits = run("applicant", "env", "destroy", identifier, "--json", code=3)
    number = re.search(r"YZ\d{8}-\d+", waits.err)
    assert number, waits
    for role in ("approver", "operator"):
        run(role, "request", "approve", number[0], "--json")
    gone = run("applicant", "env", "destroy", identifier, "--json").document
    assert (gone["request"], len(gone["retained"])) == (number[0], 2)


def test_without_a_token_nobody_is_an_operator_there(elsewhere: Elsewhere) -> None:
    ended = elsewhere.run("-m", "yunzu_cli.main", "whoami")
    assert (ended.code, ended.out) == (3, "")
    ended = elsewhere.run("-m", "yunzu_cli.main", "request", "deliver", "YZ20260101-0001")
    assert (ended.code, ended.out) == (3, "")
    ended = elsewhere.run("-m", "yunzu_cli.main", "account", "code", "jiangyunkai")
    assert (ended.code, ended.out) == (3, "")


def test_the_api_is_shown_beside_the_servers_and_is_one(yunzu: Command, bureau: Bureau) -> None:
    [api] = [one for one in yunzu("status", "--json").document["servers"] if one["name"] == "api"]
    assert (api["ok"], api["tls"], api["origin"]) == (True, True, "embedded")
    assert api["certificate_expires"]
    assert "GET /api/v1/" in "".join(one["line"] for one in yunzu("logs", "api", "--json").items)
    ended = yunzu.run("serve")
    assert (ended.code, ended.out) == (1, "")
    assert "listens at" in ended.err
