"""What a PostgreSQL server is, and what follows for tenants' databases or the centre's records on it."""

from yunzu.clients import postgres_facts
from yunzu.clients.postgres import Server
from yunzu.clients.postgres_facts import PostgresFacts, RecordsFacts
from yunzu.errors import UnreachableError
from yunzu.model.connections import Postgres
from yunzu.records import migrations
from yunzu.records.schema import SCHEMA
from yunzu.services.preflight_checks import Check, Examined, clock

_OLDEST = 150000
_FEWEST_FREE = 20  # connections: the centre's own, and one environment's with its probes
_EXTENSIONS = ("pg_trgm", "pgcrypto", "postgres_fdw")


def examine(area: str, address: Postgres) -> Examined:
    """A server for tenants' databases. Raises what `Server.session` raises."""
    with Server(address) as server:
        facts = postgres_facts.examine(server)
    checks = [*judged(area, facts), clock(area, facts.clock_offset)]
    sql = [*_sql_of_attributes(facts), *_sql_of_public(address, facts)]
    return Examined(tuple(checks), {"postgres": _headed(address, sql)} if sql else {})


def examine_records(address: Postgres, centre: str | None) -> Examined:
    """The database of the centre's records. Raises what `Server.session` raises."""
    try:
        with Server(address) as server:
            facts = postgres_facts.examine(server)
            records = postgres_facts.examine_records(server, SCHEMA)
    except UnreachableError:
        if postgres_facts.exists(address):
            raise
        return _absent(address)
    found = [
        *judged_records(records, centre),
        version("records", facts.version),
        tls("records", facts),
        role_for_records(facts),
        encoding("records", facts),
        replica("records", facts.replica),
        room("records", facts),
        backup("records", facts.settings),
        clock("records", facts.clock_offset),
    ]
    sql = []
    if not records.may_create and records.schema is None:
        sql.append(postgres_facts.grant_create(address.database, facts.role))
    if not (facts.superuser or facts.createrole):
        sql.append(postgres_facts.grant_attributes(facts.role, ("CREATEROLE",)))
    return Examined(tuple(found), {"postgres": _headed(address, sql)} if sql else {})


def _absent(address: Postgres) -> Examined:
    """The server answers and has no such database."""
    fact, fix = f"database {address.database} does not exist", "apply the SQL"
    check = Check("records", "database", "red", fact, "`yunzu up` has nowhere to keep its records", fix)
    statement = postgres_facts.create_database(address.database, address.user)
    return Examined((check,), {"postgres": _headed(address, [statement])})


def judged(area: str, facts: PostgresFacts) -> list[Check]:
    """All checks of a tenants' server on facts, the clock apart."""
    return [
        version(area, facts.version),
        tls(area, facts),
        role(area, facts),
        public(area, facts.public_connect),
        passwords(area, facts.settings),
        encoding(area, facts),
        replica(area, facts.replica),
        room(area, facts),
        backup(area, facts.settings),
        extensions(area, facts.extensions),
        unseen(area),
    ]


def judged_records(facts: RecordsFacts, centre: str | None) -> list[Check]:
    """Whose records these are, and whether this version can use them."""
    return [records_schema(facts), records_owner(facts.owner, centre)]


def records_schema(facts: RecordsFacts) -> Check:
    """An older schema is migrated by `up`; a newer one is never touched."""
    area, name = "records", "schema"
    if facts.schema is None:
        if facts.may_create:
            return Check(area, name, "green", "none yet; `yunzu up` makes it")
        fact = "none yet, and the login may not CREATE in the database"
        return Check(area, name, "red", fact, "`yunzu up` cannot make the records", "apply the SQL")
    known = migrations.known()
    if facts.schema not in known:
        fact = f"{facts.schema} is newer than {migrations.HEAD}, the newest this yunzu knows"
        return Check(area, name, "red", fact, "this yunzu will not touch it", "use the newer yunzu")
    if facts.schema != migrations.HEAD:
        fact = f"{facts.schema}, to become {migrations.HEAD}"
        return Check(area, name, "amber", fact, "`yunzu up` migrates it, and never back", "back it up first")
    return Check(area, name, "green", facts.schema)


