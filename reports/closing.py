"""Closes a review: the decisions and a page about them join the sealed report, and a second seal covers everything."""

import csv
import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final

from model.errors import ReportError
from reports import manifest
from reports.decisions import DECISIONS, Decision, Listed, check
from reports.draft import drafting
from reports.lines import of_file
from reports.manifest import BESIDE, CLOSING, REPORT
from reports.page import environment
from reports.parts import Part, Written
from reports.pseudonyms import Mask
from reports.sheets import sheet, text_of
from reports.signing import SigningKey
from reports.texts import iso
from reports.verify import verify
from reports.words import LIMITS
from reports.worksheet import Row

COLUMNS: Final = (*("key_id", "name", "owner", "decision", "rationale", "reviewer", "reviewed_on", "new_owner", "due"),)
ROWS: Final = 2_000
"""Decisions on the page; review.csv has all."""
_TOLD: Final = 50
"""Problems that are told at once; the rest are counted."""
_ENDED: Final = frozenset({"revoked", "expired", "removed"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """A review that can be closed."""

    folder: Path
    manifest: Mapping[str, Any]
    roster: Mapping[str, Listed]
    """By key_id, in the order of keys.csv."""


def opened(folder: Path, names: Mapping[str, str]) -> Review:
    """The review in a folder; `names` say whom pseudonyms stand for.

    Raises ReportError when there is none, it is closed already, or its files are not what was sealed.
    """
    stage = manifest.stage(folder)
    if stage != "open":
        what = {None: "holds no report", "closed": "holds a review that is closed already"}
        msg = f"{folder} {what.get(stage, 'holds a report that nobody opened for review')}."
        raise ReportError(msg, hint="keywatch report list shows the open ones; report open begins one.")
    if faults := verify(folder).faults:
        msg = f"{folder} is not what was sealed: {' '.join(faults)}"
        raise ReportError(msg, hint="Take the folder from a copy; a review of a changed roster would prove nothing.")
    return Review(folder=folder, manifest=manifest.read(folder), roster=roster(folder, names))


def judged(review: Review, rows: Sequence[Row], *, now: datetime) -> list[Decision]:
    """The decisions of a worksheet. Raises ReportError that names every row that cannot be accepted."""
    begun = opened_on(review.manifest)
    decisions, problems = check(rows, review.roster, opened=begun, today=now.astimezone(UTC).date())
    if problems:
        count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
        listed = [str(problem) for problem in problems[:_TOLD]]
        listed += [f"And {len(problems) - _TOLD:,} more."] * (len(problems) > _TOLD)
        msg = "\n  ".join([f"The worksheet has {count}; nothing was sealed.", *listed])
        raise ReportError(msg, hint="Mend the rows and close again.")
    return decisions


def opened_on(head: Mapping[str, Any]) -> date:
    """The day (UTC) on which the review of that manifest was opened."""
    return datetime.fromisoformat(str(head["generated_at"])).astimezone(UTC).date()


def seal(
    review: Review, decisions: Sequence[Decision], *, mask: Mask, closed_by: str, now: datetime, key: SigningKey
) -> dict[str, str]:
    """Write review.csv, review.html, and closing.json with its signature over every sealed file of the folder.

    Returns each file's name and its SHA-256. People stand in them as `mask` puts them. Raises ReportError.
    """
    sealed = [_masked(one, mask) for one in decisions]
    by = mask.person(closed_by) or ""
    head = {
        "report_id": review.manifest["report_id"],
        "stage": "closed",
        "period": review.manifest["period"],
        "closed_at": iso(now),
        "closed_by": by,
        "decisions": {name: count for name, count in _counts(sealed).items() if count},
    }
    rows = ([_cell(getattr(one, name)) for name in COLUMNS] for one in sealed)
    with drafting(review.folder) as draft:
        draft.add(Part(name="review.csv", pieces=sheet(COLUMNS, rows), rows=len(sealed)))
        draft.add(Part(name="review.html", pieces=[_page(review, sealed, head, now)]))
        draft.lines[REPORT.manifest] = b"".join(one + b"\n" for one in of_file(review.folder / REPORT.manifest))
        manifest.close(draft, CLOSING, head, key, others=_others(review))
    return {name: one.sha256 for name, one in draft.written.items()}


def roster(folder: Path, names: Mapping[str, str]) -> dict[str, Listed]:
    """The keys of a sealed report that a review decides about; `names` say whom pseudonyms stand for."""
    found = {}
    with (folder / "keys.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["state"] in _ENDED and not row["after_end"]:
                continue
            owner = text_of(row["owner"])
            listed = Listed(
                key_id=text_of(row["key_id"]), name=text_of(row["name"]) or None, owner=names.get(owner) or None
            )
            found[listed.key_id] = listed
    return found


def _others(review: Review) -> Iterator[Written]:
    """The files of the first seal as they lie there; they were verified before."""
    names = {str(file["name"]): file.get("rows") for file in review.manifest["files"]}
    names |= dict.fromkeys((REPORT.manifest, REPORT.signature, REPORT.lines))
    for name, rows in names.items():
        if name not in BESIDE:
            data = (review.folder / name).read_bytes()
            yield Written(name=name, sha256=hashlib.sha256(data).hexdigest(), bytes=len(data), rows=rows)


def _masked(one: Decision, mask: Mask) -> Decision:
    return replace(
        one,
        owner=mask.person(one.owner),
        rationale=mask.words(one.rationale),
        reviewer=mask.person(one.reviewer) or "",
        new_owner=mask.person(one.new_owner),
    )


def _counts(decisions: Sequence[Decision]) -> dict[str, int]:
    found = Counter(one.decision for one in decisions)
    return {name: found[name] for name in DECISIONS}


def _cell(value: object) -> object:
    return value.isoformat() if isinstance(value, date) else value


def _page(review: Review, decisions: Sequence[Decision], head: Mapping[str, object], now: datetime) -> bytes:
    waiting = sorted((one for one in decisions if one.due), key=lambda one: (one.due or date.max, one.key_id))
    context = {
        "c": review.manifest,
        "head": head,
        "now": now,
        "counts": _counts(decisions),
        "reviewers": len({one.reviewer for one in decisions}),
        "waiting": [asdict(one) for one in waiting],
        "decisions": [asdict(one) for one in decisions[:ROWS]],
        "total": len(decisions),
        "rows": ROWS,
        "manifest_sha256": next(one.sha256 for one in _others(review) if one.name == REPORT.manifest),
        "limits": LIMITS,
    }
    return environment().get_template("review.html").render(context).encode()
