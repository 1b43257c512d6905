"""Excusing keys from rules: who may say so, for how long, and that it is written down."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from alerts import lifting
from detectors import engine
from detectors.settings import require_known
from keywatch.workspace import Workspace
from model.actor import actor
from model.errors import ConfigError, UsageError
from store.state import audit
from store.state.exceptions import KeyException, add_exception
from store.state.inventory import find_key

LONGEST: Final = timedelta(days=366)
"""PCI DSS has exceptions reviewed once a year; one that nobody renews by then is forgotten."""


def excuse(
    workspace: Workspace,
    *,
    key: str | None,
    label: str | None,
    rules: Sequence[str],
    reason: str,
    approver: str,
    until: datetime,
    at: datetime,
    control: str | None = None,
) -> KeyException:
    """Excuse a key (by id or name) or the keys with a label. Raises UsageError for what is missing or unknown."""
    if (key is None) == (label is None):
        msg = "An exception is about one key, or about one label."
        raise UsageError(msg, hint="keywatch keys ignore KEY …, or keywatch keys ignore --label tier=gold …")
    for what, text in (("reason", reason), ("approver", approver)):
        if not text.strip():
            msg = f"An exception needs a {what}."
            raise UsageError(msg, hint=f"--{what} …")
    if not at < until <= at + LONGEST:
        msg = f"An exception ends within {LONGEST.days} days from now."
        raise UsageError(msg, hint="--until 90d, or --until 2026-12-31")
    for rule in rules:
        _check(rule)
    with workspace.store.transaction() as tx:
        key_id = None
        if key is not None:
            found = find_key(tx, key)
            if found is None:
                msg = f"The inventory has no key {key!r}."
                raise UsageError(msg, hint="keywatch keys list")
            key_id = found.key_id
        made = add_exception(
            tx,
            KeyException(
                key_id=key_id,
                label=label,
                rules=tuple(rules),
                reason=reason.strip(),
                control=(control or "").strip() or None,
                approver=approver.strip(),
                author=actor(),
                since=at,
                until=until,
            ),
        )
        detail = {
            "rules": list(rules),
            "reason": reason,
            "control": made.control,
            "approver": approver,
            "until": until.isoformat(),
        }
        subject = key_id or f"label {label}"
        audit.record(tx, at=at, actor=actor(), action="key excused", subject=subject, detail={"id": made.id, **detail})
    return made


def end(workspace: Workspace, number: int, at: datetime) -> KeyException:
    """End an exception. Raises UsageError when there is none of that number."""
    with workspace.store.transaction() as tx:
        return lifting.end_exception(tx, number, by=actor(), at=at)


def _check(rule: str) -> None:
    if "*" in rule:
        return
    try:
        require_known(rule, engine.names(), "--rule")
    except ConfigError as error:
        raise UsageError(error.what, hint=error.hint) from None
