"""nginx JSON: an access log whose `log_format … escape=json` names its fields after nginx's variables."""

from collections.abc import Sequence
from typing import Final

from ingest.formats import json_lines
from ingest.formats.interface import Format, Options, Plan

_MARKS = frozenset({"remote_addr", "request_uri", "request", "request_method", "body_bytes_sent", "time_iso8601"})
_ENOUGH = 3


def _confidence(sample: Sequence[str], options: Options) -> float:
    if len(_MARKS & set(json_lines.names(sample[:20]))) < _ENOUGH:
        return 0.0
    return json_lines.FORMAT.confidence(sample, options) / 0.8


def _plan(sample: Sequence[str], options: Options) -> Plan:
    return json_lines.plan_of("nginx-json", sample, options)


FORMAT: Final = Format(name="nginx-json", title="nginx JSON", confidence=_confidence, plan=_plan)
