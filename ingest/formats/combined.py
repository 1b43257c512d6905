"""nginx and Apache combined: common with referer and user agent; further columns are ignored."""

import re
from collections.abc import Sequence
from typing import Final

from ingest.formats import carriers, common, text
from ingest.formats.interface import Format, Options, Plan

PATTERN: Final = (
    common.PATTERN
    + r"(?: +[\d.-]+)*? +(?:"
    + common.QUOTED.format("referer")
    + r"|-) +(?:"
    + common.QUOTED.format("agent")
    + r"|-)"
)
_RE = re.compile(PATTERN)


def _confidence(sample: Sequence[str], _options: Options) -> float:
    return text.confidence(_RE, sample)


def _plan(_sample: Sequence[str], options: Options) -> Plan:
    columns = common.COLUMNS | {"referer": text.field("referer"), "user_agent": text.field("agent")}
    # Seven pieces: no field holds a quote, escaped or not, and no column stands between bytes and referer.
    fits = f"len(q) = 7 AND len(s) = 4 AND q[5] = ' ' AND {common.FITS}"
    pieces = common.PIECES | {"referer": "q[4]", "agent": "q[6]"}
    credentials = carriers.credentials(options, known=(), read=text.field)
    return text.plan(
        "combined",
        PATTERN,
        columns,
        credentials=credentials,
        quickly=(common.SPLITS, fits, pieces),
    )


FORMAT: Final = Format(name="combined", title="nginx or Apache combined", confidence=_confidence, plan=_plan)
