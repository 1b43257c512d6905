"""An inventory in a JSON file: a list of objects, an object that holds one, or one object a line."""

import json
from collections.abc import Mapping
from pathlib import Path

from model.errors import InventoryError


def rows(path: Path) -> list[Mapping[str, object]]:
    """The file's objects. Raises InventoryError when it cannot be read or holds no list of objects."""
    try:
        text = path.read_text(encoding="utf-8-sig")
        document = _document(text)
    except OSError as error:
        msg = f"{path} cannot be read: {error.strerror}."
        raise InventoryError(msg, hint="Check the path, and who may read it.") from None
    except ValueError as error:
        msg = f"{path} cannot be read: {error}."
        raise InventoryError(msg, hint="Give a JSON list of keys, or one JSON object a line.") from None
    if isinstance(document, dict):
        document = next((value for value in document.values() if isinstance(value, list)), [document])
    if not isinstance(document, list) or not document or not all(isinstance(row, dict) for row in document):
        msg = f"{path} holds no list of keys."
        raise InventoryError(msg, hint='Give a JSON list of objects, each with "key_id".')
    return document


def _document(text: str) -> object:
    try:
        return json.loads(text)
    except ValueError:
        return [json.loads(line) for line in text.splitlines() if line.strip()]
