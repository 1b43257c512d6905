"""Where keys stand in lines of a pasted log format."""

import re
from collections.abc import Sequence
from typing import Final

from ingest.formats import apache_log_format, carriers
from ingest.formats.interface import Credential, KeyPlace, Options
from ingest.formats.slots import Groups
from ingest.formats.sql import present
from ingest.formats.variables import KEYS
from model.errors import FormatError

_HEADERS: Final = re.compile(r"^http_(?:\w+_)?(?:api_?)?(?:key|token)$")
_ARGUMENTS: Final = re.compile(r"^arg_(?:\w+_)?(?:api_?)?(?:key|token)$")


def credentials(groups: Groups, options: Options) -> tuple[Credential, ...]:
    """The places of `options.keys`, or the well-known ones. Raises FormatError when the format holds none of those."""
    if not options.keys:
        known = [name for name in KEYS if name in groups]
        like = [g for pattern in (_HEADERS, _ARGUMENTS) for g in groups if pattern.match(g) and g not in known]
        held = [Credential(expression=value(name), kind=KEYS.get(name, "secret")) for name in (*known, *like)]
        return (*held, *carriers.credentials(Options(), known=(), read=value))
    found = [credential for place in options.keys for credential in _of(place, groups)]
    if not found:
        wanted = ", ".join(f"{place.carrier} {place.name}" for place in options.keys)
        msg = f"The log_format holds no {wanted}; its variables are: {', '.join(groups)}."
        raise FormatError(msg, hint="Add the key's header to the log_format, or name another place.")
    return (*found, *carriers.strayed(options))


def value(group: str) -> str:
    r"""The text of a group without the server's escapes (`\x22`, `\"`, `\\`), null for a dash: keys are compared."""
    raw = f"{{{group}}}"
    safe = f"replace(replace(replace({raw}, '%', '%25'), '\\\\', '%5C'), '\\\"', '%22')"
    plain = f"url_decode(regexp_replace({safe}, '\\\\x([0-9A-Fa-f]{{2}})', '%\\1', 'g'))"
    return present(f"CASE WHEN contains({raw}, '\\') THEN coalesce(TRY({plain}), {raw}) ELSE {raw} END")


def _of(place: KeyPlace, groups: Groups) -> Sequence[Credential]:
    name = place.name.lower().replace("-", "_")
    cookies = value("http_cookie") if "http_cookie" in groups else None
    direct = {
        "field": _variables(place.name),
        "header": (f"http_{name}",),
        "query": (f"arg_{name}",),
        "cookie": (f"cookie_{name}",),
        "path": (),
    }[place.carrier]
    held = [Credential(expression=value(v), kind=place.kind) for v in direct if v in groups][:1]
    if place.carrier in {"field", "header"} or (place.carrier == "cookie" and held):
        return held
    elsewhere = carriers.credentials(Options(keys=(place,)), known=(), read=value, cookies=cookies)
    return (*held, *elsewhere)


def _variables(written: str) -> Sequence[str]:
    directive = apache_log_format.DIRECTIVE.fullmatch(written.strip())
    slot = apache_log_format.slot(directive) if directive is not None else None
    bare = re.sub(r"[${}]", "", written)
    header = "http_" + bare.lower().replace("-", "_")
    return (*((slot.name,) if slot is not None else ()), bare, bare.lower().replace("-", "_"), header)
