"""The lines that the report itself draws; those of the detectors come with the snapshot."""

from datetime import timedelta
from typing import Final

DAY: Final = timedelta(days=1)
HOUR: Final = timedelta(hours=1)

IDLE_DAYS: Final = (45, 90)
"""CIS AWS 1.12 and Prowler's iam_user_accesskey_unused: 45 days; Panther's AWS.AccessKey.Unused: 90."""
AGE_DAYS: Final = (90, 180)
"""CIS AWS 1.14 "rotated every 90 days", and twice that."""
GAP_HOURS: Final = 6
"""Hours without an event from which a source's silence is told as a gap."""
STALE: Final = timedelta(days=7)
"""Telemetry that ended longer ago says nothing about the time since; as in `detectors.shared.last_use`."""
SKEW: Final = timedelta(minutes=5)
"""How far clocks may differ: a success counts as after a key's end from so long after it."""
HOURLY_UP_TO: Final = timedelta(days=3)
"""Shorter periods are drawn by the hour."""
