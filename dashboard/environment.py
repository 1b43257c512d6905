"""Which store the pages show, as they find it in the environment of their process."""

from datetime import timedelta
from pathlib import Path
from typing import Final

from alerts.acts import LONGEST

STATE_URL: Final = "KEYWATCH_STATE_URL"
"""The environment variable with the state's URL."""
EVENTS: Final = "KEYWATCH_EVENTS"
"""The environment variable with the folder of the event segments."""
AUDIT_KEY: Final = "KEYWATCH_AUDIT_KEY_HEX"
"""The environment variable with the key of the audit log; set in this process alone."""
OBJECTS: Final = "KEYWATCH_EVENTS_ELSEWHERE"
"""Where events are in no folder: their URL and its options as JSON; the folder is for what is fetched then."""
LONGEST_SILENCE: Final = "KEYWATCH_LONGEST_SILENCE_SECONDS"
"""The environment variable with the longest silence that may be added."""


def environment(
    *, state_url: str, events: Path, longest_silence: timedelta = LONGEST, audit_key: bytes = b""
) -> dict[str, str]:
    """Which store to show, as the pages look for it in the environment."""
    return {
        STATE_URL: state_url,
        EVENTS: str(events.resolve()),
        LONGEST_SILENCE: str(int(longest_silence.total_seconds())),
        AUDIT_KEY: audit_key.hex(),
    }
