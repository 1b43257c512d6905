"""Azure Storage's resource logs (StorageRead, StorageWrite, StorageDelete): requests for blobs, files, queues, tables.

What a request was signed with stands in `identity.tokenHash` as a hash, an account key's or a shared access signature's
alike: it is the key's id. The log names an operation and no method.
"""

from typing import Final

from ingest.formats.addresses import without_port
from ingest.formats.interface import Format
from ingest.formats.json_layout import Layout, Read, fields
from ingest.formats.json_lines import format_of
from ingest.formats.sql import first


def _columns(read: Read) -> dict[str, str]:
    address = first([read("callerIpAddress")])
    # An address of IPv4 stands with its port, one of IPv6 in brackets then.
    with_port = f"regexp_matches({address}, '^(?:[0-9.]+|\\[[0-9a-fA-F:.]+\\]):[0-9]+$')"
    return {"ip": f"CASE WHEN {with_port} THEN {without_port(address)} ELSE trim({address}, '[]') END"}


FORMAT: Final[Format] = format_of(
    Layout(
        name="azure-storage",
        title="Azure Storage",
        marks=(
            fields("callerIpAddress uri operationName statusCode properties.accountName"),
            fields("callerIpAddress uri operationName statusCode properties.serviceType"),
            fields("CallerIpAddress Uri OperationName StatusCode AccountName"),
        ),
        fields={
            "ts": ("time", "TimeGenerated"),
            "target": ("uri", "Uri"),
            "status": ("statusCode", "StatusCode"),
            "bytes_out": ("properties.responseBodySize", "ResponseBodySize"),
            "bytes_in": ("properties.requestBodySize", "RequestBodySize"),
            "user_agent": ("properties.userAgentHeader", "UserAgentHeader"),
            "referer": ("properties.referrerHeader", "ReferrerHeader"),
            "request_id": ("correlationId", "CorrelationId"),
        },
        durations={"durationMs": 1.0, "DurationMs": 1.0},
        keys=(("identity.tokenHash", "id"), ("AuthenticationHash", "id")),
        columns=_columns,
    ),
)
