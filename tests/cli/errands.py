"""Every command that asks the API, with somebody whose business it is, in an order in which each finds what
those before it made. `{name}` is filled in: `id` is the department, others what an errand has kept.
"""

from dataclasses import dataclass

OFFICES = ("operator", "security", "auditor of the centre")
DEPARTMENT = ("applicant", "reviewer", "approver", "steward", "auditor")

LOCAL = {
    "up": "starts the servers of the machine",
    "down": "stops them",
    "serve": "is the API itself",
    "worker": "holds the servers' credentials, in the centre's home",
    "status": "looks at the processes of the machine",
    "logs": "reads the files of the home",
    "doctor": "looks at the machine",
    "preflight": "looks at servers with their administrators' credentials",
    "tools list": "looks at the programs of the machine",
    "tools build": "builds them",
    "demo nantong": "reads Secrets and acts for invented people",
}
"""Command -> why it is of the centre's machine alone."""

EVERYBODY = ("whoami", "inbox", "request list", "token list {account}", "sla", "ledger")
"""What somebody of any role asks."""


@dataclass(frozen=True)
class Errand:
    """What somebody does; `keep` names what is taken of its document: `name=key`, or `name=item.key`."""

    role: str
    words: str
    code: int = 0
    keep: str = ""
    typed: str = ""


FILES = (
    Errand("applicant", "schema Environment"),
    Errand("applicant", "dept new bureau --title 测试局 --environment prod --tenants written"),
    Errand("applicant", "import people people.xlsx --department bureau --tenants written"),
    Errand("applicant", "import estate estate.jsonl --into estate --plans plans"),
    Errand("applicant", "validate written"),
)
"""What works on files alone: there as anywhere, with a token or without."""

ACCESS = (
    Errand("auditor of the centre", "confirm", typed="{proof}\n"),  # good for a minute
    Errand("operator", "account code {id}-steward", keep="code=code"),
    Errand("", "login --account {id}-steward", typed="{code}\n"),
    Errand("", "token new --label elsewhere", keep="steward=token"),
    Errand("", "logout"),
    Errand("steward", "token new --label other", keep="other=id"),
    Errand("steward", "token revoke {other}"),
    Errand("steward", "message set --language en"),
    Errand("steward", "account show {id}-steward"),
    Errand(
        "approver",
        "deputy new {id}-approver --by {id}-reviewer --from {today} --until {soon}",
        keep="deputy=item.id",
    ),
    Errand("approver", "deputy revoke {deputy}"),
    Errand("security", "account code jiangyunkai --dry-run"),
)

CASES = (
    Errand("applicant", "request new environment.new --manifest asked/unfit.yaml", keep="returned=id"),
    Errand("operator", "request return {returned} --reason 等保定级有误"),
    Errand("applicant", "request resubmit {returned} --manifest asked/large.yaml"),
    Errand("reviewer", "request pause {returned} --reason 现场勘察"),
    Errand("reviewer", "request resume {returned}"),
    Errand("operator 2", "request extend {returned} --until {soon} --reason 论证"),
    Errand("applicant", "request show {returned}"),
    Errand("applicant", "request withdraw {returned}"),
    Errand("applicant", "request new environment.new --manifest asked/unfit.yaml", keep="denied=id"),
    Errand("operator", "request accept {denied}"),
    Errand("reviewer", "request deny {denied} --reason 用途不明"),
    Errand("applicant", "request rate {denied} 3"),
    Errand("applicant", "request watch {denied}"),
    Errand("applicant", "request new environment.new --manifest asked/unfit.yaml", keep="refused=id"),
    Errand("operator", "request refuse {refused} --reason 不属受理范围"),
    Errand("applicant", "request new environment.new --manifest asked/taken.yaml", code=3, keep="failed=id"),
    Errand("applicant", "request watch {failed} --timeout 0", code=1),  # it does not end: its name is taken
    Errand("operator", "request deliver {failed}", code=3),
    Errand("operator", "request abandon {failed} --reason 名称被占用"),
    Errand("applicant", "request new environment.new --manifest asked/large.yaml", keep="large=id"),
    Errand("reviewer", "request approve {large}"),
    Errand("operator", "request approve {large}"),
)

ENVIRONMENTS = (
    Errand("applicant", "manifests pull --tenants tenants"),
    Errand("applicant", "manifests diff --tenants tenants"),
    Errand("applicant", "env plan {id}/remote --tenants tenants"),
    Errand("applicant", "manifests push --tenants tenants"),
    Errand("applicant", "env apply {id}/remote --tenants tenants"),
    Errand("auditor", "env show {id}/remote"),
    Errand("reviewer", "env where {id}/remote"),
    Errand("auditor", "env verify {id}/remote"),
    Errand("steward", "env kubeconfig {id}/remote"),
    Errand("steward", "env credentials {id}/remote"),
    Errand("applicant", "onboard tenants/{id}"),
    Errand("operator", "campaign renew --until 2098-12-31 --department {id}"),
    Errand("applicant", "campaign answer renew-2098-12-31 {id}/remote renew"),
    Errand("applicant", "request new environment.new --manifest asked/ended.yaml"),
    Errand("operator", "lease tolerate {id}/ended --until {soon} --reason 迁移中"),
    Errand("operator", "lease confirm {id}/ended", code=3),  # it is tolerated
    Errand("applicant", "env destroy {id}/remote"),
)

LISTS = (
    Errand("applicant", "item list"),
    Errand("applicant", "item show environment.new"),
    Errand("operator", "account list"),
    Errand("approver", "deputy list"),
    Errand("operator", "lease list"),
    Errand("reviewer", "campaign show"),
    Errand("security", "message list"),
    Errand("steward", "message preferences"),
    Errand("auditor of the centre", "dept list"),
    Errand("auditor", "dept show {id}"),
    Errand("auditor of the centre", "env list"),
)

LEAVING = (
    Errand("security", "account disable yanmingjing --reason 试 --dry-run"),
    Errand("operator", "account disable {id}-auditor --reason 离职"),
    Errand("operator", "account enable {id}-auditor --reason 复职"),
)

WORK = ACCESS + FILES + CASES + ENVIRONMENTS + LISTS
