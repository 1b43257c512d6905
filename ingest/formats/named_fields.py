"""Lines whose fields have names (a header line, labels, groups of a pattern): which field is which raw column."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from ingest.formats import carriers
from ingest.formats.durations import milliseconds
from ingest.formats.interface import RAW_COLUMNS, Credential, KeyPlace, Options
from ingest.formats.json_names import DURATIONS, FIELDS, QUERIES, duration_of, kind_of, same_header
from ingest.formats.json_sample import folded
from ingest.formats.sql import any_moment, first, present

_BETWEEN = re.compile(r"[ ()\-]+")
COLUMNS: Final = {column: (column, *FIELDS.get(column, ())) for column in RAW_COLUMNS}
"""Raw column to the names that it may have, in order."""
_TELLING: Final = ("target", "request", "status", "method")


def _plain(name: str) -> str:
    return _BETWEEN.sub("_", name.strip().lower()).rstrip("_")


@dataclass(frozen=True, kw_only=True)
class Named:
    """The names that lines have, and what they mean."""

    names: Sequence[str]
    options: Options
    read: Callable[[str], str]
    """The expression of a field's text, by its name."""
    own: Mapping[str, Sequence[str]] = field(default_factory=lambda: COLUMNS)
    """Raw column to names, tried in order. Upper and lower case, blanks, dashes and brackets make no difference."""
    durations: Mapping[str, float] = field(default_factory=dict)
    """Names of durations that only this format knows, to milliseconds a unit."""

    def of(self, column: str) -> list[str]:
        """The fields of a column, in order; one that the config names stands alone."""
        if column in self.options.fields:
            return [self.options.fields[column]]
        return self._seen(self.own[column])

    def is_log(self) -> bool:
        """Whether the names are those of requests: a time, and something of what was asked or answered.

        A path alone is a file's as often as a request's.
        """
        told = [column for column in _TELLING if self.of(column)]
        if told == ["target"] and not self.of("ip") and "target" not in self.options.fields:
            return False
        return bool(told) and (bool(self.of("ts")) or len(told) > 1)

    def moment(self) -> str:
        """The time: the line's own (in one field, or in `date` and `time`), else that of a wrapper around it."""
        found, beside = self.of("ts"), any_moment("envelope")
        if not found:
            return beside
        text = f"trim({first(map(self.read, found))}, '[]')"
        day = self._seen(("date",))
        if day and _plain(found[0]) == "time":
            both = f"trim({self.read(day[0])} || ' ' || {self.read(found[0])}, '[]')"
            return f"coalesce({any_moment(both)}, {any_moment(text)}, {beside})"
        return f"coalesce({any_moment(text)}, {beside})"

    def columns(self) -> dict[str, str]:
        """All raw columns but `ts`."""
        plain = [name for name in RAW_COLUMNS if name not in {"ts", "target", "duration_ms"}]
        found = {column: first(map(self.read, names)) for column in plain if (names := self.of(column))}
        if self.of("target"):
            found["target"] = self._target()
        if (duration := self._duration()) is not None:
            found["duration_ms"] = duration
        return found

    def credentials(self) -> tuple[Credential, ...]:
        """The config's places, or the fields whose names tell of a credential; and the query."""
        in_query = carriers.credentials(Options(), known=(), read=self.read)
        if not self.options.keys:
            kinds = {name: kind for name in self.names if (kind := kind_of(name) or kind_of(_plain(name))) is not None}
            fields = [Credential(expression=present(self.read(name)), kind=kind) for name, kind in kinds.items()]
            return (*fields, *in_query)
        keys = tuple(place for place in self.options.keys if place.carrier != "field" or self._held(place))
        cookies = self._header("cookie")
        places = Options(keys=keys)
        found = carriers.credentials(places, known=(), read=self.read, header=self._header, cookies=cookies)
        return (*found, *carriers.strayed(places)) if keys else ()

    def _held(self, place: KeyPlace) -> bool:
        return place.name in self.names

    def _header(self, header: str) -> str | None:
        return next((self.read(name) for name in self.names if same_header(_BETWEEN.sub("-", name), header)), None)

    def _seen(self, wanted: Sequence[str]) -> list[str]:
        spelled = {folded(_plain(name)): name for name in reversed(self.names)}
        found = (spelled.get(folded(_plain(name))) for name in wanted)
        return list(dict.fromkeys(name for name in found if name is not None))

    def _target(self) -> str:
        target, queries = first(map(self.read, self.of("target"))), self._seen(QUERIES)
        if not queries or "target" in self.options.fields:
            return target
        query = first(map(self.read, queries))
        return f"concat({target}, CASE WHEN NOT contains({target}, '?') THEN '?' || ltrim({query}, '?') END)"

    def _duration(self) -> str | None:
        named = self.options.fields.get("duration_ms")
        if named is not None:
            return milliseconds(self.read(named), DURATIONS.get(named, 1))
        units = {**DURATIONS, **self.durations}
        known = {name: units[name] for name in units if name in self.names}
        told = {name: unit for name in self.names if (unit := duration_of(_plain(name))) is not None}
        return next((milliseconds(self.read(name), unit) for name, unit in (known | told).items()), None)
