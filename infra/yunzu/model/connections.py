"""Where the centre's servers are and how the centre itself logs in to them.

Built by `yunzu.embedded` for a running centre (embedded servers, external ones, or a mixture) and
handed to clients. Holds administrators' secrets: it stays in memory, is never printed, and its
secret fields are `SecretStr`.
"""

from pathlib import Path

import certifi
from pydantic import BaseModel, ConfigDict, SecretStr


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


def host_and_port(host: str, port: int) -> str:
    """Both in one text; an IPv6 address stands in brackets there (RFC 3986, 3.2.2)."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


class Postgres(_Frozen):
    """One PostgreSQL server (or, for records, one database of it), with an administrator's login."""

    host: str
    port: int
    user: str
    password: SecretStr
    database: str = "postgres"
    ca: Path | None = None  # None: the server has no TLS (the wheel's server, loopback only)
    sslmode: str = "verify-full"
    external: bool = False

    @property
    def address(self) -> str:
        """Host and port as they stand in a URL."""
        return host_and_port(self.host, self.port)


class ObjectStore(_Frozen):
    """The S3 server with its administrator's keys."""

    driver: str  # "minio" | "versitygw"
    endpoint: str  # https://host:port
    region: str
    access_key: SecretStr
    secret_key: SecretStr
    ca: Path | None = None
    external: bool = False

    @property
    def authorities(self) -> Path:
        """Whose certificates are trusted there, PEM: its own CA's, else the public authorities'."""
        return self.ca or Path(certifi.where())


class Cluster(_Frozen):
    """The Kubernetes cluster: a kubeconfig that logs in as the platform's own identity."""

    kubeconfig: Path
    context: str | None = None
    external: bool = False


class Connections(_Frozen):
    """Everything a worker needs to reach the centre's servers."""

    centre: str  # the centre's id, 8 hex digits
    home: Path  # absolute
    tools: dict[str, Path]  # name -> absolute path, e.g. {"pulumi": …, "kubectl": …}
    cluster: Cluster
    records: Postgres
    pools: dict[str, Postgres]  # pool name, as plans say it ("tenants-1"), -> server
    object_store: ObjectStore
    identity_key: SecretStr  # 32 random bytes, hex: derives what must be stable and unguessable
