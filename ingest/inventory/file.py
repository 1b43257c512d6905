"""A CSV or JSON file as a connector."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ingest.inventory import csv, json
from ingest.inventory.interface import Row
from model.errors import InventoryError


@dataclass(slots=True, kw_only=True)
class File:
    """A file with all the keys of a place."""

    path: Path
    kind: str
    """`csv` or `json`."""
    key_column: str = "key_id"
    shifts: bool = False

    def rows(self) -> Iterator[Row]:
        """Every row. Raises InventoryError when the file cannot be read, or has no column for the id."""
        found = json.rows(self.path) if self.kind == "json" else csv.rows(self.path)
        if self.key_column.partition(".")[0] not in found[0] and self.key_column not in found[0]:
            msg = f"{self.path} has no column {self.key_column!r}; its columns are: {', '.join(map(str, found[0]))}."
            raise InventoryError(msg, hint='Map it: columns = { key_id = "<the file\'s name for it>" }.')
        yield from found

    def close(self) -> None:
        """Nothing stays open."""
