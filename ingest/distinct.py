"""What repeats in a block, looked at once: addresses, user agents, paths, methods and hosts, as tables beside `raw`."""

from collections.abc import Sequence
from typing import Final

import duckdb

from ingest.addresses import Address, clients, shown
from ingest.clients import clients as clients_of
from ingest.geo import NOWHERE, Place
from ingest.redact import issued, issued_sql, look, quoted, redact_sql
from ingest.routes import OVERFLOW, route_sql
from ingest.tables import TYPES, enumerate_columns, table, values
from ingest.templates import Templates
from ingest.treatment import REMEMBERED, Treatment
from model.event import Outcome

_BETWEEN: Final = "\x1f"
_LOOKED_AT: Final = 4000
"""Characters of a text in which secrets are looked for; what stands behind them is not kept."""
_LONGEST_PATH: Final = 1000
_LONGEST_AGENT: Final = 400


def make_addresses(duck: duckdb.DuckDBPyConnection, key: str | None, treatment: Treatment) -> None:
    """The table `addresses` (raw, ip, network, country, asn); `raw` is what `address_key` gives."""
    if key is None:
        return
    raw = values(duck, f"SELECT DISTINCT {key} FROM raw r WHERE r.reason IS NULL AND {key} IS NOT NULL")
    known = treatment.addresses_known
    new = [text for text in raw if text not in known]
    fresh = dict(zip(new, zip(*_resolved(new, treatment), strict=True), strict=True))
    # GeoIP files may change, so with them nothing is remembered.
    if treatment.geo is None and len(known) < REMEMBERED:
        known.update(fresh)
    found = [fresh.get(text) or known[text] for text in raw]
    table(
        duck,
        "addresses",
        raw=raw,
        ip=[stored.ip for stored, _ in found],
        network=[stored.network for stored, _ in found],
        country=[place.country for _, place in found],
        asn=[place.asn for _, place in found],
    )
    enumerate_columns(duck, "addresses", "ip", "network")


def _resolved(raw: Sequence[str], treatment: Treatment) -> tuple[list[Address], list[Place]]:
    """What is stored of each, and where it is."""
    pairs = [text.split(_BETWEEN, 1) if _BETWEEN in text else [text, ""] for text in raw]
    found = clients([(peer or None, chain or None) for peer, chain in pairs], treatment.proxies)
    if treatment.prefixes:
        found = [None if ip is not None and issued(ip, treatment.prefixes) else ip for ip in found]
    places = treatment.geo.places(found) if treatment.geo is not None else [NOWHERE] * len(found)
    return shown(found, treatment.addresses, treatment.pepper), places


def address_key(columns: Sequence[str], treatment: Treatment) -> str | None:
    """What tells one client of `raw r` from another: the peer, with what proxies say where that counts."""
    if "forwarded" not in columns:
        return "r.ip" if "ip" in columns else None
    if "ip" not in columns:
        return f"chr({ord(_BETWEEN)}) || r.forwarded"
    both = f"coalesce(r.ip, '') || chr({ord(_BETWEEN)}) || coalesce(r.forwarded, '')"
    return both if treatment.proxies else f"CASE WHEN r.ip IS NULL THEN {both} ELSE r.ip END"


def make_agents(duck: duckdb.DuckDBPyConnection, columns: Sequence[str], treatment: Treatment) -> None:
    """The table `agents` (raw, user_agent, client): redacted, at most 400 characters."""
    if "user_agent" not in columns:
        return
    asked = "SELECT DISTINCT user_agent AS raw FROM raw WHERE user_agent IS NOT NULL AND reason IS NULL"
    duck.execute(f"CREATE TEMP TABLE cleaned AS SELECT raw, left(raw, {_LOOKED_AT}) AS agent FROM ({asked})")
    _redact(duck, "cleaned", "agent", treatment.prefixes)
    duck.execute(f"UPDATE cleaned SET agent = left(agent, {_LONGEST_AGENT}) WHERE length(agent) > {_LONGEST_AGENT}")
    agents = values(duck, "SELECT DISTINCT agent FROM cleaned")
    table(duck, "named", agent=agents, client=clients_of(agents))
    duck.execute(
        "CREATE TEMP TABLE agents AS SELECT raw, agent AS user_agent, client FROM cleaned LEFT JOIN named USING (agent)"
    )
    enumerate_columns(duck, "agents", "user_agent", "client")


