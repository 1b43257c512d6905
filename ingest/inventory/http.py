"""Any HTTP API that lists keys as JSON: its pages by a config, its fields by a column map.

It fits a `GET /v1/…` of one's own service. Only mapped fields are read; a field that holds the key itself is mapped to
`secret`, and is fingerprinted while it is read.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from ingest.inventory.interface import Row
from ingest.inventory.listing import Listing


@dataclass(slots=True, kw_only=True)
class HttpList:
    """One list."""

    listing: Listing

    @property
    def shifts(self) -> bool:
        """Whether pages or offsets are counted."""
        return self.listing.paging.kind in {"page", "offset", "next"}

    def rows(self) -> Iterator[Row]:
        """Every record."""
        yield from self.listing

    def close(self) -> None:
        """Close the connection."""
        self.listing.asker.close()
