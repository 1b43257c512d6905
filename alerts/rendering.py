"""One renderer: an incident as a title and a plain text; `alerts.payload` has the same for machines.

Everything that stems from a log passes `plain`: attackers choose their user agents, paths and key names. The text fits
into one Slack section (3,000 characters), since channels that cut do so silently; what is left out is counted.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from shlex import quote

from alerts.links import Links
from model.finding import Evidence, Finding
from model.incident import Alert, Incident, IncidentStatus
from model.plain import plain
from store.state.incidents import KeyFacts

TITLE_BUDGET = 200
BODY_BUDGET = 2800
"""Characters; leaves room for the line with the idempotency key."""

_FIELD = 120
_SUMMARY = 300
_RUNBOOK = 600
_SUMMARIES = 3
_EVIDENCE = 3
_NUMBERS = 4
_WORDS = {
    "opened": "",
    "updated": "Update: ",
    "reminder": "Reminder: ",
    "escalated": "Not acknowledged: ",
    "resolved": "Resolved: ",
}


def title(incident: Incident, kind: str) -> str:
    """One line: `[critical] 60 failed calls from 203.0.113.9, then 25 successful ones with key billing-prod`."""
    return plain(f"[{incident.severity}] {_WORDS[kind]}{incident.headline}", TITLE_BUDGET)


def body(incident: Incident, *, facts: KeyFacts, changes: Sequence[str], links: Links) -> str:
    """Plain text of at most `BODY_BUDGET` characters: what happened, to which key, since when, evidence, what to do."""
    parts = [
        "\n".join(_what(incident, changes)),
        "\n".join(_about(incident, facts)),
        "\n".join(("Evidence:", *_evidence(incident.findings))),
        _what_to_do(incident.findings),
        "\n".join(_more(incident, links)),
    ]
    text = "\n\n".join(part for part in parts if part)
    return text if len(text) <= BODY_BUDGET else text[: BODY_BUDGET - 1] + "…"


def text(alert: Alert, idempotency_key: str) -> str:
    """The body as it is sent to one target, with the key that tells a repeated message from a new one."""
    return f"{alert.body}\n\n{footer(alert, idempotency_key)}"


def footer(alert: Alert, idempotency_key: str) -> str:
    """The line below a message, with its key."""
    about = f" of incident {alert.incident_id}" if alert.incident_id else ""
    return f"Message {idempotency_key}{about}. The same number twice is the same message."


def _what(incident: Incident, changes: Sequence[str]) -> Iterator[str]:
    yield plain(incident.headline, _SUMMARY)
    yield from (f"New: {plain(change, _FIELD)}" for change in changes)
    if incident.status is IncidentStatus.RESOLVED:
        yield f"Nothing more of it was seen after {moment(incident.last_seen)}."
        return
    summaries = list(dict.fromkeys(plain(f.summary, _SUMMARY) for f in _gravest(incident.findings) if f.summary))
    yield from summaries[:_SUMMARIES]
    if len(summaries) > _SUMMARIES:
        yield f"+{len(summaries) - _SUMMARIES} more"


def _about(incident: Incident, facts: KeyFacts) -> Iterator[str]:
    if incident.key_id is not None:
        named = [incident.key_name or incident.key_id]
        named += [f"id {incident.key_id}"] if incident.key_name else []
        named += [facts.hint] if facts.hint else []
        yield f"Key: {', '.join(plain(word, _FIELD) for word in named)}"
        yield f"Owner: {plain(incident.owner or 'not known', _FIELD)}"
    if incident.environment:
        yield f"Environment: {plain(incident.environment, _FIELD)}"
    if incident.ip:
        yield f"Address: {plain(incident.ip, _FIELD)}"
    yield f"Since: {moment(incident.opened_at)}, last seen {moment(incident.last_seen)}"
    yield f"Severity: {incident.severity}, {incident.status}"


def _evidence(findings: Sequence[Finding]) -> Iterator[str]:
    """A line for each of the gravest findings; with only one or two, further lines for their strongest buckets."""
    ranked = _gravest(findings)
    lines = [_finding_line(finding) for finding in ranked]
    left = len(lines) - _EVIDENCE
    if left < 0:
        buckets = [(finding, item) for finding in ranked for item in finding.evidence if len(finding.evidence) > 1]
        strongest = sorted(buckets, key=lambda pair: (-pair[1].score, pair[1].bucket))
        lines += [_bucket_line(finding, item) for finding, item in strongest[:-left]]
    yield from (f"- {line}" for line in lines[:_EVIDENCE])
    if left > 0:
        yield f"+{left} more"


def _finding_line(finding: Finding) -> str:
    span = f"{moment(finding.first_seen)} to {moment(finding.last_seen)}"
    numbers = _numbers(finding.evidence[-1]) if len(finding.evidence) == 1 else ""
    return f"{finding.detector}: {finding.count:,} from {span}{numbers}"


def _bucket_line(finding: Finding, item: Evidence) -> str:
    return f"{finding.detector}: {item.count:,} in the bucket of {moment(item.bucket)}{_numbers(item)}"


def _numbers(item: Evidence) -> str:
    """Up to four plain values of a bucket's detail; `said` holds the detector's words, which stand elsewhere."""
    scalars = [(k, v) for k, v in item.detail.items() if isinstance(v, (str, int, float)) and not isinstance(v, bool)]
    shown = [f"{plain(name, 40)} {plain(_number(value), 60)}" for name, value in scalars[:_NUMBERS]]
    return f" ({', '.join(shown)})" if shown else ""


def _number(value: float | str) -> str:
    return f"{value:,.4g}" if isinstance(value, float) else str(value)


def _what_to_do(findings: Sequence[Finding]) -> str:
    runbooks = [finding.runbook for finding in _gravest(findings) if finding.runbook.strip()]
    return f"What to do: {plain(' '.join(runbooks[0].split()), _RUNBOOK)}" if runbooks else ""


def _more(incident: Incident, links: Links) -> Iterator[str]:
    if links.incident:
        yield f"Incident: {links.incident}"
    if links.key:
        yield f"Key: {links.key}"
    yield f"Acknowledge: keywatch incidents ack {incident.id}"
    if incident.status is not IncidentStatus.RESOLVED:
        yield f"Silence: keywatch silences add {_matching(incident)} --until 2h --reason '…'"


def _matching(incident: Incident) -> str:
    """What a silence of just this would say; quoted for a shell, since the words may be an attacker's."""
    if incident.key_id is not None:
        return f"--key {quote(plain(incident.key_id, _FIELD))}"
    if incident.ip is not None:
        return f"--ip {quote(plain(incident.ip, _FIELD))}"
    return f"--detector {quote(_gravest(incident.findings)[0].detector)}"


def _gravest(findings: Sequence[Finding]) -> list[Finding]:
    return sorted(findings, key=lambda finding: (-finding.severity.rank, finding.first_seen, finding.id))


def moment(at: datetime) -> str:
    """`2026-10-01 09:30:05 UTC`."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
