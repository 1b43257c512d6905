"""A pasted log format as a list of literals and slots, and the regular expression (RE2) that takes its lines apart.

Slots bear nginx's names of variables, whichever server wrote the line: `%{X-Api-Token}i` is `http_x_api_token`.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """Where a variable's value stands."""

    name: str
    time: str | None = None
    """A strptime format, or `clf`, `sec`, `msec`, `usec`, when the slot is (a part of) Apache's time."""
    bracketed: bool = False
    """Whether the value stands in brackets that are its own (`%t`)."""


Template = Sequence[str | Slot]
Groups = dict[str, Slot]
"""Named group to its slot, in order."""

_NUMBER: Final = re.compile(
    r"^(?:status|connection|connection_requests|msec|pid|\w*_port|\w*bytes\w*|\w*length|request_time|duration_\w+)$"
)
_TEXT: Final = re.compile(
    r"^(?:request|request_body|http_user_agent|http_cookie|http_authorization|http_proxy_authorization|ssl_client_\w*dn"
    r"|ssl_client_\w*subject|geoip\w*|handler)$"
)
"""Variables whose values hold spaces, in quotes or not."""
_ADDRESS: Final = re.compile(r"(?:addr|^host|^http_host|^server_name)$")
_ADJACENT: Final = {
    "uri": r'[^\s?"]*',
    "document_uri": r'[^\s?"]*',
    "is_args": r"\??",
    "query": r'(?:\?[^\s"]*)?',
    "host": r'[^\s/"]*',
    "http_host": r'[^\s/"]*',
    "server_name": r'[^\s/"]*',
    "request_uri": r'[^\s"]*',
}
"""Shapes of those that stand side by side with nothing between them."""
_NUMBERS: Final = re.compile(r"^upstream_(?:\w+_time|\w*bytes\w*|\w*length|status)$")
_LIST_OF_NUMBERS: Final = r"(?:(?:-|[\d.]+)(?:(?: ?, ?| : )(?:-|[\d.]+))*)?"
_LISTED: Final = r"[^\s,]*(?:(?: ?, ?| : )[^\s,]+)+|\S*"
"""One value or several: ", " between addresses and upstreams, " : " between groups of upstreams."""


def pattern_of(template: Template, *, raw_quotes: bool = False) -> tuple[str, Groups]:
    """The expression and its groups; with `raw_quotes` (nginx's `escape=none`) a quote may stand in a quoted value."""
    groups: Groups = {}
    first = template[0] if template else ""
    parts = ["^" if isinstance(first, str) and first.startswith('"') else '^"?']
    for at, piece in enumerate(template):
        if isinstance(piece, str):
            parts.append(_literal(piece.rstrip() if at == len(template) - 1 else piece))
            continue
        before = template[at - 1] if at else None
        after = template[at + 1] if at + 1 < len(template) else None
        group = _name(piece.name, groups)
        groups[group] = piece
        last = at >= len(template) - 2
        shape = f"(?P<{group}>{_shape(piece, before, after, raw_quotes=raw_quotes, last=last)})"
        parts.append(rf"\[{shape}\]" if piece.bracketed else shape)
        if after is None and not piece.bracketed:
            parts.append(r'(?:[\s"]|$)' if _NUMBER.match(piece.name) else r"\s*$")
    return "".join(parts), groups


def _name(name: str, taken: Groups) -> str:
    # Fields of a struct in DuckDB are told apart whatever their case, and groups begin with no digit.
    bare = re.sub(r"^(?=\d)", "_", re.sub(r"\W", "_", name, flags=re.ASCII))
    return f"{bare}__{len(taken)}" if bare.lower() in map(str.lower, taken) else bare


def _literal(piece: str) -> str:
    return re.sub(r"(?:\\ )+", " +", re.escape(piece))


def _shape(slot: Slot, before: str | Slot | None, after: str | Slot | None, *, raw_quotes: bool, last: bool) -> str:
    if slot.bracketed:
        return r"[^\]]*"
    following = after[:1] if isinstance(after, str) else ""
    if following in {'"', "'"} and isinstance(before, str) and before.endswith(following):
        return _quoted(following, raw=raw_quotes, last=last)
    if isinstance(after, Slot):
        return _ADJACENT.get(slot.name, r"\S*?")
    if _NUMBER.match(slot.name):
        return r"-?[\d.]*" if following.strip() else r"-|-?\d[\d.]*"
    if _NUMBERS.match(slot.name):
        return _LIST_OF_NUMBERS
    return _text(slot, following) if following else r"[^\r\n]*?"


def _quoted(mark: str, *, raw: bool, last: bool) -> str:
    if raw:
        return ".*" if last else ".*?"
    return r'(?:[^"\\]|\\.)*' if mark == '"' else r"[^']*"


def _text(slot: Slot, following: str) -> str:
    if _TEXT.match(slot.name):
        return ".*?"
    if following == ":" and _ADDRESS.search(slot.name):
        return r"\S*"
    if following != " ":
        return rf"[^{re.escape(following)}]*"
    if slot.name in {"time_local", "date_local", "date_gmt"}:
        return r"\S+ [+-]\d{4}|\S*"
    if slot.time is not None:
        return r"\S+" + r" +\S+" * slot.time.strip().count(" ")
    return _LISTED
