r"""Upsun's (Platform.sh's) HTTP log forwarding: `frontend.0 nginx: ` before a combined line, as the `message` of JSON.

The JSON around it is peeled off before. Messages of other programs are skipped by class.
"""

from collections.abc import Sequence
from typing import Final

from ingest.formats import combined, held, text
from ingest.formats.interface import Format, Options, Plan
from ingest.formats.share import share

_PROGRAM: Final = r"^[\w.-]+ [\w./-]+(?:\[\d+\])?: "
PATTERN: Final = r"^[\w.-]+ nginx(?:\[\d+\])?: " + combined.PATTERN.removeprefix("^")


def _confidence(sample: Sequence[str], _options: Options) -> float:
    return share(sample, _PROGRAM) if share(sample, PATTERN) else 0.0


def _plan(_sample: Sequence[str], options: Options) -> Plan:
    return text.plan(
        "upsun",
        PATTERN,
        combined.COLUMNS,
        credentials=held.credentials(options),
        skips=((f"regexp_matches(text, '{_PROGRAM}')", "other program"),),
    )


FORMAT: Final = Format(name="upsun", title="Upsun HTTP log forwarding", confidence=_confidence, plan=_plan)
