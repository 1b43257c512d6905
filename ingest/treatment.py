"""What is done to the lines of one source beyond reading them: everything that the pipeline needs, ready to use."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Self

from ingest.addresses import Address, Mode, Network
from ingest.fingerprint import Pepper
from ingest.geo import Geo, Place
from ingest.identity import Identity
from ingest.remembered import Remembered
from ingest.routes import Cap
from ingest.templates import Templates


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """What is remembered from block to block, by raw text; the secrets in it are in memory only."""

    addresses: Remembered[tuple[Address, Place]] = field(default_factory=Remembered)
    identities: Remembered[Identity] = field(default_factory=Remembered)
    ids: Remembered[Identity] = field(default_factory=Remembered)
    agents: Remembered[tuple[str, str | None]] = field(default_factory=Remembered)
    """The redacted user agent and its client."""
    methods: Remembered[str] = field(default_factory=Remembered)
    hosts: Remembered[str] = field(default_factory=Remembered)
    outcomes: Remembered[str] = field(default_factory=Remembered)
    """By status."""
    routes: Remembered[str | None] = field(default_factory=Remembered)
    """By outline: the route of all its paths, or None."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Treatment:
    """How the events of one source are made. Close it, or use it in a `with`."""

    source: str
    """The source's name."""
    pepper: Pepper
    prefixes: tuple[str, ...] = ()
    """Prefixes of the keys that the user issues, for redaction."""
    proxies: Sequence[Network] = ()
    """The trusted proxies; empty: the peer is the client."""
    addresses: Mode = "full"
    """How much of an address is kept."""
    geo: Geo | None = None
    """Country and operator of the whole address, looked up before `addresses` shortens it."""
    templates: Templates | None = None
    """Declared routes."""
    cap: Cap = field(default_factory=Cap)
    """Bounds the routes of each host."""
    memory: Memory = field(default_factory=Memory, repr=False)
    request_id: bool = False
    """Whether the request id is kept."""

    def close(self) -> None:
        """Close the GeoIP files."""
        if self.geo is not None:
            self.geo.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
