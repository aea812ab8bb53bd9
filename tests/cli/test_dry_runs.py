"""`--dry-run` of what is neither apply nor destroy: it says what would happen, and nothing does."""

from pathlib import Path
from typing import Any

from tests.support.blueprints import REPOSITORY
from tests.support.command import Command
from tests.support.tenants import Tenants
from yunzu.embedded import bootstrap, own
from yunzu.model.connections import Connections
from yunzu.records import handouts
from yunzu.settings import Settings


def pids(yunzu: Command) -> dict[str, int]:
    return {one["name"]: one["pid"] for one in yunzu("status", "--json").document["servers"]}


def test_up_and_down_on_a_running_centre(yunzu: Command, centre_settings: Settings, applied: str) -> None:
    before, names = pids(yunzu), bootstrap.servers(centre_settings)
    up = yunzu("up", "--dry-run", "--json")
    assert (up.code, up.err) == (0, "")
    home = str(yunzu.home)
    assert up.document == {
        "ok": True,
        "home": home,
        "processes": 0,
        "start": [],
        "keep": names,
        "stop": [],
    }
    down = yunzu("down", "--dry-run", "--json").document
    assert (sorted(down["stop"]), down["start"], down["keep"]) == (sorted(names), [], [])
    assert down["processes"] > len(names)  # PostgreSQL's own, and the supervisor
    plain = yunzu("down", "--dry-run")
    assert plain.out.splitlines()[0] == f"{home}: nothing was changed; `yunzu down` would"
    assert "  stop   etcd" in plain.out.splitlines()
    assert pids(yunzu) == before


def test_up_stops_what_is_now_given_from_outside(yunzu: Command, centre: Connections) -> None:
    found = yunzu("up", "--dry-run", "--json", YUNZU_KUBECONFIG=str(centre.cluster.kubeconfig)).document
    assert found["start"] == []
    assert sorted(found["keep"]) == sorted(["records", "s3", "tenants-1", *own.names()])
    assert {"etcd", "apiserver", "kwok"} <= set(found["stop"])


def test_up_and_down_where_no_centre_is(offline: Command) -> None:
    up = offline("up", "--dry-run", "--json").document
    assert up["start"] == bootstrap.servers(Settings(home=offline.home))
    assert (up["keep"], up["stop"], up["processes"]) == ([], [], 0)
    down = offline("down", "--dry-run")
    assert down.out.splitlines()[1:] == ["  do nothing"]
    assert not offline.home.exists()


def test_credentials(yunzu: Command, tenants: Tenants) -> None:
    identifier = tenants.one()
    uid = tenants.apply(identifier).uid
    namespace, steward = identifier.replace("/", "--"), f"{identifier.partition('/')[0]}-zhang"
    words = ("env", "credentials", identifier, "--account")
    dry = yunzu(*words, steward, "--dry-run", "--json")
    items = [
        {"binding": name, "slot": "a", "secret": f"{namespace}/{name}"}
        for name in ("database-main", "bucket-main")
    ]
    assert dry.document == {"ok": True, "id": identifier, "account": steward, "items": items}
    plain = yunzu(*words, steward, "--dry-run", "--binding", "database-main").out.splitlines()
    assert f"would hand to {steward}" in plain[0]
    assert plain[1:] == [f"  database-main (slot a), in Secret {namespace}/database-main"]
    assert handouts.listed(tenants.centre.records, uid) == []
    stranger = yunzu(*words, "nobody", "--dry-run", "--json")
    assert (stranger.code, stranger.out) == (3, "")

    assert yunzu(*words, steward, "--binding", "bucket-main").code == 0
    again = yunzu(*words, steward, "--dry-run")
    assert (again.code, again.out) == (3, "")
    assert "bucket-main, slot a: was handed out" in again.err


def test_demo(yunzu: Command, tenants: Tenants, tmp_path: Path) -> None:
    def there() -> Any:
        namespaces = tenants.centre.cluster.list("v1", "Namespace")
        return yunzu("env", "list", "--json").items, sorted(one["metadata"]["name"] for one in namespaces)

    cast = Command(yunzu.home, REPOSITORY / "tenants")
    before = there()
    ended = cast("demo", "nantong", "--dry-run", "--json")
    assert ended.code == 0, ended.err
    files = (REPOSITORY / "tenants").glob("*/environments/*.yaml")
    wanted = {f"{file.parent.parent.name}/{file.stem}" for file in files}
    assert {one["id"] for one in ended.items} == wanted
    assert all(one["changes"]["create"] > 10 for one in ended.items)
    assert "would be loaded" in ended.err
    assert there() == before
    nowhere = Command(yunzu.home, tmp_path)
    assert nowhere("demo", "nantong", "--dry-run").code == 1
