"""One key as its page shows it, whether an inventory row knows it or only the logs do."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pandas as pd

from dashboard import words, zones
from dashboard.roster import UNKNOWN


@dataclass(frozen=True, slots=True, kw_only=True)
class Portrait:
    """The facts of one key."""

    identity: str
    """key_id, or the key_ref of a key that no inventory row knows."""
    name: str
    label: str
    """For the picker: the name, and the id where they differ."""
    status: str
    refs: tuple[str, ...]
    row: Mapping[Any, Any]
    """The inventory's row, or the activity's."""

    def facts(self, now: datetime) -> list[tuple[str, str, str | None]]:
        """(label, value, the same in full or None), in the order of the page."""
        known = self.row.get
        written = (("Key id", words.text(self.identity)), ("Hint", words.text(known("hint"))))
        told = (("Owner", "owner"), ("Team", "team"), ("Environment", "environment"), ("Time zone", "timezone"))
        moments = (
            ("Created", "created_at", words.NOTHING),
            ("Expires", "expires_at", "no expiry known"),
            ("First seen in the logs", "first_seen", "never"),
            ("Last used", "last_seen", "never in the logs"),
            ("Last success", "last_success", "never in the logs"),
            ("Last used, by the provider", "source_last_used_at", words.NOTHING),
        )
        return [
            *((label, value, None) for label, value in written),
            *((label, words.text(known(name)), None) for label, name in told),
            *((label, words.ago(known(name), now, missing), _full(known(name))) for label, name, missing in moments),
        ]


def portraits(keys: pd.DataFrame, activity: pd.DataFrame, now: datetime) -> dict[str, Portrait]:
    """Every key by identity: the inventory's by name, then those that only the logs know."""
    found = sorted((_registered(row, now) for row in keys.to_dict("records")), key=lambda p: p.label.lower())
    registered = {ref for portrait in found for ref in portrait.refs}
    found += [_unregistered(row) for row in activity.to_dict("records") if row["key_ref"] not in registered]
    return {portrait.identity: portrait for portrait in found}


def unknown(usage: pd.DataFrame) -> Portrait:
    """All folded unknown credentials together; `usage` is by key."""
    refs = tuple(ref for ref in usage["key"].dropna() if ref.startswith(UNKNOWN))
    return Portrait(
        identity=UNKNOWN,
        name="Unknown credentials",
        label="Unknown credentials, from all networks",
        status="unidentified",
        refs=refs,
        row={},
    )


def _registered(row: Mapping[Any, Any], now: datetime) -> Portrait:
    identity = str(row["key_id"])
    name = words.key_name(row["name"], row["hint"], identity)
    return Portrait(
        identity=identity,
        name=name,
        label=name if name == identity else f"{name} · {words.text(identity)}",
        status=words.status(row["status"], row["expires_at"], now),
        refs=tuple(row["key_refs"]),
        row=row,
    )


def _unregistered(row: Mapping[Any, Any]) -> Portrait:
    identity = str(row["key_ref"])
    name = words.key_name(None, row["hint"], identity)
    return Portrait(
        identity=identity, name=name, label=f"Unregistered · {name}", status="unregistered", refs=(identity,), row=row
    )


def _full(value: object) -> str | None:
    return None if words.moment(value) is None else zones.chosen().told(value)