def make_paths(
    duck: duckdb.DuckDBPyConnection, columns: Sequence[str], treatment: Treatment, *, path_is_name: bool
) -> None:
    """The table `paths` (raw, path, route): redacted, at most 1,000 characters, and with identifiers templated.

    With declared routes it has a column `method`, too. With `path_is_name` the path is an operation's name
    (CloudTrail), in which a long word is no token.
    """
    if "path" not in columns:
        return
    method = ", method" if by_method(columns, treatment) else ""
    asked = f"SELECT DISTINCT path AS raw{method} FROM raw WHERE path IS NOT NULL AND reason IS NULL"
    duck.execute(f"CREATE TEMP TABLE shown AS SELECT raw, left(raw, {_LOOKED_AT}) AS path{method} FROM ({asked})")
    # What the cut below would split must be gone before it.
    _redact(duck, "shown", "path", treatment.prefixes, issued_only=path_is_name)
    duck.execute(
        f"CREATE TEMP TABLE paths AS SELECT *, {route_sql('path')} AS route"
        f" FROM (SELECT * REPLACE (left(path, {_LONGEST_PATH}) AS path) FROM shown)"
    )
    if treatment.templates is not None:
        _declared_routes(duck, treatment.templates, method=bool(method))
    enumerate_columns(duck, "paths", "route", also=OVERFLOW)


def by_method(columns: Sequence[str], treatment: Treatment) -> bool:
    """Whether one path may have a route for each method."""
    return treatment.templates is not None and "method" in columns


def make_words(duck: duckdb.DuckDBPyConnection, columns: Sequence[str], treatment: Treatment) -> None:
    """The tables `methods` and `hosts` (raw, and the column), and the types of sources and outcomes."""
    for name, longest in (("method", 20), ("host", 255)):
        if name in columns:
            asked = f"SELECT DISTINCT {name} AS raw FROM raw WHERE {name} IS NOT NULL AND reason IS NULL"
            duck.execute(f"CREATE TEMP TABLE {name}s AS SELECT raw, left(raw, {_LOOKED_AT}) AS {name} FROM ({asked})")
            _redact(duck, f"{name}s", name, treatment.prefixes)
            cut = f"left({name}, {longest})" if name == "method" else f"lower(left({name}, {longest}))"
            duck.execute(f"UPDATE {name}s SET {name} = {cut} WHERE {name} <> {cut}")
            enumerate_columns(duck, f"{name}s", name)
    for name, words in (("source", [treatment.source]), ("outcome", list(Outcome))):
        duck.execute(f"CREATE TYPE {TYPES[name]} AS ENUM ({', '.join(quoted(word) for word in words)})")


def cap_routes(duck: duckdb.DuckDBPyConnection, columns: Sequence[str], treatment: Treatment) -> None:
    """Put what goes beyond the cap of a host's routes into the overflow's route, in the table `events`."""
    if "path" not in columns:
        return
    rows = duck.execute(
        "SELECT CAST(host AS VARCHAR), CAST(route AS VARCHAR), bool_or(outcome = 'ok') FROM events"
        " WHERE route IS NOT NULL GROUP BY 1, 2 ORDER BY count(*) DESC, 1, 2"
    ).fetchall()
    admitted = treatment.cap.admit(rows)
    over = [(host, route) for (host, route, _), kept in zip(rows, admitted, strict=True) if kept == OVERFLOW]
    if over:
        table(duck, "beyond", host=[host for host, _ in over], route=[route for _, route in over])
        duck.execute(
            f"UPDATE events SET route = {quoted(OVERFLOW)} FROM beyond WHERE CAST(events.route AS VARCHAR) ="
            " beyond.route AND CAST(events.host AS VARCHAR) IS NOT DISTINCT FROM beyond.host"
        )


def _redact(
    duck: duckdb.DuckDBPyConnection, name: str, column: str, prefixes: Sequence[str], *, issued_only: bool = False
) -> None:
    """Redact a column of a small table. The steps are many and large, so a look tells whether any is needed."""
    looked = f"regexp_matches({column}, {quoted(look(prefixes))})"
    if issued_only:
        looked += f" AND {issued_sql(column, prefixes)}"
    if duck.execute(f"SELECT 1 FROM {name} WHERE {looked} LIMIT 1").fetchall():
        duck.execute(f"UPDATE {name} SET {column} = {redact_sql(column, prefixes)} WHERE {looked}")


def _declared_routes(duck: duckdb.DuckDBPyConnection, templates: Templates, *, method: bool) -> None:
    """Put declared routes into the table `paths`."""
    told = "method" if method else "CAST(NULL AS VARCHAR)"
    path = "path" if templates.needs_path else "''"
    rows = duck.execute(f"SELECT DISTINCT {told}, route, {path} FROM paths").fetchall()
    found = templates.match(rows)
    changed = [(*row, route) for row, route in zip(rows, found, strict=True) if route != row[1]]
    names = ("told", "generic", "asked", "declared")
    table(duck, "declared", **{name: [row[i] for row in changed] for i, name in enumerate(names)})
    duck.execute(
        f"UPDATE paths SET route = d.declared FROM declared d WHERE paths.route = d.generic AND {path} = d.asked"
        f" AND {told} IS NOT DISTINCT FROM d.told"
    )
