"""Secrets by reference: `env:NAME`, `file:PATH` (readable by its owner only), `keyring:NAME`."""

import os
import stat
from pathlib import Path

from model.errors import ConfigError


def resolve(reference: str, *, root: Path, what: str) -> str:
    """The secret behind a reference; a text that is no reference is returned as it is.

    Raises ConfigError when it is missing, or when others may read the file.
    """
    kind, _, name = reference.partition(":")
    if kind == "env":
        if name not in os.environ:
            msg = f"{what} is {reference}, and the variable {name} is not set."
            raise ConfigError(msg, hint=f"Set {name}, or name another reference.")
        return os.environ[name]
    if kind == "file":
        return _from_file(root / Path(name).expanduser(), what)
    if kind == "keyring":
        return _from_keyring(name, what)
    return reference


def _from_file(path: Path, what: str) -> str:
    try:
        mode = path.stat().st_mode
        text = path.read_text(encoding="utf-8").strip()
    except OSError as error:
        msg = f"{what} stands in {path}, which cannot be read: {error.strerror}."
        raise ConfigError(msg, hint="Run `keywatch init`, or mend the reference in keywatch.toml.") from None
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        msg = f"{what} stands in {path}, which others may read (mode {stat.S_IMODE(mode):04o})."
        raise ConfigError(msg, hint=f"chmod 600 {path}")
    return text


def _from_keyring(name: str, what: str) -> str:
    try:
        import keyring
    except ImportError:
        msg = f"{what} is in the keyring, and the package keyring is not installed."
        raise ConfigError(msg, hint="pip install keyring, or use env: or file:.") from None
    secret = keyring.get_password("keywatch", name)
    if secret is None:
        msg = f"{what} is keyring:{name}, and the keyring has no such entry for the service keywatch."
        raise ConfigError(msg, hint=f"keyring set keywatch {name}")
    return str(secret)
