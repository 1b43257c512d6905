"""What is done to the lines of one source beyond reading them: everything that the pipeline needs, ready to use."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Self

from ingest.addresses import Address, Mode, Network
from ingest.fingerprint import Pepper
from ingest.geo import Geo, Place
from ingest.identity import Identity
from ingest.routes import Cap
from ingest.templates import Templates

REMEMBERED: Final = 100_000
"""How many addresses, and credentials, are remembered from block to block."""


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
    addresses_known: dict[str, tuple[Address, Place]] = field(default_factory=dict, repr=False)
    """What earlier blocks found out, so that it is not worked out again for each."""
    identities_known: dict[str, Identity] = field(default_factory=dict, repr=False)
    """The same of credentials; the secrets in it are in memory only."""
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
