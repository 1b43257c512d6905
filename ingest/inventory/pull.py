"""Pulls a connector: all its keys, or an error in words that hold no secret."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from ingest.fingerprint import Pepper
from ingest.inventory import table
from ingest.inventory.interface import Connector
from ingest.redact import redact
from ingest.sources.asking import Refused
from model.errors import IngestError, InventoryError
from model.key import Key


@dataclass(frozen=True, slots=True, kw_only=True)
class Ways:
    """How a source's rows become keys."""

    columns: Mapping[str, str] = field(default_factory=dict)
    """Our column to the source's own, by dots."""
    defaults: Mapping[str, object] = field(default_factory=dict)
    """Our column to what it holds where the source does not say."""
    prefix: str = ""
    """Stands before each key_id, and in no reference."""
    pepper: Pepper | None = None
    """Without it, a row that holds a secret is refused."""


def pull(connector: Connector, *, source: str, ways: Ways, pulled_at: datetime) -> list[Key]:
    """All keys of a connector, by key_id; one that is listed twice counts once, as it came last.

    Raises InventoryError when the pull is not complete; what a server said is left out, for it may hold a secret.
    """
    try:
        found = table.keys(
            connector.rows(),
            where=source,
            source=source,
            pulled_at=pulled_at,
            columns=ways.columns,
            pepper=ways.pepper,
            defaults=ways.defaults,
            prefix=ways.prefix,
        )
        return list({key.key_id: key for key in found}.values())
    except Refused as error:
        msg = f"{source}: {error.answered}"
        raise InventoryError(msg, hint=_hint(error.status)) from None
    except (InventoryError, IngestError) as error:
        what = error.what if error.what.startswith((f"{source}: ", f"{source}, row ")) else f"{source}: {error.what}"
        raise InventoryError(redact(what), hint=error.hint if isinstance(error, InventoryError) else _LATER) from None
    except (AttributeError, TypeError, LookupError, ValueError) as error:
        msg = f"{source}: an answer has another shape than it should ({type(error).__name__})."
        raise InventoryError(msg, hint=_LATER) from None


def _hint(status: int) -> str:
    if 300 <= status < 400:  # noqa: PLR2004 (3xx)
        return "Redirects are not followed; write the address that it leads to."
    if status in {401, 403}:
        return "Check the source's token or auth, and what they may read."
    return f"Check the source's url. {_LATER}"


_LATER: Final = "Nothing was changed; the next sync tries again."
