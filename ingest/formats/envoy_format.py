"""A pasted Envoy format (`[%START_TIME%] "%REQ(:METHOD)% …`): text, or a JSON or YAML mapping of fields to operators.

`is_envoy` tells it from an nginx or Apache one. The fields of `keys` are headers (`X-API-KEY`) or operators as pasted.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from ingest.formats import envoy_flags, held, json_lines, text
from ingest.formats.addresses import last_of_list
from ingest.formats.envoy_commands import COMMAND, SECRETS, Command, columns, commands, header_place, place
from ingest.formats.interface import Credential, Format, KeyPlace, Options, Plan
from ingest.formats.share import share
from ingest.formats.sql import any_moment
from ingest.formats.variables import DURATIONS
from ingest.redact import quoted
from model.errors import FormatError

_FIELD = re.compile(r"""(?:^|[{,])\s*(?:["']([^"']+)["']|([\w.@-]+))\s*:\s*["']?(%[A-Z][^"'\n]*%)""", re.MULTILINE)
_PARTS: Final = {"%3f": "%g", "%6f": "%f", "%9f": "%n", "%f": "%n", "%T": "%H:%M:%S", "%F": "%Y-%m-%d", "%e": "%-d"}
"""Envoy's time specifiers that DuckDB spells otherwise."""


def is_envoy(pasted: str) -> bool:
    """Whether a pasted format is made of Envoy's operators (Apache's directives are single letters)."""
    return COMMAND.search(pasted) is not None


def _is_mapping(pasted: str) -> bool:
    return pasted.lstrip().startswith(("{", "json_format")) or _FIELD.match(pasted.lstrip()) is not None


def _pattern(template: str) -> str:
    parts, at = ["^"], 0
    for number, match in enumerate(COMMAND.finditer(template)):
        parts += [_literal(template[at : match.start()]), _group(number, template[match.end() : match.end() + 1])]
        at = match.end()
    return "".join(parts) + _literal(template[at:].rstrip())


def _group(number: int, following: str) -> str:
    # Envoy escapes nothing: a quoted value ends at the quote that the rest of the line fits.
    return rf"(?P<c{number}>.*?)" if following not in ("", " ", "\n") else rf"(?P<c{number}>\S*)"


def _literal(piece: str) -> str:
    return re.sub(r"(?:\\ )+", " +", re.escape(piece))


def _template(pasted: str) -> str:
    return pasted.strip().replace("\\n", "").strip("\"'" if pasted.strip().startswith("'") else "")


def _moment(command: Command, group: str) -> str:
    if "%" not in command.argument or command.argument.startswith("%s"):
        return any_moment(group)
    spec = command.argument
    for ours, theirs in _PARTS.items():
        spec = spec.replace(ours, theirs)
    return f"CAST(try_strptime({group}, {quoted(spec)}) AS TIMESTAMP)"


def _text_columns(listed: Sequence[Command], options: Options) -> dict[str, str]:
    found = {}
    for column in columns():
        own = options.fields.get(column)
        at = _named(own, listed) if own else place(column, listed)
        if at is not None:
            found[column] = _moment(listed[at], f"{{c{at}}}") if column == "ts" else text.field(f"c{at}")
    if "duration_ms" in found:
        found["duration_ms"] = f"TRY_CAST({found['duration_ms']} AS DOUBLE)"
    if "ip" not in found and "forwarded" in found:
        found["ip"] = last_of_list(found["forwarded"])
    flags = next((at for at, command in enumerate(listed) if command.name == "RESPONSE_FLAGS"), None)
    status = place("status", listed)
    if flags is not None and status is not None:
        found["outcome"] = envoy_flags.outcome(f"{{c{status}}}", f"{{c{flags}}}")
    return found


def _named(name: str, listed: Sequence[Command]) -> int | None:
    """The operator that a name of the config means: `%REQ(X-API-KEY)%`, `REQ(X-API-KEY)`, `x-api-key`, `DURATION`."""
    pasted = commands(f"%{name.strip('%')}%")
    if pasted and pasted[0] in listed:
        return listed.index(pasted[0])
    return header_place(name, listed)


def _text_credentials(listed: Sequence[Command], options: Options) -> tuple[Credential, ...]:
    def read(name: str) -> str | None:
        at = _named(name, listed)
        return None if at is None else f"{{c{at}}}"

    found = held.credentials(options, read=read, header=read, cookies=read("COOKIE"))
    if options.keys:
        return found
    known = [expression for name in SECRETS if (expression := read(name)) is not None]
    return (*(Credential(expression=text.field(expression.strip("{}"))) for expression in known), *found)


def _json_plan(pasted: str, sample: Sequence[str], options: Options) -> Plan:
    spelled = [(quoted or bare, commands(value)) for quoted, bare, value in _FIELD.findall(pasted)]
    one = {field: found[0] for field, found in spelled if found}
    names, listed = list(one), list(one.values())
    fields = {column: names[at] for column in columns() if (at := place(column, listed)) is not None}
    keys = [KeyPlace(name=names[at]) for name in SECRETS if (at := header_place(name, listed)) is not None]
    asked = [replace(key, carrier="field", name=names[at]) if (at := _named(key.name, listed)) is not None else key
             for key in options.keys]  # fmt: skip
    merged = Options(keys=tuple(asked or keys), fields=fields | dict(options.fields))
    plan = json_lines.plan_of("envoy-format", sample, merged)
    named = fields.get("duration_ms")
    if named is None or "duration_ms" in options.fields:
        return plan
    # Envoy writes milliseconds, whatever the field is called.
    return replace(plan, columns={**plan.columns, "duration_ms": f"{plan.columns['duration_ms']} / {_unit(named)}"})


def _unit(name: str) -> float:
    return DURATIONS.get(name, 1)


def _confidence(sample: Sequence[str], options: Options) -> float:
    pasted = options.log_format or ""
    if not sample or not is_envoy(pasted):
        return 0.0
    if _is_mapping(pasted):
        return sum(1 for line in sample if line.lstrip().startswith("{")) / len(sample)
    return share(sample, _pattern(_template(pasted)))


def _plan(sample: Sequence[str], options: Options) -> Plan:
    pasted = options.log_format or ""
    if not is_envoy(pasted):
        msg = "The format envoy-format needs the pasted Envoy format."
        raise FormatError(msg, hint="Write log_format = '[%START_TIME%] …' in the source.")
    if _is_mapping(pasted):
        return _json_plan(pasted, sample, options)
    template = _template(pasted)
    listed = commands(template)
    found = _text_columns(listed, options)
    if "ts" not in found:
        msg = f"The Envoy format writes no time; its operators are: {', '.join(c.name for c in listed)}."
        raise FormatError(msg, hint="Add %START_TIME% to it.")
    plan = text.plan("envoy-format", _pattern(template), found, credentials=_text_credentials(listed, options))
    if "method" not in found:
        return plan
    nothing = f"({found['method']} IS NULL AND {found.get('target', 'NULL')} IS NULL AND {_none(found)})"
    for number in range(len(listed)):
        nothing = nothing.replace(f"{{c{number}}}", f"r.c{number}")
    return replace(plan, skips=((nothing, "tcp"),))


def _none(found: dict[str, str]) -> str:
    return f"{found['status']} = '0'" if "status" in found else "TRUE"


FORMAT: Final = Format(name="envoy-format", title="pasted Envoy format", confidence=_confidence, plan=_plan)
