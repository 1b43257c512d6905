"""Auth0's tenant log: no requests with paths but authentications by type; the key is the application's client id."""

from typing import Final

from ingest.formats.interface import Format
from ingest.formats.json_layout import Layout, Read, fields
from ingest.formats.json_lines import format_of
from ingest.formats.sql import first

_REFUSED: Final = "^(?:f|fp|fu|fc|fco|fsa|fede|fens|ferrt|fe[a-z]*ft|fepotpft)$"
"""Event types of failed log-ins and failed exchanges for a token, from Auth0's list of log event types."""


def _columns(read: Read) -> dict[str, str]:
    kind = first([read("data.type"), read("type")])
    outcome = (
        f"CASE WHEN regexp_matches({kind}, '{_REFUSED}') THEN 'unauthenticated'"
        f" WHEN regexp_matches({kind}, '^(?:api_limit|limit_)') THEN 'throttled'"
        f" WHEN regexp_matches({kind}, '^(?:f[a-z]*|fapi|fs)$') THEN 'client_error'"
        f" WHEN regexp_matches({kind}, '^s[a-z]*$') THEN 'ok' ELSE 'unknown' END"
    )
    return {"outcome": outcome, "target": "'/' || bare_target"}


FORMAT: Final[Format] = format_of(
    Layout(
        name="auth0",
        title="Auth0 tenant log",
        marks=(
            fields("log_id data.date data.type"),
            fields("log_id date type tenant_name"),
            fields("log_id date type client_id"),
        ),
        fields={
            "ts": ("data.date", "date"),
            "ip": ("data.ip", "ip"),
            "target": ("data.type", "type"),
            "host": ("data.hostname", "hostname"),
            "user_agent": ("data.user_agent", "user_agent"),
            "request_id": ("log_id",),
        },
        keys=(("data.client_id", "id"), ("client_id", "id")),
        columns=_columns,
        only_requests=False,
        path_is_name=True,
    ),
)
