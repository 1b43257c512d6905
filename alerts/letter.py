"""The HTML of a mail: the words of the text, set for reading; `letter.html` beside this file is the template.

All that it says is data to an escaping template, and nothing in it is fetched from anywhere.
"""

from functools import cache
from pathlib import Path
from typing import Final

from jinja2 import StrictUndefined, Template
from jinja2.sandbox import ImmutableSandboxedEnvironment

from alerts.parts import heading, links, parts
from alerts.rendering import footer
from model.finding import Severity
from model.incident import Alert

_COLOURS: Final = {
    Severity.CRITICAL: "#b3261e",
    Severity.HIGH: "#b84a00",
    Severity.MEDIUM: "#8a6100",
    Severity.LOW: "#2b6cb0",
    Severity.INFO: "#5b6b79",
}
"""Each carries white words at a contrast of 4.5 or more (WCAG 2.2, 1.4.3); the word stands beside the colour."""
_OVER: Final = "#1e7b45"
_BADGES: Final = {
    "opened": "{severity}",
    "updated": "{severity} · update",
    "reminder": "{severity} · reminder",
    "escalated": "{severity} · not acknowledged",
    "resolved": "resolved",
    "digest": "{severity} · digest",
    "self": "{severity} · keywatch itself",
    "report": "report",
    "test": "test",
}
_PREVIEW: Final = 120


def html(alert: Alert, idempotency_key: str) -> str:
    """The page of one message."""
    return _template().render(
        title=alert.title,
        preview=alert.body[:_PREVIEW].replace("\n", " "),
        colour=_OVER if alert.kind == "resolved" else _COLOURS[alert.severity],
        badge=_BADGES[alert.kind].format(severity=alert.severity),
        heading=heading(alert),
        parts=parts(alert),
        links=links(alert),
        footer=footer(alert, idempotency_key),
    )


@cache
def _template() -> Template:
    environment = ImmutableSandboxedEnvironment(
        undefined=StrictUndefined, autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    return environment.from_string(Path(__file__).with_name("letter.html").read_text(encoding="utf-8"))
