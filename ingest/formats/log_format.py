"""A pasted nginx `log_format`: its variables become the columns; text between them must stand as written.

With `escape=json`, or a template that begins with a brace, the lines are JSON and the template tells which field holds
which variable.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from ingest.formats import carriers, json_lines, text
from ingest.formats.interface import Credential, Format, KeyPlace, Options, Plan
from ingest.formats.sql import any_moment
from ingest.formats.variables import DURATIONS, FIELDS, KEYS
from model.errors import FormatError

_VARIABLE = re.compile(r"\$(?:\{(\w+)\}|(\w+))")
_DIRECTIVE = re.compile(r"^\s*log_format\s+\w+\s+(?:escape=\w+\s+)?", re.ASCII)
_PIECE = re.compile(r"'([^']*)'")
_JSON_FIELD = re.compile(r'"([^"]+)"\s*:\s*"?\$\{?(\w+)\}?')


def template(pasted: str) -> str:
    """The template itself: without the directive's name, the quotes between its lines, and the semicolon."""
    body = _DIRECTIVE.sub("", pasted.strip().rstrip(";").strip())
    pieces = _PIECE.findall(body)
    return "".join(pieces) if pieces and body.startswith("'") else body


def pattern_of(body: str) -> str:
    """A regular expression with a named group for each variable of the template.

    Raises FormatError when it holds no variable.
    """
    parts, at, used = ["^"], 0, set[str]()
    for match in _VARIABLE.finditer(body):
        name = match[1] or match[2]
        parts.append(_literal(body[at : match.start()]))
        quoted = body[match.start() - 1 : match.start()] == '"' and body[match.end() : match.end() + 1] == '"'
        following = body[match.end() : match.end() + 1]
        parts.append(_group(name if name not in used else f"{name}_{match.start()}", following, quoted=quoted))
        used.add(name)
        at = match.end()
    if not used:
        msg = f"The log_format holds no variable: {body[:80]!r}."
        raise FormatError(msg, hint="Paste the whole directive or its template, such as '$remote_addr - $request'.")
    return "".join(parts) + _literal(body[at:]).rstrip("\\ ")


def _group(name: str, following: str, *, quoted: bool) -> str:
    if quoted:
        return rf'(?P<{name}>(?:[^"\\]|\\.)*)'
    if not following:
        return rf"(?P<{name}>[^\r\n]*?)\s*$"
    if following == " ":
        # Lists hold ", " (X-Forwarded-For, "0.1, 0.2") or " : " (a request passed on inside nginx) in one value.
        return rf"(?P<{name}>[^\s,]*(?:(?:, ?| : )[^\s,]+)+|\S*)"
    return rf"(?P<{name}>[^{re.escape(following)}]*)"


def _literal(piece: str) -> str:
    return re.sub(r"(?:\\ )+", " +", re.escape(piece))


def _columns(variables: Sequence[str], options: Options) -> dict[str, str]:
    columns: dict[str, str] = {}
    for column, known in FIELDS.items():
        named = options.fields.get(column)
        chosen = next((v for v in ((named,) if named else known) if v in variables), None)
        if chosen is not None:
            columns[column] = any_moment(f"{{{chosen}}}") if column == "ts" else text.field(chosen)
    for variable in (v for v in variables if v in DURATIONS):
        columns.setdefault("duration_ms", f"TRY_CAST({text.field(variable)} AS DOUBLE) * {DURATIONS[variable]}")
    return columns


def _credentials(variables: Sequence[str], options: Options) -> tuple[Credential, ...]:
    def header(name: str) -> str | None:
        variable = "http_" + name.lower().replace("-", "_")
        return f"{{{variable}}}" if variable in variables else None

    keys = tuple(replace(place, name=place.name.removeprefix("$")) for place in options.keys)
    held = [v for v in variables if v.startswith("arg_") and "key" in v] if not keys else []
    found = [Credential(expression=text.field(v)) for v in held]
    places = carriers.credentials(
        replace(options, keys=keys), known=variables, read=lambda name: f"{{{name}}}", header=header
    )
    return (*found, *(c for c in places if c.of_target or any(f"{{{v}}}" in c.expression for v in variables)))


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
    merged = Options(keys=keys, fields=fields | durations | dict(options.fields))
    plan = json_lines.plan_of("log_format", sample, merged)
    if duration is None or "duration_ms" in options.fields:
        return plan
    # The variable tells the unit, whatever its field is called.
    unit = DURATIONS[duration] / DURATIONS.get(spelled[duration], 1)
    return replace(plan, columns={**plan.columns, "duration_ms": f"{plan.columns['duration_ms']} * {unit}"})


def _is_json(options: Options) -> bool:
    pasted = options.log_format or ""
    return "escape=json" in pasted or template(pasted).lstrip().startswith("{")


def _confidence(sample: Sequence[str], options: Options) -> float:
    if options.log_format is None:
        return 0.0
    if _is_json(options):
        return 1.0
    return text.confidence(re.compile(pattern_of(template(options.log_format))), sample)


def _plan(sample: Sequence[str], options: Options) -> Plan:
    if options.log_format is None:
        msg = "The format log_format needs the pasted directive."
        raise FormatError(msg, hint="Write log_format = '…' in the source.")
    body = template(options.log_format)
    if _is_json(options):
        return _json_plan(body, sample, options)
    pattern = pattern_of(body)
    variables = text.GROUP.findall(pattern)
    columns = _columns(variables, options)
    if "ts" not in columns:
        msg = f"The log_format writes no time; its variables are: {', '.join(variables)}."
        raise FormatError(msg, hint="Add $time_iso8601, $time_local or $msec to it.")
    return text.plan("log_format", pattern, columns, credentials=_credentials(variables, options))


FORMAT: Final = Format(name="log_format", title="pasted nginx log_format", confidence=_confidence, plan=_plan)
