"""A new workspace: its config, a pepper that only its owner can read, and an empty store."""

import os
import secrets
from pathlib import Path
from typing import Final

from keywatch.workspace import Workspace
from model.errors import ConfigError, UsageError

CONFIG: Final = """\
# keywatch.toml: paths are relative to this file. `keywatch config show` prints what is in force.

[store]
state  = "sqlite:///keywatch.db"
events = "events"

[secrets]
pepper = "file:keywatch.pepper"       # env:NAME, file:PATH (0600) or keyring:NAME
# prefixes = ["ac_live_", "ac_dev_"]  # how the keys that you issue begin: they are redacted wherever they stand

# [[sources]]                         # `keywatch ingest` reads them; a path on its command line needs none
# name   = "edge"
# path   = "/var/log/nginx/access.log*"
# format = "auto"                     # or a name of `keywatch formats list`, or log_format = '…' pasted from nginx
# key    = { field = "http_x_api_token", kind = "secret" }

# [inventory]                         # `keywatch keys sync`, and `keywatch run` every hour; also aws, kong, http …
# sources = [{ type = "csv", path = "keys.csv", hash_keys = true }]

[detectors]
budget = "0.5/day"                    # false alarms (medium and above) of all statistical detectors

# [[alerts.targets]]
# name = "security"
# url  = "env:SLACK_URL"              # any Apprise URL, https://… for a webhook, jsonl:PATH for a file
# [[alerts.routes]]
# when = { severity = "high" }        # at or above
# to   = ["security"]
"""


def make(folder: Path, config: str = CONFIG) -> None:
    """Write the workspace's files. Raises ConfigError when there is one already, UsageError when none can be made."""
    path = folder / "keywatch.toml"
    if path.exists():
        msg = f"{path} is there already."
        raise ConfigError(msg, hint="Use the workspace as it is, or name another folder.")
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        _write_pepper(folder / "keywatch.pepper")
        path.write_text(config, encoding="utf-8")
        path.chmod(0o600)
    except OSError as error:
        msg = f"No workspace can be made in {folder}: {error.strerror}."
        raise UsageError(msg, hint="Name a folder that you may write to, or one that can be made.") from None
    workspace = Workspace.at(path)
    try:
        with workspace.store.reading():
            pass
    finally:
        workspace.close()


def _write_pepper(path: Path) -> None:
    try:
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        return  # a pepper is never replaced: fingerprints made with it would be lost
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(f"1:{secrets.token_hex(32)}\n")
