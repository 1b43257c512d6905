"""Whether this machine's clock agrees with those that it works with."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from keywatch.doctor.remark import Remark, fine, warning
from keywatch.workspace import Workspace
from model.clock import SystemClock
from store.state import measure, segments

_SKEW: Final = timedelta(seconds=5)
"""Leases last 30 s by default, so a worker whose clock is off by more takes work too early or too late."""
_REMEDY: Final = "Let a time service (chrony, systemd-timesyncd) set the clocks: timedatectl"


def clock(workspace: Workspace, now: datetime) -> Iterator[Remark]:
    """The database's clock, and what was stored before, are not ahead of or behind this machine."""
    with workspace.store.reading() as tx:
        newest = segments.last_ingested(tx)
        asked = SystemClock().now()
        theirs = measure.server_time(tx)
        took = SystemClock().now() - asked
    found = []
    if theirs is not None and abs(skew := theirs - asked) > _SKEW + took:
        word = "ahead of" if skew > timedelta(0) else "behind"
        said = f"The database's clock is {abs(skew).total_seconds():,.0f} s {word} this machine's."
        found.append(warning("clock", said, _REMEDY))
    if newest is not None and newest > now + _SKEW:
        said = f"Something was stored at {newest:%Y-%m-%d %H:%M:%S} UTC, which is ahead of this clock."
        found.append(warning("clock", said, f"It was set back, or another machine's is ahead. {_REMEDY}"))
    yield from found or [fine("clock", "The clock agrees with the state's.")]
