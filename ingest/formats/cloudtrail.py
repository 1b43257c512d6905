"""AWS CloudTrail: records files (`{"Records": […]}`) or one event a line; the key is the access key's id."""

from typing import Final

from ingest.formats.interface import Format
from ingest.formats.json_layout import Layout, Read, fields
from ingest.formats.json_lines import format_of


def _columns(read: Read) -> dict[str, str]:
    error = f"nullif({read('errorCode')}, '')"
    login = f"{read('responseElements.ConsoleLogin')} = 'Failure'"
    # CloudTrail has error codes and no status; the families are those of the AWS API references.
    outcome = (
        f"CASE WHEN {login} THEN 'unauthenticated' WHEN {error} IS NULL THEN 'ok'"
        f" WHEN regexp_matches({error}, 'InvalidClientToken|InvalidAccessKey|UnrecognizedClient|SignatureDoesNotMatch|"
        "ExpiredToken|AuthFailure|IncompleteSignature|MissingAuthenticationToken|InvalidToken') THEN 'unauthenticated'"
        f" WHEN regexp_matches({error}, 'AccessDenied|Unauthorized|Forbidden|NotAuthorized|OptInRequired')"
        " THEN 'forbidden'"
        f" WHEN regexp_matches({error}, 'Throttl|TooManyRequests|LimitExceeded|SlowDown') THEN 'throttled'"
        f" WHEN regexp_matches({error}, 'Internal|ServiceUnavailable|ServiceException') THEN 'server_error'"
        " ELSE 'client_error' END"
    )
    return {"outcome": outcome, "target": "'/' || bare_target"}


FORMAT: Final[Format] = format_of(
    Layout(
        name="cloudtrail",
        title="AWS CloudTrail",
        marks=(fields("eventVersion eventSource eventTime"), fields("eventName eventSource eventTime sourceIPAddress")),
        fields={
            "ts": ("eventTime",),
            "ip": ("sourceIPAddress",),
            "target": ("eventName",),
            "host": ("eventSource",),
            "bytes_out": ("additionalEventData.bytesTransferredOut",),
            "bytes_in": ("additionalEventData.bytesTransferredIn",),
            "user_agent": ("userAgent",),
            "request_id": ("requestID",),
        },
        keys=(("userIdentity.accessKeyId", "id"),),
        columns=_columns,
        only_requests=False,
        path_is_name=True,
    ),
)
