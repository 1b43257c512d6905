"""Target to channel, by the URL's scheme."""

from alerts.channels.file import FileChannel
from alerts.channels.interface import Channel, SendError
from alerts.channels.redact import hide, mask
from alerts.channels.webhook import WebhookChannel
from alerts.config import Target
from model.clock import Clock, SystemClock

__all__ = ["mask", "open_target"]


def open_target(target: Target, clock: Clock | None = None) -> Channel:
    """The channel of a target; nothing is connected yet. `clock` reads dates in Retry-After.

    `jsonl:PATH` is a file of JSON lines, `http://` and `https://` our webhook, everything else an Apprise URL (`json://`
    and `jsons://` among them). Raises SendError for a URL that no channel can use; its text is safe to show.
    """
    url = target.url.strip()
    scheme, colon, _ = url.partition(":")
    if not colon or not url.isprintable():
        hide(url)
        what = f"The target {target.name!r} has no URL."
        raise SendError(what, error_class="bad_request", hint="Write jsonl:PATH, https://…, or an Apprise URL.")
    if scheme == "jsonl":
        return FileChannel(url)
    if scheme in {"http", "https"}:
        return WebhookChannel(url, clock or SystemClock())
    from alerts.channels.apprise import AppriseChannel  # half a second, and only for those who use it

    return AppriseChannel(url)
