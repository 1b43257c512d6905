"""The paths of a block: redacted, and with a route for each."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ingest.cleaned import cleaned, cut
from ingest.outlines import outlined, stands
from ingest.redact import look
from ingest.routes import OVERFLOW, Cap, route_sql
from ingest.templates import Templates
from ingest.treatment import Treatment
from model.arrow import booleans, integer, strings, truths
from model.coded import Coded, Mask, constant, encoded, looked_up, of_texts, paired

_LONGEST: Final = 1000


@dataclass(frozen=True, slots=True)
class Paths:
    """The paths and routes of a block's events."""

    path: Coded
    route: Coded


def paths(
    duck: duckdb.DuckDBPyConnection, column: Coded, method: Coded | None, treatment: Treatment, *, path_is_name: bool
) -> Paths:
    """The paths, redacted and at most 1,000 characters long, and their routes: with identifiers templated, or declared.

    With `path_is_name` the path is an operation's name (CloudTrail), in which a long word is no token. `method` is as
    the log has it, for routes that are declared with one.
    """
    outline = outlined(column.values, treatment.prefixes)
    work = partial(_routes, duck, prefixes=treatment.prefixes)
    route = outline.mapped(known := treatment.memory.routes.of(outline.texts(), work))
    suspect = np.array([one is None for one in known], dtype=np.bool_)[outline.codes]
    if (pc.max(pc.binary_length(column.values)).as_py() or 0) > _LONGEST:
        suspect |= truths(pc.greater(pc.binary_length(column.values), integer(_LONGEST)))
    path = column
    if suspect.any():
        shown = _cleaned(duck, column.values, suspect, treatment, issued_only=path_is_name)
        found = _routed(duck, shown.filter(booleans(suspect)))
        codes = route.codes.copy()
        codes[suspect] = found.codes + len(route.values)
        route = of_texts(codes, [*route.texts(), *found.texts()])
        path = column.within(encoded(pa.chunked_array([shown])))
    routes = column.within(route)
    if treatment.templates is not None:
        routes = _declared(treatment.templates, path, routes, method)
    return Paths(path, routes)


def _cleaned(
    duck: duckdb.DuckDBPyConnection, values: pa.Array, suspect: Mask, treatment: Treatment, *, issued_only: bool
) -> pa.Array:
    """The paths, those that are suspect redacted and cut."""
    some = booleans(suspect)
    # What the cut would split must be gone before it.
    shown = cut(cleaned(duck, values.filter(some), treatment.prefixes, issued_only=issued_only), _LONGEST)
    return pc.replace_with_mask(values, some, shown.cast(values.type))


def _routes(duck: duckdb.DuckDBPyConnection, outlines: Sequence[str], *, prefixes: Sequence[str]) -> list[str | None]:
    """The routes of the paths of these outlines; None where each path has to be looked at itself."""
    texts = strings(outlines)
    suspect = pc.match_substring_regex(texts, look(prefixes)).to_pylist()
    routes = _routed(duck, texts)
    names = routes.texts()
    return [
        None if found or not stands(outline) else names[code]
        for outline, found, code in zip(outlines, suspect, routes.codes.tolist(), strict=True)
    ]


def _routed(duck: duckdb.DuckDBPyConnection, paths: pa.Array) -> Coded:
    """The routes of paths."""
    duck.register("shown", pa.table([paths], names=["path"]))
    route = encoded(duck.sql(f"SELECT {route_sql('path')} AS route FROM shown").to_arrow_table()["route"])
    duck.unregister("shown")
    return route


def capped(cap: Cap, route: Coded, host: Coded, succeeded: Mask) -> Coded:
    """The routes, with the overflow's route for what goes beyond the cap of a host's."""
    place, hosts, routes = paired(host, route)
    counts = np.bincount(place, minlength=len(hosts)).tolist()
    succeeded = np.bincount(place, weights=succeeded, minlength=len(hosts)) > 0
    names, texts = host.texts(), route.texts()
    rows = [
        (-count, names[h] if h >= 0 else None, texts[r], ok, at)
        for at, (count, h, r, ok) in enumerate(zip(counts, hosts, routes, succeeded.tolist(), strict=True))
        if r >= 0
    ]
    # The most frequent first; of equally many in alphabetical order, and without a host last.
    rows.sort(key=lambda row: (row[0], row[1] is None, row[1] or "", row[2]))
    admitted = cap.admit([(name, text, ok) for _, name, text, ok, _ in rows])
    over = [at for (*_, at), kept in zip(rows, admitted, strict=True) if kept == OVERFLOW]
    if not over:
        return route
    places = routes.copy()
    places[over] = len(texts)
    return of_texts(looked_up(places, place), [*texts, OVERFLOW])


def _declared(templates: Templates, path: Coded, route: Coded, method: Coded | None) -> Coded:
    """The declared routes in the place of those that were guessed."""
    told = method if method is not None else constant(None, len(path))
    shown = path if templates.needs_path else route
    place, methods, shapes = paired(told, shown)
    guessed = np.full(len(methods), -1, dtype=np.int32)
    guessed[place] = route.codes
    names, generic, texts = told.texts(), route.texts(), path.texts() if templates.needs_path else []
    asked = [
        (names[m] if m >= 0 else None, generic[g], texts[s] if templates.needs_path else "")
        for m, g, s in zip(methods, guessed, shapes, strict=True)
        if g >= 0
    ]
    found = iter(templates.match(asked))
    return of_texts(place, [next(found) if g >= 0 else None for g in guessed])
