"""Azure Storage's resource logs (StorageRead, StorageWrite, StorageDelete): requests for blobs, files, queues, tables.

What a request was signed with stands in `identity.tokenHash` as a hash, an account key's or a shared access signature's
alike: it is the key's id. The log names an operation and no method.
"""

from typing import Final

from ingest.formats.interface import Format
from ingest.formats.json_layout import Layout, fields
from ingest.formats.json_lines import format_of

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
            "ip": ("callerIpAddress", "CallerIpAddress"),
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
    ),
)
