"""Where credentials stand in a line: the config's places, or the well-known ones, as expressions in order.

The first that a line holds is its key, secret or id alike; the others of the line are taken out of its texts all the
same. Without config: well-known fields (headers that a gateway wrote down, then Authorization, then ids), then the
query, then a JWT in a cookie. Where the config names a place of secrets, one that stands in the query instead is seen
all the same: that is how a key leaks, and a call of nobody's otherwise.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from ingest.formats.interface import Credential, KeyPlace, Options
from ingest.formats.sql import api_key_pattern, in_query, present, query_pattern, value_of_parameter
from ingest.formats.variables import KEYS
from ingest.redact import quoted
from model.errors import FormatError

Read = Callable[[str], str]

_BEFORE_HEADER: Final = re.compile(r"^(?:request[_.])?(?:http|req|request|header|headers|cs)?_+")
_COOKIE_PAIR: Final = "(?:^|; ?){}=([^;]+)"
_JWT_COOKIE: Final = r"(?:^|;(?: |%20)?)[^=;]+=(eyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+)(?:;|$)"
_PARAMETER: Final = re.compile(r"\{[^{}]*\}")
_HOST: Final = "^(?:https?://[^/]+)?"


def credentials(
    options: Options,
    *,
    known: Sequence[str],
    read: Read,
    header: Callable[[str], str | None] | None = None,
    cookies: str | None = None,
) -> tuple[Credential, ...]:
    """The places of `options.keys`, or the well-known ones.

    `known` are the names of the log's fields; `read` gives the expression of one of them; `header` that of a request
    header by its HTTP name, None where the log holds none (left out: the field of `known` that is called like it);
    `cookies` that of the whole Cookie header. Raises FormatError for a path without `{key}`.
    """

    def among(name: str) -> str | None:
        field = next((field for field in known if same_header(field, name)), None)
        return None if field is None else read(field)

    find = header or among
    cookies = cookies if cookies is not None else among("Cookie")
    if not options.keys:
        fields = [Credential(expression=present(read(f)), kind=kind) for f, kind in KEYS.items() if f in known]
        tokens = (token_in(cookies),) if cookies is not None else ()
        return (*fields, _query(None), *tokens)
    found = [_at(place, read, find, cookies) for place in options.keys]
    return tuple(credential for credential in found if credential is not None)


def strayed(options: Options) -> tuple[Credential, ...]:
    """Where a secret may stand that ought to be at one of `options.keys`: a parameter called like it, or API key."""
    secret = [place for place in options.keys if place.kind == "secret" and place.carrier in {"field", "header"}]
    if not secret or any(place.carrier in {"query", "path"} for place in options.keys):
        return ()
    own = (_BEFORE_HEADER.sub("", _plain(place.name.rpartition(".")[2])) for place in secret)
    return (_asked("secret", api_key_pattern(own)),)


def token_in(cookies: str) -> Credential:
    """A JWT among the cookies, whichever it is called."""
    return replace(_in_cookies(cookies, _JWT_COOKIE, "secret"), by_chance=True)


def same_header(field: str, header: str) -> bool:
    """Whether a log's field is called like a header: `http_x_api_key`, `request.headers.X-Api-Key` for `X-Api-Key`."""
    last = _plain(field.rpartition(".")[2])
    return _plain(header) in {last, _BEFORE_HEADER.sub("", last)}


def _plain(name: str) -> str:
    return name.lower().replace("-", "_").replace("(", "_").rstrip(")")


def _at(place: KeyPlace, read: Read, header: Callable[[str], str | None], cookies: str | None) -> Credential | None:
    if place.carrier == "query":
        return _query(place)
    if place.carrier == "path":
        found = f"regexp_extract(target, {quoted(path_pattern(place.name))}, 1)"
        # As it stands: its escapes are resolved by `identify`, and it is taken out of the path as it stands there.
        return Credential(expression="nullif({found}, '')", kind=place.kind, of_target=True, found=found)
    if place.carrier == "cookie":
        return None if cookies is None else _in_cookies(cookies, _COOKIE_PAIR.format(re.escape(place.name)), place.kind)
    expression = header(place.name) if place.carrier == "header" else read(place.name)
    return None if expression is None else Credential(expression=present(expression), kind=place.kind)


def _query(place: KeyPlace | None) -> Credential:
    name, kind = (None, "secret") if place is None else (place.name, place.kind)
    return _asked(kind, query_pattern(name))


def _asked(kind: str, pattern: str) -> Credential:
    return Credential(
        expression=value_of_parameter("{found}"),
        kind="id" if kind == "id" else "secret",
        of_target=True,
        found=in_query("target", pattern),
    )


def _in_cookies(cookies: str, pattern: str, kind: str) -> Credential:
    found = f"nullif(regexp_extract({cookies}, {quoted(pattern)}, 1), '')"
    return Credential(expression=found, kind="id" if kind == "id" else "secret")


def path_pattern(template: str) -> str:
    """The RE2 pattern of a path whose `{key}` is group 1; other braces stand for one segment or a part of one.

    A template that begins with a slash is the path from its start, with or without the host before it.
    """
    if "{key}" not in template:
        msg = f"The path {template!r} does not tell where the key stands."
        raise FormatError(msg, hint="Write {key} there: path = '/bot{key}/send'.")
    pieces, at = [_HOST if template.startswith("/") else ""], 0
    for parameter in _PARAMETER.finditer(template):
        pieces.append(re.escape(template[at : parameter.start()]))
        pieces.append("([^/?#]+)" if parameter[0] == "{key}" else "[^/?#]+")
        at = parameter.end()
    return "".join(pieces) + re.escape(template[at:])
