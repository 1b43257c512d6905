"""Azure Front Door and Azure CDN access logs: resource log records; the classic Front Door writes them too."""

from typing import Final

from ingest.formats.interface import Format
from ingest.formats.json_layout import Layout, Read, fields
from ingest.formats.json_lines import format_of
from ingest.formats.sql import first


def _skips(read: Read) -> tuple[tuple[str, str], ...]:
    category = first([read("category")])
    return (
        (f"ends_with({category}, 'FirewallLog')", "firewall"),
        (f"ends_with({category}, 'HealthProbeLog')", "health-probe"),
    )


FORMAT: Final[Format] = format_of(
    Layout(
        name="azure-front-door",
        title="Azure Front Door and Azure CDN",
        marks=(
            fields("properties.clientIp properties.httpMethod properties.requestUri properties.httpStatusCode"),
            fields("properties.clientIp properties.httpMethod properties.requestUri properties.trackingReference"),
        ),
        words=('"FrontDoorHealthProbeLog"', '"FrontDoorWebApplicationFirewallLog"', '"FrontdoorAccessLog"'),
        fields={
            "ts": ("time",),
            "ip": ("properties.clientIp",),
            "method": ("properties.httpMethod",),
            "target": ("properties.requestUri",),
            "host": ("properties.hostName", "properties.host"),
            "status": ("properties.httpStatusCode",),
            "bytes_out": ("properties.responseBytes",),
            "bytes_in": ("properties.requestBytes",),
            "user_agent": ("properties.userAgent",),
            "referer": ("properties.referer",),
            "request_id": ("properties.trackingReference",),
        },
        durations={"properties.timeTaken": 1000.0},
        skips=_skips,
    ),
)
