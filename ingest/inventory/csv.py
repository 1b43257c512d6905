"""An inventory in a CSV file with a header."""

import csv
import io
from collections.abc import Mapping
from pathlib import Path

from model.errors import InventoryError


def rows(path: Path) -> list[Mapping[str, object]]:
    """The file's rows by column name; the delimiter (comma, semicolon, tab) is recognised by the header.

    Raises InventoryError when it cannot be read or has no header.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        msg = f"{path} cannot be read: {error.strerror}."
        raise InventoryError(msg, hint="Check the path, and who may read it.") from None
    except UnicodeDecodeError as error:
        msg = f"{path} cannot be read: {error}."
        raise InventoryError(msg, hint="Give a CSV file in UTF-8 with a header line.") from None
    header = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=header.count)
    try:
        found = list(csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter))
    except csv.Error as error:
        msg = f"{path} is no CSV: {error}."
        raise InventoryError(msg, hint="Look for a quote that is never closed.") from None
    if not header.strip() or not found:
        msg = f"{path} holds no rows."
        raise InventoryError(msg, hint="The first line names the columns: key_id, name, environment, owner, status, …")
    return [{str(name).strip(): value for name, value in row.items()} for row in found]
