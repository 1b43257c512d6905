r"""LTSV: `time:[01/Oct/2026:09:30:00 +0000]\thost:203.0.113.9\treq:GET / HTTP/1.1\tstatus:200`; labels of ltsv.org."""

import re
from collections.abc import Sequence
from typing import Final

from ingest.formats.interface import Format, Options, Plan
from ingest.formats.named_fields import COLUMNS, Named
from ingest.redact import quoted
from model.errors import FormatError

_LABEL = re.compile(r"([0-9A-Za-z_.-]+):")
_FEWEST: Final = 3
_OWN: Final = COLUMNS | {
    "forwarded": ("forwardedfor", *COLUMNS["forwarded"]),
    "request": ("req", *COLUMNS["request"]),
    "host": ("vhost", *COLUMNS["host"]),
}
_DURATIONS: Final = {"reqtime": 1e3, "reqtime_microsec": 1e-3}


def _confidence(sample: Sequence[str], options: Options) -> float:
    labels = _labels(sample)
    if not sample or not _named(labels, options).is_log():
        return 0.0
    return 0.95 * sum(1 for line in sample if _fits(line)) / len(sample)


def _plan(sample: Sequence[str], options: Options) -> Plan:
    labels = _labels(sample)
    fields = _named(labels, options)
    if not fields.is_log():
        msg = f"No label of these lines is a time; the labels are: {', '.join(labels[:20]) or 'none'}."
        raise FormatError(msg, hint='Name it in the source: fields = { ts = "…" }.')
    return Plan(
        format="ltsv",
        prepare=(
            r"rtrim(text, E'\r\n') AS line",
            r"string_split(line, E'\t') AS p",
            f"{fields.moment()} AS moment",
        ),
        columns={"ts": "moment"} | fields.columns(),
        credentials=fields.credentials(),
        unread=f"len(p) < {_FEWEST} OR NOT contains(p[1], ':')",
        unread_reason="is not labelled values with tabs between them",
        time_reason=f"no time in {(fields.of('ts') or ['the line'])[0]}",
    )


def _fits(line: str) -> bool:
    pieces = line.split("\t")
    return len(pieces) >= _FEWEST and all(map(_LABEL.match, pieces))


def _labels(sample: Sequence[str]) -> list[str]:
    """In the order of the first line, then those that only others have."""
    found: dict[str, None] = {}
    for line in filter(_fits, sample):
        found.update(dict.fromkeys(piece.partition(":")[0] for piece in line.split("\t")))
    return list(found)


def _named(labels: Sequence[str], options: Options) -> Named:
    # ltsv.org's `host` is the client; who logs its address under another label means the server's name.
    own = _OWN if any(name in labels for name in COLUMNS["ip"]) else _OWN | {"ip": ("host",), "host": ("vhost",)}
    return Named(names=labels, options=options, read=lambda name: _value(labels, name), own=own, durations=_DURATIONS)


def _value(labels: Sequence[str], name: str) -> str:
    begin = f"{name}:"
    piece = f"p[{labels.index(name) + 1 if name in labels else 1}]"
    pattern = rf"(?:^|\t){re.escape(begin)}([^\t]*)"
    elsewhere = f"nullif(regexp_extract(line, {quoted(pattern)}, 1), '')"
    # Nearly all writers keep one order.
    return (
        f"CASE WHEN starts_with({piece}, {quoted(begin)}) THEN substr({piece}, {len(begin) + 1}) ELSE {elsewhere} END"
    )


FORMAT: Final = Format(name="ltsv", title="LTSV, labelled tab-separated values", confidence=_confidence, plan=_plan)
