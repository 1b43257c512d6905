"""The credentials of a block: whose they are, and out of which texts they must go before anything else is looked at."""

from collections.abc import Iterator, Sequence
from typing import Final

import duckdb

from ingest.identity import Identity, identify, identify_ids
from ingest.redact import MARK, quoted
from ingest.tables import enumerate_columns, table, values
from ingest.treatment import REMEMBERED, Treatment

_SHORT: Final = 6
"""Own secrets of fewer characters stay in texts: replacing them would tear words apart."""
_AT_ONCE: Final = 50_000
"""Secrets that are identified at once: a million guesses take no more memory than so many."""
_ROUNDS: Final = 8
"""Own secrets of one request that are taken out, one after another."""


def make_credentials(duck: duckdb.DuckDBPyConnection, columns: Sequence[str], treatment: Treatment) -> None:
    """The tables `credentials` (is_id, raw, key_ref, key_hint, bare, unverified) and `bares` (raw, bare).

    `bare` is the secret itself; the second table has all texts that stand for it.
    """
    secrets = _secrets(duck, columns)
    ids = values(duck, "SELECT DISTINCT key_id FROM raw WHERE key_id IS NOT NULL") if "key_id" in columns else []
    found = _identified(secrets, treatment)
    found += identify_ids(ids, treatment.pepper, treatment.prefixes)
    table(
        duck,
        "credentials",
        is_id=[False] * len(secrets) + [True] * len(ids),
        raw=secrets + ids,
        key_ref=[each.key_ref for each in found],
        key_hint=[each.key_hint for each in found],
        bare=[each.bare[0] if each.bare else None for each in found],
        unverified=[each.unverified for each in found],
    )
    known = [(raw, bare) for raw, each in zip(secrets + ids, found, strict=True) for bare in each.bare]
    known = [pair for pair in known if len(pair[1]) >= _SHORT]
    table(duck, "bares", raw=[raw for raw, _ in known], bare=[bare for _, bare in known])
    enumerate_columns(duck, "credentials", "key_ref", "key_hint")


def _identified(secrets: Sequence[str], treatment: Treatment) -> list[Identity]:
    known = treatment.identities_known
    new = [secret for secret in secrets if secret not in known]
    fresh = {
        secret: each
        for some in batched(new, _AT_ONCE)
        for secret, each in zip(some, identify(some, treatment.pepper), strict=True)
    }
    if len(known) < REMEMBERED:
        known.update(fresh)
    return [fresh.get(secret) or known[secret] for secret in secrets]


def take_out(duck: duckdb.DuckDBPyConnection, columns: Sequence[str]) -> None:
    """Replace a request's own secrets in its path and user agent: no family of tokens need know them."""
    texts = [name for name in ("path", "user_agent", "host") if name in columns]
    if "secret" not in columns or not texts:
        return
    carried = ["SELECT r.rowid AS place, b.bare FROM raw r JOIN bares b ON r.secret = b.raw"]
    if _has_others(duck, columns):
        others = "(SELECT rowid AS place, unnest(also) AS other FROM raw WHERE also IS NOT NULL) o"
        joined = "JOIN bares b ON o.other = b.raw JOIN raw r ON r.rowid = o.place"
        carried.append(f"SELECT r.rowid AS place, b.bare FROM {others} {joined}")
    holds = " OR ".join(f"contains(r.{name}, b.bare)" for name in texts)
    held = " UNION ALL ".join(f"{select} WHERE ({holds})" for select in carried)
    replaced = ", ".join(f"{name} = replace({name}, held.bare, {quoted(MARK)})" for name in texts)
    for _ in range(_ROUNDS):
        if not duck.execute(f"SELECT 1 FROM ({held}) LIMIT 1").fetchall():
            return
        duck.execute(
            f"UPDATE raw SET {replaced} FROM (SELECT place, arg_max(bare, length(bare)) AS bare FROM ({held})"
            " GROUP BY place) held WHERE raw.rowid = held.place"
        )


def make_several(duck: duckdb.DuckDBPyConnection, columns: Sequence[str]) -> bool:
    """The table `several` (place, key_ref, key_hint, many), of rows that carry more than one secret.

    The key is the first secret that is one (a `REDACTED` is none); `many` tells whether they belong to more than one
    key. False when there is no such row.
    """
    if not _has_others(duck, columns):
        return False
    listed = "unnest(also) AS other, generate_subscripts(also, 1) AS n"
    others = f"SELECT rowid AS place, {listed} FROM raw WHERE also IS NOT NULL"
    duck.execute(
        "CREATE TEMP TABLE several AS SELECT place, arg_min(c.key_ref, n) AS key_ref,"
        f" arg_min(c.key_hint, n) AS key_hint, count(DISTINCT c.key_ref) > 1 AS many FROM ({others}) o"
        " JOIN credentials c ON o.other = c.raw AND NOT c.is_id AND c.key_ref IS NOT NULL GROUP BY place"
    )
    return True


def batched(texts: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    """The texts in runs of at most `size`."""
    return (texts[at : at + size] for at in range(0, len(texts), size))


def _has_others(duck: duckdb.DuckDBPyConnection, columns: Sequence[str]) -> bool:
    return "also" in columns and bool(duck.execute("SELECT count(also) FROM raw").fetchall()[0][0])


def _secrets(duck: duckdb.DuckDBPyConnection, columns: Sequence[str]) -> list[str]:
    if "secret" not in columns:
        return []
    asked = "SELECT DISTINCT secret FROM raw WHERE secret IS NOT NULL"
    if "also" in columns:
        asked += " UNION SELECT unnest(also) AS secret FROM raw WHERE also IS NOT NULL"
    return [secret for secret in values(duck, asked) if secret is not None]
