"""Which reader fits an inventory file."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from ingest.fingerprint import Pepper
from ingest.inventory import csv, json, table
from model.errors import InventoryError
from model.key import Key


def read_keys(
    path: Path,
    *,
    pulled_at: datetime,
    source: str = "import",
    columns: Mapping[str, str] | None = None,
    pepper: Pepper | None = None,
) -> list[Key]:
    """All keys of a CSV or JSON file, or none: the first bad row raises InventoryError."""
    if path.suffix.lower() in {".json", ".jsonl", ".ndjson"}:
        found = json.rows(path)
    elif path.suffix.lower() in {".csv", ".tsv", ".txt"}:
        found = csv.rows(path)
    else:
        msg = f"{path} is neither CSV nor JSON by its name."
        raise InventoryError(msg, hint="Name it .csv or .json.")
    mapping = columns or {}
    key_column = mapping.get("key_id", "key_id")
    if key_column not in found[0]:
        msg = f"{path} has no column {key_column!r}; its columns are: {', '.join(map(str, found[0]))}."
        raise InventoryError(msg, hint="Map it: --column key_id=<the file's name for it>.")
    return list(table.keys(found, where=str(path), source=source, pulled_at=pulled_at, columns=mapping, pepper=pepper))
