"""Routes: paths with their identifiers templated, so that what is counted by route stays few.

`route_sql` knows an identifier by its look. Declared routes (`ingest.templates`) know better; `Cap` bounds the rest.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Final

from ingest.redact import quoted

OVERFLOW: Final = "/…"
"""The route of what came after a host had too many."""

_UUID: Final = "[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}"
_PREFIXED: Final = "[A-Za-z]{1,12}_(?:[A-Za-z0-9]*[0-9](?:[A-Za-z][A-Za-z0-9]*|[0-9]+)|[0-9])"
"""cus_NffrFeUfNV2Hib, user_123; not oauth_v2."""
_CODE: Final = "[A-Za-z]*[0-9]+[A-Za-z]+[0-9]+[A-Za-z]+[0-9][A-Za-z0-9]*"
"""Three groups of digits with letters between them: k3j5h2g8. v1beta2 has two."""
IDENTIFIER: Final = (
    rf"\+?[0-9]+(?:-[0-9]+)*|{_UUID}|[0-9a-fA-F]{{16,}}|[0-9A-HJKMNP-TV-Z]{{26}}|{_PREFIXED}|{_CODE}"
    r"|[^/]+(?:@|%40)[^/]+|[^/]*\[redacted\][^/]*"
)
"""A segment that names one thing: a number or date, UUID, hash, ULID, prefixed id, code, e-mail address, secret."""

_WHOLE = re.compile(f"(?:{IDENTIFIER})", re.ASCII)


def route_sql(path: str) -> str:
    """The route of a path without query, as SQL; null for null.

    The last segment first: a search that ends at the end runs backwards and is cheap, and most identifiers stand there.
    Then those in the middle, for the paths that have one; twice, for two in a row share the slash between them. Without
    groups to keep, RE2 needs its fast automaton only: half the time of one pattern with a group.
    """
    last = f"regexp_replace({path}, {quoted(f'/(?:{IDENTIFIER})$')}, '/{{id}}')"
    middle = quoted(f"/(?:{IDENTIFIER})/")
    once = f"regexp_replace({last}, {middle}, '/{{id}}/', 'g')"
    twice = f"regexp_replace({once}, {middle}, '/{{id}}/', 'g')"
    return f"CASE WHEN regexp_matches({last}, {middle}) THEN {twice} ELSE {last} END"


def is_identifier(segment: str) -> bool:
    """Whether `route_sql` templates this segment."""
    return _WHOLE.fullmatch(segment) is not None


class Cap:
    """At most so many distinct routes a host; what comes after them is one route, `/…`.

    It remembers what it admitted, so a route that has a name keeps it. Routes that never succeeded may take half of the
    places: a scanner that asks for a million paths leaves room for real ones. Hosts are bounded too, for a client names
    them: all beyond share one set.
    """

    def __init__(self, limit: int = 2000, *, hosts: int = 1000) -> None:
        self._limit = limit
        self._hosts = hosts
        self._admitted: dict[str | None, set[str]] = {}
        self._declared: frozenset[str] = frozenset()

    def seed(self, known: Iterable[tuple[str | None, str]]) -> None:
        """Admit the (host, route) that the store already has, whatever their number."""
        for host, route in known:
            self._of(host).add(route)

    def declare(self, routes: Iterable[str]) -> None:
        """Admit declared routes on every host."""
        self._declared = self._declared.union(routes)

    def admit(self, rows: Sequence[tuple[str | None, str, bool]]) -> list[str]:
        """The route of each distinct (host, route, whether it ever succeeded); the most frequent should come first."""
        for wanted, limit in ((True, self._limit), (False, self._limit // 2)):
            for host, route, succeeded in rows:
                if succeeded is wanted and route not in self._declared:
                    admitted = self._of(host)
                    if len(admitted) < limit:
                        admitted.add(route)
        return [route if route in self._declared or route in self._of(host) else OVERFLOW for host, route, _ in rows]

    def _of(self, host: str | None) -> set[str]:
        if host not in self._admitted and len(self._admitted) >= self._hosts:
            host = OVERFLOW
        return self._admitted.setdefault(host, set())
