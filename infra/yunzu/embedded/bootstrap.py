"""Bring an embedded centre up and down, and say how to reach it."""

from pydantic import SecretStr

from yunzu.embedded import (
    api,
    external,
    given,
    keys,
    keys_note,
    kubeconfigs,
    locating,
    orphans,
    own,
    plan,
    starting,
)
from yunzu.embedded import ports as port_choice
from yunzu.embedded.home import CentreFile, Home
from yunzu.embedded.programs import Progress, ServerProgram, Site
from yunzu.embedded.servers import postgres
from yunzu.embedded.supervision import Supervisor
from yunzu.errors import UnreachableError, YunzuError
from yunzu.model.connections import Cluster, Connections, ObjectStore
from yunzu.settings import Settings

STOP_SECONDS = 40.0
_PORT_SECONDS = 3.0


def up(settings: Settings, *, progress: Progress) -> Connections:
    """Start what is not running, renew what is about to expire, and return when every server answers.

    Doing it twice changes nothing. Stopped anywhere, a next call goes on. Raises UsageError before
    anything is begun, YunzuError, UnreachableError naming the server and its log.
    """
    external.check(settings)
    home = Home(settings.home)
    home.prepare()
    with home.locked():
        site = _decide(settings, home)
        _mint(settings, site, progress)
        if given.path(home).exists():
            given.write(home, settings)
        programs = plan.programs(settings, site)
        plan.write_files(settings, site, programs)
        supervisor = Supervisor(home, site.centre)
        kept = [*programs, *own.programs(settings, site)]
        if kept:
            _supervise(settings, site, supervisor, kept, progress)
            starting.start_all(programs, supervisor=supervisor, progress=progress)
        keys_note.write(home)
        return connections_of(settings, site)


def start_own(settings: Settings, *, progress: Progress) -> None:
    """Start the centre's own processes, for which everything is there now: records migrated, office open.

    Those whose code or settings have changed were stopped by `up`. Raises as `up` does.
    """
    site = recalled(settings)
    with site.home.locked():
        given.write(site.home, settings)
        programs = own.programs(settings, site)
        supervisor = Supervisor(site.home, site.centre)
        _supervise(settings, site, supervisor, [*plan.programs(settings, site), *programs], progress)
        starting.start_all(programs, supervisor=supervisor, progress=progress)


def servers(settings: Settings) -> list[str]:
    """Names of what is started with these settings: the servers, then the centre's own processes."""
    return [*plan.names(settings), *own.names()]


def is_new(settings: Settings) -> bool:
    """Whether `up` was never called in this home."""
    return Home(settings.home).read_centre() is None


def down(settings: Settings, *, progress: Progress) -> int:
    """Stop every server of this home cleanly; data stay. The number of processes ended, 0 if none ran."""
    home = Home(settings.home)
    decided = home.read_centre()
    if decided is None:
        return 0
    with home.locked():
        before = len(orphans.orphans(home, None))
        supervisor = Supervisor(home, decided.centre)
        if supervisor.process() and supervisor.answers():
            progress("servers", "start", "stopping")
            supervisor.shut_down(timeout=STOP_SECONDS)
            progress("servers", "done", "stopped")
        orphans.end(home, None)
        return before


def connections(settings: Settings) -> Connections:
    """How to reach the running centre. Raises UnreachableError when it is not running."""
    site = recalled(settings)
    if plan.ports(settings) and Supervisor(site.home, site.centre).process() is None:
        raise not_running(site.home)
    return connections_of(settings, site)


def reached(settings: Settings) -> api.Reached:
    """How the owner of the home reaches the API. Raises UnreachableError when the centre is not running."""
    site = recalled(settings)
    if Supervisor(site.home, site.centre).process() is None:
        raise not_running(site.home)
    return api.reached(site)


def administrator(settings: Settings) -> Cluster:
    """The cluster with rights to everything: for break-glass, and to grant the platform its own role.

    Raises UnreachableError before the first `up`.
    """
    if settings.kubeconfig is not None:
        return external.cluster(settings)
    return Cluster(kubeconfig=kubeconfigs.path(recalled(settings), kubeconfigs.ADMIN))


def recalled(settings: Settings) -> Site:
    """The site as the last `up` left it. Raises UnreachableError before the first."""
    home = Home(settings.home)
    decided = home.read_centre()
    if decided is None or set(_ports(settings)) - set(decided.ports):
        raise not_running(home)
    return _site(home, decided, locating.recall(home))


