"""`resolve --as expected` about one source leaves the watch over every other one."""

from datetime import UTC, datetime

from alerts.config import Telling
from alerts.deciding import decide
from alerts.outbox import tell_findings
from detectors.folding.muting import muted, span_at
from keywatch.detecting.configured import detectors_config, with_expected
from keywatch.workspace import Workspace
from model.finding import Finding, FindingStatus
from store.state.findings import list_findings, save_findings
from store.state.verdicts import Verdict, save_verdicts
from tests.alerts.conftest import make_finding

T0 = datetime(2026, 10, 1, 9, tzinfo=UTC)


def silent(source: str) -> Finding:
    return make_finding("source-silent", f"source:{source}", at=T0)


def statuses(workspace: Workspace) -> dict[str, FindingStatus]:
    with workspace.store.reading() as tx:
        mutes = with_expected(detectors_config(workspace), tx).mutes
    told = muted([silent("edge"), silent("api")], mutes, {}, span_at(T0, {"source-silent": None}))
    return {finding.subject.value: finding.status for finding in told}


def test_only_the_source_that_was_expected_to_be_silent_is_muted(workspace: Workspace) -> None:
    with workspace.store.transaction() as tx:
        save_findings(tx, [silent("edge")])
        tell_findings(tx, list_findings(tx), Telling(), now=T0)
        incident = list_findings(tx)[0].incident_id
        decide(tx, str(incident), status="resolved", verdict="expected", by="ann@ops", at=T0)

    assert {"edge": FindingStatus.MUTED, "api": FindingStatus.OPEN} == statuses(workspace)


def test_a_verdict_that_names_nothing_mutes_nothing(workspace: Workspace) -> None:
    empty = Verdict(
        at=T0,
        actor="ann",
        verdict="expected",
        incident_id="i",
        finding_id="f",
        detector="source-silent",
        key_id=None,
        since=T0,
    )
    with workspace.store.transaction() as tx:
        save_verdicts(tx, [empty])

    assert {FindingStatus.OPEN} == set(statuses(workspace).values())
