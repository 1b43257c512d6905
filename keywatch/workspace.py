"""A workspace: the folder with keywatch.toml, its store, its pepper and its lock."""

import hashlib
import hmac
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Final

from ingest.fingerprint import Pepper
from ingest.room import look_seldom, share_one
from ingest.routes import Cap
from keywatch.config.references import resolve
from keywatch.config.root import Config, load
from keywatch.process.holding import holding, waiting_for
from model.errors import ConfigError
from store.events.interface import Events
from store.events.places import is_object_store, open_events
from store.handle import Store
from store.leasing import leased
from store.sweeping import sweep_alone

_REFERENCES: Final = ("env:", "keyring:")
"""Of a URL that holds a password; file: is a folder here."""


@dataclass(frozen=True)
class Workspace:
    """The folder with keywatch.toml, and what the config says."""

    root: Path
    config: Config

    @classmethod
    def at(cls, config_path: Path) -> "Workspace":
        """The workspace of a config file. Raises ConfigError."""
        share_one()  # before the engines' threads begin
        look_seldom()
        return cls(config_path.resolve().parent, load(config_path))

    @cached_property
    def store(self) -> Store:
        """The store; opened, and its schema brought up to date, at the first use."""
        return Store.open(self.state_url, self.events, audit_key=lambda: self.audit_key)

    @property
    def is_open(self) -> bool:
        """Whether the store was opened."""
        return "store" in self.__dict__

    @cached_property
    def events(self) -> Events:
        """Where events are kept. Raises ConfigError for a URL that cannot be opened."""
        return self.events_at(self.config.store.events)

    def events_at(self, place: str) -> Events:
        """The same for what `[store] events` may name. Raises ConfigError."""
        url, options = self.events_behind(place)
        return open_events(url, root=self.root, scratch=self.root / self.config.store.scratch, options=options)

    def events_behind(self, place: str) -> tuple[str, dict[str, object]]:
        """What `[store] events` may name, and its options, without references. Raises ConfigError."""
        named, what = self.config.store, "[store] options"
        options: dict[str, object] = {
            name: resolve(value, root=self.root, what=what) if isinstance(value, str) else value
            for name, value in named.options.items()
        }
        url = resolve(place, root=self.root, what="[store] events") if place.startswith(_REFERENCES) else place
        return url, options

    @cached_property
    def caps(self) -> dict[str, Cap]:
        """Source to the cap of its routes, which goes on from look to look."""
        return {}

    @property
    def state_url(self) -> str:
        """The state's URL; a relative SQLite path is taken from the workspace's folder."""
        return self.state_url_of(self.config.store.state)

    def state_url_of(self, place: str) -> str:
        """The same for what `[store] state` may name. Raises ConfigError."""
        url = resolve(place, root=self.root, what="[store] state")
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

    @property
    def is_shared(self) -> bool:
        """Whether processes on several machines may work at once: the state is on a server."""
        return not self.state_url.startswith("sqlite")

    @contextmanager
    def lock(self, work: str, *, rest: timedelta = timedelta(0), patience: timedelta = timedelta(0)) -> Iterator[None]:
        """Hold some work while writing: the whole workspace on SQLite, a lease of this work's name on a server.

        Where it is shared, work that was begun less than `rest` ago counts as held: it has been done. `patience` is how
        long to wait for another process. Raises WorkspaceLocked, which names the process that does it.
        """
        if self.is_shared:
            with waiting_for(lambda: leased(self.store, work, length=self.config.store.lease, rest=rest), patience):
                yield
        else:
            with waiting_for(lambda: holding(self.root), patience):
                yield

    def sweep(self, now: datetime) -> None:
        """Before one process writes alone: remove what those that died left behind; others do so while they keep house.

        The caller holds the workspace's lock.
        """
        if not self.is_shared and not is_object_store(self.config.store.events):
            sweep_alone(self.store, now)

    def close(self) -> None:
        """Give the store's connections back."""
        if self.is_open:
            self.store.close()
