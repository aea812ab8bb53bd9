"""`KEYS.md` in the centre's home: what must be backed up, and what its loss would mean."""

import shlex

from yunzu.embedded.home import Home, write_if_changed

_ROWS = (
    (
        "certificate authorities (services, clients, etcd)",
        "`pki/*-ca.crt`, `pki/*-ca.key`",
        "every `ca.crt` and certificate that was handed out has to be handed out anew",
    ),
    (
        "encryption of Secrets in etcd",
        "`secrets/encryption.yaml`",
        "the Secrets in the cluster cannot be read any more",
    ),
    (
        "encryption of S3 users in the S3 server's data",
        "`secrets/s3.encryption-key`",
        "the S3 users are lost; apply every environment again",
    ),
    (
        "signing of service accounts' tokens",
        "`secrets/service-account.key`",
        "their tokens become invalid and are issued anew",
    ),
    (
        "identity key (access keys, fingerprints)",
        "`secrets/identity-key`",
        "credentials in use are not recognised: rotate them all",
    ),
    (
        "sealing of officers' second factors",
        "`secrets/second-factor.encryption-key`",
        "no officer can confirm anything: new one-time codes, and they enrol anew",
    ),
    (
        "administrators of PostgreSQL and S3",
        "`secrets/*.password`, `secrets/*.access-key`",
        "set new ones on the servers",
    ),
    (
        "operator of the machine, towards the API",
        "`secrets/operator-key`",
        "made anew by `yunzu up`",
    ),
    ("break-glass administrator of the cluster", "`pki/admin.*`", "made anew by `yunzu up`"),
    ("id and ports", "`centre.json`", "nothing of this centre is recognised as its own"),
)

_TEXT = """\
# Keys of this centre

Everything here is readable by its owner only. Back up what the table names together with the data,
encrypted and in another place: who holds these keys holds the centre.

| what | where | if it is lost |
|---|---|---|
{rows}

A backup, with the centre running or not:

    tar -C {home} -cf - centre.json pki secrets | age -r RECIPIENT > centre-keys.tar.age

To restore, unpack it into an empty home beside the restored data and run `yunzu up`. Leaf
certificates that are missing or end within 30 days are made anew by `yunzu up`; authorities never are.
"""


def write(home: Home) -> None:
    rows = "\n".join(f"| {' | '.join(row)} |" for row in _ROWS)
    write_if_changed(home.root / "KEYS.md", _TEXT.format(home=shlex.quote(str(home.root)), rows=rows))
