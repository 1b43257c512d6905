"""Where credentials stand in a line: the config's places, or the well-known ones, as expressions in order."""

import re
from collections.abc import Callable, Sequence

from ingest.formats.interface import Credential, KeyPlace, Options
from ingest.formats.sql import in_query, present, query_pattern
from ingest.formats.variables import KEYS
from ingest.redact import quoted

Read = Callable[[str], str]


def credentials(
    options: Options,
    *,
    known: Sequence[str],
    read: Read,
    header: Callable[[str], str | None] = lambda _name: None,
    cookies: str | None = None,
) -> tuple[Credential, ...]:
    """The places of `options.keys`, or the well-known ones.

    `known` are the names of the log's fields; `read` gives the expression of one of them; `header` that of a request
    header by its HTTP name, None where the log holds none; `cookies` that of the whole Cookie header.
    """
    if not options.keys:
        fields = [Credential(expression=present(read(f)), kind=kind) for f, kind in KEYS.items() if f in known]
        return (*fields, _query(None))
    found = [_at(place, read, header, cookies) for place in options.keys]
    return tuple(credential for credential in found if credential is not None)


def _at(place: KeyPlace, read: Read, header: Callable[[str], str | None], cookies: str | None) -> Credential | None:
    if place.carrier == "query":
        return _query(place)
    if place.carrier == "path":
        return Credential(expression=_in_path(place.name), kind=place.kind, of_target=True)
    if place.carrier == "cookie":
        pattern = rf"(?:^|; ?){re.escape(place.name)}=([^;]+)"
        found = f"nullif(regexp_extract({cookies}, {quoted(pattern)}, 1), '')"
        return None if cookies is None else Credential(expression=found, kind=place.kind)
    expression = header(place.name) if place.carrier == "header" else read(place.name)
    return None if expression is None else Credential(expression=present(expression), kind=place.kind)


def _query(place: KeyPlace | None) -> Credential:
    pattern = query_pattern(None if place is None else place.name)
    return Credential(
        expression=in_query("target", pattern), kind="secret" if place is None else place.kind, of_target=True
    )


def _in_path(template: str) -> str:
    before, _, after = template.partition("{key}")
    pattern = re.escape(before) + r"([^/?#]+)" + re.escape(after)
    return f"nullif(regexp_extract(target, {quoted(pattern)}, 1), '')"
