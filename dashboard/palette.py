"""How outcomes and severities look and read, the same on every page.

Colours are those of Okabe and Ito (jfly.uni-koeln.de/color), which people with any colour vision can tell apart; what
went well is a quiet grey, so that what did not stands out. No meaning hangs on a colour alone: words and symbols
stand beside it.
"""

from typing import Final

from model.event import Outcome
from model.finding import Severity

OUTCOMES: Final[dict[Outcome, tuple[str, str]]] = {
    Outcome.OK: ("Successful", "#8593A3"),
    Outcome.UNAUTHENTICATED: ("401 unauthenticated", "#D55E00"),
    Outcome.FORBIDDEN: ("403 forbidden", "#CC79A7"),
    Outcome.THROTTLED: ("429 throttled", "#E69F00"),
    Outcome.CLIENT_ERROR: ("Other 4xx", "#56B4E9"),
    Outcome.SERVER_ERROR: ("5xx", "#0072B2"),
    Outcome.UNKNOWN: ("Not logged", "#A08C72"),
}
"""Outcome to (its word, its colour), in the order of legends and stacks."""

ACCENT: Final = "#0F8B8D"
"""What is neither good nor bad: amounts, curves, links."""

QUIET: Final = "#8593A3"
"""What stands for the rest."""

GROUPS: Final = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#8C6BB1")
"""Groups beside each other, the busiest first; a violet for Okabe and Ito's yellow, which is lost on white."""

SEVERITIES: Final[dict[Severity, tuple[str, str]]] = {
    Severity.CRITICAL: ("⬢ critical", "red"),
    Severity.HIGH: ("▲ high", "orange"),
    Severity.MEDIUM: ("◆ medium", "yellow"),
    Severity.LOW: ("● low", "blue"),
    Severity.INFO: ("○ info", "gray"),
}
"""Severity to (symbol and word, Streamlit's colour), gravest first; each symbol has its own shape."""

STATUSES: Final[dict[str, tuple[str, str]]] = {
    "active": ("● active", "green"),
    "inactive": ("◌ inactive", "gray"),
    "expired": ("◷ expired", "orange"),
    "revoked": ("✕ revoked", "red"),
    "removed": ("✕ removed", "gray"),
    "unknown": ("○ unknown", "gray"),
    "unregistered": ("△ unregistered", "yellow"),
    "unidentified": ("◇ no key", "gray"),
    "open": ("● open", "orange"),
    "acknowledged": ("◐ acknowledged", "blue"),
    "resolved": ("✓ resolved", "green"),
    "in progress": ("◐ in progress", "blue"),
    "closed": ("✓ closed", "green"),
    "muted": ("◌ muted", "gray"),
    "snoozed": ("◌ snoozed", "gray"),
    "silenced": ("◌ silenced", "gray"),
    "report-rendered": ("▤ rendered", "gray"),
    "report-open": ("◐ open for review", "orange"),
    "report-closed": ("✓ closed", "green"),
    "let-in": ("✓ let in", "green"),
    "refused": ("✕ refused", "red"),
}
"""Status of a key, a finding, an incident or a report to (symbol and word, Streamlit's colour)."""

DELIVERIES: Final[dict[str, tuple[str, str]]] = {
    "pending": ("◷ waiting", "blue"),
    "leased": ("◷ being sent", "blue"),
    "unknown": ("△ may have arrived", "orange"),
    "sent": ("✓ sent", "green"),
    "dead": ("✕ given up", "red"),
    "collected": ("▤ for a digest", "gray"),
    "folded": ("▤ in a digest", "gray"),
    "suppressed": ("◌ kept back", "gray"),
}
"""Status of a delivery to (symbol and word, Streamlit's colour)."""

ENTRIES: Final[dict[str, tuple[str, str]]] = {
    "finding": ("▲ found", "orange"),
    "evidence": ("◆ evidence", "yellow"),
    "told": ("✉ told", "blue"),
    "act": ("✓ done", "green"),
    "comment": ("✎ comment", "gray"),
}
"""Kind of an entry of a timeline to (symbol and word, Streamlit's colour)."""

HEALTH: Final[dict[str, tuple[str, str]]] = {
    "after": ("✕ used after end", "red"),
    "accused": ("▲ accused", "orange"),
    "ends": ("◷ ends soon", "yellow"),
    "refused": ("△ refused", "yellow"),
    "throttled": ("△ throttled", "yellow"),
    "failing": ("△ failing", "yellow"),
    "unused": ("◌ unused", "gray"),
    "fine": ("● fine", "green"),
}
"""Health of a key to (symbol and word, Streamlit's colour)."""

TARGETS: Final[dict[str, tuple[str, str]]] = {
    "fine": ("● takes messages", "green"),
    "untried": ("◌ nothing sent yet", "gray"),
    "failing": ("△ fails", "orange"),
    "resting": ("◷ rests", "orange"),
    "refusing": ("✕ refuses", "red"),
}
"""How a target fares to (symbol and word, Streamlit's colour)."""


SOURCES: Final[dict[str, tuple[str, str]]] = {
    "fine": ("● on time", "green"),
    "late": ("◷ late", "orange"),
    "empty": ("◌ no event yet", "orange"),
    "rejecting": ("△ rejects lines", "orange"),
    "odd": ("○ a few rejects", "gray"),
    "losing": ("△ lost bytes", "orange"),
    "failing": ("✕ cannot be read", "red"),
}
"""How a source fares to (symbol and word, Streamlit's colour)."""


def outcome_word(outcome: str) -> str:
    """The word of an outcome's value; one that nobody knows is shown as it is."""
    return next((word for known, (word, _) in OUTCOMES.items() if known.value == outcome), outcome)


def severity_word(severity: str) -> str:
    """Symbol and word of a severity's value."""
    return SEVERITIES[Severity(severity)][0]


def status_word(status: str) -> str:
    """Symbol and word of a status; one that nobody knows is shown as it is."""
    return STATUSES.get(status, (status, "gray"))[0]
