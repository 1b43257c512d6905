"""What a connector is: it lists the keys of one place as rows, all of them or none.

A row has the columns of `columns.COLUMNS`; what a place holds beyond those goes no further. A secret may stand in its
column `secret` alone: it is fingerprinted in memory and dropped.
"""

from collections.abc import Iterator, Mapping
from typing import Protocol

Row = Mapping[str, object]


class Connector(Protocol):
    """A place that keys come from."""

    @property
    def shifts(self) -> bool:
        """Whether keys can be missed when others are deleted while it is read: it counts pages or offsets."""
        ...

    def rows(self) -> Iterator[Row]:
        """Every key. Raises IngestError or InventoryError when that cannot be said: then nothing counts as listed."""
        ...

    def close(self) -> None:
        """Close its connections."""
        ...
