"""A block of lines to events, rejects and counts, in one DuckDB connection of one thread.

Fingerprint first, then redact; what leaves `events` holds no secret. Nothing is spilled to disk. What repeats (keys,
addresses, user agents, paths) is looked at once a block, and stands in the events as one of an enumeration.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import duckdb

from ingest import distinct, lines, normalise, secrets, tables
from ingest.block import BlockFile
from ingest.formats.interface import Plan, Quick
from ingest.formats.quick import quick_way
from ingest.framing.interface import Records
from ingest.raw import ODD, columns_of, quick_sql, raw_sql
from ingest.redact import beginning, look, quoted, redact_sql
from ingest.treatment import Treatment
from model.event import EVENT_COLUMNS
from model.plain import plain
from model.segment import Reject

_SAMPLE_LENGTH: Final = 300
_LOOKED_AT: Final = 2000
"""Characters of a reject that are redacted for its sample."""
_REJECT_SAMPLES: Final = 1000
_MANY: Final = 4
"""When more than one line in so many is unusual, the quick way is none."""


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

    def __init__(self, treatment: Treatment) -> None:
        # One thread: two parsers side by side keep two cores busier than one that divides each statement.
        self.duck = duckdb.connect(":memory:", config={"threads": 1, "temp_directory": ""})
        self.duck.execute("SET TimeZone = 'UTC'")
        self._treatment = treatment
        try:
            self._file: BlockFile | None = BlockFile()
        except OSError:
            self._file = None

    def close(self) -> None:
        """Close the connection."""
        self.duck.close()
        if self._file is not None:
            self._file.close()

    def parse(self, records: Records, plan: Plan, *, now: datetime | None = None) -> Parsed:
        """Make the table `events` (EVENT_COLUMNS without `batch`) of a block's records.

        `now` is the newest moment that they can be of: by it a year is found that a line leaves out.
        """
        tables.drop(self.duck)
        told = "NULL" if now is None else quoted(now.isoformat())
        self.duck.execute(f"SET VARIABLE now = CAST({told} AS TIMESTAMPTZ)")
        count = self._take_apart(records, plan)
        self._make_events(columns_of(plan.columns, plan.credentials), path_is_name=plan.path_is_name)
        left_out = "SELECT n, reason, skipped FROM raw WHERE reason IS NOT NULL OR skipped IS NOT NULL"
        self.duck.execute(f"CREATE TEMP TABLE left_out AS {left_out}")
        # Room for the files that are written next.
        tables.drop(self.duck, but=("events", "left_out"))
        events = self._count("SELECT count(*) FROM events")
        skipped = self._count("SELECT count(skipped) FROM left_out") + len(records.skipped)
        rejected = self._count("SELECT count(reason) FROM left_out")
        rejects = self._rejects(records) if rejected else ()
        total = count + len(records.skipped)
        return Parsed(lines=total, events=events, skipped=skipped, rejected=rejected, rejects=rejects)

    def _make_events(self, columns: Sequence[str], *, path_is_name: bool) -> None:
        duck, treatment = self.duck, self._treatment
        secrets.make_credentials(duck, columns, treatment)
        secrets.take_out(duck, columns)
        several = secrets.make_several(duck, columns)
        distinct.make_addresses(duck, distinct.address_key(columns, treatment), treatment)
        distinct.make_agents(duck, columns, treatment)
        distinct.make_paths(duck, columns, treatment, path_is_name=path_is_name)
        distinct.make_words(duck, columns, treatment)
        duck.execute(normalise.events_sql(columns, treatment, several=several))
        distinct.cap_routes(duck, columns, treatment)

    def _take_apart(self, records: Records, plan: Plan) -> int:
        """Make the table `raw`; returns the number of lines."""
        quick = quick_way(plan) if records.numbers is None and records.envelopes is None else None
        if quick is not None and self._file is not None:
            count = self._quickly(records.data, plan, quick, self._file)
            if count is not None:
                return count
        numbered = lines.table(records)
        self.duck.register("lines", numbered)
        self.duck.execute(f"CREATE TEMP TABLE raw AS {raw_sql(plan, 'lines')}")
        self.duck.unregister("lines")
        return int(numbered.num_rows)

    def _quickly(self, data: bytes, plan: Plan, quick: Quick, file: BlockFile) -> int | None:
        """The same by DuckDB's own reader, with the odd lines line by line; None where that does not fit the block."""
        count = lines.count(data)
        file.hold(data)
        try:
            self.duck.execute(f"CREATE TEMP TABLE raw AS {quick_sql(quick, file.path)}")
        except (duckdb.BinderException, duckdb.ParserException, duckdb.CatalogException):
            raise  # a mistake of ours, which would only make everything slow
        except duckdb.Error:
            # A line that the reader refuses, such as one of a hundred quotes.
            return None
        odd = [row[0] for row in self.duck.execute(f"SELECT rowid FROM raw WHERE reason = '{ODD}'").fetchall()]
        if self._count("SELECT count(*) FROM raw") != count or len(odd) * _MANY > count:
            self.duck.execute("DROP TABLE raw")
            return None
        if odd:
            self.duck.execute(f"DELETE FROM raw WHERE reason = '{ODD}'")
            self.duck.register("lines", lines.some(data, odd))
            self.duck.execute(f"INSERT INTO raw BY NAME {raw_sql(plan, 'lines')}")
            self.duck.unregister("lines")
        return count

    def _rejects(self, records: Records) -> tuple[Reject, ...]:
        rows = self.duck.execute(
            f"SELECT n, reason FROM left_out WHERE reason IS NOT NULL ORDER BY n LIMIT {_REJECT_SAMPLES}",
        ).fetchall()
        texts = self._redacted(lines.texts(records, [row[0] for row in rows]))
        return tuple(
            Reject(line=n, reason=why, sample=plain(text, _SAMPLE_LENGTH))
            for (n, why), text in zip(rows, texts, strict=True)
        )

    def _redacted(self, texts: Sequence[str]) -> list[str]:
        """Their beginnings, in RE2: a thousand long lines of hostile text would keep Python's engine busy for hours."""
        prefixes = self._treatment.prefixes
        looked = f"regexp_matches(t, {quoted(look(prefixes))})"
        begun = [beginning(text.strip(), _LOOKED_AT) for text in texts]
        found = self.duck.execute(
            f"SELECT CASE WHEN {looked} THEN {redact_sql('t', prefixes)} ELSE t END"
            " FROM (SELECT unnest(CAST($texts AS VARCHAR[])) AS t)",
            {"texts": begun},
        )
        return [row[0] for row in found.fetchall()]

    def _count(self, query: str) -> int:
        return int(self.duck.execute(query).fetchall()[0][0])

    def rows(self) -> list[dict[str, object]]:
        """The events of the last block as records, in order of lines; for `formats test`."""
        names = [name for name in EVENT_COLUMNS if name != "batch"]
        found = self.duck.execute(f"SELECT {', '.join(names)} FROM events ORDER BY line").fetchall()
        return [dict(zip(names, row, strict=True)) for row in found]

    def rejected(self) -> list[tuple[int, str]]:
        """(line, reason) of the last block's rejects, all of them."""
        return self.duck.execute("SELECT n, reason FROM left_out WHERE reason IS NOT NULL ORDER BY n").fetchall()

    def skipped(self) -> list[tuple[int, str]]:
        """(line, class) of the last block's lines that are no requests."""
        return self.duck.execute("SELECT n, skipped FROM left_out WHERE skipped IS NOT NULL ORDER BY n").fetchall()
