"""The user's own regular expression, run in RE2: its named groups are raw columns or well-known field names."""

import re
from collections.abc import Sequence
from typing import Final

import pyarrow as pa

from ingest.formats import text
from ingest.formats.interface import RAW_COLUMNS, Format, Options, Plan
from ingest.formats.named_fields import Named
from ingest.redact import quoted
from model.errors import FormatError

_PIECE = re.compile(r"\\Q.*?(?:\\E|$)|\\.|\[\^?\]?(?:\\.|\[:\w+:\]|[^\]])*\]|\(\?P?<(\w+)>|\((?!\?)", re.DOTALL)
"""What matters in a pattern: escapes and classes, in which a bracket is none, and brackets that open a group."""
_REASON = re.compile(r"(?:.*regular expression: )?(.*)", re.DOTALL)


def groups_of(pattern: str) -> tuple[str, list[str]]:
    """The pattern with its groups unnamed, and their names in order; a group without one is called by its number."""
    names: list[str] = []

    def unnamed(match: re.Match[str]) -> str:
        if not match[0].startswith("("):
            return match[0]
        names.append(match[1] or f"_{len(names) + 1}")
        return "("

    return _PIECE.sub(unnamed, pattern), names


def _checked(options: Options) -> tuple[str, list[str]]:
    """The same for the config's pattern. Raises FormatError when there is none, or RE2 refuses it."""
    if options.pattern is None:
        msg = "The format pattern needs a regular expression with named groups."
        raise FormatError(msg, hint="Write pattern = '…' in the source, or give --pattern.")
    pattern, names = groups_of(options.pattern)
    try:
        text.matches(pattern, [""])
    except pa.ArrowInvalid as error:
        reason = _REASON.sub(r"\1", str(error)).strip()
        msg = f"RE2 refuses the pattern: {reason}."
        raise FormatError(
            msg, hint="Mend the pattern. RE2 has no look-ahead, no look-behind and no backreference."
        ) from None
    return pattern, names


def _confidence(sample: Sequence[str], options: Options) -> float:
    if options.pattern is None or not sample:
        return 0.0
    pattern, _ = _checked(options)
    return sum(text.matches(pattern, sample)) / len(sample)


def _plan(_sample: Sequence[str], options: Options) -> Plan:
    pattern, names = _checked(options)
    fields = Named(names=names, options=options, read=lambda name: _value(names, name))
    columns = fields.columns()
    if not columns and not fields.of("ts"):
        named = ", ".join(name for name in names if not name.startswith("_")) or "none"
        msg = f"No named group of the pattern is known; its groups are: {named}."
        raise FormatError(msg, hint=f"Call them {', '.join(RAW_COLUMNS)}, or map them by fields.")
    listed = ", ".join(quoted(name) for name in ("whole", *(f"g{at}" for at in range(len(names)))))
    return Plan(
        format="pattern",
        prepare=(
            # RE2's $ is the end of the text, behind the line's own end.
            rf"regexp_extract(rtrim(text, E'\r\n'), {quoted(f'({pattern})')}, [{listed}]) AS r",
            f"{fields.moment()} AS moment",
        ),
        columns={"ts": "moment"} | columns,
        credentials=fields.credentials(),
        unread="r.whole = ''",
        unread_reason="does not match the pattern",
        time_reason=f"no time in {fields.of('ts')[0]}" if fields.of("ts") else "the pattern has no group for the time",
    )


def _value(names: Sequence[str], name: str) -> str:
    if name not in names:
        msg = f"The pattern has no group {name!r}; its groups are: {', '.join(names) or 'none'}."
        raise FormatError(msg, hint="Name a group of the pattern.")
    return f"r.g{names.index(name)}"


FORMAT: Final = Format(name="pattern", title="the user's own pattern", confidence=_confidence, plan=_plan)