def records_owner(owner: str | None, centre: str | None) -> Check:
    """Two centres never share records."""
    if owner is None:
        return Check("records", "owner", "green", "no centre's yet")
    if owner == centre:
        return Check("records", "owner", "green", f"this centre, {owner}")
    ours = f"this is centre {centre}" if centre else "this home has no centre yet"
    consequence = "`yunzu up` refuses it"
    fix = "give each centre a records database of its own"
    return Check("records", "owner", "red", f"belongs to centre {owner}; {ours}", consequence, fix)


def version(area: str, number: int) -> Check:
    """15 is the oldest: there PUBLIC lost CREATE in schema public."""
    fact = f"PostgreSQL {number // 10000}.{number % 10000}"
    if number < _OLDEST:
        consequence = "logins of one tenant could create objects in another's schema"
        return Check(area, "version", "red", fact, consequence, "upgrade to 15 or later")
    return Check(area, "version", "green", fact)


def tls(area: str, facts: PostgresFacts) -> Check:
    """Whether this session is encrypted, and with whom it was made."""
    if facts.tls is None and facts.local:
        consequence = "who may read this machine's loopback reads passwords and rows"
        fix = "install the system's PostgreSQL, which has TLS"
        return Check(area, "TLS", "amber", "not in use, and not needed off this machine", consequence, fix)
    if facts.tls is None:
        consequence = "passwords and rows pass the network in the clear"
        return Check(area, "TLS", "red", "not in use", consequence, "set ssl = on and sslmode=verify-full")
    if not facts.verified:
        consequence = "anybody in between could pose as the server"
        fix = "give sslmode=verify-full and sslrootcert in the URL"
        return Check(area, "TLS", "amber", f"{facts.tls}, certificate not checked", consequence, fix)
    return Check(area, "TLS", "green", f"{facts.tls}, certificate and name checked")


def lacking(facts: PostgresFacts) -> tuple[str, ...]:
    """Attributes that the role would need besides what it has."""
    if facts.superuser:
        return ()
    has = {"CREATEROLE": facts.createrole, "CREATEDB": facts.createdb}
    return tuple(name for name, held in has.items() if not held)


def role(area: str, facts: PostgresFacts) -> Check:
    """Whether our login can make databases and logins."""
    missing = lacking(facts)
    if missing:
        fact = f"{facts.role} lacks {' and '.join(missing)}"
        return Check(area, "role", "red", fact, "databases of tenants cannot be made", "apply the SQL")
    return Check(
        area, "role", "green", f"{facts.role} is {'a superuser' if facts.superuser else 'sufficient'}"
    )


def role_for_records(facts: PostgresFacts) -> Check:
    """The records need a login of the engine's own, so CREATEROLE; never CREATEDB."""
    if facts.superuser or facts.createrole:
        return Check("records", "role", "green", f"{facts.role} may make the engine's login")
    fact, consequence = f"{facts.role} lacks CREATEROLE", "the engine's own login cannot be made"
    return Check("records", "role", "red", fact, consequence, "apply the SQL")


def public(area: str, databases: tuple[str, ...]) -> Check:
    """Whether any tenant's login may enter the maintenance databases."""
    if not databases:
        return Check(area, "PUBLIC", "green", "may not enter postgres, template1 or the given database")
    fact = f"may enter {' and '.join(databases)}"
    consequence = (
        "every tenant's login sees names of databases and roles there, and may fill the disk;"
        " once it is revoked, whoever lived on it there is shut out"
    )
    return Check(
        area, "PUBLIC", "amber", fact, consequence, "`yunzu up` revokes it where it may; else apply the SQL"
    )


