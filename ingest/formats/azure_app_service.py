"""Azure App Service's HTTP log (AppServiceHTTPLogs): resource log records, or rows of its table."""

from collections.abc import Mapping
from typing import Final

from ingest.formats.interface import Format
from ingest.formats.json_layout import Layout, fields
from ingest.formats.json_lines import format_of

_NAMES: Final[Mapping[str, str]] = {
    "ip": "CIp",
    "method": "CsMethod",
    "target": "CsUriStem",
    "host": "CsHost",
    "status": "ScStatus",
    "bytes_out": "ScBytes",
    "bytes_in": "CsBytes",
    "user_agent": "UserAgent",
    "referer": "Referer",
}

FORMAT: Final[Format] = format_of(
    Layout(
        name="azure-app-service",
        title="Azure App Service HTTP log",
        marks=(
            fields("properties.CIp properties.CsMethod properties.ScStatus"),
            fields("CIp CsMethod ScStatus"),
        ),
        fields={
            "ts": ("time", "TimeGenerated"),
            **{column: (f"properties.{name}", name) for column, name in _NAMES.items()},
        },
        query=("properties.CsUriQuery", "CsUriQuery"),
        durations={"properties.TimeTaken": 1.0, "TimeTaken": 1.0},
    ),
)
