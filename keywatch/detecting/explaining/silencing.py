"""What could have silenced a finding, or folded it into another: each with whether it did."""

import dataclasses
from collections.abc import Iterator
from typing import Final

import pandas as pd

from detectors.folding.decide import case_of
from detectors.folding.matching import within
from detectors.scores import Scored
from detectors.settings import show
from detectors.shared import outage
from detectors.shared.reached import told_until
from detectors.shared.tried import FRAMES as TRIED
from detectors.shared.tried import tried
from keywatch.detecting.explaining.seen import Seen
from keywatch.detecting.explaining.words import at, number
from model.finding import Finding, SubjectKind

_COLUMNS: Final = {SubjectKind.KEY: "key_ref", SubjectKind.IP: "ip", SubjectKind.NETWORK: "network"}
"""The kind of a subject to its column in auth_minutes."""


def silenced(seen: Seen, finding: Finding) -> Iterator[str]:
    """The sentences about it, mutes and overrides apart."""
    yield from _settings(seen)
    yield _quiet(seen, finding)
    if set(TRIED) <= set(seen.detector.frames):
        yield from _outage(seen, finding)
    yield from _named(seen, finding)
    if seen.detector.kind != "standing":
        yield _late(seen)


def _settings(seen: Seen) -> Iterator[str]:
    values = {field.name: getattr(seen.settings, field.name) for field in dataclasses.fields(seen.settings)}
    if not values:
        return
    told = ", ".join(f"{name} {show(value)}" for name, value in values.items())
    if seen.detector.kind == "statistical":
        yield f"Minimum effect: {'reached' if seen.row else 'not reached any more'} ({told})."
    else:
        yield f"Settings: {told}."


def _quiet(seen: Seen, finding: Finding) -> str:
    """The refractory period, as the fold has it."""
    if seen.detector.kind == "standing":
        return "Quiet time: it stays one finding, told once, while the condition holds."
    case = case_of(finding)
    last, ends = max(case.evidence), case.ends(seen.detector)
    patience = ends - last - seen.detector.bucket
    grown = f", grown from {show(seen.detector.quiet)} with the finding" if patience > seen.detector.quiet else ""
    if case.closed_by_person(seen.detector) and finding.resolved_at is not None:
        end = f"a person closed it, and buckets from {at(finding.resolved_at)} on are another finding"
    else:
        end = f"what comes before {at(ends)} joins it instead of being told anew"
    return f"Quiet time: {number(len(case.evidence), 'bucket')} in one finding; {show(patience)}{grown}: {end}."


def _outage(seen: Seen, finding: Finding) -> Iterator[str]:
    """What of the failed calls is the platform's, as `tried` counts them."""
    minutes = tried(seen.frames)
    near = (minutes["minute"] >= pd.Timestamp(finding.first_seen).floor("min")) & (
        minutes["minute"] <= pd.Timestamp(finding.last_seen)
    )
    told = outage.refused(seen.frames, minutes)
    hit = int(minutes.loc[near, "minute"].drop_duplicates().isin(told["minute"]).sum())
    if finding.subject.kind in _COLUMNS:
        near &= minutes[_COLUMNS[finding.subject.kind]] == finding.subject.value
    failed, strange, usual = (int(minutes.loc[near, name].sum()) for name in ("failed", "strange", "usual"))
    if hit == 0:
        word = "did not apply; the platform refused nobody else in these minutes"
    else:
        word = f"applied in {number(hit, 'minute')}"
    yield (
        f"Outage (platform-failures): {word}. Of {failed:,} failed calls {strange:,} came from where the key had not"
        f" worked, {usual:,} from its usual places; the outage has {failed - strange - usual:,}."
    )


def _named(seen: Seen, finding: Finding) -> Iterator[str]:
    """What the detectors that its description names told of the same at the same time."""
    for name, fired in seen.named.items():
        rows = [row for row in fired if _same(row, finding) and _meets(row, finding)]
        if rows:
            most = max(rows, key=lambda row: row.score)
            yield (
                f"Beside it {name}: told of {most.subject.partition(':')[2]} at the same time"
                f" ({number(len(rows), 'bucket')}, score {most.score:.2f} at most), and did not silence it."
            )
        else:
            yield f"Beside it {name}: did not apply; it told nothing of the same at that time."


def _same(row: Scored, finding: Finding) -> bool:
    """Whether they share the subject, the key, the address or the network; the platform's is everybody's."""
    kind, _, value = row.subject.partition(":")
    if (
        kind == SubjectKind.PLATFORM
        or row.subject == str(finding.subject)
        or (row.key_ref is not None and row.key_ref == finding.key_ref)
    ):
        return True
    places = [place for place in (finding.ip, _place(finding)) if place]
    other = value if kind in {"ip", "network"} else row.ip
    return other is not None and any(within([place], [other]) or within([other], [place]) for place in places)


def _place(finding: Finding) -> str | None:
    return finding.subject.value if finding.subject.kind in {SubjectKind.IP, SubjectKind.NETWORK} else None


def _meets(row: Scored, finding: Finding) -> bool:
    return row.first_seen <= finding.last_seen and row.last_seen >= finding.first_seen


def _late(seen: Seen) -> str:
    if not seen.detector.waits:
        return "Late source: did not apply; late lines are judged when they come, and only silence waits for them."
    told, ends = told_until(seen.frames), seen.lead.bucket + seen.detector.bucket
    if told is None or pd.Timestamp(ends) > told:
        return "Late source: applies; the log has not reached that hour, and judged again it is not told."
    return f"Late source: did not apply; all of the log has reached {at(ends)}."
