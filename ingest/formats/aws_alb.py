r"""AWS Application Load Balancer access log.

Type, time, balancer, client, target, three durations, the balancer's status, the target's, bytes in and out, then
quoted request and user agent, cipher, protocol, target group, quoted trace; what follows is ignored. Lines of a network
load balancer (`tls`) and of the connection log are skipped by class. A request's outcome is the balancer's own status.
"""

from collections.abc import Sequence
from typing import Final

from ingest.formats import held, text
from ingest.formats.addresses import host_of_request, without_port
from ingest.formats.interface import Format, Options, Plan
from ingest.formats.share import share

TIMES: Final = r"(?P<t1>-?[\d.]+) +(?P<t2>-?[\d.]+) +(?P<t3>-?[\d.]+)"
COUNTS: Final = r"(?P<status>\d{3}|-) +(?P<target_status>\S+) +(?P<received>\d+|-) +(?P<sent>\d+|-)"
PATTERN: Final = (
    r"^(?P<type>https?|h2|grpcs?|wss?) +(?P<time>\S+) +(?P<elb>\S+) +(?P<client>\S+) +(?P<target>\S+) +"
    + TIMES
    + " +"
    + COUNTS
    + r" +\"(?P<request>.*?)(?:\" +\"(?P<agent>.*?)(?:\" +(?:-|[A-Z0-9_-]+) +(?:-|[\w.]+)"
    r"(?: +\S+ +\"(?P<trace>[^\"]*))?|\"?[\r\n]*$)|\"?[\r\n]*$)"
)
_SECONDS: Final = " + ".join(f"coalesce(greatest(TRY_CAST({{{name}}} AS DOUBLE), 0), 0)" for name in ("t1", "t2", "t3"))
"""Each is -1 where it could not be taken: of a target that closed the connection, only the last one is."""
COLUMNS: Final = {
    "ts": "TRY_CAST({time} AS TIMESTAMP)",
    "ip": without_port("{client}"),
    # `- http://host:80- -` stands for a request that was none.
    "request": f"CASE WHEN NOT starts_with({{request}}, '- ') THEN {text.field('request')} END",
    "host": f"CASE WHEN NOT starts_with({{request}}, '- ') THEN {host_of_request('{request}')} END",
    "status": text.field("status"),
    "bytes_in": text.field("received"),
    "bytes_out": text.field("sent"),
    # -1 where the balancer reached no target.
    "duration_ms": f"CASE WHEN NOT starts_with({{t2}}, '-') THEN round(({_SECONDS}) * 1000, 3) END",
    "user_agent": text.field("agent"),
}

SPLITS: Final = ("string_split(text, '\"') AS q", "string_split(q[1], ' ') AS p, string_split(q[5], ' ') AS s")
_FITS: Final = (
    "len(q) >= 7 AND len(p) = 13 AND p[1] IN ('http', 'https', 'h2', 'grpc', 'grpcs', 'ws', 'wss') AND q[3] = ' '"
    " AND len(s) = 5 AND s[1] = ''"
)
_PIECES: Final = {
    "type": "p[1]",
    "time": "p[2]",
    "elb": "p[3]",
    "client": "p[4]",
    "target": "p[5]",
    "t1": "p[6]",
    "t2": "p[7]",
    "t3": "p[8]",
    "status": "p[9]",
    "target_status": "p[10]",
    "received": "p[11]",
    "sent": "p[12]",
    "request": "q[2]",
    "agent": "q[4]",
    "trace": "q[6]",
}

_CONNECTION: Final = r"^\d{4}-\d\d-\d\dT\S+ [\d.a-fA-F:]+ \d+ \d+ (?:-|TLS\S+) "
_NETWORK: Final = "tls "
ENABLED: Final = "Enable "
"""How the line of the file begins that AWS writes to try the bucket."""
_ENABLED_LINE: Final = r"^Enable \w+ for ELB: "


def _confidence(sample: Sequence[str], _options: Options) -> float:
    return share(sample, PATTERN, f"^{_NETWORK}", _CONNECTION, _ENABLED_LINE)


def _plan(_sample: Sequence[str], options: Options) -> Plan:
    columns = COLUMNS | {"request_id": text.field("trace")}
    return text.plan(
        "aws-alb",
        PATTERN,
        columns,
        credentials=held.credentials(options),
        quickly=(SPLITS, _FITS, _PIECES),
        skips=(
            (f"starts_with(text, '{_NETWORK}')", "tls"),
            (f"regexp_matches(text, '{_CONNECTION}')", "connection"),
            (f"starts_with(text, '{ENABLED}')", "notice"),
        ),
    )


FORMAT: Final = Format(name="aws-alb", title="AWS Application Load Balancer", confidence=_confidence, plan=_plan)
