"""IIS' own log file format: fifteen columns between commas, `client, user, date, time, service, …, method, target,`.

Its times are in the server's zone, which no line tells: they are taken as UTC. A server whose language writes the day
before the month, or a date with dots, is not read: IIS writes what the system's language says, and the two look alike.
"""

from collections.abc import Sequence
from typing import Final

from ingest.formats import clf, text
from ingest.formats.interface import Format, Options, Plan
from ingest.formats.sql import present

PATTERN: Final = (
    r"^(?P<ip>[^,\s]+), *(?P<user>[^,]*), *(?P<date>\d{1,2}/\d{1,2}/\d{2,4}), *(?P<time>\d{1,2}:\d\d:\d\d), *W3SVC\d*,"
    r" *(?P<server>[^,]*), *(?P<address>[^,]*), *(?P<took>\d+), *(?P<received>\d+), *(?P<sent>\d+), *(?P<status>\d+),"
    r" *\d+, *(?P<method>[^,\s]+), *(?P<path>[^,]*), *(?P<query>.*?),?\s*$"
)
_FORMS: Final = "['%m/%d/%y %H:%M:%S', '%m/%d/%Y %H:%M:%S']"
_COLUMNS: Final = {
    "ts": f"try_strptime(concat({{date}}, ' ', {{time}}), {_FORMS})",
    "ip": text.field("ip"),
    "method": text.field("method"),
    "target": f"concat({{path}}, CASE WHEN {present('{query}')} IS NULL THEN '' ELSE concat('?', {{query}}) END)",
    "status": text.field("status"),
    "bytes_out": text.field("sent"),
    "bytes_in": text.field("received"),
    "duration_ms": "TRY_CAST({took} AS DOUBLE)",
}


def _confidence(sample: Sequence[str], _options: Options) -> float:
    return sum(text.matches(PATTERN, sample)) / len(sample) if sample else 0.0


def _plan(_sample: Sequence[str], options: Options) -> Plan:
    return text.plan(
        "iis-native",
        PATTERN,
        _COLUMNS,
        credentials=clf.credentials(options, text.GROUP.findall(PATTERN), name="iis-native"),
    )


FORMAT: Final = Format(name="iis-native", title="IIS log file format", confidence=_confidence, plan=_plan)
