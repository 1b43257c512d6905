"""AWS CloudTrail: records files (`{"Records": […]}`) or one event a line; the key is the access key's id."""

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from ingest.formats import json_lines
from ingest.formats.interface import Format, KeyField, Options, Plan

_HEAD = re.compile(rb'^\s*\{\s*"Records"\s*:')
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


def _split(document: bytes) -> bytes:
    records = json.loads(document)["Records"]
    return b"".join(json.dumps(record, separators=(",", ":")).encode() + b"\n" for record in records)


def _confidence(sample: Sequence[str], options: Options) -> float:
    del options
    hits = sum(1 for line in sample if '"eventSource"' in line and '"eventVersion"' in line)
    return hits / len(sample) if sample else 0.0


def _plan(sample: Sequence[str], options: Options) -> Plan:
    key = options.key or KeyField(field="userIdentity.accessKeyId", kind="id")
    fields = _FIELDS | dict(options.fields)
    plan = json_lines.plan_of("cloudtrail", sample, Options(key=key, fields=fields))
    columns = {name: expression for name, expression in plan.columns.items() if name != "secret"}
    columns |= {"outcome": OUTCOME, "target": f"'/' || {plan.columns['target']}"}
    return replace(plan, columns=columns, path_is_name=True)


FORMAT: Final = Format(
    name="cloudtrail",
    title="AWS CloudTrail",
    confidence=_confidence,
    plan=_plan,
    split=_split,
    is_document=lambda head: _HEAD.match(head) is not None,
)
