"""Lines that no parser sees: too long, or the rest of one that was taken unfinished."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from ingest.redact import beginning, redact
from model.plain import plain
from model.segment import Reject

BEGINNING: Final = 8192
"""Bytes of such a line that are kept for its sample."""
_SAMPLE: Final = 300
_LOOKED_AT: Final = 2000


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A line that is no record."""

    reason: str
    beginning: bytes
    """Its first bytes, in UTF-8; not yet redacted."""
    again: bool
    """Whether the line has been counted before."""

    def reject(self, prefixes: Sequence[str]) -> Reject:
        """Its reject, in a block that holds nothing else; `prefixes` are those of this company's keys."""
        text = self.beginning.decode("utf-8", "replace").replace("\0", "").strip()
        sample = plain(redact(beginning(text, _LOOKED_AT), prefixes=prefixes), _SAMPLE)
        return Reject(line=0 if self.again else 1, reason=self.reason, sample=sample)
