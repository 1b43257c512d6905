"""two-active-keys: see the docstring of `score`."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby
from typing import Final, NamedTuple

import pandas as pd

from detectors.columns import among
from detectors.declare import HOUR, Frames, detector
from detectors.scores import Scored, moment, to_frame
from detectors.shared.hygiene import blank, fault, folded
from detectors.shared.lifetimes import alive, environment
from model.finding import Severity
from model.window import Window


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Its line."""

    after: timedelta = timedelta(days=30)
    """How long both may be active: the time that a rotation takes."""


_TURNS: Final = frozenset(
    {"and", "backup", "bak", "copy", "final", "key", "new", "old", "rev", "rotated", "the", "v", "version"}
)
_WORDS: Final = re.compile(r"[^\W\d_]+")
_PAIR: Final = 2


@detector(
    id="two-active-keys",
    severity=Severity.LOW,
    kind="standing",
    frames=("keys",),
    settings=Settings,
    quiet=HOUR,
    attack=("T1098.001",),
    owasp=("API9:2023",),
    controls=("CC6.1", "CIS-1.13"),
)
def score(frames: Frames, window: Window, settings: Settings) -> pd.DataFrame:
    """Two keys for one thing.

    Active keys of one owner and environment whose names differ in numbers or words such as new, old and copy alone,
    both for more than 30 days (low; CIS "only one active key", Prowler's iam_user_two_active_access_key); info when an
    owner has just two keys with different names there. An owner with many keys for many things is not told of, and a
    key with its successor is left to `rotation-not-completed`.

    Why it matters: the second key is what was left of a rotation, or somebody's spare; nobody would miss it, and nobody
    watches it.

    False alarms: two regions that share a name.

    What to do: see which of them is used, and revoke the other.
    """
    keys = frames["keys"][alive(frames["keys"], window.until)]
    at = pd.Timestamp(window.until)
    keys = keys[~blank(keys["owner"]) & (keys["created_at"] <= at - settings.after)]
    keys = keys[
        ~among(keys["successor"], set(keys["key_id"])) & ~among(keys["key_id"], set(keys["successor"].dropna()))
    ]
    keys = keys.assign(where=keys["environment"].map(environment).fillna(""), stem=keys["name"].map(stem))
    ordered = keys.sort_values(["owner", "where", "created_at", "key_id"])
    columns = ["owner", "where", "stem", "created_at", "key_id", "name"]
    found = groupby(map(_Key._make, ordered[columns].itertuples(index=False, name=None)), key=_of)
    rows = [row for _, group in found for row in _rows(list(group), window, settings)]
    todo = "Ask owners to revoke what is left of rotations."
    owners = len(keys[["owner", "where"]].drop_duplicates())
    what = "have more than one active key for the same thing"
    return to_frame(folded(rows, owners, window.until, what=what, todo=todo, of="owners"))


def stem(name: object) -> str:
    """A name without numbers and the words by which a key's generations differ; empty when nothing is left."""
    words = _WORDS.findall(name.lower()) if isinstance(name, str) else []
    return " ".join(word for word in words if word not in _TURNS)


class _Key(NamedTuple):
    owner: str
    where: str
    stem: str
    created_at: pd.Timestamp
    key_id: str
    name: str | None


def _of(key: _Key) -> tuple[str, str]:
    return key.owner, key.where


def _rows(group: list[_Key], window: Window, settings: Settings) -> Iterator[Scored]:
    """`group` are the keys of one owner and environment, the oldest first."""
    stems = sorted({key.stem for key in group} - {""})
    alike = [same for stem in stems if len(same := [key for key in group if key.stem == stem]) > 1]
    for same in alike or ([group] if len(group) == _PAIR else []):
        oldest, second = same[:2]
        others = ", ".join(key.key_id if pd.isna(key.name) else str(key.name) for key in same[1:6])
        yield fault(
            oldest.key_id,
            moment(second.created_at + settings.after),
            window.until,
            severity=None if alike else Severity.INFO,
            count=len(same),
            title="{count} active keys of one owner"
            + (" for one thing: {key} and " if alike else ": {key} and ")
            + others.replace("{", "(").replace("}", ")"),
            summary=f"All are more than {settings.after.days} days old.",
            detail={"keys": [str(key.key_id) for key in same[:20]]},
        )
