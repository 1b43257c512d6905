"""What segments are called."""

import secrets
from datetime import datetime

from model.segment import SegmentId


def new_id(now: datetime) -> SegmentId:
    """Sorts by time of writing; the random tail keeps two writers apart."""
    return SegmentId(f"{now:%Y%m%dT%H%M%S}{now.microsecond:06d}-{secrets.token_hex(4)}")
