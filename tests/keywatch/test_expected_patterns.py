"""`resolve --as expected` mutes what was seen, and not whatever else the detector may notice of that key one day."""

from datetime import UTC, datetime, timedelta

import pytest

from alerts.config import Telling
from alerts.deciding import decide
from alerts.lifting import lift
from alerts.outbox import tell_findings
from detectors.folding.muting import muted, span_at
from keywatch.detecting.configured import detectors_config, with_expected
from keywatch.workspace import Workspace
from model.finding import Finding, FindingStatus
from store.state.findings import list_findings, save_findings
from store.state.verdicts import Word, expected_patterns, precision_frame
from tests.alerts.conftest import make_finding

T0 = datetime(2026, 10, 1, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
Detail = dict[str, object]


def noticed(detector: str, detail: Detail, *, at: datetime = T0, ip: str = "203.0.113.9") -> Finding:
    return make_finding(detector, "key:k1", at=at, detail={**detail, "said": {"ip": ip}})


def status_of(workspace: Workspace, finding: Finding) -> FindingStatus:
    with workspace.store.reading() as tx:
        mutes = with_expected(detectors_config(workspace), tx).mutes
    return muted([finding], mutes, {}, span_at(T0, {finding.detector: HOUR}))[0].status


@pytest.mark.parametrize(
    ("detector", "seen", "same", "other"),
    [
        ("new-client", {"client": "curl/8.1"}, {"client": "curl/8.9"}, {"client": "python-requests/2.31"}),
        (
            "client-switching",
            {"clients": ["a", "b", "c"]},
            {"clients": ["b", "c"]},
            {"clients": ["a", "b", "sqlmap"]},
        ),
        (
            "impossible-travel",
            {"home": "DE", "country": "US"},
            {"home": "DE", "country": "US"},
            {"home": "DE", "country": "KP"},
        ),
        ("scanner-client", {"tools": ["nuclei"]}, {"tools": ["nuclei"]}, {"tools": ["nuclei", "sqlmap"]}),
    ],
)
def test_the_same_pattern_is_muted_and_another_one_is_told(
    workspace: Workspace, detector: str, seen: Detail, same: Detail, other: Detail
) -> None:
    first = noticed(detector, seen)
    with workspace.store.transaction() as tx:
        save_findings(tx, [first])
        tell_findings(tx, list_findings(tx), Telling(), now=T0)
        incident = list_findings(tx)[0].incident_id
        decide(tx, str(incident), status="resolved", verdict="expected", by="ann@ops", at=T0)

    assert FindingStatus.MUTED == status_of(workspace, noticed(detector, same, at=T0 + 48 * HOUR))
    assert FindingStatus.OPEN == status_of(workspace, noticed(detector, other, at=T0 + 48 * HOUR))


def said(workspace: Workspace, finding: Finding, verdict: Word) -> None:
    """The finding, stored and told, and its incident resolved with a verdict."""
    with workspace.store.transaction() as tx:
        save_findings(tx, [finding])
        tell_findings(tx, list_findings(tx, ids=[finding.id]), Telling(), now=T0)
        (stored,) = list_findings(tx, ids=[finding.id])
        decide(tx, str(stored.incident_id), status="resolved", verdict=verdict, by="ann@ops", at=T0)


def test_the_same_pattern_of_another_key_is_told(workspace: Workspace) -> None:
    said(workspace, noticed("new-client", {"client": "curl/8.1"}), "expected")

    later = T0 + 48 * HOUR
    same = make_finding("new-client", "key:k1", at=later, detail={"client": "curl/8.1"})
    other = make_finding("new-client", "key:k2", at=later, detail={"client": "curl/8.1"})
    assert FindingStatus.MUTED == status_of(workspace, same)
    assert FindingStatus.OPEN == status_of(workspace, other)


def test_precision_is_the_true_ones_of_those_that_were_judged_true_or_false(workspace: Workspace) -> None:
    verdicts: tuple[Word, ...] = ("true", "true", "false", "expected")
    for number, verdict in enumerate(verdicts):
        said(workspace, make_finding("new-origin", f"key:k{number}", at=T0), verdict)
    said(workspace, make_finding("new-route", "key:k9", at=T0), "false")
    with workspace.store.transaction() as tx:
        save_findings(tx, [make_finding("new-origin", "key:k5", at=T0)])

    with workspace.store.reading() as tx:
        rows = precision_frame(tx).set_index("detector")

    counts = ["findings", "judged", "true", "false", "expected"]
    assert [5, 4, 2, 1, 1] == rows.loc["new-origin", counts].tolist()
    assert (0.667, 0.0) == (rows.loc["new-origin", "precision"], rows.loc["new-route", "precision"])


def test_who_travels_is_muted_from_every_address_of_that_country(workspace: Workspace) -> None:
    seen: Detail = {"home": "DE", "country": "US"}
    with workspace.store.transaction() as tx:
        save_findings(tx, [noticed("impossible-travel", seen)])
        tell_findings(tx, list_findings(tx), Telling(), now=T0)
        incident = list_findings(tx)[0].incident_id
        decide(tx, str(incident), status="resolved", verdict="expected", by="ann@ops", at=T0)

    later = noticed("impossible-travel", seen, at=T0 + 48 * HOUR, ip="198.51.100.4")
    assert FindingStatus.MUTED == status_of(workspace, later)


def test_what_is_lifted_is_told_again(workspace: Workspace) -> None:
    with workspace.store.transaction() as tx:
        save_findings(tx, [noticed("new-client", {"client": "curl/8.1"})])
        tell_findings(tx, list_findings(tx), Telling(), now=T0)
        incident = list_findings(tx)[0].incident_id
        decide(tx, str(incident), status="resolved", verdict="expected", by="ann@ops", at=T0)
    later = noticed("new-client", {"client": "curl/8.9"}, at=T0 + 48 * HOUR)
    before = status_of(workspace, later)
    with workspace.store.transaction() as tx:
        lift(tx, expected_patterns(tx)[0].id, by="ann@ops", at=T0 + HOUR)

    assert (FindingStatus.MUTED, FindingStatus.OPEN) == (before, status_of(workspace, later))
