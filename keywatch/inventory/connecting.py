"""A connector made from its table of the config; secrets are looked up here and go no further."""

from typing import Final, assert_never

from ingest.inventory.apisix import Apisix
from ingest.inventory.file import File
from ingest.inventory.gcp import Gcp
from ingest.inventory.github import HEADERS, Github
from ingest.inventory.http import HttpList
from ingest.inventory.interface import Connector
from ingest.inventory.kong import Kong
from ingest.inventory.listing import Listing
from ingest.inventory.litellm import Litellm
from ingest.inventory.pull import Ways
from ingest.inventory.tyk import Tyk
from ingest.inventory.unkey import Unkey
from ingest.sources.asking import Asker
from ingest.sources.paging import Paging
from keywatch.asking import header, make_asker
from keywatch.config.inventories import (
    ApisixKeys,
    AwsKeys,
    CsvKeys,
    GcpKeys,
    GithubKeys,
    HttpKeys,
    JsonKeys,
    KeySource,
    KongKeys,
    LitellmKeys,
    Mapped,
    SqlKeys,
    TykKeys,
    UnkeyKeys,
)
from keywatch.config.references import resolve
from keywatch.workspace import Workspace
from model.clock import Clock


def connect(workspace: Workspace, source: KeySource, clock: Clock) -> Connector:
    """The place that a source names; nothing is asked yet. Raises ConfigError."""
    match source:
        case CsvKeys() | JsonKeys():
            key_column = source.columns.get("key_id", "key_id")
            return File(path=workspace.root / source.path, kind=source.type, key_column=key_column)
        case SqlKeys():
            return _sql(workspace, source)
        case AwsKeys():
            return _aws(source)
        case _:
            return _server(workspace, source, clock)


def ways(workspace: Workspace, source: KeySource) -> Ways:
    """How a source's rows become keys."""
    hashes = not isinstance(source, (CsvKeys, JsonKeys, SqlKeys)) or source.hash_keys
    since = {"telemetry_since": source.last_use_since} if source.last_use_since else {}
    return Ways(
        columns=source.columns if isinstance(source, Mapped) else {},
        defaults={**source.defaults, **since},
        prefix=source.prefix,
        pepper=workspace.pepper if hashes else None,
    )


_Server = GcpKeys | KongKeys | TykKeys | ApisixKeys | UnkeyKeys | LitellmKeys | GithubKeys | HttpKeys


_SIGNED: Final[dict[str, tuple[str, str]]] = {
    "kong": ("Kong-Admin-Token", ""),
    "tyk": ("x-tyk-authorization", ""),
    "apisix": ("X-API-KEY", ""),
    "unkey": ("Authorization", "Bearer "),
    "litellm": ("Authorization", "Bearer "),
    "github": ("Authorization", "Bearer "),
    "gcp": ("Authorization", "Bearer "),
}
"""Type to the header that its token goes into, and what stands before it."""


def _server(workspace: Workspace, source: _Server, clock: Clock) -> Connector:
    asker = _asker(workspace, source, source.url, clock)
    made: Connector
    match source:
        case KongKeys():
            made = Kong(asker=asker, tags=source.tags)
        case TykKeys():
            made = Tyk(asker=asker, hashed=source.hashed, pepper=workspace.pepper)
        case ApisixKeys():
            made = Apisix(asker=asker, fingerprints=source.fingerprints)
        case UnkeyKeys():
            made = Unkey(asker=asker, apis=source.apis)
        case LitellmKeys():
            made = Litellm(asker=asker)
        case GithubKeys():
            asker.headers = {**HEADERS, **asker.headers}
            made = Github(asker=asker, organisations=source.organisations)
        case GcpKeys():
            made = Gcp(asker=asker, projects=source.projects)
        case HttpKeys():
            asker.headers = {**source.headers, **asker.headers}
            made = HttpList(listing=_listing(asker, source))
        case _:
            assert_never(source)
    return made


def _listing(asker: Asker, source: HttpKeys) -> Listing:
    paging = Paging(**dict(source.pages))
    return Listing(asker=asker, items=source.items, paging=paging, method=source.method, params=source.params)


def _asker(workspace: Workspace, source: _Server, url: str, clock: Clock) -> Asker:
    what = f"[inventory] {source.called}"
    there = url if "://" in url else resolve(url, root=workspace.root, what=f"The url of {what}")
    asker = make_asker(
        workspace, there, source.auth, allow_private=source.allow_private, ca=source.ca, clock=clock, what=what
    )
    token = None if isinstance(source, HttpKeys) else source.token
    if token is not None:
        name, scheme = _SIGNED[source.type]
        value = scheme + resolve(token, root=workspace.root, what=f"The token of {what}")
        asker.headers[name] = header(value, name=name, what=what)
    return asker


def _sql(workspace: Workspace, source: SqlKeys) -> Connector:
    from ingest.inventory.sql import SqlTable

    url = source.url
    if "://" not in url:
        url = resolve(url, root=workspace.root, what=f"The url of [inventory] {source.called}")
    if url.startswith("sqlite:///") and not url.startswith("sqlite:////"):
        url = "sqlite:///" + str(workspace.root / url.removeprefix("sqlite:///"))
    return SqlTable(url=url, query=source.query)


def _aws(source: AwsKeys) -> Connector:
    from ingest.aws import client
    from ingest.inventory.aws import Aws

    where = f"[inventory] {source.called}"
    made = client("iam", region=source.region, profile=source.profile, endpoint=source.endpoint, where=where)
    return Aws(client=made, method=source.method)
