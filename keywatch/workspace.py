"""A workspace: the folder with keywatch.toml, its store, its pepper and its lock."""

import hashlib
import hmac
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from ingest.fingerprint import Pepper
from ingest.routes import Cap
from keywatch.config import Config, load
from keywatch.holding import holding
from keywatch.references import resolve
from model.errors import ConfigError
from store.handle import Store


@dataclass(frozen=True)
class Workspace:
    """The folder with keywatch.toml, and what the config says."""

    root: Path
    config: Config

    @classmethod
    def at(cls, config_path: Path) -> "Workspace":
        """The workspace of a config file. Raises ConfigError."""
        return cls(config_path.resolve().parent, load(config_path))

    @cached_property
    def store(self) -> Store:
        """The store; opened, and its schema brought up to date, at the first use."""
        return Store.open(self.state_url, self.root / self.config.store.events, audit_key=lambda: self.audit_key)

    @cached_property
    def caps(self) -> dict[str, Cap]:
        """Source to the cap of its routes, which goes on from look to look."""
        return {}

    @property
    def state_url(self) -> str:
        """The state's URL; a relative SQLite path is taken from the workspace's folder."""
        url = resolve(self.config.store.state, root=self.root, what="[store] state")
        prefix = "sqlite:///"
        if url.startswith(prefix) and not url.startswith(prefix + "/"):
            return prefix + str(self.root / url.removeprefix(prefix))
        return url

    @cached_property
    def pepper(self) -> Pepper:
        """The pepper: `<version>:<64 hex digits>` behind its reference. Raises ConfigError when it is neither."""
        text = resolve(self.config.secrets.pepper, root=self.root, what="The pepper")
        version, _, digits = text.rpartition(":")
        try:
            return Pepper(bytes.fromhex(digits), int(version or 1))
        except ValueError:
            msg = f"The pepper behind {self.config.secrets.pepper} is not <version>:<hex digits>."
            raise ConfigError(msg, hint="Restore it from a backup: other peppers make other fingerprints.") from None

    @cached_property
    def audit_key(self) -> bytes:
        """The key of the audit log, made of the pepper: who has the database alone cannot write it anew."""
        return hmac.new(self.pepper.key, b"keywatch audit log 1", hashlib.sha256).digest()

    @property
    def roots(self) -> tuple[Path, ...]:
        """The folders that configured sources may read from; relative ones are taken from the workspace's folder."""
        return tuple(self.root / Path(each).expanduser() for each in self.config.roots)

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the workspace while writing. Raises WorkspaceLocked, which names the process that does."""
        with holding(self.root):
            yield

    def close(self) -> None:
        """Give the store's connections back."""
        if "store" in self.__dict__:
            self.store.close()
