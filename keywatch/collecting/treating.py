"""The config of one source to its treatment: trusted proxies, privacy, GeoIP files, declared routes."""

from pathlib import Path

from ingest.addresses import networks
from ingest.geo import Geo
from ingest.routes import Cap
from ingest.templates import Templates, load
from ingest.treatment import Treatment
from keywatch.config.root import SourceConfig
from keywatch.workspace import Workspace


def treatment(workspace: Workspace, source: SourceConfig, *, cap: Cap | None = None) -> Treatment:
    """How the events of `source` are made; `cap` is what bounds its routes, an empty one if left out. Close it.

    Raises ConfigError for a proxy that is no address, or a file that cannot be read.
    """
    config = workspace.config
    cap = Cap(config.routes.limit) if cap is None else cap
    templates = _templates(workspace, source)
    if templates is not None:
        cap.declare(templates.routes)
    databases = [_path(workspace, name) for name in config.geo.databases]
    return Treatment(
        source=source.name,
        pepper=workspace.pepper,
        prefixes=config.secrets.prefixes,
        proxies=networks(source.trusted_proxies),
        addresses=config.privacy.addresses,
        geo=Geo(databases) if databases else None,
        templates=templates,
        cap=cap,
        request_id=source.request_id,
    )


def _templates(workspace: Workspace, source: SourceConfig) -> Templates | None:
    name = source.routes or workspace.config.routes.file
    return None if name is None else load(_path(workspace, name))


def _path(workspace: Workspace, name: str) -> Path:
    return workspace.root / Path(name).expanduser()
