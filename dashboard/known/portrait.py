"""One key as its page shows it, whether an inventory row knows it or only the logs do."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import pandas as pd

from dashboard import words, zones
from model.event import UNKNOWN_PREFIX

UNKNOWN: Final = UNKNOWN_PREFIX
"""The identity of all folded unknown credentials together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Portrait:
    """The facts of one key."""

    identity: str
    """key_id, or the key_ref of a key that no inventory row knows."""
    name: str
    label: str
    """The name, and the id where they differ."""
    status: str
    refs: tuple[str, ...]
    owner: str | None = None
    environment: str | None = None
    sought: str = ""
    """What a search looks through: name, id, owner and hint, in small letters."""
    place: int = 0
    source: pd.DataFrame | None = field(default=None, repr=False, compare=False)
    """What it was made of: the inventory, or the activity; its row there is read when somebody looks."""

    @property
    def row(self) -> Mapping[Any, Any]:
        """The inventory's row, or the activity's; empty for unknown credentials."""
        return {} if self.source is None else self.source.iloc[self.place].to_dict()

    def of(self, attribute: str) -> str | None:
        """Its owner or its environment."""
        return self.owner if attribute == "owner" else self.environment

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
    found = sorted(_registered(keys, now), key=lambda portrait: portrait.label.lower())
    registered = {ref for portrait in found for ref in portrait.refs}
    found += _unregistered(activity, registered)
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
    )


def _registered(keys: pd.DataFrame, now: datetime) -> Iterator[Portrait]:
    statuses = words.statuses(keys["status"], keys["expires_at"], now)
    read = (keys[name] for name in ("key_id", "name", "hint", "owner", "environment", "key_refs"))
    for place, (key, called, hint, owner, environment, refs, status) in enumerate(zip(*read, statuses, strict=True)):
        identity = str(key)
        name = words.key_name(called, hint, identity)
        yield Portrait(
            identity=identity,
            name=name,
            label=name if name == identity else f"{name} · {words.text(identity)}",
            status=status,
            refs=tuple(refs),
            owner=owner or None,
            environment=environment or None,
            sought=_joined(name, identity, owner, hint),
            place=place,
            source=keys,
        )


def _unregistered(activity: pd.DataFrame, registered: Collection[str]) -> Iterator[Portrait]:
    for place, (ref, hint) in enumerate(zip(activity["key_ref"], activity["hint"], strict=True)):
        if ref not in registered:
            identity = str(ref)
            name = words.key_name(None, hint, identity)
            yield Portrait(
                identity=identity,
                name=name,
                label=f"Unregistered · {name}",
                status="unregistered",
                refs=(identity,),
                sought=_joined(name, identity, hint),
                place=place,
                source=activity,
            )


def _joined(*parts: str | None) -> str:
    return " ".join(part for part in parts if isinstance(part, str)).lower()


def _full(value: object) -> str | None:
    return None if words.moment(value) is None else zones.chosen().told(value)
