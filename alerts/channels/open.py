"""Target to channel, by the URL's scheme."""

from collections.abc import Callable
from urllib.parse import urlsplit

from alerts.channels import ocsf
from alerts.channels.file import FileChannel
from alerts.channels.interface import Channel, SendError
from alerts.channels.redact import hide, mask
from alerts.channels.slack import HOST, SlackChannel
from alerts.channels.syslog import SyslogChannel
from alerts.channels.webhook import WebhookChannel
from alerts.config import Target
from model.clock import Clock, SystemClock

__all__ = ["mask", "open_target"]


def open_target(target: Target, clock: Clock | None = None) -> Channel:
    """The channel of a target; nothing is connected yet. `clock` reads dates in Retry-After.

    `jsonl:PATH` is a file of JSON lines, `http://` and `https://` our webhook (Slack's own has messages of its own),
    `ocsf+jsonl:` and `ocsf+https://` the same with OCSF Detection Findings, `syslog+udp://`, `syslog+tcp://` and
    `syslog+tls://` RFC 5424; everything else is an Apprise URL (`json://` and `jsons://` among them). Raises SendError
    for a URL that no channel can use; its text is safe to show.
    """
    url, clock = target.url.strip(), clock or SystemClock()
    scheme, colon, _ = url.partition(":")
    if not colon or not url.isprintable():
        hide(url)
        what = f"The target {target.name!r} has no URL."
        raise SendError(what, error_class="bad_request", hint="Write jsonl:PATH, https://…, or an Apprise URL.")
    if (opened := _ours(scheme, url, target, clock)) is not None:
        return opened
    from alerts.channels.apprise import AppriseChannel  # half a second, and only for those who use it

    return AppriseChannel(url)


def _ours(scheme: str, url: str, target: Target, clock: Clock) -> Channel | None:
    """One of our own channels, or None."""
    inner = url.partition("+")[2]
    if scheme in {"http", "https"} and urlsplit(url).hostname == HOST:
        return SlackChannel(url, clock)
    makers: dict[str, Callable[[], Channel]] = {
        "jsonl": lambda: FileChannel(url),
        "ocsf+jsonl": lambda: FileChannel(inner, document=ocsf.document),
        **dict.fromkeys(("http", "https"), lambda: WebhookChannel(url, clock, secret=target.secret)),
        **dict.fromkeys(
            ("ocsf+http", "ocsf+https"),
            lambda: WebhookChannel(inner, clock, secret=target.secret, document=ocsf.document),
        ),
        **dict.fromkeys(("syslog+udp", "syslog+tcp", "syslog+tls"), lambda: SyslogChannel(url)),
        # A relay, or a server that speaks Slack's dialect.
        **dict.fromkeys(("slack+http", "slack+https"), lambda: SlackChannel(inner, clock)),
    }
    return makers[scheme]() if scheme in makers else None
