"""The tables of a source that is no local file: how its records are asked for, and what proves who asks.

More than 150 lines, since the config's reference is made from these descriptions, which are read in one piece.
"""

from datetime import timedelta
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from keywatch.config.section import Section
from model.errors import UsageError
from model.window import parse_duration


def _duration(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        return parse_duration(value)
    except UsageError as error:
        raise ValueError(str(error)) from None


Duration = Annotated[timedelta, BeforeValidator(_duration)]
"""Written like `5m`, `1h30m` or `1d`."""


class AuthConfig(Section):
    """Who asks; every value is a secret by reference."""

    bearer: str | None = Field(default=None, description="A token for `Authorization: Bearer`.")
    user: str | None = Field(default=None, description="The user of `Authorization: Basic`.")
    password: str | None = Field(default=None, description="The password that goes with `user`.")
    headers: dict[str, str] = Field(default={}, description="Other headers that hold secrets, by name.")

    @model_validator(mode="after")
    def _one_authorization(self) -> Self:
        if self.bearer is not None and self.user is not None:
            msg = "name bearer, or user and password, not both"
            raise ValueError(msg)
        if (self.user is None) != (self.password is None):
            msg = "user and password belong together"
            raise ValueError(msg)
        return self


class ObjectsConfig(Section):
    """How objects are listed, when `url` names an object store or a file server."""

    late: Duration = Field(
        default=timedelta(days=1), description="How many days before the last complete one are listed again."
    )
    start: Duration | None = Field(
        default=None, description="How far back the first look goes where the URL has a `{date:…}`; left out: all."
    )
    options: dict[str, Any] = Field(
        default={}, description="Options of the fsspec file system (endpoint_url, anon …); texts may be references."
    )


class PagesConfig(Section):
    """How an HTTP API hands out more than one answer; records must come oldest first."""

    kind: Literal["none", "page", "offset", "cursor", "next"] = Field(
        default="none",
        description="`page` counts pages, `offset` records, `cursor` passes on a value, `next` follows a link.",
    )
    parameter: str | None = Field(default=None, description="The query parameter: of the page, the offset, the cursor.")
    path: str | None = Field(
        default=None,
        description="Where the answer holds the next cursor or link, by dots; `next` without it reads the Link header.",
    )
    of_record: str | None = Field(
        default=None, description="For `cursor`: the field of the last record that is the next cursor, instead of path."
    )
    first: int = Field(default=1, description="The number of the first page.")
    size_parameter: str | None = Field(default=None, description="The query parameter of the page's size.")
    size: int = Field(default=500, ge=1, description="Records a page.")


class HttpConfig(Section):
    """An HTTP API that answers with JSON, or with one JSON record a line."""

    method: Literal["GET", "POST"] = Field(
        default="GET", description="POST sends `params` and the pages' parameters as a JSON body."
    )
    params: dict[str, str | int | bool] = Field(default={}, description="Parameters of every request.")
    headers: dict[str, str] = Field(default={}, description="Headers of every request that are no secrets.")
    records: str = Field(
        default="",
        description="Where the answer holds its list of records, by dots; left out: the answer is the list, or lines.",
    )
    id: str | None = Field(
        default=None, description="The field that tells records apart, by dots; left out: the whole record."
    )
    line: str | None = Field(default=None, description="The field that holds the log line; left out: the whole record.")
    time: str | None = Field(default=None, description="The field of the record's time (ISO 8601, or an epoch).")
    since: str | None = Field(default=None, description="The parameter from which on records are asked for.")
    until: str | None = Field(default=None, description="The parameter up to which records are asked for.")
    time_format: Literal["iso", "s", "ms", "us", "ns"] = Field(
        default="iso", description="How `since` and `until` are written: ISO 8601, or an epoch in that unit."
    )
    pages: PagesConfig = PagesConfig()

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if (self.since is None) != (self.until is None):
            msg = "since and until belong together"
            raise ValueError(msg)
        if self.since is not None and self.time is None:
            msg = "name the field of the record's time beside since and until"
            raise ValueError(msg)
        needed = {"page": "parameter", "offset": "parameter", "cursor": "parameter"}.get(self.pages.kind)
        if needed and getattr(self.pages, needed) is None:
            msg = f"pages of the kind {self.pages.kind} need a {needed}"
            raise ValueError(msg)
        if self.pages.kind == "cursor" and (self.pages.path is None) == (self.pages.of_record is None):
            msg = "pages of the kind cursor need a path, or of_record"
            raise ValueError(msg)
        return self


class SqlConfig(Section):
    """A query of the database that `url` names; it only reads."""

    query: str = Field(
        description="A SELECT. Rows after the cursor are asked for around it; for a large table it may bind `:cursor`"
        " itself, as in `WHERE id >= :cursor ORDER BY id`, and `:batch` in its LIMIT."
    )
    cursor: str = Field(description="The column that grows: a number, a time, or a text.")
    first: int | str = Field(default=0, description="What `:cursor` is at first, where the query binds it.")
    id: str | None = Field(default=None, description="The column that tells rows apart; left out: the whole row does.")
    line: str | None = Field(default=None, description="The column that holds the log line; left out: the whole row.")
    overlap: str = Field(
        default="",
        description="How far before the cursor rows are read again, for those that came late: `10m` where the cursor is"
        " a time, a number where it is one.",
    )
    batch: int = Field(default=10_000, ge=1, description="Rows a page.")


class LokiConfig(Section):
    """Loki: `url` is its address."""

    query: str = Field(description="A log query of LogQL.")
    tenant: str | None = Field(default=None, description="X-Scope-OrgID, where Loki has tenants.")
    limit: int = Field(default=5000, ge=1, description="Entries a page, at most what the server allows.")


class ElasticsearchConfig(Section):
    """Elasticsearch or OpenSearch: `url` is its address."""

    index: str = Field(description="An index, an alias, a data stream or a pattern.")
    query: dict[str, Any] | str = Field(default={}, description="A query: its JSON as a table, or a query string.")
    time: str = Field(default="@timestamp", description="The field of the time.")
    line: tuple[str, ...] = Field(
        default=("event.original", "message"),
        description="Fields that may hold the log line, in order; without any of them the whole document is taken.",
    )
    size: int = Field(default=5000, ge=1, le=10_000, description="Documents a page.")
    point_in_time: Literal["auto", "off"] = Field(
        default="auto", description="`off`: ask without a point in time; `auto` does where the server has none."
    )


class CloudwatchConfig(Section):
    """CloudWatch Logs; needs keywatch[aws], and credentials where boto3 looks for them."""

    group: str = Field(description="The log group.")
    streams: str | None = Field(default=None, description="Only streams whose names begin so.")
    filter: str | None = Field(default=None, description="A filter pattern.")
    region: str | None = Field(default=None, description="The region; left out: boto3's.")
    profile: str | None = Field(default=None, description="A profile of the AWS config files.")
    endpoint: str | None = Field(default=None, description="Another address than AWS's own.")


class PullConfig(Section):
    """When records are asked for, for sources that are asked by time."""

    start: Duration = Field(default=timedelta(days=1), description="How far back the first look goes.")
    overlap: Duration = Field(
        default=timedelta(minutes=5),
        description="How much of what was read is read again, for records that come late; ids keep it single.",
    )
    delay: Duration = Field(
        default=timedelta(), description="How far behind now a look ends, for servers that show records late."
    )
    step: Duration = Field(default=timedelta(hours=1), description="The longest stretch of time asked for at once.")


class PlaceConfig(Section):
    """Where the logs of a source are."""

    path: str | None = Field(
        default=None, description="A file, a folder, or a glob; `-` is standard input. Or else `url`, or `cloudwatch`."
    )
    url: str | None = Field(
        default=None,
        description="`s3://bucket/prefix/*.gz` and the like (gs, az, abfs, sftp, https); `{date:%Y/%m/%d}` in it stands"
        " for a day. With one of the tables `http`, `sql`, `loki` and `elasticsearch`: the address that they ask."
        " May be a reference.",
    )
    objects: ObjectsConfig = ObjectsConfig()
    http: HttpConfig | None = None
    sql: SqlConfig | None = None
    loki: LokiConfig | None = None
    elasticsearch: ElasticsearchConfig | None = None
    cloudwatch: CloudwatchConfig | None = None
    pull: PullConfig = PullConfig()
    auth: AuthConfig = AuthConfig()
    allow_private: bool = Field(
        default=False, description="Ask servers with private addresses too, and those without TLS there."
    )
    ca: str | None = Field(
        default=None, description="A PEM file of the authority that signed the server's certificate."
    )

    @property
    def asked(self) -> HttpConfig | SqlConfig | LokiConfig | ElasticsearchConfig | CloudwatchConfig | None:
        """What its server is asked; None for files and objects."""
        return self.http or self.sql or self.loki or self.elasticsearch or self.cloudwatch

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if sum(place is not None for place in (self.path, self.url, self.cloudwatch)) != 1:
            msg = "name exactly one of path, url and cloudwatch"
            raise ValueError(msg)
        if self.url is None and self.asked is not self.cloudwatch:
            msg = "http, sql, loki and elasticsearch need a url"
            raise ValueError(msg)
        if sum(one is not None for one in (self.http, self.sql, self.loki, self.elasticsearch)) > 1:
            msg = "name at most one of http, sql, loki and elasticsearch"
            raise ValueError(msg)
        return self
