"""The queue's filters: which incidents are wanted, and the controls that say so; all of it stands in the URL."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import streamlit as st

from dashboard import words
from dashboard.controls.filters import NONE
from dashboard.controls.period import Period
from dashboard.incident.queue_rows import PROGRESS
from model.finding import Severity
from model.incident import Incident

SHOWN: Final = {"Open": {"open"}, "In progress": {"in progress"}, "Closed": {"closed"}, "All": set(PROGRESS.values())}
"""Choice to the parts of the queue that it shows."""
NOBODY: Final = "nobody"
"""Whom an incident is assigned to that is assigned to no one."""

_ANY: Final = "Any severity"
_SEVERITIES: Final = (_ANY, *(f"{each} and above" for each in list(Severity)[1:-1]), str(Severity.CRITICAL))


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What an incident must have; an empty part asks for nothing."""

    show: str = "Open"
    """Of SHOWN."""
    least: Severity = Severity.INFO
    detectors: frozenset[str] = frozenset()
    owners: frozenset[str] = frozenset()
    environments: frozenset[str] = frozenset()
    assignees: frozenset[str] = frozenset()
    text: str = ""
    """Part of the headline, a finding's title, the key's name or id, the owner, the address, the assignee or the id."""

    def takes(self, incident: Incident) -> bool:
        """Whether the incident has all of it but the part of the queue that it is in."""
        return (
            incident.severity.rank >= self.least.rank
            and (not self.detectors or bool(self.detectors & detectors_of(incident)))
            and (not self.owners or (incident.owner or NONE) in self.owners)
            and (not self.environments or (incident.environment or NONE) in self.environments)
            and (not self.assignees or (incident.assignee or NOBODY) in self.assignees)
            and (not self.text or self.text.strip().casefold() in _said(incident))
        )


def sift(incidents: Sequence[Incident], wanted: Wanted) -> tuple[list[Incident], dict[str, int]]:
    """The wanted incidents, and how many each part of the queue has of those that the other filters leave."""
    left = [incident for incident in incidents if wanted.takes(incident)]
    counts = {name: sum(PROGRESS[i.status] in parts for i in left) for name, parts in SHOWN.items()}
    return [i for i in left if PROGRESS[i.status] in SHOWN[wanted.show]], counts


def detectors_of(incident: Incident) -> frozenset[str]:
    """The detectors of its findings."""
    return frozenset(finding.detector for finding in incident.findings)


def controls(incidents: Sequence[Incident]) -> Wanted:
    """Draw them; what can be chosen is what the incidents have."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        show = st.segmented_control(
            "Part of the queue", list(SHOWN), default="Open", required=True, key="show", bind="query-params",
            label_visibility="collapsed",
        )  # fmt: skip
        least = st.selectbox(
            "Severity", _SEVERITIES, key="severity", bind="query-params", label_visibility="collapsed", width=180
        )
        text = st.text_input(
            "Search", key="text", bind="query-params", placeholder="Headline, key, owner, address or id",
            icon=":material/search:", label_visibility="collapsed", live=True, width="stretch",
        )  # fmt: skip
    columns = st.columns(4, gap="small")
    with columns[0]:
        detectors = _several("Detector", "detector", {d for i in incidents for d in detectors_of(i)})
    with columns[1]:
        owners = _several("Owner", "owner", (i.owner or NONE for i in incidents))
    with columns[2]:
        environments = _several("Environment", "environment", (i.environment or NONE for i in incidents))
    with columns[3]:
        assignees = _several("Assigned to", "assignee", (i.assignee or NOBODY for i in incidents))
    return Wanted(
        show=show if show in SHOWN else "Open",
        least=list(Severity)[_SEVERITIES.index(least)] if least in _SEVERITIES else Severity.INFO,
        detectors=detectors, owners=owners, environments=environments, assignees=assignees, text=text or "",
    )  # fmt: skip


def told(counts: dict[str, int], period: Period) -> str:
    """How many there are in each part of the queue."""
    parts = " · ".join(f"{counts[name]:,} {name.lower()}" for name in ("Open", "In progress", "Closed"))
    return f"{parts}. Closed ones are those of the {period.name} above; the others count whenever they began."


def _several(label: str, key: str, options: Iterable[str]) -> frozenset[str]:
    shown: Callable[[str], str] = words.text
    chosen = st.multiselect(
        label, sorted(set(options)), key=key, bind="query-params", format_func=shown, placeholder=label,
        label_visibility="collapsed",
    )  # fmt: skip
    return frozenset(chosen)


def _said(incident: Incident) -> str:
    parts = (
        incident.id, incident.headline, incident.key_id, incident.key_name, incident.owner, incident.ip,
        incident.assignee, *(finding.title for finding in incident.findings),
    )  # fmt: skip
    return "\n".join(part for part in parts if part).casefold()
