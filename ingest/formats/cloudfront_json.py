"""AWS CloudFront standard log (v2) as JSON: the columns of the W3C form as fields, their values percent-encoded.

`timestamp` or `timestamp(ms)` counts where a line has it, else `date` with `time`; what gathers lines before it files
them writes `start_time` and `end_time` instead of `time`.
"""

from typing import Final

from ingest.formats.cloudfront import decoded
from ingest.formats.interface import Format
from ingest.formats.json_layout import Layout, Read, fields
from ingest.formats.json_lines import format_of
from ingest.formats.sql import any_moment, first, present

_EPOCHS: Final = ("timestamp(ms)", "timestamp")
_CLOCKS: Final = ("time", "start_time", "end_time")


def _columns(read: Read) -> dict[str, str]:
    epochs = ", ".join(any_moment(read(name)) for name in _EPOCHS)
    written = f"{read('date')} || ' ' || {first(map(read, _CLOCKS))} || '+00'"
    return {
        "ts": f"coalesce({epochs}, {any_moment(written)})",
        "status": f"nullif({first([read('sc-status')])}, '000')",
        "user_agent": decoded(present(read("cs(User-Agent)"))),
        "forwarded": decoded(present(read("x-forwarded-for"))),
        "country": f"upper({first([read('c-country')])})",
    }


FORMAT: Final[Format] = format_of(
    Layout(
        name="cloudfront-json",
        title="AWS CloudFront standard log as JSON",
        marks=(
            fields("c-ip cs-method x-edge-location"),
            fields("c-ip cs-uri-stem x-edge-location"),
            fields("c-ip cs-method cs-uri-stem x-edge-result-type"),
            fields("c-ip cs-method cs-uri-stem sc-status"),
        ),
        fields={
            "ts": ("date", *_EPOCHS),
            "ip": ("c-ip",),
            "method": ("cs-method",),
            "target": ("cs-uri-stem",),
            "host": ("x-host-header", "cs(Host)"),
            "bytes_out": ("sc-bytes",),
            "bytes_in": ("cs-bytes",),
            "referer": ("cs(Referer)",),
            "request_id": ("x-edge-request-id",),
            "asn": ("asn",),
        },
        query=("cs-uri-query",),
        durations={"time-taken": 1e3},
        columns=_columns,
    ),
)
