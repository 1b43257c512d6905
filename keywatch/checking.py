"""What `keywatch config check` looks at, and what `config show` shows."""

import re
from pathlib import Path
from typing import Any

from alerts.channels.redact import mask
from dashboard.server.serve import check
from detectors import engine
from keywatch.alerting.addressing import longest_silence, telling, usable
from keywatch.collecting.elsewhere import check_place
from keywatch.collecting.examining import check_source
from keywatch.config.root import Config, load
from keywatch.detecting import judging
from keywatch.inventory.connecting import connect
from keywatch.listening import listening, metrics_token, policy
from keywatch.metrics import probes
from keywatch.workspace import Workspace
from model.clock import SystemClock
from model.errors import ConfigError

_REFERENCES = frozenset({"env", "file", "keyring"})
_HIDDEN = "****"
_PASSWORD = re.compile(r"(://[^:@/]*:)[^@]*@")


def check_config(path: Path) -> list[str]:
    """A sentence for each thing that is right. Raises ConfigError at the first that is wrong."""
    workspace = Workspace.at(path)
    config = judging.detectors_config(workspace)
    for name in engine.names():
        config.settings(name, engine.load(name).settings)
    reached = usable(workspace)
    _check_names(workspace.config)
    for source in workspace.config.sources:
        check_source(workspace, source)
        check_place(workspace, source, SystemClock())
    for place in workspace.config.inventory.sources:
        connect(workspace, place, SystemClock()).close()
    check(listening(workspace))
    policy(workspace)
    metrics_token(workspace)
    probes.metrics_token(workspace)
    table = telling(workspace).routes
    longest_silence(workspace)
    version = workspace.pepper.version
    counted = f"{len(workspace.config.sources)} sources, {len(reached)} targets, {len(table)} routes"
    return [
        f"{path} is right: {counted}.",
        f"{len(engine.names())} detectors share a budget of {config.budget:g} false alarms a day.",
        f"The pepper is there, version {version}, readable by its owner only.",
    ]


def _check_names(config: Config) -> None:
    """Cursors and deliveries go by these names: two of one name would be taken for one."""
    for table, names in (
        ("sources", [source.name for source in config.sources]),
        ("inventory.sources", [source.called for source in config.inventory.sources]),
        ("alerts.targets", [target.name for target in config.alerts.targets]),
    ):
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            msg = f"[[{table}]] has the name {twice!r} twice."
            raise ConfigError(msg, hint="Give each a name of its own.")


def shown_config(path: Path) -> dict[str, object]:
    """The config in force; what may hold a secret and is no reference to one is masked."""
    config = load(path)
    shown: dict[str, Any] = config.model_dump(mode="json", by_alias=True)
    shown["store"]["state"] = _PASSWORD.sub(r"\1****@", config.store.state)
    if _kind(config.secrets.pepper) not in _REFERENCES:
        shown["secrets"]["pepper"] = "****"
    for target in shown["alerts"]["targets"]:
        if _kind(target["url"]) not in {*_REFERENCES, "jsonl"}:
            target["url"] = mask(target["url"])
        if target["secret"] is not None and _kind(target["secret"]) not in _REFERENCES:
            target["secret"] = _HIDDEN
    heartbeat = shown["alerts"]["heartbeat"]
    if heartbeat is not None and _kind(heartbeat) not in _REFERENCES:
        shown["alerts"]["heartbeat"] = mask(heartbeat)
    board = shown["dashboard"]
    for table, name in ((board, "metrics_token"), (board["login"] or {}, "client_secret")):
        if table.get(name) is not None and _kind(table[name]) not in _REFERENCES:
            table[name] = _HIDDEN
    for source in shown["sources"]:
        _mask_source(source)
    for place in shown["inventory"]["sources"]:
        _mask_place(place)
    return shown


def _mask_place(place: dict[str, Any]) -> None:
    """Mask what may be a secret in a source of keys, and is no reference to one."""
    token, url = place.get("token"), place.get("url")
    if token is not None and _kind(token) not in _REFERENCES:
        place["token"] = _HIDDEN
    if url is not None and _kind(url) not in _REFERENCES:
        place["url"] = _PASSWORD.sub(r"\1****@", url)
    auth = place.get("auth") or {}
    for table in (auth, auth.get("headers", {})):
        for name, value in table.items():
            if isinstance(value, str) and _kind(value) not in _REFERENCES:
                table[name] = _HIDDEN


def _mask_source(source: dict[str, Any]) -> None:
    """Mask what may be a secret in a source, and is no reference to one."""
    if source["url"] is not None and _kind(source["url"]) not in _REFERENCES:
        source["url"] = _PASSWORD.sub(r"\1****@", source["url"])
    auth, options = source["auth"], source["objects"]["options"]
    for table in (auth, auth["headers"], options):
        for name, value in table.items():
            if isinstance(value, str) and _kind(value) not in _REFERENCES and not (table is options and "://" in value):
                table[name] = "****"


def _kind(reference: str) -> str:
    return reference.partition(":")[0]
