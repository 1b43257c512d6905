"""Google Cloud audit logs: calls of Google's APIs; the key is the service account key's name, else who called."""

from typing import Final

from ingest.formats.interface import Format
from ingest.formats.json_layout import Layout, Read, fields
from ingest.formats.json_lines import format_of

_OUTCOMES: Final = {
    "unauthenticated": (16,),
    "forbidden": (7,),
    "throttled": (8,),
    "server_error": (2, 4, 12, 13, 14, 15),
}
"""By the codes of gRPC; a call that went well has none."""


def _columns(read: Read) -> dict[str, str]:
    code = f"coalesce(TRY_CAST({read('protoPayload.status.code')} AS SMALLINT), 0)"
    cases = " ".join(
        f"WHEN {code} IN ({', '.join(map(str, codes))}) THEN '{outcome}'" for outcome, codes in _OUTCOMES.items()
    )
    return {
        "outcome": f"CASE WHEN {code} = 0 THEN 'ok' {cases} ELSE 'client_error' END",
        "target": "'/' || bare_target",
    }


FORMAT: Final[Format] = format_of(
    Layout(
        name="gcp-audit",
        title="Google Cloud audit log",
        marks=(fields("protoPayload.serviceName protoPayload.methodName timestamp"),),
        fields={
            "ts": ("timestamp",),
            "ip": ("protoPayload.requestMetadata.callerIp",),
            "target": ("protoPayload.methodName",),
            "host": ("protoPayload.serviceName",),
            "user_agent": ("protoPayload.requestMetadata.callerSuppliedUserAgent",),
            "request_id": ("insertId",),
        },
        keys=(
            ("protoPayload.authenticationInfo.serviceAccountKeyName", "id"),
            ("protoPayload.authenticationInfo.principalEmail", "id"),
        ),
        columns=_columns,
        only_requests=False,
        path_is_name=True,
    ),
)
