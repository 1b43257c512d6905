"""From a layout and a sample to the plan: which leaves are read, and what the raw columns make of them."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from ingest.formats import carriers, variables
from ingest.formats.durations import milliseconds
from ingest.formats.interface import RAW_COLUMNS, Credential, KeyPlace, Options, Plan, Shaped
from ingest.formats.json_layout import NO_CREDENTIAL, Layout
from ingest.formats.json_leaves import Leaf, first_of, leaves, top_level
from ingest.formats.json_names import DURATIONS, FIELDS, duration_of, kind_of, same_header
from ingest.formats.json_sample import Sample, folded, look
from ingest.formats.sql import any_moment, first, iso_moment
from ingest.redact import quoted
from model.errors import FormatError

_TELLING: Final = ("method", "target", "request", "status", "ip")
"""Columns of which a line that is a request has one."""
_INTEGERS: Final = ("status", "bytes_out", "bytes_in")
_ENOUGH: Final = 2
"""So many of these an object inside a record must have to be taken for its request."""
_URL = re.compile(r"(?i)ur[il]")


def plan(layout: Layout, lines: Sequence[str], options: Options) -> Plan:
    """The plan for lines of that layout.

    Raises FormatError when nothing in them can be the time of a request.
    """
    building = _Building(layout, look(lines), options)
    times = building.names("ts")
    if not times:
        seen = ", ".join(list(building.sample.leaves)[:20]) or "none"
        msg = f"No field of these JSON lines is a time; the fields are: {seen}."
        raise FormatError(msg, hint='Name it in the source: fields = { ts = "…" }.')
    moment = f"coalesce({layout.moment(building.text(times))}, {any_moment('envelope')}) AS moment"
    target = f"{building.target()} AS bare_target"
    columns = building.columns()
    credentials = building.credentials()
    skips = (*layout.skips(building.read), *building.remarks(columns, credentials))
    shaped = building.shaped(times, columns, target)
    # Last, when all leaves are known.
    prepare = (*leaves(list(building.leaves), prefixed=layout.prefixed), moment, target)
    return Plan(
        format=layout.name,
        prepare=prepare,
        columns=columns,
        credentials=credentials,
        skips=skips,
        unread="r IS NULL",
        unread_reason="not valid JSON",
        time_reason=f"no time in {times[0]}",
        path_is_name=layout.path_is_name,
        leaves=() if layout.prefixed else top_level(list(building.leaves)),
        shaped=shaped,
    )


def has_time(lines: Sequence[str], layout: Layout, options: Options) -> bool:
    """Whether some field of the sample can be the time."""
    return bool(_Building(layout, look(lines), options).names("ts"))


def tells(lines: Sequence[str], layout: Layout, options: Options) -> bool:
    """Whether the sample says anything of requests or keys; a logger's remarks do not."""
    building = _Building(layout, look(lines), options)
    told = any(building.names(column) for column in _TELLING)
    return told or bool(options.fields) or any(not one.of_target for one in building.credentials())


def _of_host(host: str) -> dict[str, str]:
    address = (
        f"regexp_matches({host}, '^(?:[0-9]{{1,3}}(?:[.][0-9]{{1,3}}){{3}}|[0-9a-fA-F]*:[0-9a-fA-F]*:[0-9a-fA-F:.]*)$')"
    )
    return {"ip": f"CASE WHEN {address} THEN {host} END", "host": f"CASE WHEN NOT {address} THEN {host} END"}


def _found(sample: Sample, inside: str, names: Sequence[str]) -> list[str]:
    found = ((name, sample.field(inside + name)) for name in names)
    # `request_time` is a duration, and not the time that is called `requestTime`.
    return list(
        dict.fromkeys(
            own for name, own in found if own is not None and (name in DURATIONS or own[len(inside) :] not in DURATIONS)
        )
    )


def _inside(sample: Sample) -> str:
    """The path of the object that holds the request, with a dot behind it; nothing where the record itself is one."""

    def told(inside: str) -> int:
        return sum(1 for column in _TELLING if _found(sample, inside, FIELDS.get(column, ())))

    if told(""):
        return ""
    paths = {name[: at + 1] for name in sample.leaves for at, letter in enumerate(name) if letter == "."}
    best = max(sorted(paths, key=len), key=told, default="")
    return best if best and told(best) >= _ENOUGH else ""


