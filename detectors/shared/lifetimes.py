"""What the inventory says of a key at a moment; it may be newer than that moment.

Expiry is judged by `expires_at`, revocation by `revoked_at`; a status without its date counts from when a pull first
saw it, and for all earlier time too if none saw another.
"""

from datetime import datetime
from typing import Final

import pandas as pd

from detectors.declare import Frames

ALWAYS: Final = pd.Timestamp("1970-01-01", tz="UTC")
"""Stands for a date that the inventory does not say: the key is taken as dead for all time that logs can tell of."""


def known_refs(frames: Frames) -> set[str]:
    """The key_refs that the inventory knows; empty when there is no inventory."""
    return set(frames["key_refs"]["key_ref"].dropna())


def identity(frames: Frames) -> dict[str, str]:
    """key_ref to key_id."""
    known = frames["key_refs"].dropna(subset=["key_ref", "key_id"])
    return dict(zip(known["key_ref"], known["key_id"], strict=True))


def alive(keys: pd.DataFrame, at: datetime) -> "pd.Series[bool]":
    """Whether each key of the frame `keys` could be used at that moment."""
    moment = pd.Timestamp(at)
    dated = (keys["revoked_at"] > moment) | (keys["expires_at"] > moment)
    dead = deaths(keys)
    living = keys["status"].isin(["active", "unknown"]) | keys["status"].isna()
    revoked_later = keys["status"].isin(["revoked", "expired"]) & dated
    return (living | revoked_later) & ~(dead["dead_at"] <= moment) & ~(keys["created_at"] > moment)


def deaths(keys: pd.DataFrame) -> pd.DataFrame:
    """When each key of the frame `keys` died: dead_at (null: it lives), state (revoked or expired), dated; same index.

    What came first counts. A status without its date counts from when a pull first saw it (`status_since`); `dead_at`
    is ALWAYS where there is no such time either.
    """
    revoked, expired = keys["revoked_at"].copy(), keys["expires_at"].copy()
    undated_revoked = (keys["status"] == "revoked") & revoked.isna()
    undated_expired = (keys["status"] == "expired") & expired.isna()
    revoked[undated_revoked] = keys["status_since"].fillna(ALWAYS)[undated_revoked]
    expired[undated_expired] = keys["status_since"].fillna(ALWAYS)[undated_expired]
    first = revoked.notna() & (expired.isna() | (revoked <= expired))
    dead_at = revoked.where(first, expired)
    return pd.DataFrame(
        {
            "dead_at": dead_at,
            "state": first.map({True: "revoked", False: "expired"}),
            "dated": dead_at != ALWAYS,
        },
        index=keys.index,
    )


def dead_refs(frames: Frames) -> pd.DataFrame:
    """The references of keys that died or will: key_ref, key_id, dead_at, state, dated."""
    keys = frames["keys"]
    dead = deaths(keys).assign(key_id=keys["key_id"]).dropna(subset=["dead_at", "key_id"])
    refs = frames["key_refs"][["key_ref", "key_id"]].dropna()
    return refs.merge(dead, on="key_id").reset_index(drop=True)


def environment(name: object) -> str | None:
    """The environment that a word of the inventory means: production, development, or itself; null stays None."""
    if not isinstance(name, str) or not name.strip():
        return None
    word = name.strip().lower()
    return next((meant for meant, words in _ENVIRONMENTS.items() if word in words), word)


_ENVIRONMENTS: Final = {
    "production": {"production", "prod", "prd", "live", "main"},
    "development": {"development", "dev", "develop", "test", "testing", "sandbox", "staging", "stage", "qa", "local"},
}
"""Staging and tests count as development: what they must not be is production."""