def _ports(settings: Settings) -> list[str]:
    """Names of all ports that a centre keeps: its servers' and its API's."""
    return [*plan.ports(settings), api.NAME]


def not_running(home: Home) -> UnreachableError:
    return UnreachableError("centre", f"is not running (home {home.root})", "run yunzu up")


def _site(home: Home, decided: CentreFile, located: locating.Located) -> Site:
    address, ports = decided.service_address, decided.ports
    return Site(home, decided.centre, address, ports, located.binaries, located.postgres)


def _decide(settings: Settings, home: Home) -> Site:
    """Id and ports, decided once; binaries, found now."""
    located = locating.locate(settings, plan.binaries(settings), postgres=bool(plan.databases(settings)))
    decided = home.read_centre()
    kept = decided.ports if decided else {}
    chosen = port_choice.choose(settings.service_address, _ports(settings), kept)
    if decided is None:
        decided = home.mint_centre(settings.service_address, chosen)
    elif (decided.service_address, decided.ports) != (settings.service_address, chosen):
        decided = decided.model_copy(update={"service_address": settings.service_address, "ports": chosen})
        home.write_centre(decided)
    locating.remember(home, located)
    return _site(home, decided, located)


def _mint(settings: Settings, site: Site, progress: Progress) -> None:
    """Keys, certificates, and the directories of sockets."""
    keys.identity_key(site.home)
    keys.operator_key(site.home)
    site.home.prepare_sockets(site.centre)
    if plan.embeds_cluster(settings):
        keys.ensure_encryption(site.home)
        keys.ensure_service_account(site.home)
    made = [leaf.name for leaf in plan.leaves(settings, site) if site.pki.ensure(leaf)]
    if made:
        progress("certificates", "done", f"{len(made)} made")


def _supervise(
    settings: Settings,
    site: Site,
    supervisor: Supervisor,
    programs: list[ServerProgram],
    progress: Progress,
) -> None:
    """A supervisor with the current configuration, alone with its family in this home."""
    for program in programs:
        if program.name in _PREPARED_BEFORE and program.prepare:
            program.prepare()
    supervisor.configure(programs)
    running = supervisor.process()
    if running and not supervisor.answers():
        running = None
    ended = orphans.end(site.home, running)
    if ended:
        progress("orphans", "done", f"{ended} left processes ended")
    if running:
        supervisor.reload(programs)
        return
    needed = {name: site.ports[name] for name in _ports(settings)}
    taken = port_choice.still_busy(site.address, needed, patience=_PORT_SECONDS)
    if taken:
        name, port = next(iter(taken.items()))
        raise YunzuError(
            f"port {port} of {name}",
            "is used by another program, and a centre keeps its ports",
            f"end that program (ss -ltnp 'sport = :{port}') and run yunzu up again",
        )
    for name in postgres.data_directories(site):
        postgres.forget_dead_postmaster(site, name)
    supervisor.start()


# Their prepared files count among a server's inputs, so they are made before generations are taken.
_PREPARED_BEFORE = ("s3",)


def connections_of(settings: Settings, site: Site) -> Connections:
    """How to reach that centre's servers, whether they run or not."""
    tools = {name: site.binaries[name].path for name in locating.CLIENT_TOOLS if name in site.binaries}
    if settings.records_url:
        records = external.postgres("records_url", settings.records_url)
    else:
        records = postgres.server(site, postgres.RECORDS, postgres.RECORDS_DATABASE)
    if settings.database_url:
        pools = {postgres.POOLS[0]: external.postgres("database_url", settings.database_url)}
    else:
        pools = {name: postgres.server(site, name) for name in postgres.POOLS}
    return Connections(
        centre=site.centre,
        home=site.home.root,
        tools=tools,
        cluster=_cluster(settings, site),
        records=records,
        pools=pools,
        object_store=_object_store(settings, site),
        identity_key=SecretStr(keys.identity_key(site.home)),
    )


def _cluster(settings: Settings, site: Site) -> Cluster:
    if settings.kubeconfig is not None:
        return external.cluster(settings)
    return Cluster(kubeconfig=kubeconfigs.path(site, kubeconfigs.PLATFORM))


def _object_store(settings: Settings, site: Site) -> ObjectStore:
    if settings.s3_endpoint is not None:
        return external.object_store(settings)
    return ObjectStore(
        driver=settings.s3_driver,
        endpoint=site.url("s3"),
        region=settings.s3_region,
        access_key=SecretStr(keys.access_key(site.home, "s3")),
        secret_key=SecretStr(keys.password(site.home, "s3")),
        ca=site.pki.authority("services").certificate,
    )
