"""The config: keywatch.toml, KEYWATCH_* variables above it, the command line above both."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated, ClassVar, Self

from pydantic import Field, ValidationError, model_validator
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
    TomlConfigSettingsSource,
)

from ingest.addresses import Mode
from ingest.formats.interface import Carrier, KeyPlace, Kind
from keywatch.config.alerts import AlertsConfig
from keywatch.config.dashboard import DashboardConfig
from keywatch.config.errors import sentence
from keywatch.config.exceptions import DetectorsTable, EventConfig
from keywatch.config.inventories import InventoryConfig
from keywatch.config.places import Duration, PlaceConfig
from keywatch.config.reports import ReportsConfig
from keywatch.config.retention import RetentionConfig
from keywatch.config.run import RunConfig
from keywatch.config.section import Section
from keywatch.config.variables import refuse_unknown, with_mounted
from model.errors import ConfigError

FILE_NAME = "keywatch.toml"


class StoreConfig(Section):
    """Where state and events are kept; paths are relative to the config file."""

    state: str = Field(
        default="sqlite:///keywatch.db", description="URL of the state: SQLite, or postgresql+psycopg://…"
    )
    events: str = Field(
        default="events",
        description="Folder of the event segments, s3://bucket/prefix and the like, or clickhouse://user@host/database.",
    )
    options: dict[str, str | int | float | bool] = Field(
        default={}, description="fsspec's options for such a URL; `env:`, `file:` and `keyring:` are followed."
    )
    scratch: str = Field(
        default="scratch", description="Folder of this machine for what is on its way to or from there."
    )
    lease: Duration = Field(
        default=timedelta(seconds=30),
        ge=timedelta(seconds=1),
        description="On PostgreSQL: after so many seconds without a word, another worker takes over what one was at.",
    )


class SecretsConfig(Section):
    """Secrets by reference: `env:NAME`, `file:PATH` (0600) or `keyring:NAME`."""

    pepper: str = Field(default="file:keywatch.pepper", description="The pepper of the fingerprints.")
    prefixes: tuple[Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.:~-]+$")], ...] = Field(
        default=(), description="Prefixes of the keys that you issue, for redaction."
    )


class KeyConfig(Section):
    """Where a credential may stand in a line: one of field, header, query, cookie and path."""

    field: str | None = Field(
        default=None, description="The field's name as the log spells it; dots reach into nested objects."
    )
    header: str | None = Field(default=None, description="A request header, by its HTTP name.")
    query: str | None = Field(default=None, description="A query parameter.")
    cookie: str | None = Field(default=None, description="A cookie.")
    path: str | None = Field(default=None, description="A path with `{key}` where the credential stands.")
    kind: Kind = Field(default="secret", description="`id` when the log holds the provider's id.")

    @model_validator(mode="after")
    def _one_carrier(self) -> Self:
        if len(self._named()) != 1:
            msg = "name exactly one of field, header, query, cookie and path"
            raise ValueError(msg)
        if self.path is not None and "{key}" not in self.path:
            msg = "path does not tell where the key stands: write {key} there"
            raise ValueError(msg)
        return self

    @property
    def place(self) -> KeyPlace:
        """The same in the words of ingest."""
        carrier, name = self._named()[0]
        return KeyPlace(carrier=carrier, name=name, kind=self.kind)

    def _named(self) -> list[tuple[Carrier, str]]:
        carriers: tuple[Carrier, ...] = ("field", "header", "query", "cookie", "path")
        return [(carrier, name) for carrier in carriers if (name := getattr(self, carrier)) is not None]


class SourceConfig(PlaceConfig):
    """A place that logs are pulled from."""

    name: str = Field(description="How the source is called everywhere.")
    format: str = Field(default="auto", description="`auto`, or a name that `keywatch formats list` shows.")
    log_format: str | None = Field(default=None, description="A pasted nginx log_format or Apache LogFormat.")
    pattern: str | None = Field(default=None, description="A regular expression (RE2) with named groups.")
    key: KeyConfig | tuple[KeyConfig, ...] = Field(
        default=(),
        description="Where the credential stands, or several places in order; left out: well-known ones.",
    )
    fields: dict[str, str] = Field(default={}, description="Our column to the log's own field, for JSON lines.")
    max_line: int = Field(
        default=1 << 20, ge=256, le=16 << 20, description="Bytes of the longest line; a longer one becomes a reject."
    )
    request_id: bool = Field(default=False, description="Keep the request id (16 bytes an event).")
    trusted_proxies: tuple[str, ...] = Field(
        default=(),
        description="Addresses and blocks of your own proxies, or `private`: the client is the right-most address of"
        " X-Forwarded-For or Forwarded that is none of them. Empty: the peer is the client.",
    )
    routes: str | None = Field(default=None, description="This source's routes file; see [routes].")

    @property
    def keys(self) -> tuple[KeyConfig, ...]:
        """The places of `key`, in order."""
        return (self.key,) if isinstance(self.key, KeyConfig) else self.key


class PrivacyConfig(Section):
    """How much of personal data is kept."""

    addresses: Mode = Field(
        default="full",
        description="`full`; `truncated` keeps the network alone (/24, /48); `pseudonymised` keeps a keyed HMAC.",
    )


class GeoConfig(Section):
    """Country and operator of addresses; needs the extra `geo`."""

    databases: tuple[str, ...] = Field(default=(), description="MMDB files; the first that knows an address tells.")


class RoutesConfig(Section):
    """How paths become routes. Beyond declared routes, identifiers in a path are recognised by their look."""

    file: str | None = Field(
        default=None, description="An OpenAPI file (JSON or YAML), or a list with one `GET /v1/agents/{id}` a line."
    )
    limit: int = Field(
        default=2000, ge=10, le=1_000_000, description="Routes that are not declared, a host; the rest is `/…`."
    )


class Config(BaseSettings):
    """All of it."""

    model_config = SettingsConfigDict(
        env_prefix="KEYWATCH_",
        env_nested_delimiter="__",
        extra="forbid",
        frozen=True,
        validate_default=True,
        defer_build=True,
    )
    toml_path: ClassVar[Path | None] = None

    roots: tuple[str, ...] = Field(
        default=(), description="Folders that configured sources may read from, links followed; empty: any."
    )
    store: StoreConfig = StoreConfig()
    secrets: SecretsConfig = SecretsConfig()
    sources: tuple[SourceConfig, ...] = ()
    privacy: PrivacyConfig = PrivacyConfig()
    retention: RetentionConfig = RetentionConfig()
    geo: GeoConfig = GeoConfig()
    routes: RoutesConfig = RoutesConfig()
    inventory: InventoryConfig = InventoryConfig()
    detectors: DetectorsTable = DetectorsTable()
    calendar: tuple[EventConfig, ...] = ()
    alerts: AlertsConfig = AlertsConfig()
    reports: ReportsConfig = ReportsConfig()
    run: RunConfig = RunConfig()
    dashboard: DashboardConfig = DashboardConfig()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Environment above file; no .env file and no secrets folder."""
        del dotenv_settings, file_secret_settings
        if isinstance(env_settings, EnvSettingsSource):
            env_settings.env_vars = with_mounted(env_settings.env_vars)
        return (init_settings, env_settings, TomlConfigSettingsSource(settings_cls, cls.toml_path))


def load(path: Path) -> Config:
    """Read the config file and the environment.

    Raises ConfigError for a missing file, broken TOML, an unknown name (with the nearest known one) or a wrong value.
    """
    if not path.is_file():
        msg = f"{path} is a folder." if path.is_dir() else f"There is no config file {path}."
        raise ConfigError(msg, hint="Run `keywatch init` first, or name the file with --config.")
    refuse_unknown(Config.model_fields)
    reader = type("Config", (Config,), {"toml_path": path, "__doc__": Config.__doc__, "__module__": __name__})
    try:
        return reader()  # type: ignore[no-any-return]  # a subclass made above
    except ValidationError as error:
        lines = [sentence(one, Config.model_fields) for one in error.errors()]
        msg = f"{path}: " + "\n  ".join(lines)
        raise ConfigError(msg, hint="Mend it there, or in the KEYWATCH_ variable that goes above it.") from None
    except SettingsError as error:
        msg = f"A KEYWATCH_ variable cannot be read: {error}."
        raise ConfigError(msg, hint="Tables and lists stand in variables as JSON.") from None
    except ValueError as error:
        msg = f"{path} is not TOML: {error}"
        raise ConfigError(msg, hint="Mend the line that the message names.") from None
