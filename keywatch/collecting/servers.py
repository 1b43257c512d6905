"""What a source asks, made from its config; secrets are looked up here and go no further."""

from datetime import timedelta
from typing import assert_never
from urllib.parse import unquote, urlsplit, urlunsplit

from ingest.sources.asking import Asker, basic
from ingest.sources.cloudwatch import Cloudwatch, client
from ingest.sources.elasticsearch import Elasticsearch
from ingest.sources.http import HttpApi, Pages
from ingest.sources.loki import Loki
from ingest.sources.records import RecordSource
from ingest.sources.wire import connection, shown
from keywatch.config import SourceConfig
from keywatch.places import CloudwatchConfig, ElasticsearchConfig, HttpConfig, LokiConfig, SqlConfig
from keywatch.references import resolve
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
    parts = urlsplit(url_of(workspace, source))
    url = urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
    ca = None if source.ca is None else str(workspace.root / source.ca)
    connection(url, allow_private=source.allow_private, ca=ca).close()  # says what is wrong with the URL
    headers = _credentials(workspace, source)
    if parts.username is not None and "Authorization" not in headers:
        headers["Authorization"] = basic(unquote(parts.username), unquote(parts.password or ""))
    return Asker(url=url, headers=headers, allow_private=source.allow_private, ca=ca, wall=clock.now)


def _credentials(workspace: Workspace, source: SourceConfig) -> dict[str, str]:
    auth, what = source.auth, f"[sources.auth] of {source.name}"

    def secret(reference: str) -> str:
        return resolve(reference, root=workspace.root, what=what)

    headers = {name: secret(reference) for name, reference in auth.headers.items()}
    if auth.bearer is not None:
        headers["Authorization"] = f"Bearer {secret(auth.bearer)}"
    if auth.user is not None and auth.password is not None:
        headers["Authorization"] = basic(secret(auth.user), secret(auth.password))
    for name, value in headers.items():
        if not value.isprintable() or not value.isascii():
            msg = f"{what}: the value of {name} cannot stand in a header."
            raise ConfigError(msg, hint="It is one line of ASCII.")
    return headers


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
            return HttpApi(asker=asker, paging=Pages(**dict(asked.pages)), **settings)


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
