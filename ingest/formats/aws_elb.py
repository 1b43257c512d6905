r"""AWS Classic Load Balancer access log; lines of TCP and SSL listeners are skipped by class.

As `aws_alb`, without the type before it and with nothing behind the protocol; before 2015 without user agent, cipher
and protocol.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from ingest.formats import held, text
from ingest.formats.aws_alb import COLUMNS, COUNTS, ENABLED, TIMES
from ingest.formats.interface import Format, Options, Plan
from ingest.formats.share import share

PATTERN: Final = (
    r"^(?P<time>\d{4}-\d\d-\d\dT[\d:.]+Z) +(?P<elb>\S+) +(?P<client>\S+:\d+|-) +(?P<target>\S+) +"
    + TIMES
    + " +"
    + COUNTS
    + r" +\"(?P<request>.*?)(?:\" +\"(?P<agent>.*?)(?:\" +(?:-|[A-Z0-9_-]+) +(?:-|[\w.]+)|\"?[\r\n]*$)|\"?[\r\n]*$)"
)
_SPLITS: Final = ("string_split(text, '\"') AS q", "string_split(q[1], ' ') AS p")
_FITS: Final = "len(q) = 5 AND len(p) = 12 AND q[3] = ' ' AND starts_with(q[5], ' ')"
_PIECES: Final = {
    "time": "p[1]",
    "elb": "p[2]",
    "client": "p[3]",
    "target": "p[4]",
    "t1": "p[5]",
    "t2": "p[6]",
    "t3": "p[7]",
    "status": "p[8]",
    "target_status": "p[9]",
    "received": "p[10]",
    "sent": "p[11]",
    "request": "q[2]",
    "agent": "q[4]",
}


def _confidence(sample: Sequence[str], _options: Options) -> float:
    return share(sample, PATTERN)


def _plan(_sample: Sequence[str], options: Options) -> Plan:
    plan = text.plan(
        "aws-elb", PATTERN, COLUMNS, credentials=held.credentials(options), quickly=(_SPLITS, _FITS, _PIECES)
    )
    enabled = (f"starts_with(text, '{ENABLED}')", "notice")
    return replace(plan, skips=(("starts_with(r.request, '- - - ')", "tcp"), enabled))


FORMAT: Final = Format(name="aws-elb", title="AWS Classic Load Balancer", confidence=_confidence, plan=_plan)
