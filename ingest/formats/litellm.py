"""LiteLLM proxy: rows of its spend log and its standard logging payload; the key is a hash, or the key itself."""

from typing import Final

from ingest.formats.interface import Credential, Format
from ingest.formats.json_layout import Layout, Read, fields
from ingest.formats.json_lines import format_of
from ingest.formats.sql import any_moment, first, outcome_of_status

_KEYS: Final = ("api_key", "metadata.user_api_key_hash", "metadata.user_api_key", "user_api_key")
_CODES: Final = ("metadata.error_information.error_code", "error_information.error_code", "exception_status")


def _credentials(read: Read) -> tuple[Credential, ...]:
    key = first(map(read, _KEYS))
    return (
        Credential(expression=f"CASE WHEN starts_with({key}, 'sk-') THEN {key} END", kind="secret"),
        Credential(expression=f"CASE WHEN NOT starts_with({key}, 'sk-') THEN {key} END", kind="id"),
    )


def _columns(read: Read) -> dict[str, str]:
    code = f"TRY_CAST({first(map(read, _CODES))} AS SMALLINT)"
    status = first([read("status"), read("metadata.status")])
    failed = f"{status} = 'failure'"
    outcome = (
        f"CASE WHEN {failed} AND {code} IS NOT NULL THEN {outcome_of_status(code)} WHEN {failed} THEN 'unknown'"
        f" WHEN {status} = 'success' OR {status} IS NULL THEN 'ok' ELSE 'unknown' END"
    )
    start, end = (any_moment(read(name)) for name in ("startTime", "endTime"))
    lasted = f"epoch_ms({end}) - epoch_ms({start})"
    own = f"TRY_CAST({read('request_duration_ms')} AS DOUBLE)"
    call = first([read("metadata.user_api_key_request_route"), read("call_type")])
    return {
        "outcome": outcome,
        "status": f"CASE WHEN {failed} THEN CAST({code} AS VARCHAR) END",
        "duration_ms": f"coalesce({own}, {lasted})",
        "target": f"CASE WHEN starts_with({call}, '/') THEN {call} ELSE '/' || {call} END",
    }


FORMAT: Final[Format] = format_of(
    Layout(
        name="litellm",
        title="LiteLLM proxy",
        marks=(
            fields("call_type model startTime endTime"),
            fields("request_id call_type api_key spend"),
        ),
        fields={
            "ts": ("startTime",),
            "ip": ("requester_ip_address", "metadata.requester_ip_address"),
            "target": ("call_type",),
            "user_agent": ("metadata.user_agent", "user_agent"),
            "request_id": ("request_id", "id", "litellm_call_id"),
        },
        credentials=_credentials,
        columns=_columns,
        only_requests=False,
    ),
)
