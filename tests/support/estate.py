"""An invented estate with the quirks of the real one, which may not be copied into the repository.

`ESTATE` is where the real one lies, if it is there.

Quirks: engines not named, replicas, foreign engines, many buckets, names that share their first 30
characters, stages in many spellings that contradict the production mark, no quota, other modules.
"""

import json
import os
import random
from pathlib import Path
from typing import Any

from yunzu.model.stages import GUESSES, SYNONYMS

_DATA = Path(os.environ.get("YUNZU_ESTATE") or Path(__file__).parents[3] / "shared" / "data")
ESTATE = _DATA if _DATA.suffix == ".jsonl" else _DATA / "justice-estate.jsonl"

UNITS = ("Harbour", "Roads", "Central Registry", "HQ")
_FAMILIES = ("postgres14", "postgres16", "postgres17", None)
_OTHERS = (("mysql", "mysql8.4"), ("oracle-se2", "oracle-se2-19"), (None, "mariadb10.11"))


def database(**changes: Any) -> dict[str, Any]:
    """A plain primary, with what a test wants different."""
    plain = {
        "backup_days": None,
        "class": "db.t4g.micro",
        "deletion_protection": False,
        "engine": "postgres",
        "family": "postgres16",
        "max_storage_gb": 500,
        "replica_of": False,
        "storage_gb": 10,
        "version": "16",
    }
    return plain | changes


def bucket(**changes: Any) -> dict[str, Any]:
    """A plain bucket."""
    return {"lifecycle": False, "versioning": False} | changes


def record(namespace: str = "ferries-dev", **changes: Any) -> dict[str, Any]:
    """A plain environment without database and bucket."""
    plain = {
        "application": "app-0001",
        "buckets": [],
        "business_unit": "Harbour",
        "databases": [],
        "egress_policy": False,
        "environment": "development",
        "ingress_hosts": 0,
        "is_production": False,
        "limit_range": {"default": {"cpu": "1000m", "memory": "1000Mi"}},
        "namespace": namespace,
        "network_policies": 2,
        "other_modules": {},
        "pod_security": "restricted",
        "quota": {"pods": "50"},
        "review_after": None,
        "team": "team-1",
    }
    return plain | changes


def _some_databases(chance: random.Random) -> list[dict[str, Any]]:
    databases = [
        database(
            engine=chance.choice(("postgres", None)),
            family=chance.choice(_FAMILIES),
            storage_gb=chance.choice((5, 10, 10, 10, 20, 100, 400)),
        )
        for _ in range(chance.choice((0, 0, 1, 1, 1, 2, 4)))
    ]
    if databases and chance.random() < 0.2:
        databases.append(database(replica_of=True))
    if chance.random() < 0.1:
        engine, family = chance.choice(_OTHERS)
        databases.insert(0, database(engine=engine, family=family, version="8.4"))
    return databases


def invented_estate(count: int, seed: int = 3) -> list[dict[str, Any]]:
    """`count` records, always the same for one seed."""
    chance = random.Random(seed)  # noqa: S311 - invented data, not a secret
    spellings = [*SYNONYMS, *GUESSES, "UAT", "mystery"]
    records = []
    for number in range(count):
        long_stem = "harbour-and-inland-waterways-traffic-control-service"
        stem = chance.choice((f"berths-{number}", f"{long_stem}-{number}"))
        spelling = chance.choice(spellings)
        records.append(
            record(
                f"{stem}-x",
                application=f"app-{number % 17:04}",
                business_unit=UNITS[number % len(UNITS)],
                environment=spelling,
                is_production=chance.random() < 0.3,
                databases=_some_databases(chance),
                buckets=[
                    bucket(versioning=chance.random() < 0.2, lifecycle=chance.random() < 0.2)
                    for _ in range(chance.choice((0, 0, 0, 1, 1, 2, 15)))
                ],
                quota=chance.choice(({"pods": "50"}, {"pods": "10"}, {"pods": "810"}, {})),
                other_modules=chance.choice(({}, {"irsa": 1}, {"sqs": 2, "irsa": 1})),
            )
        )
    return records


def write_estate(path: Path, records: list[Any]) -> Path:
    """Records as JSON Lines; text stands for a line as it is."""
    lines = [one if isinstance(one, str) else json.dumps(one, sort_keys=True) for one in records]
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path
