"""AWS CloudTrail: records files (`{"Records": […]}`) or one event a line; the key is the access key's id."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from ingest.formats import json_lines
from ingest.formats.interface import Format, KeyPlace, Options, Plan

_FIELDS: Final = {
    "ts": "eventTime",
    "ip": "sourceIPAddress",
    "target": "eventName",
    "host": "eventSource",
    "status": "responseStatus",
    "bytes_out": "additionalEventData.bytesTransferredOut",
    "bytes_in": "additionalEventData.bytesTransferredIn",
    "user_agent": "userAgent",
    "request_id": "requestID",
}
_ERROR: Final = "json_extract_string(text, '$.errorCode')"
OUTCOME: Final = (
    f"CASE WHEN NOT json_valid(text) THEN NULL WHEN {_ERROR} IS NULL THEN 'ok'"
    f" WHEN regexp_matches({_ERROR}, 'InvalidClientToken|InvalidAccessKey|UnrecognizedClient|SignatureDoesNotMatch|"
    "ExpiredToken|AuthFailure|IncompleteSignature|MissingAuthenticationToken|InvalidToken') THEN 'unauthenticated'"
    f" WHEN regexp_matches({_ERROR}, 'AccessDenied|Unauthorized|Forbidden|NotAuthorized|OptInRequired')"
    " THEN 'forbidden'"
    f" WHEN regexp_matches({_ERROR}, 'Throttl|TooManyRequests|LimitExceeded|SlowDown') THEN 'throttled'"
    f" WHEN regexp_matches({_ERROR}, 'Internal|ServiceUnavailable|ServiceException') THEN 'server_error'"
    " ELSE 'client_error' END"
)
"""CloudTrail has error codes and no status; the families are those of the AWS API references."""


def _confidence(sample: Sequence[str], options: Options) -> float:
    del options
    hits = sum(1 for line in sample if '"eventSource"' in line and '"eventVersion"' in line)
    return hits / len(sample) if sample else 0.0


def _plan(sample: Sequence[str], options: Options) -> Plan:
    keys = options.keys or (KeyPlace(name="userIdentity.accessKeyId", kind="id"),)
    fields = _FIELDS | dict(options.fields)
    plan = json_lines.plan_of("cloudtrail", sample, Options(keys=keys, fields=fields))
    columns = {**plan.columns, "outcome": OUTCOME, "target": f"'/' || {plan.columns['target']}"}
    return replace(plan, columns=columns, path_is_name=True)


FORMAT: Final = Format(
    name="cloudtrail",
    title="AWS CloudTrail",
    confidence=_confidence,
    plan=_plan,
)
