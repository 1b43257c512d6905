"""What a source asks, made from its config; secrets are looked up here and go no further."""

from datetime import timedelta
from typing import assert_never
from urllib.parse import urlsplit

from ingest.sources.asking import Asker
from ingest.sources.cloudwatch import Cloudwatch, client
from ingest.sources.elasticsearch import Elasticsearch
from ingest.sources.http import HttpApi
from ingest.sources.loki import Loki
from ingest.sources.paging import Paging
from ingest.sources.records import RecordSource
from ingest.sources.wire import shown
from keywatch.asking import make_asker
from keywatch.config.places import CloudwatchConfig, ElasticsearchConfig, HttpConfig, LokiConfig, SqlConfig
from keywatch.config.references import resolve
from keywatch.config.root import SourceConfig
from keywatch.workspace import Workspace
from model.clock import Clock
from model.errors import ConfigError, UsageError
from model.window import parse_duration


def open_server(workspace: Workspace, source: SourceConfig, clock: Clock) -> tuple[RecordSource, str]:
    """The server that a source asks, and what messages call it. Nothing is sent yet. Raises ConfigError."""
    asked = source.asked
    match asked:
        case CloudwatchConfig():
            made = client(region=asked.region, profile=asked.profile, endpoint=asked.endpoint)
            where = f"cloudwatch:{asked.group}"
            return Cloudwatch(client=made, group=asked.group, streams=asked.streams, filter=asked.filter), where
        case SqlConfig():
            return _sql(workspace, source, asked)
        case HttpConfig() | LokiConfig() | ElasticsearchConfig():
            asker = asker_of(workspace, source, clock)
            return _over_http(asked, asker), shown(asker.url)
        case None:
            msg = f"The source {source.name} asks no server."
            raise ConfigError(msg)
        case _:
            assert_never(asked)


def url_of(workspace: Workspace, source: SourceConfig) -> str:
    """The source's URL, its reference looked up. Raises ConfigError."""
    url = source.url or ""
    if "://" in url:
        return url
    return resolve(url, root=workspace.root, what=f"The url of the source {source.name}")


def asker_of(workspace: Workspace, source: SourceConfig, clock: Clock) -> Asker:
    """An asker of the source's URL with its credentials. Raises ConfigError."""
    return make_asker(
        workspace,
        url_of(workspace, source),
        source.auth,
        allow_private=source.allow_private,
        ca=source.ca,
        clock=clock,
        what=f"[sources.auth] of {source.name}",
    )


def _over_http(asked: HttpConfig | LokiConfig | ElasticsearchConfig, asker: Asker) -> RecordSource:
    match asked:
        case LokiConfig():
            if asked.tenant is not None:
                asker.headers["X-Scope-OrgID"] = asked.tenant
            return Loki(asker=asker, query=asked.query, limit=asked.limit)
        case ElasticsearchConfig():
            return Elasticsearch(asker=asker, **dict(asked))
        case HttpConfig():
            asker.headers = {**asked.headers, **asker.headers}
            settings = {name: value for name, value in asked if name not in {"headers", "pages"}}
            return HttpApi(asker=asker, paging=Paging(**dict(asked.pages)), **settings)


def _sql(workspace: Workspace, source: SourceConfig, asked: SqlConfig) -> tuple[RecordSource, str]:
    from ingest.sources.sql import Sql

    url = url_of(workspace, source)
    if url.startswith("sqlite:///") and not url.startswith("sqlite:////"):
        url = "sqlite:///" + str(workspace.root / url.removeprefix("sqlite:///"))
    settings = {name: value for name, value in asked if name != "overlap"}
    return Sql(url=url, overlap=_overlap(asked.overlap), **settings), f"sql:{urlsplit(url).scheme}"


def _overlap(text: str) -> timedelta | float | None:
    if not text.strip():
        return None
    try:
        return float(text)
    except ValueError:
        pass
    try:
        return parse_duration(text)
    except UsageError:
        msg = f"The overlap of [sources.sql] is {text!r}."
        raise ConfigError(msg, hint="Write 10m, or a number.") from None
