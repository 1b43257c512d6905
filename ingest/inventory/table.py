"""Rows of an inventory to keys: columns by name or by a column map, secrets fingerprinted while they are read."""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime

from ingest.fingerprint import Pepper, bare, hint
from ingest.inventory.columns import COLUMNS
from ingest.redact import redact
from ingest.sources.fields import reach
from model.errors import InventoryError
from model.key import Key, KeyId, KeyRef, KeyStatus
from model.plain import plain

_STATUS = {
    "active": KeyStatus.ACTIVE,
    "enabled": KeyStatus.ACTIVE,
    "true": KeyStatus.ACTIVE,
    "inactive": KeyStatus.INACTIVE,
    "disabled": KeyStatus.INACTIVE,
    "false": KeyStatus.INACTIVE,
    "expired": KeyStatus.EXPIRED,
    "revoked": KeyStatus.REVOKED,
    "deleted": KeyStatus.REVOKED,
    "archived": KeyStatus.REVOKED,
}
_NOTHING = frozenset({"", "-", "never", "none", "null", "n/a", "na", "no_information"})
_EPOCH = re.compile(r"\d{9,}(?:\.\d+)?")
"""Fewer digits are a date: 20261001."""
_MILLISECONDS = 10**11
_SHOWN = 60
_HINT = 20
_MASK = re.compile(r"[…*•]|\.{2,}|x{4}")
_PAIR = re.compile(r"([^:=]+)(?:[:=](.*))?", re.DOTALL)
_FIRST_YEAR = 1970
"""Before it lies how Go writes that there is no time: 0001-01-01T00:00:00Z."""


def keys(
    rows: Iterable[Mapping[str, object]],
    *,
    where: str,
    source: str,
    pulled_at: datetime,
    columns: Mapping[str, str],
    pepper: Pepper | None,
    defaults: Mapping[str, object] | None = None,
    prefix: str = "",
) -> Iterator[Key]:
    """A key for each row.

    `columns` maps our names to the source's, with dots into nested objects; `defaults` stand where the source says
    nothing; `prefix` stands before each key_id. A `secret` needs a pepper: it is fingerprinted and dropped. `refs` are
    further ids under which logs know the key. Texts that look like a secret are redacted.
    Raises InventoryError with the row's number for a row without key_id, or a value that cannot be read.
    """
    for number, row in enumerate(rows, start=1):
        values = {name: reach(row, columns.get(name, name)) for name in COLUMNS}
        for name, value in (defaults or {}).items():
            values[name] = value if _text(values[name]) is None else values[name]
        try:
            yield _key(values, source=source, pulled_at=pulled_at, pepper=pepper, prefix=prefix)
        except ValueError as error:
            msg = f"{where}, row {number}: {error}"
            raise InventoryError(msg, hint="Nothing was imported. Mend the row, or map the columns.") from None


def _key(
    values: Mapping[str, object], *, source: str, pulled_at: datetime, pepper: Pepper | None, prefix: str = ""
) -> Key:
    key_id = _text(values["key_id"])
    if key_id is None:
        msg = "it has no key_id."
        raise ValueError(msg)
    refs = [KeyRef(f"id:{one}") for one in dict.fromkeys((key_id, *_words(values["refs"])))]
    shown = _masked(_text(values["hint"]))
    secret = _text(values["secret"])
    if secret is not None:
        if pepper is None:
            msg = "it holds a secret; say --hash-keys (or hash_keys = true) to fingerprint it while it is read."
            raise ValueError(msg)
        refs.append(pepper.key_ref(bare(secret)))
        shown = shown or hint(bare(secret))
    return Key(
        key_id=KeyId(prefix + key_id),
        name=_clean(values["name"]),
        hint=shown,
        key_refs=tuple(refs),
        owner=_clean(values["owner"]),
        team=_clean(values["team"]),
        environment=_clean(values["environment"]),
        scopes=_words(values["scopes"]),
        labels=_labels(values["labels"]),
        timezone=_text(values["timezone"]),
        status=_status(_text(values["status"])),
        created_at=_moment("created_at", values["created_at"]),
        expires_at=_moment("expires_at", values["expires_at"]),
        revoked_at=_moment("revoked_at", values["revoked_at"]),
        rotated_at=_moment("rotated_at", values["rotated_at"]),
        successor=KeyId(prefix + successor) if (successor := _text(values["successor"])) else None,
        source=source,
        source_last_used_at=_moment("last_used_at", values["last_used_at"]),
        source_last_used_detail=_clean(values["last_used_detail"]),
        telemetry_since=_moment("telemetry_since", values["telemetry_since"]),
        pulled_at=_moment("pulled_at", values["pulled_at"]) or pulled_at,
    )


def _text(value: object) -> str | None:
    text = "" if value is None else str(value).strip()
    return None if text.lower() in _NOTHING else text


def _clean(value: object) -> str | None:
    """A text as people call things; columns may have slipped, so that a secret stands here."""
    text = _text(value)
    return None if text is None else redact(text)


def _masked(text: str | None) -> str | None:
    """A hint, cut down where it is so long that it may be the secret itself."""
    return text if text is None or len(text) <= _HINT or _MASK.search(text) else hint(text)


def _labels(value: object) -> dict[str, str]:
    """Labels as an object, as `{Key, Value}` pairs, or as words: `team:core`, `tier=gold`, `beta`."""
    if isinstance(value, Mapping):
        return {redact(str(name)): redact(str(text)) for name, text in value.items() if _text(text) is not None}
    if isinstance(value, (list, tuple)) and value and all(isinstance(one, Mapping) for one in value):
        return _labels({one.get("Key", one.get("key")): one.get("Value", one.get("value")) for one in value})
    found = [_PAIR.match(word) for word in _words(value)]
    return {redact(one[1]): redact(one[2]) if one[2] else "true" for one in found if one}


def _words(value: object) -> tuple[str, ...]:
    if isinstance(value, (list, tuple)):
        return tuple(str(word) for word in value)
    text = _text(value)
    return tuple(text.replace(",", " ").split()) if text else ()


def _status(text: str | None) -> KeyStatus:
    return KeyStatus.UNKNOWN if text is None else _STATUS.get(text.lower(), KeyStatus.UNKNOWN)


def _moment(name: str, value: object) -> datetime | None:
    text = _text(value)
    if text in {None, "0"}:  # an epoch of 0 is how some providers say never
        return None
    try:
        if _EPOCH.fullmatch(text):
            number = float(text)
            return datetime.fromtimestamp(number / 1000 if number > _MILLISECONDS else number, UTC)
        moment = datetime.fromisoformat(text)
        if moment.year < _FIRST_YEAR:
            return None
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        # Columns may have slipped, so that a secret stands here.
        shown = plain(redact(text), _SHOWN)
        msg = f"{name} is {shown!r}, which is no ISO 8601 time and no epoch."
        raise ValueError(msg) from None
