"""Mutes: what is noticed and counted, and told to nobody. They never change a verdict.

Five kinds: a known event of the calendar, an override with `mute_until`, an allow-list of addresses, a pattern that
somebody called expected, and a key that somebody excused. A finding is muted when each of its pieces of evidence is; so
one that goes on after a load test is told.
"""

import dataclasses
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase
from typing import Final, Literal, NamedTuple

from detectors.folding.matching import About, Matcher, about_finding, addresses_of
from detectors.folding.patterns import Pattern, pattern_of
from detectors.folding.recurring import Recurring
from model.finding import Evidence, Finding, FindingStatus, Subject

KEY_LIFE: Final = ("*revoked*", "*expired*", "unregistered-*", "*inactive-key*")
"""Detectors that say that a key should not work at all: no address makes that right, so an allow-list has to name them
before it mutes them."""

_HOUR: Final = timedelta(hours=1)
_EVER: Final = datetime.max.replace(tzinfo=UTC)
_BEGIN: Final = datetime.min.replace(tzinfo=UTC)


class Span(NamedTuple):
    """The time that a piece of evidence stands for; one moment for a standing detector."""

    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Mute:
    """One reason not to tell."""

    kind: Literal["calendar", "override", "allow-list", "expected", "exception"]
    name: str
    """The event's name, or what the matcher asks for."""
    reason: str
    when: Matcher = field(default_factory=Matcher)
    detectors: tuple[str, ...] = ()
    """Ids, * allowed; empty: all."""
    but: tuple[str, ...] = ()
    """Ids that it is not about, unless `detectors` names them."""
    since: datetime = _BEGIN
    until: datetime = _EVER
    recurring: Recurring | None = None

    def misses(self, detector: str, about: About, span: Span) -> str | None:
        """Why it does not hold for a piece of evidence, in words; None when it does."""
        if self.detectors and not _named(detector, self.detectors):
            return f"it is about {', '.join(self.detectors)}"
        if not self.detectors and _named(detector, self.but):
            return f"it is not about {detector}, unless it names it"
        if not (span.since < self.until and max(span.until, span.since + timedelta.resolution) > self.since):
            return f"it holds from {_at(self.since)} to {_at(self.until)}"
        if self.recurring is not None and not self.recurring.touches(span.since, span.until):
            return "it does not recur at that time"
        return self.when.misses(about)

    def words(self) -> str:
        """How a finding names it."""
        return f"{self.kind} {self.name}: {self.reason}" if self.reason else f"{self.kind} {self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """A pattern that a person called expected when resolving an incident: detector and key, or detector and address."""

    detector: str
    key: str | None
    """key_id, or the key_ref of a key that no inventory row knows."""
    addresses: tuple[str, ...]
    """Where the pattern is about a place; empty: any."""
    pattern: Pattern = field(default_factory=dict)
    """The clients, tools or countries that it is about."""
    since: datetime
    by: str
    incident: str

    def mute(self) -> Mute:
        """The mute that it makes."""
        when = Matcher(key=(_literal(self.key),) if self.key else (), address=self.addresses, pattern=self.pattern)
        name = f"{self.detector} of {when.words()}"
        reason = f"resolved as expected by {self.by} (incident {self.incident})"
        return Mute(
            kind="expected", name=name, reason=reason, when=when, detectors=(_literal(self.detector),), since=self.since
        )


class Piece(NamedTuple):
    """A piece of evidence and the mute that holds for it, if one does."""

    evidence: Evidence
    mute: Mute | None


def pieces(finding: Finding, mutes: Iterable[Mute], labels: Mapping[str, str], span_of: "SpanOf") -> list[Piece]:
    """Each piece of a finding's evidence with the first mute that holds for it."""
    mutes = [mute for mute in mutes if not mute.detectors or _named(finding.detector, mute.detectors)]
    found = []
    for evidence in finding.evidence:
        about, span = about_piece(finding, evidence, labels), span_of(finding, evidence)
        found.append(Piece(evidence, next((m for m in mutes if m.misses(finding.detector, about, span) is None), None)))
    return found


SpanOf = Callable[[Finding, Evidence], Span]
"""A finding and a piece of its evidence to the time that the piece stands for."""


