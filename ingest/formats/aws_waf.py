"""AWS WAF's web ACL log: what was asked of a load balancer, an API or a distribution, and what the rules made of it.

Headers are a list of pairs, an API key among them as it was sent. A blocked request counts as forbidden (WAF answers
403 itself) unless the rule's own answer is told; of an allowed one the log does not know what the resource answered.
"""

from typing import Final

from ingest.formats.header_pairs import CARRIERS, header
from ingest.formats.interface import Credential, Format
from ingest.formats.json_layout import NO_CREDENTIAL, Layout, Read, fields
from ingest.formats.json_lines import format_of
from ingest.formats.sql import first, present
from ingest.redact import quoted


def _header(read: Read, name: str) -> str:
    return header(read("httpRequest.headers"), name)


def _credentials(read: Read) -> tuple[Credential, ...]:
    none = ", ".join(map(quoted, NO_CREDENTIAL))
    held = (_header(read, name) for name in CARRIERS)
    return tuple(Credential(expression=f"CASE WHEN {one} NOT IN ({none}) THEN {present(one)} END") for one in held)


def _columns(read: Read) -> dict[str, str]:
    action, answered = read("action"), first([read("responseCodeSent")])
    return {
        "outcome": f"CASE WHEN {action} = 'BLOCK' AND {answered} IS NULL THEN 'forbidden' END",
        "host": first([_header(read, "host"), read("httpRequest.host")]),
        "user_agent": present(_header(read, "user-agent")),
        "referer": present(_header(read, "referer")),
        "forwarded": present(_header(read, "x-forwarded-for")),
    }


FORMAT: Final[Format] = format_of(
    Layout(
        name="aws-waf",
        title="AWS WAF",
        marks=(fields("webaclId action httpRequest.clientIp"), fields("webaclId httpRequest.httpMethod")),
        fields={
            "ts": ("timestamp",),
            "ip": ("httpRequest.clientIp",),
            "method": ("httpRequest.httpMethod",),
            "target": ("httpRequest.uri",),
            "status": ("responseCodeSent",),
            "request_id": ("httpRequest.requestId",),
            "country": ("httpRequest.country",),
        },
        query=("httpRequest.args",),
        credentials=_credentials,
        header=_header,
        columns=_columns,
    ),
)
