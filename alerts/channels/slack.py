"""Slack's incoming webhooks: blocks instead of plain text, and Slack's own word on rate limits.

What comes from a log stays text: `&`, `<` and `>` are written as entities, which is all that Slack's mrkdwn needs to
make no mention, link or channel of it; and the sections are `plain_text`, where `*` and `_` are letters too.
"""

from typing import Final

from alerts.channels.webhook import WebhookChannel
from alerts.parts import Part, heading, links, parts
from alerts.rendering import footer
from model.clock import Clock
from model.incident import Alert

HOST: Final = "hooks.slack.com"
_SECTION: Final = 3000
_HEADER: Final = 150
_FIELD: Final = 2000
_FIELDS: Final = 10
_BLOCKS: Final = 40
"""Slack takes 50."""
_MARKS: Final = {
    "critical": ":rotating_light:",
    "high": ":red_circle:",
    "medium": ":large_orange_circle:",
    "low": ":large_yellow_circle:",
    "info": ":information_source:",
}
_OVER: Final = ":white_check_mark:"


class SlackChannel:
    """One incoming webhook. Updates are new messages: a webhook returns no timestamp to thread by."""

    def __init__(self, url: str, clock: Clock) -> None:
        """Open nothing yet. Raises SendError."""
        self._hook = WebhookChannel(url, clock, document=document)

    def send(self, alert: Alert, idempotency_key: str) -> None:
        """POST the message; raises SendError."""
        self._hook.send(alert, idempotency_key)


def document(alert: Alert, idempotency_key: str) -> dict[str, object]:
    """The message: a title for notifications, and blocks within the lengths that Slack takes."""
    mark = _OVER if alert.kind == "resolved" else _MARKS[str(alert.severity)]
    title = f"{mark} {alert.title}"
    blocks: list[dict[str, object]] = [
        {"type": "header", "text": _plain(_cut(title, _HEADER), emoji=True)},
        *([_section(heading(alert))] if len(title) > _HEADER else []),
        *(_block(part) for part in parts(alert)[:_BLOCKS]),
    ]
    if buttons := [_button(words, url) for words, url in links(alert)]:
        blocks.append({"type": "actions", "elements": buttons})
    blocks.append({"type": "context", "elements": [_plain(footer(alert, idempotency_key))]})
    return {"text": _escaped(alert.title), "blocks": blocks, "unfurl_links": False, "unfurl_media": False}


def _block(part: Part) -> dict[str, object]:
    if part.kind == "facts":
        return {"type": "section", "fields": [_plain(_cut(f"{a}: {b}", _FIELD)) for a, b in part.facts[:_FIELDS]]}
    if part.kind == "advice":
        return _section(f"What to do: {part.lines[0]}")
    if part.kind == "list":
        lines = (part.heading and f"{part.heading}:", *(f"• {line}" for line in part.lines), part.more)
        return _section("\n".join(line for line in lines if line))
    if part.kind == "commands":
        words = "\n".join(f"{label}: {command}" for label, command in part.facts)
        return {"type": "context", "elements": [_plain(_cut(words, _FIELD))]}
    return _section("\n".join(part.lines))


def _button(words: str, url: str) -> dict[str, object]:
    return {"type": "button", "text": _plain(words), "url": url, "action_id": words.rpartition(" ")[2]}


def _section(words: str) -> dict[str, object]:
    return {"type": "section", "text": _plain(_cut(words, _SECTION))}


def _plain(words: str, *, emoji: bool = False) -> dict[str, object]:
    return {"type": "plain_text", "text": words, "emoji": emoji}


def _escaped(words: str) -> str:
    return words.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _cut(words: str, limit: int) -> str:
    return words if len(words) <= limit else words[: limit - 1] + "…"
