"""A tenant's databases and buckets on the shared centre, with credentials as they are handed out."""

import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from yunzu import naming
from yunzu.clients.objectstore import Bucket, BucketUser, object_store
from yunzu.clients.ownership import NoIntents
from yunzu.clients.postgres import Server
from yunzu.clients.postgres_databases import drop_database, ensure_database
from yunzu.clients.postgres_logins import Login, ensure_login
from yunzu.model.connections import Connections
from yunzu.providers.yunzu_secrets import postgres_binding, s3_binding

QUOTA = 2**30


@contextmanager
def tenancy(
    centre: Connections, databases: Sequence[str], buckets: Sequence[str]
) -> Iterator[dict[str, dict[str, str]]]:
    """The Secrets of one new environment, by name; databases and buckets are erased at the end."""
    uid = naming.mint_environment_uid()
    mark, intents = naming.owner_mark(centre.centre, uid), NoIntents()
    bindings: dict[str, dict[str, str]] = {}
    store = object_store(centre.object_store)
    users = []
    with Server(centre.pools["tenants-1"]) as server:
        try:
            for claim in databases:
                name, password = naming.database(centre.centre, uid, claim), secrets.token_urlsafe(20)
                login = Login(name, "owner", "a", 10)
                ensure_database(server, name, mark=mark, connections=10)
                ensure_login(server, login, mark=mark, password=password)
                bindings[naming.database_secret(claim)] = postgres_binding(
                    server.address, name, login.name, password
                )
            for claim in buckets:
                name, secret = naming.bucket(centre.centre, uid, claim), secrets.token_urlsafe(20)
                key = naming.access_key(centre.identity_key.get_secret_value(), uid, claim, "a")
                users.append(BucketUser(name, key, naming.policy(name, "a")))
                store.ensure_bucket(Bucket(name, versioning=True, quota=QUOTA), mark=mark, intents=intents)
                store.ensure_user(users[-1], secret=secret, intents=intents)
                bindings[naming.bucket_secret(claim)] = s3_binding(store.address, name, key, secret)
            yield bindings
        finally:
            for claim in databases:
                drop_database(server, naming.database(centre.centre, uid, claim), mark=mark)
            for user in users:
                store.remove_user(user, intents=intents)
                store.remove_bucket(user.bucket, mark=mark, intents=intents)
            store.close()