def passwords(area: str, settings: dict[str, str]) -> Check:
    """How passwords are kept that somebody else sets; ours are sent as SCRAM verifiers."""
    kept = settings.get("password_encryption", "unknown")
    if kept == "scram-sha-256":
        return Check(area, "passwords", "green", kept)
    consequence = "a password that a tenant changes itself is kept weakly"
    return Check(area, "passwords", "amber", kept, consequence, "set password_encryption = scram-sha-256")


def encoding(area: str, facts: PostgresFacts) -> Check:
    """Encoding and locale of the database that we log in to."""
    fact = f"{facts.encoding}, locale {facts.locale}"
    if facts.encoding != "UTF8":
        consequence = "Chinese text may be refused"
        return Check(area, "encoding", "red", fact, consequence, "use a server or database made with UTF8")
    return Check(area, "encoding", "green", fact)


def replica(area: str, is_replica: bool) -> Check:
    """Whether the server may be written to."""
    if is_replica:
        consequence = "it takes no writes"
        return Check(
            area, "primary", "red", "the server is a replica", consequence, "give the primary's address"
        )
    return Check(area, "primary", "green", "the server is the primary")


def room(area: str, facts: PostgresFacts) -> Check:
    """Connections that are left."""
    most = int(facts.settings.get("max_connections", "0"))
    fact = f"{facts.in_use} of {most} in use"
    if most - facts.in_use < _FEWEST_FREE:
        consequence = "logins are refused when they are used up"
        return Check(area, "connections", "amber", fact, consequence, "raise max_connections")
    return Check(area, "connections", "green", fact)


def backup(area: str, settings: dict[str, str]) -> Check:
    """Whether the server could be brought back to a moment."""
    level, archive = settings.get("wal_level", "unknown"), settings.get("archive_mode", "unknown")
    fact = f"wal_level {level}, archive_mode {archive}"
    if settings.get("fsync") == "off":
        return Check(area, "backup", "red", "fsync is off", "a power cut destroys the data", "set fsync = on")
    if level == "minimal":
        consequence = "neither base backups nor replicas can be made"
        return Check(area, "backup", "amber", fact, consequence, "set wal_level = replica")
    if archive == "off":
        consequence = "data can be brought back to the last dump only"
        return Check(
            area, "backup", "amber", fact, consequence, "set archive_mode = on, or use its provider's backups"
        )
    return Check(area, "backup", "green", fact)


def extensions(area: str, available: frozenset[str]) -> Check:
    """Extensions that tenants expect."""
    missing = [name for name in _EXTENSIONS if name not in available]
    if missing:
        fix = "install postgresql-contrib"
        return Check(
            area, "extensions", "amber", f"missing: {', '.join(missing)}", "tenants cannot create them", fix
        )
    return Check(area, "extensions", "green", f"{', '.join(_EXTENSIONS)} are there")


def unseen(area: str) -> Check:
    """What no SQL tells; said, so that nobody takes silence for a yes."""
    return Check(
        area,
        "disk, encryption",
        "amber",
        "unknown: no query tells free space or encryption of the server's disk",
        "a full disk stops every tenant of this server; a stolen one that is not encrypted tells everything",
        "ask its operator",
    )


def _sql_of_attributes(facts: PostgresFacts) -> list[str]:
    missing = lacking(facts)
    return [postgres_facts.grant_attributes(facts.role, missing)] if missing else []


def _sql_of_public(address: Postgres, facts: PostgresFacts) -> list[str]:
    if not facts.public_connect:
        return []
    ours = address.database in facts.public_connect and not facts.superuser
    kept = [postgres_facts.grant_connect(address.database, facts.role)] if ours else []
    return [*kept, postgres_facts.revoke_public(facts.public_connect)]


def _headed(address: Postgres, statements: list[str]) -> str:
    return "\n".join([f"-- on {address.address}, as a superuser", *statements])
