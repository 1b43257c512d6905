"""Slack's incoming webhooks: blocks instead of plain text, and Slack's own word on rate limits.

What comes from a log stays text: `&`, `<` and `>` are written as entities, which is all that Slack's mrkdwn needs to
make no mention, link or channel of it; and the sections are `plain_text`, where `*` and `_` are letters too.
"""

from typing import Final

from alerts.channels.webhook import WebhookChannel
from alerts.rendering import text
from model.clock import Clock
from model.incident import Alert

HOST: Final = "hooks.slack.com"
_SECTION: Final = 3000
_HEADER: Final = 150
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
    """The message: a title for notifications, and blocks of at most 3,000 characters."""
    mark = _OVER if alert.kind == "resolved" else _MARKS[str(alert.severity)]
    head, _, rest = text(alert, idempotency_key).partition("\n\n")
    blocks: list[dict[str, object]] = [
        {"type": "header", "text": _plain(_cut(f"{mark} {alert.title}", _HEADER), emoji=True)},
        *(_section(part) for part in (head, rest) if part),
    ]
    links = alert.payload.get("links")
    link = links.get("incident") if isinstance(links, dict) else None
    if isinstance(link, str):
        button = {"type": "button", "text": _plain("Open the incident"), "url": link, "action_id": "incident"}
        blocks.append({"type": "actions", "elements": [button]})
    return {"text": _escaped(alert.title), "blocks": blocks, "unfurl_links": False, "unfurl_media": False}


def _section(words: str) -> dict[str, object]:
    return {"type": "section", "text": _plain(_cut(words, _SECTION))}


def _plain(words: str, *, emoji: bool = False) -> dict[str, object]:
    return {"type": "plain_text", "text": words, "emoji": emoji}


def _escaped(words: str) -> str:
    return words.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _cut(words: str, limit: int) -> str:
    return words if len(words) <= limit else words[: limit - 1] + "…"
