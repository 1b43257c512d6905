"""How `keywatch run` tells what it does: a status line a turn, for people or as JSON, and never a secret.

A line that cannot be written, to a file on a full disk say, is lost, and the run goes on.
"""

import json
import sys
from contextlib import suppress
from enum import StrEnum
from typing import TYPE_CHECKING

from keywatch.commands.shared import now, say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from keywatch.running.turn import Cycle

_LONGEST = 2000
"""Characters of a message."""


class LogFormat(StrEnum):
    """How a line is written."""

    TEXT = "text"
    JSON = "json"


class Log:
    """Lines on stderr."""

    def __init__(self, how: LogFormat, prefixes: "Sequence[str]" = ()) -> None:
        """`prefixes` are those of the keys that the config says are issued."""
        self._how, self._prefixes = how, tuple(prefixes)

    def turn(self, cycle: "Cycle") -> None:
        """What a turn did, behind a line for each thing that went wrong with it."""
        for error in dict.fromkeys(cycle.errors):  # a database that is away is so for each part
            self.error(error)
        if self._how is LogFormat.TEXT:
            self._say(f"{now():%H:%M:%S} {cycle.line()}")
        else:
            counts = {name.replace(" ", "_"): count for name, count in cycle.counts().items()}
            self._write(level="info", event="turn", message=cycle.line(), **counts)

    def error(self, text: str) -> None:
        """Something went wrong."""
        if self._how is LogFormat.TEXT:
            self._say(f"keywatch: {self._clean(text)}")
        else:
            self._write(level="error", event="error", message=text)

    def _write(self, *, level: str, event: str, message: str, **fields: object) -> None:
        at = f"{now():%Y-%m-%dT%H:%M:%S.%fZ}"
        line = {"at": at, "level": level, "event": event, "message": self._clean(message), **fields}
        with suppress(OSError):
            sys.stderr.write(json.dumps(line, ensure_ascii=False) + "\n")
            sys.stderr.flush()

    @staticmethod
    def _say(text: str) -> None:
        with suppress(OSError):
            say(text)

    def _clean(self, text: str) -> str:
        from ingest.redact import redact

        return redact(text[:_LONGEST], prefixes=self._prefixes)
