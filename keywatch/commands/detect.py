"""`keywatch detect`, `findings` and `incidents`: judge, list, and say what a person decided."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from keywatch.commands import triage
from keywatch.commands.shared import AsJson, Since, Until, moment, now, print_json, print_table, say, workspace
from keywatch.process import work
from model.errors import UsageError

if TYPE_CHECKING:
    from keywatch.workspace import Workspace
    from model.finding import Finding, FindingStatus, Severity

_FOUND = 3
_LISTED = ("severity", "status", "title", "last_seen")
_INCIDENTS = ("id", "severity", "risk", "status", "headline", "last_seen")
_TOLD = ("id", "severity", "status", "headline", "opened_at", "last_seen", "key_name", "owner", "ip")

FailOn = Annotated[
    str | None,
    typer.Option("--fail-on", metavar="SEVERITY", help="End with exit code 3 when a finding is at or above."),
]


def add(app: typer.Typer) -> None:
    """Put the commands on the command line."""
    app.command("detect")(detect)
    app.command("findings")(findings)
    group = typer.Typer(help="Incidents: what people are told about.", invoke_without_command=True)
    group.callback()(incidents)
    group.command("ack")(ack)
    group.command("resolve")(resolve)
    triage.add(group)
    app.add_typer(group, name="incidents")


def detect(
    ctx: typer.Context,
    *,
    since: Since = None,
    until: Until = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be found; write nothing.")] = False,
    explain: Annotated[bool, typer.Option("--explain", help="Say why each was found, and what mutes it.")] = False,
    fail_on: FailOn = None,
    as_json: AsJson = False,
) -> None:
    """Judge what is new. --until is the clock: idle days, ages and expiries are judged as of then."""
    from keywatch.detecting.judging import judge

    line = severity_of(fail_on)
    at = moment(until, now())
    with workspace(ctx) as ws, ws.lock(work.DETECT):
        done = judge(ws, now=at, since=moment(since, at) if since else None, dry_run=dry_run)
        reasons = _explained(ws, done.findings) if explain else []
    shown = sorted(done.findings, key=lambda finding: (-finding.severity.rank, finding.first_seen))
    if explain and not as_json:
        typer.echo("\n".join(reasons))
    elif as_json:
        print_json([record(finding) for finding in shown])
    else:
        print_table([record(finding) for finding in shown], _LISTED, empty="Nothing new was found.")
    for name, error in done.errors.items():
        say(f"keywatch: the detector {name} failed: {error}")
    say(
        f"Judged {done.window.since:%Y-%m-%d %H:%M}Z to {done.window.until:%Y-%m-%d %H:%M}Z: {len(shown)} new or"
        f" changed findings, {done.told.incidents} incidents, {len(done.told.alerts)} alerts.",
    )
    if line is not None and any(f.severity.rank >= line.rank and str(f.status) == "open" for f in shown):
        raise typer.Exit(_FOUND)


def findings(
    ctx: typer.Context,
    *,
    status: Annotated[str | None, typer.Option(help="open, acknowledged, resolved or muted.")] = None,
    min_severity: Annotated[str | None, typer.Option("--min-severity", help="At or above.")] = None,
    detector: Annotated[str | None, typer.Option(help="Of one detector.")] = None,
    explain: Annotated[
        str | None, typer.Option(metavar="ID", help="Say why this one was found, and what did not silence it.")
    ] = None,
    precision: Annotated[bool, typer.Option("--precision", help="Per detector, what people said of them.")] = False,
    as_json: AsJson = False,
) -> None:
    """The findings, the latest seen first."""
    from store.state.findings import list_findings

    if explain is not None or precision:
        with workspace(ctx) as ws:
            _precision(ws, as_json=as_json) if explain is None else _explain(ws, explain, as_json=as_json)
        return
    with workspace(ctx) as ws, ws.store.reading() as tx:
        found = list_findings(
            tx, status=_status(status), min_severity=severity_of(min_severity), detector=_detector(detector)
        )
    rows = [record(finding) for finding in found]
    print_json(rows) if as_json else print_table(rows, _LISTED, empty="No finding.")


def incidents(
    ctx: typer.Context,
    *,
    status: Annotated[str | None, typer.Option(help="open, acknowledged or resolved.")] = None,
    as_json: AsJson = False,
) -> None:
    """The incidents, the gravest open ones first, of like ones those of more summed risk."""
    if ctx.invoked_subcommand is not None:
        return
    from alerts.risk import risk
    from store.state.incidents import list_incidents

    _incident_status(status)
    with workspace(ctx) as ws, ws.store.reading() as tx:
        found = [one for one in list_incidents(tx) if status in {None, str(one.status)}]
    rows = [
        {name: getattr(one, name) for name in _TOLD} | {"findings": len(one.findings), "risk": risk(one.findings)}
        for one in found
    ]
    rows.sort(key=lambda row: (str(row["status"]) == "resolved", -row["severity"].rank, -row["risk"], row["opened_at"]))
    print_json(rows) if as_json else print_table(rows, _INCIDENTS, empty="No incident.")


def ack(ctx: typer.Context, incident: Annotated[str, typer.Argument(help="An incident's id.")]) -> None:
    """Say that you are on it."""
    _decide(ctx, incident, "acknowledged")


def resolve(
    ctx: typer.Context,
    incident: Annotated[str, typer.Argument(help="An incident's id.")],
    *,
    verdict: Annotated[str, typer.Option("--as", help="true, false or expected.")] = "true",
) -> None:
    """Say that it is over, and what it was."""
    if verdict not in {"true", "false", "expected"}:
        msg = f"--as {verdict} is no verdict."
        raise UsageError(msg, hint="It is true, false or expected.")
    _decide(ctx, incident, "resolved", verdict)


def _explain(ws: "Workspace", finding: str, *, as_json: bool) -> None:
    from store.state.findings import list_findings

    with ws.store.reading() as tx:
        found = list_findings(tx, ids=[finding])
    if not found:
        msg = f"There is no finding {finding!r}."
        raise UsageError(msg, hint="keywatch findings --json lists them with their ids.")
    sentences = _explained(ws, found, again=True)
    print_json({**record(found[0]), "explained": sentences}) if as_json else typer.echo("\n".join(sentences))


def _explained(ws: "Workspace", found: "list[Finding]", *, again: bool = False) -> list[str]:
    """The sentences about findings; `again` reads what their detectors saw once more, a day of each."""
    from detectors import engine
    from keywatch.detecting.configured import detectors_config, with_expected
    from keywatch.detecting.explaining.explain import explain
    from keywatch.detecting.explaining.seen import see
    from keywatch.detecting.reading import state_frames
    from store.state.findings import judged

    names = engine.names_of(state_frames(ws.store, now()))
    with ws.store.reading() as tx:
        config, done = with_expected(detectors_config(ws), tx), judged(tx)
    explained: list[str] = []
    for finding in found:
        until = done[finding.detector].until if finding.detector in done else now()
        seen = see(ws.store, finding, config, until) if again else None
        explained += explain(finding, config, names, seen)
    return explained


def _precision(ws: "Workspace", *, as_json: bool) -> None:
    from store.state.verdicts import precision_frame

    with ws.store.reading() as tx:
        frame = precision_frame(tx)
    rows = frame.astype(object).where(frame.notna(), None).to_dict("records")
    named = [{str(name): value for name, value in row.items()} for row in rows]
    print_json(named) if as_json else print_table(named, list(frame.columns), empty="No finding.")


def record(finding: "Finding") -> dict[str, Any]:
    """A finding as `--json` prints it."""
    return {
        "id": finding.id,
        "incident_id": finding.incident_id,
        "detector": finding.detector,
        "severity": str(finding.severity),
        "status": str(finding.status),
        "muted_by": finding.muted_by,
        "key_id": finding.key_id,
        "key_name": finding.key_name,
        "owner": finding.owner,
        "ip": finding.ip,
        "title": finding.title,
        "summary": finding.summary,
        "first_seen": finding.first_seen,
        "last_seen": finding.last_seen,
        "count": finding.count,
        "score": finding.score,
        "evidence": [
            {"bucket": one.bucket, "count": one.count, "score": one.score}
            | {name: value for name, value in one.detail.items() if name != "said"}
            for one in finding.evidence
        ],
        "runbook": finding.runbook,
        "attack": list(finding.attack),
        "controls": list(finding.controls),
        "detected_at": finding.detected_at,
    }


def severity_of(text: str | None) -> "Severity | None":
    """A severity of the command line. Raises UsageError."""
    from model.finding import Severity

    try:
        return None if text is None else Severity(text)
    except ValueError:
        msg = f"{text!r} is no severity."
        raise UsageError(msg, hint="It is one of: info, low, medium, high, critical.") from None


def _status(text: str | None) -> "FindingStatus | None":
    from model.finding import FindingStatus

    try:
        return None if text is None else FindingStatus(text)
    except ValueError:
        msg = f"{text!r} is no status."
        raise UsageError(msg, hint="It is one of: open, acknowledged, resolved, muted.") from None


def _detector(name: str | None) -> str | None:
    from detectors.registry import load

    if name is not None:
        load(name)  # UsageError for an unknown one
    return name


def _incident_status(text: str | None) -> None:
    from model.incident import IncidentStatus

    if text is not None and text not in set(IncidentStatus):
        msg = f"{text!r} is no status of an incident."
        raise UsageError(msg, hint="It is one of: open, acknowledged, resolved.")


def _decide(ctx: typer.Context, incident: str, status: str, verdict: str | None = None) -> None:
    from alerts.deciding import decide
    from model.actor import actor

    with workspace(ctx) as ws, ws.store.transaction() as tx:
        done = decide(tx, incident, status=status, verdict=verdict, by=actor(), at=now())
    say(f"{status.capitalize()}: {done.headline}")
