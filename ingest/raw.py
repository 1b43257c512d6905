"""A block's lines to the table `raw`, one row a line: the plan's columns, credentials, and why a line is no event."""

from collections.abc import Mapping, Sequence
from typing import Final

from ingest.formats.interface import RAW_COLUMNS, Credential, Plan, Quick
from ingest.formats.sql import METHOD_OF_REQUEST, TARGET_OF_REQUEST, WORDS
from ingest.redact import quoted

ODD: Final = "odd"
"""The reason of rows that the quick way could not take; the plan's SQL gives them anew."""

_TYPES: Final = {"status": "SMALLINT", "bytes_out": "BIGINT", "bytes_in": "BIGINT", "duration_ms": "DOUBLE"}
_PATH: Final = (
    "CASE WHEN starts_with(target, '/') AND NOT contains(target, '#') THEN split_part(target, '?', 1)"
    # A URL with its host, which may have no path, and fragments, which no client should send.
    " WHEN target IS NOT NULL THEN coalesce(nullif(split_part(split_part("
    "regexp_replace(target, '^https?://[^/?#]+', ''), '?', 1), '#', 1), ''), '/') END"
)


def raw_sql(plan: Plan, source: str) -> str:
    """A SELECT of raw rows from `source` (n, text, envelope), by the plan's own SQL."""
    kinds = "".join(f" WHEN {condition} THEN {quoted(kind)}" for condition, kind in plan.skips)
    blank = "length(text) < 3 AND trim(text, E' \\r\\n\\t') = ''"
    return _select(
        f"SELECT n, text, envelope FROM {source}",
        plan.prepare,
        plan.columns,
        plan.credentials,
        skipped=f"CASE WHEN {blank} THEN 'blank'{kinds} END",
        unread=f"CASE WHEN {plan.unread} THEN {quoted(plan.unread_reason)} END",
        late=quoted(plan.time_reason),
    )


def quick_sql(quick: Quick, path: str) -> str:
    """A SELECT of raw rows from the block at `path`, by DuckDB's reader; the reason of unusual rows is ODD.

    Their number `n` is null: it is the row's place in the table.
    """
    return _select(
        f"SELECT *, CAST(NULL AS INTEGER) AS n, true AS r, CAST(NULL AS VARCHAR) AS envelope"
        f" FROM {quick.reader.format(path=path)}",
        quick.prepare,
        quick.columns,
        quick.credentials,
        skipped="CAST(NULL AS VARCHAR)",
        unread=f"CASE WHEN ({quick.usual}) IS NOT TRUE THEN '{ODD}' END",
        late=f"'{ODD}'",
    )


def columns_of(columns: Mapping[str, str], credentials: Sequence[Credential]) -> list[str]:
    """The names of the columns of `raw` beside n, skipped and reason, in order."""
    given = [name for name in RAW_COLUMNS if name in columns and name not in {"request", "target", "method"}]
    asked = {"request", "target"} & set(columns)
    given += ["path"] if asked else []
    given += ["method"] if asked - {"target"} or "method" in columns else []
    if asked and any(not credential.of_target for credential in credentials):
        given.append("target")
    return [*given, *credential_columns(credentials)]


def credential_columns(credentials: Sequence[Credential]) -> list[str]:
    """`secret`, `key_id`, and `also` where a line can hold several secrets."""
    kinds = [credential.kind for credential in credentials]
    names = [name for name, kind in (("secret", "secret"), ("key_id", "id")) if kind in kinds]
    return [*names, *(["also"] if kinds.count("secret") and len(kinds) > 1 else [])]


def _select(
    source: str,
    prepare: Sequence[str],
    columns: Mapping[str, str],
    credentials: Sequence[Credential],
    *,
    skipped: str,
    unread: str,
    late: str,
) -> str:
    taken = source
    for step in prepare:
        taken = f"SELECT *, {step} FROM ({taken})"
    listed = [f"{_typed(name, expression)} AS {name}" for name, expression in columns.items()]
    listed += [f"{c.expression} AS credential_{i}" for i, c in enumerate(credentials) if not c.of_target]
    taken = f"SELECT n, {skipped} AS skipped, {unread} AS unread, {', '.join(listed)} FROM ({taken})"
    if "request" in columns:
        target = f"coalesce(target, {TARGET_OF_REQUEST})" if "target" in columns else TARGET_OF_REQUEST
        method = f"coalesce(method, {METHOD_OF_REQUEST})" if "method" in columns else METHOD_OF_REQUEST
        rest = [name for name in ("target", "method") if name in columns]
        without = f" EXCLUDE ({', '.join(['words', 'plain', *rest])})"
        for step in WORDS:
            taken = f"SELECT *, {step} FROM ({taken})"
        taken = f"SELECT *{without}, {target} AS target, {method} AS method FROM ({taken})"
    has_target = bool({"request", "target"} & set(columns))
    if not has_target:
        taken = f"SELECT *, CAST(NULL AS VARCHAR) AS target FROM ({taken})"
    of_target = [(i, credential) for i, credential in enumerate(credentials) if credential.of_target]
    if of_target:
        found = ", ".join(f"{c.found} AS found_{i}" for i, c in of_target)
        values = ", ".join(f"{c.expression.replace('{found}', f'found_{i}')} AS credential_{i}" for i, c in of_target)
        taken = f"SELECT *, {values} FROM (SELECT *, {found} FROM ({taken}))"
    if has_target:
        taken = f"SELECT *, {_PATH} AS path FROM ({taken})"
    reason = f"CASE WHEN skipped IS NULL THEN coalesce(unread, CASE WHEN ts IS NULL THEN {late} END) END AS reason"
    picked = _picked(credentials)
    kept = [name for name in columns_of(columns, credentials) if name not in picked]
    parts = [*kept, *(f"{expression} AS {name}" for name, expression in picked.items())]
    return f"SELECT n, skipped, {reason}, {', '.join(parts)} FROM ({taken})"


def _typed(name: str, expression: str) -> str:
    kind = _TYPES.get(name)
    if name == "status":
        return f"nullif(TRY_CAST({expression} AS SMALLINT), 0)"
    if name == "duration_ms":
        # NaN, which is greater than all, would be each sum that it stands in; `least` passes nulls over.
        return f"nullif(least(TRY_CAST({expression} AS DOUBLE), 'infinity'::DOUBLE), 'infinity'::DOUBLE)"
    return expression if kind is None else f"TRY_CAST({expression} AS {kind})"


def _picked(credentials: Sequence[Credential]) -> dict[str, str]:
    """The first credential that a line holds is its key, whichever its kind; the secrets behind it are `also`."""
    names = credential_columns(credentials)
    found: dict[str, str] = {}
    for name, kind in (("secret", "secret"), ("key_id", "id")):
        if name not in names:
            continue
        cases: list[str] = []
        before: list[int] = []
        for i, credential in enumerate(credentials):
            if credential.kind == kind:
                first = " AND ".join(f"credential_{j} IS NULL" for j in before) or "true"
                cases.append(f"WHEN credential_{i} IS NOT NULL AND {first} THEN credential_{i}")
            else:
                before.append(i)
        found[name] = f"CASE {' '.join(cases)} END"
    if "also" in names:
        secrets = [f"credential_{i}" for i, c in enumerate(credentials) if c.kind == "secret"]
        held = " + ".join(f"CAST(credential_{i} IS NOT NULL AS TINYINT)" for i in range(len(credentials)))
        # Where nothing stands twice, nothing is looked at.
        listed = f"list_distinct([{', '.join(secrets)}])"
        found["also"] = f"CASE WHEN {held} > 1 THEN {listed} END"
    return found
