"""The Pulumi program of one environment: what a department gets.

Resource names are forever: a changed name is a deleted and recreated resource, so a change needs an
alias in the same commit (a snapshot in tests/data holds them).
"""

from collections.abc import Callable

import pulumi

from yunzu.components import access, home, perimeter
from yunzu.components.access import Access
from yunzu.components.bucket import Bucket
from yunzu.components.database import Database
from yunzu.components.home import Home
from yunzu.components.perimeter import Perimeter
from yunzu.model.blueprints import Blueprint


def environment_program(blueprint: Blueprint) -> Callable[[], None]:
    """The program that declares every resource of `blueprint`, to be run by the engine or by `pulumi up`."""

    def program() -> None:
        pulumi.export("uid", blueprint.uid)
        home = Home("home", blueprint)
        Access("access", blueprint, home.namespace)
        Perimeter("perimeter", blueprint, home.namespace)
        for database in blueprint.databases:
            Database(f"database-{database.claim}", blueprint, database, home.namespace)
        for bucket in blueprint.buckets:
            Bucket(f"bucket-{bucket.claim}", blueprint, bucket, home.namespace)

    return program


def resource_count(blueprint: Blueprint) -> int:
    """How many resources the program declares, the groups they stand in included."""
    groups = [list(objects(blueprint)) for objects in (home.objects, access.objects, perimeter.objects)]
    data = len(blueprint.databases) + len(blueprint.buckets)  # each: group, the thing itself, credential
    return 1 + sum(1 + len(group) for group in groups) + 3 * data