class _Building:
    """The leaves that are wanted so far, and the ways to want more."""

    def __init__(self, layout: Layout, sample: Sample, options: Options) -> None:
        self.layout, self.sample, self.options = layout, sample, options
        self.leaves: dict[Leaf, str] = {}
        self.inside = "" if layout.known else _inside(sample)
        """What stands before the names of the fields: `properties.`, where the request is an object in the record."""

    def read(self, name: str) -> str:
        """The expression of a field's text."""
        leaf = self.sample.leaf(name)
        text = self.leaves.setdefault(leaf, f"r[{len(self.leaves) + 1}]")
        is_list = self.sample.field(name) in self.sample.lists or name.startswith(self.layout.lists)
        return first_of(text) if is_list else text

    def read_key(self, name: str) -> str:
        """The same for a field that may hold a credential."""
        return (
            f"CASE WHEN {self.read(name)} NOT IN ({', '.join(map(quoted, NO_CREDENTIAL))}) THEN {self.read(name)} END"
        )

    def text(self, names: Sequence[str]) -> str:
        """The first of the fields that a line has."""
        return self.read(names[0]) if len(names) == 1 else first(self.read(name) for name in names)

    def names(self, column: str) -> list[str]:
        """The fields of a column: the config's own, those that the sample has, or what the format calls it."""
        if column in self.options.fields:
            return [self.options.fields[column]]
        own = self.layout.fields.get(column, ())
        seen = self._seen(own) or self._seen(FIELDS.get(column, ()))
        return seen or (list(own[:1]) if self.layout.known else [])

    def _seen(self, names: Sequence[str]) -> list[str]:
        return _found(self.sample, self.inside, names) or (_found(self.sample, "", names) if self.inside else [])

    def columns(self) -> dict[str, str]:
        """All raw columns."""
        plain = [name for name in RAW_COLUMNS if name not in {"ts", "target", "duration_ms", "outcome"}]
        found = {column: first(map(self.read, names)) for column in plain if (names := self.names(column))}
        found |= {"ts": "moment"} | ({"target": "bare_target"} if self.names("target") else {})
        found |= self._duration()
        computed = self.layout.columns(self.read)
        found |= {column: text for column, text in computed.items() if column not in self.options.fields}
        if "ip" not in found and self.names("host")[:1] == ["host"] and not self.layout.known:
            # Parsers of CLF call its first column so.
            found |= _of_host(found["host"])
        if any(_URL.search(name) for name in self.names("target")):
            url = r"regexp_extract(bare_target, '^https?://(?:[^/?#@]*@)?([^/?#]+?)(?::80|:443)?(?:[/?#]|$)', 1)"
            of_url = f"CASE WHEN starts_with(bare_target, 'http') THEN nullif({url}, '') END"
            found["host"] = f"coalesce({found['host']}, {of_url})" if "host" in found else of_url
        return found

    def target(self) -> str:
        """The target with its query."""
        names = self.names("target")
        target = first(map(self.read, names)) if names else "NULL"
        queries = self._seen(self.layout.query) or list(self.layout.query[: self.layout.known])
        if not names or not queries:
            return target
        query = first(map(self.read, queries))
        whole = f"concat({target}, '?', ltrim({query}, '?'))"
        return f"CASE WHEN {query} IS NULL OR contains({target}, '?') THEN {target} ELSE {whole} END"

    def _duration(self) -> dict[str, str]:
        parts = [milliseconds(self.read(name), unit) for name, unit in self._units().items()]
        return {"duration_ms": f"coalesce({', '.join(parts)})"} if parts else {}

    def _units(self) -> dict[str, float]:
        """The fields of the duration, to milliseconds a unit."""
        named = self.options.fields.get("duration_ms")
        if named is not None:
            return {named: variables.DURATIONS.get(named, 1)}
        own = self.layout.durations or DURATIONS
        seen = self._seen(tuple(own))
        folds = {folded(name): unit for name, unit in reversed(list(own.items()))}
        units = {
            name: folds.get(folded(name.removeprefix(self.inside)), 1)
            for name in seen or (list(own)[:1] if self.layout.durations else [])
        }
        if not units:
            units = dict([(n, u) for n in self.sample.leaves if (u := duration_of(n)) is not None][:1])
        return units

    def shaped(self, times: Sequence[str], columns: Mapping[str, str], target: str) -> Shaped:
        """Numbers that are numbers in the whole sample are read as such, and so is a time in ISO 8601.

        What is something else in another line is null in both ways, but that the reader takes a truth for 1 and half a
        byte for the even neighbour.
        """
        types: dict[str, str] = {}
        quick: dict[str, str] = {}
        for column in _INTEGERS:
            names = self.names(column)
            if len(names) == 1 and self.sample.shape(names[0]) == "integer":
                text = self.read(names[0])
                if columns.get(column) == first([text]) and text not in types:
                    types[text], quick[columns[column]] = "BIGINT", text
        for name, unit in list(self._units().items())[:1]:
            text = self.read(name)
            told = f"coalesce({milliseconds(text, unit)})"
            if (
                told == columns.get("duration_ms")
                and text not in types
                and self.sample.shape(name) in {"integer", "number"}
            ):
                types[text], quick[told] = "DOUBLE", f"{text} * {unit}"
        text = self.text(times)
        iso = self.layout.moment is any_moment and len(times) == 1 and self.sample.shape(times[0]) == "moment"
        moment = iso_moment(text) if iso else self.layout.moment(text)
        return Shaped(types=types, prepare=(f"{moment} AS moment", target), columns=quick)

    def credentials(self) -> tuple[Credential, ...]:
        """The config's places, or the layout's and whatever else the sample shows to be one, and the query."""
        if self.options.keys:
            return (*self._carried(tuple(map(self._of_cookie, self.options.keys))), *carriers.strayed(self.options))
        in_query = carriers.credentials(Options(), known=(), read=self.read)
        if self.layout.credentials is not None:
            return (*self.layout.credentials(self.read), *in_query)
        own = dict(self.layout.keys)
        ordered = (*(name for name in variables.KEYS if name in self.sample.leaves), *self.sample.leaves)
        seen = {
            name: kind
            for name in ordered
            if name not in own and (kind := kind_of(name.removeprefix(self.inside))) is not None
        }
        places = tuple(KeyPlace(name=name, kind=kind) for name, kind in (own | seen).items())
        return (*(self._carried(places) if places else ()), *in_query, *self._tokens())

    def _tokens(self) -> tuple[Credential, ...]:
        """A JWT in the Cookie header, where the sample shows one."""
        held = next((name for name in self.sample.leaves if same_header(name, "cookie")), None)
        return () if held is None else (carriers.token_in(self.read_key(held)),)

    def _carried(self, places: tuple[KeyPlace, ...]) -> tuple[Credential, ...]:
        return carriers.credentials(
            replace(self.options, keys=places),
            known=(),
            read=self.read_key,
            header=self._header,
            cookies=self._header("cookie"),
        )

    def _of_cookie(self, place: KeyPlace) -> KeyPlace:
        if place.carrier != "cookie" or self.layout.cookies is None:
            return place
        return replace(place, carrier="field", name=self.layout.cookies.format(place.name))

    def _header(self, name: str) -> str | None:
        if self.layout.header is not None:
            return self.layout.header(self.read, name)
        for field in self.sample.leaves:
            if same_header(field, name):
                return self.read_key(field)
        return (
            None
            if self.layout.headers is None
            else self.read_key(self.layout.headers.format(self.layout.spelled(name)))
        )

    def remarks(self, columns: dict[str, str], credentials: Sequence[Credential]) -> tuple[tuple[str, str], ...]:
        """Lines that say nothing of a request: what the logger says of itself, between its requests."""
        telling = [columns[name] for name in _TELLING if name in columns]
        if not self.layout.only_requests or not any(name in columns for name in _TELLING[:-1]):
            return ()
        told = ", ".join((*telling, *(c.expression for c in credentials if not c.of_target)))
        return ((f"r IS NOT NULL AND coalesce({told}) IS NULL AND moment IS NOT NULL", "log"),)
