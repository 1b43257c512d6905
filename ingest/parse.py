"""A block of lines to events, rejects and counts: one pass of SQL in one DuckDB connection.

Fingerprint first, then redact; what leaves `events` holds no secret. Nothing is spilled to disk.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import duckdb
import pyarrow as pa

from ingest import lines, normalise
from ingest.fingerprint import Pepper, bare, hint
from ingest.formats.interface import RAW_COLUMNS, Plan
from ingest.formats.sql import METHOD_OF_REQUEST, TARGET_OF_REQUEST, WORDS
from ingest.framing.interface import Records
from ingest.redact import quoted, redact
from model.event import EVENT_COLUMNS
from model.plain import plain
from model.segment import Reject

_SAMPLE_LENGTH: Final = 300
_REJECT_SAMPLES: Final = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Parsed:
    """What a block became. The events lie in the table `events` of the parser's connection until the next block."""

    lines: int
    events: int
    skipped: int
    """Blank lines and lines of another kind."""
    rejected: int
    rejects: tuple[Reject, ...]
    """Samples, at most a thousand."""


class Parser:
    """Parses blocks, one after another; holds one in-memory DuckDB connection. Close it."""

    def __init__(self, *, pepper: Pepper, prefixes: Sequence[str] = (), threads: int = 2) -> None:
        self.duck = duckdb.connect(":memory:", config={"threads": threads, "temp_directory": ""})
        self.duck.execute("SET TimeZone = 'UTC'")
        self._pepper = pepper
        self._prefixes = tuple(prefixes)

    def close(self) -> None:
        """Close the connection."""
        self.duck.close()

    def parse(self, records: Records, plan: Plan, *, source: str, request_id: bool = False) -> Parsed:
        """Make the table `events` (EVENT_COLUMNS without `batch`) of a block's records."""
        numbered = lines.table(records)
        self._take_apart(numbered, plan)
        self._map_credentials()
        self.duck.execute(normalise.networks_sql())
        normalise.map_other_networks(self.duck)
        self.duck.execute(normalise.agents_sql(self._prefixes))
        self.duck.execute(
            normalise.events_sql(source, self._prefixes, request_id=request_id, path_is_name=plan.path_is_name)
        )
        events = self._count("SELECT count(*) FROM events")
        skipped = self._count("SELECT count(*) FROM raw WHERE skipped IS NOT NULL")
        rejected = numbered.num_rows - events - skipped
        rejects = self._rejects(numbered) if rejected else ()
        return Parsed(lines=numbered.num_rows, events=events, skipped=skipped, rejected=rejected, rejects=rejects)

    def _take_apart(self, numbered: pa.Table, plan: Plan) -> None:
        self.duck.register("lines", numbered)
        self.duck.execute(f"CREATE OR REPLACE TEMP TABLE raw AS {_raw_sql(plan)}")
        self.duck.unregister("lines")

    def _map_credentials(self) -> None:
        found = [
            row[0] for row in self.duck.execute("SELECT DISTINCT secret FROM raw WHERE secret IS NOT NULL").fetchall()
        ]
        bared = [bare(secret) for secret in found]
        mapped = pa.table(
            {
                "secret": pa.array(found, pa.string()),
                "bare": pa.array(bared, pa.string()),
                "key_ref": pa.array([self._pepper.key_ref(secret) for secret in bared], pa.string()),
                "key_hint": pa.array([hint(secret) for secret in bared], pa.string()),
            },
        )
        self.duck.register("mapped", mapped)
        self.duck.execute("CREATE OR REPLACE TEMP TABLE credentials AS FROM mapped")
        self.duck.unregister("mapped")

    def _rejects(self, numbered: pa.Table) -> tuple[Reject, ...]:
        self.duck.register("lines", numbered)
        rows = self.duck.execute(
            f"SELECT n, reason, text FROM raw JOIN lines USING (n) WHERE reason IS NOT NULL ORDER BY n"
            f" LIMIT {_REJECT_SAMPLES}",
        ).fetchall()
        self.duck.unregister("lines")
        return tuple(
            Reject(line=n, reason=why, sample=plain(redact(text.strip(), prefixes=self._prefixes), _SAMPLE_LENGTH))
            for n, why, text in rows
        )

    def _count(self, query: str) -> int:
        return int(self.duck.execute(query).fetchall()[0][0])

    def rows(self) -> list[dict[str, object]]:
        """The events of the last block as records, in order of lines; for `formats test`."""
        names = [name for name in EVENT_COLUMNS if name != "batch"]
        found = self.duck.execute(f"SELECT {', '.join(names)} FROM events ORDER BY line").fetchall()
        return [dict(zip(names, row, strict=True)) for row in found]

    def skipped(self) -> list[tuple[int, str]]:
        """(line, class) of the last block's lines that are no requests."""
        return self.duck.execute("SELECT n, skipped FROM raw WHERE skipped IS NOT NULL ORDER BY n").fetchall()


def _raw_sql(plan: Plan) -> str:
    """The raw columns, secret and key_id; why a line is no event: its reject's reason, or the class it is skipped as.

    Both are null for an event.
    """
    taken = "SELECT n, text, envelope FROM lines"
    for step in plan.prepare:
        taken = f"SELECT *, {step} FROM ({taken})"
    columns = ", ".join(f"{plan.columns.get(name, 'NULL')} AS {name}" for name in RAW_COLUMNS)
    of_line = [c.expression if not c.of_target else "NULL" for c in plan.credentials]
    carried = "".join(f", {expression} AS credential_{i}" for i, expression in enumerate(of_line))
    unread = f"CASE WHEN {plan.unread} THEN {quoted(plan.unread_reason)} END AS unread"
    kinds = "".join(f" WHEN {condition} THEN {quoted(kind)}" for condition, kind in plan.skips)
    skipped = f"CASE WHEN length(text) < 3 AND trim(text, E' \\r\\n\\t') = '' THEN 'blank'{kinds} END AS skipped"
    taken = f"SELECT n, {columns}{carried}, {unread}, {skipped} FROM ({taken})"
    if "request" in plan.columns:
        target = f"coalesce(target, {TARGET_OF_REQUEST}) AS target"
        method = f"coalesce(method, {METHOD_OF_REQUEST}) AS method"
        taken = f"SELECT * EXCLUDE (words) REPLACE ({target}, {method}) FROM (SELECT *, {WORDS} FROM ({taken}))"
    reason = f"coalesce(unread, CASE WHEN ts IS NULL THEN {quoted(plan.time_reason)} END)"
    reason = f"CASE WHEN skipped IS NULL THEN {reason} END AS reason"
    kept = ["n", "skipped", *(name for name in RAW_COLUMNS if name != "request")]
    return (
        f"SELECT {', '.join(kept)}, {_first(plan, 'secret')} AS secret, {_first(plan, 'id')} AS key_id, {reason}"
        f" FROM ({taken})"
    )


def _first(plan: Plan, kind: str) -> str:
    found = [
        c.expression if c.of_target else f"credential_{i}" for i, c in enumerate(plan.credentials) if c.kind == kind
    ]
    return f"coalesce({', '.join(found)}, NULL)" if found else "CAST(NULL AS VARCHAR)"
