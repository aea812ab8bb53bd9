"""Settings: file `yunzu.toml`, then environment `YUNZU_*`, then flags, in that order of growing weight."""

from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, SecretStr
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from yunzu.model.leases import HOLD_DAYS
from yunzu.model.message_channels import Webhook, webhook_name


class Settings(BaseSettings):
    """What an operator may choose. A server that is given here is external: `yunzu up` starts the others."""

    model_config = SettingsConfigDict(
        env_prefix="YUNZU_", toml_file="yunzu.toml", extra="forbid", frozen=True, validate_default=True
    )

    home: Path = Field(Path(".yunzu"), description="The centre's directory: data, logs, PKI, state")
    tenants: Path = Field(Path("tenants"), description="Directory of the departments' manifests")
    plans: Path = Field(Path("centre/plans"), description="Directory of the centre's plans")
    items: Path = Field(Path("centre/items"), description="Directory of what the centre can be asked for")
    officers: Path = Field(Path("centre/register.yaml"), description="The centre's register of officers")
    capacity: Path = Field(
        Path("centre/capacity.yaml"), description="What the centre has, and default quotas"
    )
    calendars: Path = Field(Path("centre/calendar"), description="Directory of the working calendars")
    request_prefix: str = Field(
        "YZ", pattern="^[A-Z]{2}$", description="Two letters that begin each 办件编号"
    )
    hold_days: int = Field(
        HOLD_DAYS, ge=1, le=3650, description="Days that a suspended environment is held after its lease"
    )
    zone: ZoneInfo = Field(
        ZoneInfo("Asia/Shanghai"),
        description="Where the centre is: its days and office hours, by IANA's name",
    )
    token: SecretStr | None = Field(None, description="Personal token of whoever runs the command")
    service_address: str = Field("127.0.0.1", description="Address on which the embedded servers listen")
    api_names: tuple[str, ...] = Field(
        (), description="Names, besides that address, by which departments reach the API: in its certificate"
    )
    url: str | None = Field(
        None, pattern="^https://", description="https:// of another machine's API, for who has no centre here"
    )
    ca_file: Path | None = Field(None, description="CA certificate of that API, if not one the system trusts")
    nodes: Literal["kwok", "none"] = Field("kwok", description="Nodes of the embedded cluster")
    s3_driver: Literal["minio", "versitygw"] = Field("minio", description="Which S3 server is administered")

    bin_dir: Path | None = Field(None, description="Directory searched for server binaries before PATH")

    kubeconfig: Path | None = Field(None, description="An existing cluster instead of the embedded one")
    kubecontext: str | None = Field(None, description="Context within that kubeconfig")
    database_url: SecretStr | None = Field(None, description="postgresql:// of an existing tenants' server")
    records_url: SecretStr | None = Field(None, description="postgresql:// of an existing records database")
    s3_endpoint: str | None = Field(None, description="https:// of an existing S3 server")
    s3_access_key: SecretStr | None = Field(None, description="Its administrator's access key")
    s3_secret_key: SecretStr | None = Field(None, description="Its administrator's secret key")
    s3_region: str = Field("us-east-1", description="Region name that the S3 server expects")
    s3_ca: Path | None = Field(None, description="CA certificate of the S3 server, if not a public one")

    smtp_url: SecretStr | None = Field(
        None, description="smtp:// (STARTTLS) or smtps:// of a mail server, with user:password@ for its login"
    )
    smtp_from: str | None = Field(None, description="Whose address the centre's mails bear")
    smtp_ca: Path | None = Field(None, description="CA certificate of the mail server, if not a public one")
    webhooks: dict[Annotated[str, AfterValidator(webhook_name)], Webhook] = Field(
        {}, description="Other systems that messages are posted to: name -> {url, secret, ca}"
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - the signature is pydantic-settings'
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)
