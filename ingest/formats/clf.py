"""The Common Log Format's family: what may stand before the time of a line, and how its parts are read.

Where the sample shows a virtual host or a list of forwarded addresses before the client, the plan looks for them in
each line that does not split the quick way; elsewhere it spares lines that look.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from ingest.formats import carriers, error_log, text
from ingest.formats.interface import Credential, Options
from ingest.formats.sql import any_moment, clf_moment, present
from ingest.redact import quoted
from model.errors import FormatError

USER: Final = r'(?P<user>-+|-?[^\s"\[-]\S*(?: [^\[\]"]+)?)'
"""A name may hold spaces; a dash is all there is of it."""
_ADDRESS: Final = (
    r"(?:\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?|[0-9a-fA-F]*:[0-9a-fA-F]*:[0-9a-fA-F:.]*(?:%\w+)?"
    r"|\[[0-9a-fA-F:.]+\](?::\d+)?|unix:|localhost|unknown)"
)
NAME: Final = r"(?:[\w*.-]*[A-Za-z_*][\w*.-]*(?::\d+)?|\d{1,3}(?:\.\d{1,3}){3}:\d+|\[[0-9a-fA-F:.]+\]:\d+)"
"""A virtual host, with or without a port; an address only with one."""
HOST: Final = r"(?P<host>[\w*.-]+|\[[0-9a-fA-F:.]+\])(?::\d+)?"
"""The same, without its port."""
_DOTTED: Final = r"(?:(?:[\w-]+\.)+[A-Za-z][\w-]*(?::\d+)?|[\w-]*[A-Za-z][\w-]*:\d+|localhost)"
ADDRESSES: Final = rf"{_ADDRESS}(?:, *{_ADDRESS})*"

PLAIN: Final = r"^\"?(?:\[httpd\] +)?(?P<ip>\S+) +(?:\S+ +)?" + USER + " +"
"""`ip - user`; the second column may be missing. InfluxDB writes `[httpd]` before it."""
_BEFORE_HOST: Final = rf"^\"?{NAME} +{_ADDRESS} +"
_BEHIND_HOST: Final = rf"^\"?{_ADDRESS} +{_DOTTED} +\S+ +\["
_HOST_AND_LIST: Final = rf"^\"?[\w*.:-]+ +\"?{_ADDRESS}, *{_ADDRESS}"
_BEFORE_LIST: Final = rf"^\"{{0,2}}(?:-|{ADDRESSES})(?:, *|\"? +){_ADDRESS} +"
_HEADS: Final = {
    _HOST_AND_LIST: rf"^\"?{HOST} +\"?(?P<chain>{ADDRESSES})(?:, *|\"? +)(?P<ip>{_ADDRESS}) +(?:\S+ +)?{USER} +",
    _BEFORE_HOST: rf"^\"?{HOST} +(?P<ip>\S+) +(?:(?:\S+ +)?{USER} +)?",
    # lighttpd writes the host where others write the identity.
    _BEHIND_HOST: rf"^\"?(?P<ip>\S+) +{HOST} +(?P<user>\S+) +",
    _BEFORE_LIST: rf"^\"{{0,2}}(?P<chain>-|{ADDRESSES})(?:, *|\"? +)(?P<ip>{_ADDRESS}) +(?:\S+ +)?{USER} +",
}
"""What tells a line that begins otherwise: its beginning."""
VHOST: Final = _HEADS[_BEFORE_HOST]
ANY_HEAD: Final = "(?:" + "|".join(text.GROUP.sub("(?:", head) for head in (PLAIN, *_HEADS.values())) + ")"
"""Without groups."""

_OTHERS: Final = {
    "remote_user": "user",
    "remote_addr": "ip",
    "http_user_agent": "agent",
    "user_agent": "agent",
    "http_referer": "referer",
    "http_x_forwarded_for": "forwarded",
}
"""nginx's names of the groups."""


def begins_otherwise(sample: Sequence[str]) -> list[bool]:
    """Which lines have a virtual host or forwarded addresses before the client, or a host behind it."""
    return text.matches("|".join(f"(?:{look})" for look in _HEADS), sample)


def has_vhost(sample: Sequence[str]) -> list[bool]:
    """Which lines begin with a virtual host."""
    return text.matches(_BEFORE_HOST, sample)


def variants(rest: str) -> list[text.Variant]:
    """The patterns of lines that begin otherwise; `rest` is the pattern from the time on."""
    return [(f"regexp_matches(text, {quoted(look)})", head + rest) for look, head in _HEADS.items()]


def columns_of_heads(columns: Mapping[str, str]) -> dict[str, str]:
    """The columns with what the heads hold beside the address: the host, and the addresses before it."""
    forwarded = columns.get("forwarded")
    chain = text.field("chain")
    return {
        **columns,
        "host": text.field("host"),
        "forwarded": chain if forwarded is None else f"coalesce({forwarded}, {chain})",
    }


def share(sample: Sequence[str], pattern: str, *, but: Callable[[dict[str, str]], bool] | None = None) -> float:
    """The share of lines, those of an error log aside, that the pattern matches; `but` tells matches that count not."""
    lines = error_log.without(sample)
    read = [m for m in text.found(pattern, lines) if m is not None and not (but is not None and but(m))]
    return len(read) / len(lines) if lines else 0.0


def moment(group: str) -> str:
    """CLF; with a fraction; without a zone, taken as UTC; ISO 8601; an epoch; cPanel's month: as TIMESTAMP in UTC."""
    time = f"{{{group}}}"
    fraction = f"CAST(try_strptime({time}, '%d/%b/%Y:%H:%M:%S.%f %z') AS TIMESTAMP)"
    no_zone = f"try_strptime({time}, ['%d/%b/%Y:%H:%M:%S', '%d/%b/%Y %H:%M:%S', '%d/%b/%Y:%H:%M:%S.%f'])"
    month_first = f"CAST(try_strptime({time}, '%m/%d/%Y:%H:%M:%S %z') AS TIMESTAMP)"
    # Nearly all are the first: the others are looked at only where it is none.
    return f"coalesce({clf_moment(time)}, {fraction}, {no_zone}, {any_moment(time)}, {month_first})"


def credentials(options: Options, groups: Sequence[str], *, name: str) -> tuple[Credential, ...]:
    """Where keys stand in lines of these groups.

    Raises FormatError when none of `options.keys` is a place of theirs.
    """

    def header(http: str) -> str | None:
        group = _group("http_" + http.lower().replace("-", "_"), groups)
        return None if group is None else f"{{{group}}}"

    places = [p for p in options.keys if p.carrier != "field" or _group(p.name, groups) is not None]
    kept = Options(keys=tuple(places))
    held = carriers.credentials(kept, known=(), read=lambda n: f"{{{_group(n, groups)}}}", header=header)
    if options.keys and (not places or not held):
        wanted = ", ".join(place.name for place in options.keys)
        msg = f"Lines of the format {name} hold no {wanted}; their fields are: {', '.join(groups)}."
        raise FormatError(msg, hint="Add the key's header to the log and paste its log_format, or name another place.")
    return held


def _group(name: str, groups: Sequence[str]) -> str | None:
    bare = re.sub(r"[${}]", "", name)
    found = _OTHERS.get(bare, bare)
    return found if found in groups else None


def decoded(expression: str) -> str:
    r"""A text in which a backslash escapes quotes and backslashes (`\"`), without those."""
    plain = f"replace(replace({expression}, '\\\"', '\"'), '\\\\', '\\')"
    return f"CASE WHEN contains({expression}, '\\') THEN {present(plain)} ELSE {present(expression)} END"
