"""What was put into the world on purpose, and by what it should be found: the truth to compare findings with."""

from dataclasses import dataclass
from datetime import UTC, datetime

from keywatch.demo.keys import DemoKey
from keywatch.demo.requests import Requests


@dataclass(frozen=True, slots=True, kw_only=True)
class Planted:
    """One thing that a security engineer would want to hear of."""

    kind: str
    """A short name, unique in the world, such as `leaked-key`."""
    detector: str
    """The detector that should find it."""
    also: tuple[str, ...] = ()
    """Detectors that may say something about it, too, and would be right."""
    key_id: str | None = None
    key_name: str | None = None
    secret: str | None = None
    """Of the key that it is about: in the inventory or, for the unregistered key, only in the log."""
    ip: str | None = None
    """The address that it comes from, where one stands out."""
    since: datetime
    """Its first moment; for idle and over-age keys the one that idle time or age counts from."""
    until: datetime
    """Its end, excluded."""
    requests: int = 0
    """How many lines of the log it put there."""
    story: str
    """What happened, in one sentence."""


def planted(
    kind: str,
    detector: str,
    story: str,
    *,
    lines: Requests,
    key: DemoKey | None = None,
    ip: str | None = None,
    also: tuple[str, ...] = (),
) -> Planted:
    """What `lines` put into the log: its span and count are theirs."""
    return Planted(
        kind=kind,
        detector=detector,
        also=also,
        key_id=key.key_id if key else None,
        key_name=key.name if key else None,
        secret=key.secret if key else None,
        ip=ip,
        since=moment(int(lines.at.min())),
        until=moment(int(lines.at.max()) + 1),
        requests=len(lines),
        story=story,
    )


def moment(seconds: float) -> datetime:
    """Seconds since 1970 as an aware moment in UTC."""
    return datetime.fromtimestamp(seconds, UTC)
