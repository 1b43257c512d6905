"""The paths of a block: redacted, and with a route for each."""

from dataclasses import dataclass
from typing import Final

import duckdb
import numpy as np
import pyarrow as pa

from ingest.cleaned import cleaned, cut
from ingest.routes import OVERFLOW, Cap, route_sql
from ingest.templates import Templates
from ingest.treatment import Treatment
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
    # What the cut would split must be gone before it.
    shown = cut(cleaned(duck, column.values, treatment.prefixes, issued_only=path_is_name), _LONGEST)
    duck.register("shown", pa.table([shown], names=["path"]))
    route = encoded(duck.sql(f"SELECT {route_sql('path')} AS route FROM shown").to_arrow_table()["route"])
    duck.unregister("shown")
    path = column.within(encoded(pa.chunked_array([shown])))
    routes = column.within(route)
    if treatment.templates is not None:
        routes = _declared(treatment.templates, path, routes, method)
    return Paths(path, routes)


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
