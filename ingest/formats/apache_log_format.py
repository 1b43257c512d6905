"""Reads a pasted Apache `LogFormat` (or lighttpd's accesslog.format): the whole directive or its string alone.

The directives are those of Apache's mod_log_config; each becomes a slot under nginx's name of the same thing.
"""

import re
from typing import Final

from ingest.formats.nginx_log_format import unescaped
from ingest.formats.slots import Slot
from model.errors import FormatError

DIRECTIVE: Final = re.compile(r"%[<>!0-9,]*(?:\{([^}]*)\})?(\^t[io]|[A-Za-z%])")
_STRING: Final = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_NAMED: Final = re.compile(r"^\s*(?:LogFormat|CustomLog|TransferLog|accesslog\.format\s*=)\s", re.IGNORECASE)

_PLAIN: Final = {
    "a": "remote_addr",
    "h": "remote_host",
    "A": "server_addr",
    "b": "body_bytes_sent",
    "B": "body_bytes_sent",
    "D": "duration_us",
    "f": "request_filename",
    "H": "server_protocol",
    "I": "request_length",
    "k": "connection_requests",
    "l": "identity",
    "L": "log_id",
    "m": "request_method",
    "O": "bytes_sent",
    "p": "server_port",
    "P": "pid",
    "q": "query",
    "r": "request",
    "R": "handler",
    "s": "status",
    "S": "bytes_total",
    "T": "duration_s",
    "u": "remote_user",
    "U": "uri",
    "v": "server_name",
    "V": "host",
    "X": "connection_state",
}
_FAMILIES: Final = {
    "i": "http_",
    "o": "sent_http_",
    "C": "cookie_",
    "e": "env_",
    "n": "note_",
    "x": "ssl_",
    "^ti": "trailer_",
    "^to": "sent_trailer_",
}
_HELD: Final = {("a", "c"): "peer_addr", ("h", "c"): "peer_addr", ("p", "remote"): "remote_port"}
_UNITS: Final = {"s": "duration_s", "ms": "duration_ms", "us": "duration_us"}
_EPOCHS: Final = {"sec", "msec", "usec"}
_FRACTIONS: Final = {"msec_frac": "%g", "usec_frac": "%f"}
_SHORT: Final = {"%T": "%H:%M:%S", "%F": "%Y-%m-%d", "%D": "%m/%d/%y", "%R": "%H:%M", "%h": "%b", "%e": "%d"}
_KNOWN: Final = re.compile(r"^(?:[^%]|%[aAbBdfgHIjmMpSuwyYzZ%])*$")
"""What strptime can read."""


def read(pasted: str) -> list[str | Slot]:
    """Literals and slots. Raises FormatError for a time that cannot be read."""
    body, at = _string(pasted), 0
    pieces: list[str | Slot] = []
    for match in DIRECTIVE.finditer(body):
        if match.start() > at:
            pieces.append(body[at : match.start()])
        pieces.append(slot(match) or "%")
        at = match.end()
    return [*pieces, body[at:]] if body[at:].strip() else pieces


def slot(match: re.Match[str]) -> Slot | None:
    """The slot of one directive; None for a percent sign."""
    held, letter = match[1], match[2]
    if letter == "%":
        return None
    if letter == "t":
        return _time(held)
    if held is not None and letter in _FAMILIES:
        return Slot(name=_FAMILIES[letter] + held.lower().replace("-", "_"))
    if letter == "s" and "<" in match[0]:
        return Slot(name="status_first")
    other = _UNITS.get(held or "") if letter == "T" else _HELD.get((letter, held))
    return Slot(name=other or _PLAIN.get(letter, f"directive_{letter}"))


def _string(pasted: str) -> str:
    body = pasted.strip()
    whole = _STRING.search(body)
    named = _NAMED.match(body) is not None
    # A string that was pasted with its quotes holds escaped ones; one without may begin and end with a quoted value.
    if whole is not None and (named or (whole[0] == body and ('\\"' in body or '"' not in whole[1]))):
        return unescaped(whole[1])
    return unescaped(body)


def _time(held: str | None) -> Slot:
    if not held:
        return Slot(name="time_local", time="clf", bracketed=True)
    bare = held.removeprefix("begin:").removeprefix("end:")
    if bare in _EPOCHS:
        return Slot(name="time_part", time=bare)
    form = _FRACTIONS.get(bare, bare)
    for short, long in _SHORT.items():
        form = form.replace(short, long)
    if not _KNOWN.match(form):
        msg = f"The time %{{{held}}}t of the LogFormat cannot be read."
        raise FormatError(msg, hint="Write it as %t, %{msec}t, or with the letters Y m d b H M S f z of strftime.")
    return Slot(name="time_part", time=form)