def about_piece(finding: Finding, evidence: Evidence, labels: Mapping[str, str]) -> About:
    """What a piece of evidence is about: the finding's key, and the addresses of this piece.

    A piece that counts several addresses and does not name them is in no allow-list.
    """
    about, detail = about_finding(finding, labels), evidence.detail
    said = detail.get("said")
    ip = said.get("ip") if isinstance(said, Mapping) else finding.ip
    named = detail.get("attackers")
    several = detail.get("addresses")
    if isinstance(named, list):
        addresses = tuple(str(one) for one in named)
    elif isinstance(several, int) and several > 1 and not _is_place(finding.subject):
        addresses = ()
    else:
        addresses = addresses_of(finding.subject, str(ip) if ip else None)
    return dataclasses.replace(about, addresses=addresses, pattern=pattern_of(finding.detector, [detail]))


def muted(
    findings: Sequence[Finding], mutes: Sequence[Mute], labels: Mapping[str, Mapping[str, str]], span_of: SpanOf
) -> list[Finding]:
    """The findings with the status that the mutes give them; `labels` are those of keys by key_id.

    What a person said (acknowledged, resolved, muted) stays.
    """
    return [_told(finding, mutes, labels.get(finding.key_id or "", {}), span_of) for finding in findings]


def unmuted(finding: Finding) -> Finding:
    """The finding as the fold knows it: without what mutes made of it."""
    if finding.muted_by is None:
        return finding
    verdict = FindingStatus.RESOLVED if finding.resolved_at else FindingStatus.OPEN
    return dataclasses.replace(finding, status=verdict, muted_by=None)


def _told(finding: Finding, mutes: Sequence[Mute], labels: Mapping[str, str], span_of: SpanOf) -> Finding:
    if finding.status not in {FindingStatus.OPEN, FindingStatus.RESOLVED} or not finding.evidence or not mutes:
        return finding
    held = [piece.mute for piece in pieces(finding, mutes, labels, span_of)]
    if any(mute is None for mute in held):
        return finding
    words = "; ".join(dict.fromkeys(mute.words() for mute in held if mute is not None))
    return dataclasses.replace(finding, status=FindingStatus.MUTED, muted_by=words[:1000])


def span_at(until: datetime, buckets: Mapping[str, timedelta | None]) -> SpanOf:
    """The span of a piece: its bucket, or the moment `until` for a standing detector (`buckets` has None for those)."""

    def span(finding: Finding, evidence: Evidence) -> Span:
        length = buckets.get(finding.detector, _HOUR)
        moment = finding.resolved_at or until
        return Span(moment, moment) if length is None else Span(evidence.bucket, evidence.bucket + length)

    return span


def allowing(addresses: Sequence[str], when: Matcher, reason: str, detectors: Sequence[str], until: datetime) -> Mute:
    """The mute of an allow-list: its addresses, for the keys that `when` is about."""
    about = dataclasses.replace(when, address=tuple(addresses))
    return Mute(
        kind="allow-list",
        name=about.words(),
        reason=reason,
        when=about,
        detectors=tuple(detectors),
        but=KEY_LIFE,
        until=until,
    )


def excusing(
    *,
    key: str | None,
    label: str | None,
    rules: Sequence[str],
    name: str,
    reason: str,
    since: datetime,
    until: datetime,
) -> Mute:
    """The mute of an exception of a key, or of the keys with a label (`name=value`, or `name`)."""
    labelled, _, value = (label or "").partition("=")
    when = Matcher(key=(_literal(key),)) if key is not None else Matcher(label={labelled: value or "*"})
    return Mute(
        kind="exception",
        name=name,
        reason=reason,
        when=when,
        detectors=tuple(rules),
        but=(*KEY_LIFE, "exception-expired"),
        since=since,
        until=until,
    )


def _is_place(subject: Subject) -> bool:
    return bool(addresses_of(subject, None))


def _named(detector: str, ids: Iterable[str]) -> bool:
    return any(fnmatchcase(detector, one) for one in ids)


def _literal(text: str) -> str:
    """A text in which * and ? are no wildcards."""
    return "".join(f"[{letter}]" if letter in "*?[" else letter for letter in text)


def _at(moment: datetime) -> str:
    if moment in {_BEGIN, _EVER}:
        return "ever"
    return f"{moment:%Y-%m-%d %H:%M}Z"
