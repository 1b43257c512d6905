"""A pasted nginx `log_format` or Apache `LogFormat`: its variables become the columns.

Text between the variables must stand as written; runs of spaces count as one. A template that begins with a brace
writes JSON: with `escape=json` its lines are read as JSON, and the template tells which field holds which variable;
without, nginx and Apache write escapes that JSON does not know, so they are read as text.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from ingest.formats import apache_log_format, error_log, json_lines, log_columns, nginx_log_format, text
from ingest.formats.interface import Format, KeyPlace, Options, Plan
from ingest.formats.log_credentials import credentials
from ingest.formats.slots import Groups, pattern_of
from ingest.formats.variables import DURATIONS, FIELDS, KEYS
from model.errors import FormatError

_JSON_FIELD: Final = re.compile(r'"([^"]+)"\s*:\s*"?\$\{?(\w+)\}?')


def expression_of(pasted: str) -> tuple[str, Groups]:
    """The regular expression of a pasted format, and what its groups are.

    Raises FormatError when it holds no variable.
    """
    if nginx_log_format.VARIABLE.search(pasted):
        pattern, groups = pattern_of(nginx_log_format.read(pasted), raw_quotes="escape=none" in pasted)
    elif apache_log_format.DIRECTIVE.search(pasted):
        pattern, groups = pattern_of(apache_log_format.read(pasted))
    else:
        pattern, groups = "", {}
    if not groups:
        msg = f"The log_format holds no variable: {pasted[:80]!r}."
        hint = "Paste the whole directive or its template, such as '$remote_addr - $request' or '%h %t \"%r\" %>s'."
        raise FormatError(msg, hint=hint)
    return pattern, groups


def _json_plan(body: str, sample: Sequence[str], options: Options) -> Plan:
    spelled = {variable: field for field, variable in _JSON_FIELD.findall(body)}
    fields = {
        column: spelled[variable]
        for column, known in FIELDS.items()
        for variable in reversed(known)
        if variable in spelled
    }
    keys = options.keys or tuple(KeyPlace(name=spelled[v], kind=kind) for v, kind in KEYS.items() if v in spelled)
    duration = next((v for v in DURATIONS if v in spelled), None)
    durations = {"duration_ms": spelled[duration]} if duration else {}
    merged = replace(options, keys=keys, fields=fields | durations | dict(options.fields))
    plan = json_lines.plan_of("log_format", sample, merged)
    if duration is None or "duration_ms" in options.fields:
        return plan
    # The variable tells the unit, whatever its field is called.
    unit = DURATIONS[duration] / DURATIONS.get(spelled[duration], 1)
    return replace(plan, columns={**plan.columns, "duration_ms": f"{plan.columns['duration_ms']} * {unit}"})


def _is_json(pasted: str, sample: Sequence[str]) -> bool:
    if not nginx_log_format.VARIABLE.search(pasted) or not nginx_log_format.template(pasted).lstrip().startswith("{"):
        return False
    # What ships logs may have written the objects anew: with other spaces, in another order.
    return "escape=json" in pasted or not any(text.matches(expression_of(pasted)[0], sample))


def _confidence(sample: Sequence[str], options: Options) -> float:
    if options.log_format is None:
        return 0.0
    if _is_json(options.log_format, sample):
        return 1.0
    lines = error_log.without(sample)
    return sum(text.matches(expression_of(options.log_format)[0], lines)) / len(lines) if lines else 0.0


def _plan(sample: Sequence[str], options: Options) -> Plan:
    if options.log_format is None:
        msg = "The format log_format needs the pasted directive."
        raise FormatError(msg, hint="Write log_format = '…' in the source.")
    if _is_json(options.log_format, sample):
        return _json_plan(nginx_log_format.template(options.log_format), sample, options)
    pattern, groups = expression_of(options.log_format)
    columns = log_columns.columns(groups, options)
    if "ts" not in columns:
        msg = f"The log_format writes no time; its variables are: {', '.join(groups)}."
        raise FormatError(msg, hint="Add $time_iso8601, $time_local or $msec to it (Apache: %t).")
    return text.plan("log_format", pattern, columns, credentials=credentials(groups, options), skips=(error_log.SKIP,))


FORMAT: Final = Format(
    name="log_format", title="pasted nginx log_format or Apache LogFormat", confidence=_confidence, plan=_plan
)
