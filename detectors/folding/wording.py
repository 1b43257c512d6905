"""A finding's words and totals, from its evidence; and the names that the inventory gives to keys."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, cast

import pandas as pd

from detectors.declare import Detector
from detectors.frames import FRAMES
from model.finding import Evidence, Finding, FindingStatus, Severity, Subject, finding_id
from model.plain import plain

_CALLS: Final = re.compile(r"\{count\}((?: failed| successful)?) calls\b")


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyName:
    """Who a key is, as far as the inventory knows."""

    key_id: str
    name: str | None
    owner: str | None
    environment: str | None
    labels: Mapping[str, str] = field(default_factory=dict)


class Names:
    """Key references and key ids to what the inventory calls them."""

    def __init__(self, key_refs: pd.DataFrame, keys: pd.DataFrame) -> None:
        zones = key_refs.dropna(subset=["key_ref", "timezone"])
        self.zones: dict[str, str] = dict(zip(_texts(zones["key_ref"]), _texts(zones["timezone"]), strict=True))
        """key_ref to the IANA time zone of its owner."""
        labels = zip(_texts(keys["key_id"]), map(_labels, keys["labels"]), strict=True)
        self.labels: Mapping[str, Mapping[str, str]] = {key: found for key, found in labels if found}
        """Of keys by key_id; those without labels are not in it."""
        self._known: dict[str, tuple[str | None, ...]] = {}
        for frame, column in ((keys, "key_id"), (key_refs, "key_ref")):
            known = frame.dropna(subset=[column, "key_id"])
            columns = (_texts(known[name]) for name in ("key_id", "name", "owner", "environment"))
            self._known.update(zip(_texts(known[column]), zip(*columns, strict=True), strict=True))

    @classmethod
    def nobody(cls) -> "Names":
        """No key at all."""
        return cls(*(pd.DataFrame(columns=list(FRAMES[name].columns)) for name in ("key_refs", "keys")))

    def of(self, key: str | None) -> KeyName | None:
        """What is known of a key_ref or key_id."""
        if key is None or key not in self._known:
            return None
        key_id, name, owner, environment = self._known[key]
        labels = self.labels.get(str(key_id), {})
        return KeyName(key_id=str(key_id), name=name, owner=owner, environment=environment, labels=labels)


def _texts(column: "pd.Series[Any]") -> list[str]:
    """Of a conformed frame; null is None."""
    return list(column.astype(object).where(column.notna(), None))


def _labels(value: Any) -> Mapping[str, str]:  # noqa: ANN401 (whatever the inventory's column holds)
    return {str(name): str(text) for name, text in value.items()} if isinstance(value, Mapping) else {}


def finding_of(
    detector: Detector,
    subject: str,
    opened: datetime,
    pieces: Sequence[Evidence],
    *,
    status: FindingStatus,
    resolved_at: datetime | None,
    before: Finding | None,
    now: datetime,
    names: Names,
) -> Finding:
    """A finding from its evidence, oldest first; `before` keeps what people and incidents added to it.

    Count is the sum, score and severity the largest, and the words are those of the piece that says most.
    """
    lead = leading(detector, pieces)
    said = _said(lead)
    key = said.get("key_ref") or said.get("key_id")
    known = names.of(key)
    count = sum(piece.count for piece in pieces)
    label = (known.name or known.key_id) if known else (key or "")
    about = Subject.parse(subject)
    return Finding(
        id=finding_id(detector.id, about, opened),
        detector=detector.id,
        subject=about,
        severity=_severity(lead, detector),
        status=status,
        title=_words(said.get("title") or detector.title, label, count, 200),
        summary=_words(said.get("summary") or "", label, count, 1000),
        opened=opened,
        first_seen=min(piece.first_seen for piece in pieces),
        last_seen=max(piece.last_seen for piece in pieces),
        detected_at=before.detected_at if before else now,
        resolved_at=resolved_at,
        key_id=known.key_id if known else key,
        key_ref=said.get("key_ref"),
        key_name=known.name if known else None,
        owner=known.owner if known else None,
        environment=known.environment if known else None,
        ip=said.get("ip"),
        count=count,
        score=max(piece.score for piece in pieces),
        evidence=tuple(pieces),
        runbook=detector.runbook,
        attack=detector.attack,
        controls=(*detector.owasp, *detector.controls),
        incident_id=before.incident_id if before else None,
    )


def leading(detector: Detector, pieces: Sequence[Evidence]) -> Evidence:
    """The piece that says most: the gravest, of like ones that with the highest score."""
    return max(pieces, key=lambda piece: (_severity(piece, detector).rank, piece.score))


def _said(piece: Evidence) -> Mapping[str, str | None]:
    return cast("Mapping[str, str | None]", piece.detail.get("said") or {})


def _severity(piece: Evidence, detector: Detector) -> Severity:
    return Severity(_said(piece).get("severity") or detector.severity)


def _words(text: str, label: str, count: int, limit: int) -> str:
    """The text with its two blanks filled, safe to show: names and addresses come from others."""
    if count == 1:
        text = _CALLS.sub(r"{count}\1 call", text)
    return plain(text.replace("{count}", f"{count:,}").replace("{key}", plain(label, 60)), limit)
