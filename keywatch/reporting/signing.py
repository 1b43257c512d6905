"""The key that reports are signed with: made at the first report when it is a file that is not there yet."""

import os
from pathlib import Path

from keywatch.config.references import resolve
from keywatch.workspace import Workspace
from model.errors import ConfigError
from reports.signing import SigningKey, new_key, private_key


def signing_key(workspace: Workspace) -> SigningKey:
    """The key behind [reports] signing_key. Raises ConfigError, and ReportError for a key of another kind."""
    reference = workspace.config.reports.signing_key
    kind, _, name = reference.partition(":")
    if kind == "file":
        _make(workspace.root / Path(name).expanduser())
    return private_key(resolve(reference, root=workspace.root, what="The signing key"))


def _make(path: Path) -> None:
    """Write a new key that its owner alone can read, unless there is one: a key is never replaced."""
    try:
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        return
    except OSError as error:
        msg = f"No signing key can be made at {path}: {error.strerror}."
        raise ConfigError(msg, hint="Name a place that you may write to in [reports] signing_key.") from None
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(new_key())
