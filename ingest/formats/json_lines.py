"""JSON lines of any logger: well-known field names, or the config's own `fields`; one level or nested."""

import json
from collections.abc import Mapping, Sequence
from typing import Final

from ingest.formats import carriers
from ingest.formats.interface import Format, Options, Plan
from ingest.formats.sql import any_moment, first
from ingest.formats.variables import DURATIONS, FIELDS
from ingest.redact import quoted
from model.errors import FormatError


def names(sample: Sequence[str]) -> list[str]:
    """The names of all fields in the sample's objects, nested ones with dots, in order of appearance."""
    found: dict[str, None] = {}
    for line in sample:
        try:
            record = json.loads(line)
            if isinstance(record, dict):
                found.update(dict.fromkeys(_flat(record, "")))
        except (ValueError, RecursionError):
            continue
    return list(found)


def plan_of(name: str, sample: Sequence[str], options: Options) -> Plan:
    """The plan for JSON lines whose fields are those of the sample.

    Raises FormatError when nothing in it can be the time of a request.
    """
    seen = names(sample)
    paths: dict[str, str] = {}

    def read(field: str) -> str:
        paths.setdefault(field, f"r[{len(paths) + 1}]")
        return paths[field]

    ts_fields = _fields("ts", seen, options)
    if not ts_fields:
        msg = f"No field of these JSON lines is a time; the fields are: {', '.join(seen[:20]) or 'none'}."
        raise FormatError(msg, hint='Name it in the source: fields = { ts = "…" }.')
    moment = any_moment(read(ts_fields[0]))
    columns = {"ts": moment} | {
        column: first(read(field) for field in fields)
        for column in FIELDS
        if column != "ts" and (fields := _fields(column, seen, options))
    }
    duration = options.fields.get("duration_ms")
    for field in (duration,) if duration else tuple(f for f in DURATIONS if f in seen)[:1]:
        columns["duration_ms"] = f"TRY_CAST({read(field)} AS DOUBLE) * {DURATIONS.get(field, 1)}"
    credentials = carriers.credentials(options, known=seen, read=read)
    listed = ", ".join(quoted(_path(field)) for field in paths)
    return Plan(
        format=name,
        prepare=(f"CASE WHEN json_valid(text) THEN json_extract_string(text, [{listed}]) END AS r",),
        columns=columns,
        unread="r IS NULL",
        unread_reason="not valid JSON",
        time_reason=f"no time in {ts_fields[0]}",
        credentials=credentials,
    )


def _fields(column: str, seen: Sequence[str], options: Options) -> list[str]:
    if column in options.fields:
        return [options.fields[column]]
    return [field for field in FIELDS[column] if field in seen]


def _flat(record: Mapping[str, object], before: str) -> list[str]:
    found = []
    for name, value in record.items():
        if isinstance(value, dict):
            found += _flat(value, f"{before}{name}.")
        else:
            found.append(f"{before}{name}")
    return found


def _path(field: str) -> str:
    # A list (Caddy's headers) gives its first element: "$.a[0]" on a text gives null, so both are not tried here.
    return "$" + "".join('."' + part.replace('"', '\\"') + '"' for part in field.split("."))


def _is_object(line: str) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return False


def _confidence(sample: Sequence[str], options: Options) -> float:
    if not sample or not _fields("ts", names(sample), options):
        return 0.0
    return 0.8 * sum(1 for line in sample if _is_object(line)) / len(sample)


def _plan(sample: Sequence[str], options: Options) -> Plan:
    return plan_of("json", sample, options)


FORMAT: Final = Format(name="json", title="JSON lines", confidence=_confidence, plan=_plan)
