"""What people said of findings: true, false or expected. It feeds precision, and mutes until somebody lifts that.

Who takes a verdict back adds a row that says WITHDRAWN: those before it of the same incident count no more.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Final, Literal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from model.finding import FindingStatus
from store.state.schema import FindingRow, VerdictRow

if TYPE_CHECKING:
    import pandas as pd

Word = Literal["true", "false", "expected"]
LIFTED: Final = "lifted"
"""Stands in place of a word when what it muted is to be told again; it says nothing of the finding."""
WITHDRAWN: Final = "withdrawn"

_CHUNK: Final = 500
_FIELDS = (
    "at",
    "actor",
    "verdict",
    "incident_id",
    "finding_id",
    "detector",
    "key_id",
    "addresses",
    "since",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What one person said of one finding."""

    id: int = 0
    """Its number; 0 before it is written."""
    at: datetime
    actor: str
    verdict: str
    """true, false, expected, LIFTED or WITHDRAWN."""
    incident_id: str
    finding_id: str
    detector: str
    key_id: str | None
    """The inventory's id, or the key_ref of a key that it does not know."""
    addresses: tuple[str, ...] = ()
    """The places that the finding is about; empty when it is about a key wherever it is used."""
    since: datetime
    """When the finding opened: from then on `expected` holds."""
    pattern: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """What else it is about, field to values: clients, tools, countries."""


def save_verdicts(tx: Session, verdicts: Iterable[Verdict]) -> None:
    """Add verdicts; earlier ones stay, and the latest counts."""
    for verdict in verdicts:
        values = {name: getattr(verdict, name) for name in _FIELDS}
        pattern = {name: list(some) for name, some in verdict.pattern.items()}
        tx.add(VerdictRow(**values | {"addresses": list(verdict.addresses), "pattern": pattern}))
    tx.flush()


def withdraw(tx: Session, incident: str, *, by: str, at: datetime) -> int:
    """Have what was said of an incident's findings count no more; returns how many verdicts there were."""
    latest = {verdict.finding_id: verdict for verdict in _verdicts(tx) if verdict.incident_id == incident}
    save_verdicts(tx, (replace(verdict, at=at, actor=by, verdict=WITHDRAWN) for verdict in latest.values()))
    return len(latest)


def expected_patterns(tx: Session) -> list[Verdict]:
    """The patterns (detector, key, addresses, pattern) whose latest verdict is `expected`, oldest first."""
    latest = {_pattern(verdict): verdict for verdict in _verdicts(tx)}
    # One that names neither key nor place would mute a detector for everything.
    return [one for one in latest.values() if one.verdict == "expected" and (one.key_id or one.addresses)]


def false_alarms(tx: Session) -> list[Verdict]:
    """The verdicts `false` that keep their finding muted: it still goes on, or nothing said yet that it ended."""
    latest = {verdict.finding_id: verdict for verdict in _verdicts(tx)}
    said = {identity: verdict for identity, verdict in latest.items() if verdict.verdict == "false"}
    muted = _held(tx, list(said))
    return [verdict for identity, verdict in said.items() if identity in muted]


def muted_by(tx: Session, verdict: Verdict) -> list[str]:
    """The findings that a verdict of `expected_patterns` or `false_alarms` keeps muted."""
    if verdict.verdict == "false":
        return [verdict.finding_id]
    alike = {one.finding_id for one in _verdicts(tx) if _pattern(one) == _pattern(verdict)}
    return sorted(_held(tx, list(alike)))


def precision_frame(tx: Session, since: datetime | None = None) -> "pd.DataFrame":
    """One row a detector: findings, muted, judged, true, false, expected, and precision.

    Precision is true / (true + false), NaN without either: what was expected was rightly noticed, and is counted apart.
    `since` keeps findings seen since then. The latest verdict of a finding counts.
    """
    import pandas as pd

    query = select(FindingRow.detector, FindingRow.id, FindingRow.status)
    if since is not None:
        query = query.where(FindingRow.last_seen >= since)
    found = pd.DataFrame([tuple(row) for row in tx.execute(query)], columns=["detector", "id", "status"], dtype=object)
    said: dict[str, str] = {one.finding_id: one.verdict for one in _verdicts(tx) if one.verdict != LIFTED}
    found["verdict"] = found["id"].map(said)
    counts = pd.DataFrame(
        {
            "findings": found.groupby("detector").size(),
            "muted": found[found["status"] == "muted"].groupby("detector").size(),
            **{str(word): found[found["verdict"] == word].groupby("detector").size() for word in _WORDS},
        }
    ).fillna(0)
    frame = counts.astype("int64").rename_axis("detector").reset_index()
    frame.insert(3, "judged", frame[list(_WORDS)].sum(axis=1))
    both = frame["true"] + frame["false"]
    frame["precision"] = (frame["true"] / both.where(both > 0)).round(3)
    return frame


_WORDS: Sequence[Word] = ("true", "false", "expected")


def newest(tx: Session) -> int:
    """Changes whenever a verdict is added; 0 for none."""
    return int(tx.scalar(select(func.max(VerdictRow.id))) or 0)


def _pattern(verdict: Verdict) -> tuple[object, ...]:
    return verdict.detector, verdict.key_id, verdict.addresses, tuple(sorted(verdict.pattern.items()))


def _held(tx: Session, ids: Sequence[str]) -> set[str]:
    """Which of these findings are muted by what a person said of them."""
    muted = (FindingRow.status == str(FindingStatus.MUTED), FindingRow.muted_by.is_(None))
    return {
        identity
        for start in range(0, len(ids), _CHUNK)
        for identity in tx.scalars(select(FindingRow.id).where(FindingRow.id.in_(ids[start : start + _CHUNK]), *muted))
    }


def _verdicts(tx: Session) -> list[Verdict]:
    """Those that were not taken back, oldest first."""
    rows = list(tx.scalars(select(VerdictRow).order_by(VerdictRow.id)))
    withdrawn = {row.incident_id: row.id for row in rows if row.verdict == WITHDRAWN}
    return [
        Verdict(
            id=row.id,
            **{name: getattr(row, name) for name in _FIELDS if name != "addresses"},
            addresses=tuple(row.addresses),
            pattern={name: tuple(map(str, some)) for name, some in (row.pattern or {}).items()},
        )
        for row in rows
        if row.id > withdrawn.get(row.incident_id, 0)
    ]
