"""A block of lines to events, rejects and counts, in one DuckDB connection of one thread.

DuckDB takes the lines apart; what repeats in their columns (keys, addresses, user agents, paths) is then looked at
once. Fingerprint first, then redact; what leaves `events` holds no secret. Nothing is spilled to disk.

More than 150 lines, since the quick way, the line-by-line one and what is left out share the connection's tables.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ingest import lines, normalise
from ingest.block import ODD_SPACES, BlockFile
from ingest.formats.interface import Plan, Quick
from ingest.formats.quick import quick_way
from ingest.framing.interface import Records
from ingest.normalise import Block
from ingest.raw import ODD, columns_of, quick_sql, raw_sql
from ingest.redact import beginning, look, quoted, redact_sql
from ingest.rows import rows_sql
from ingest.statements import GIVEN, Statements, as_given
from ingest.treatment import Treatment
from model.arrow import booleans, integers, strings, truths
from model.coded import Codes, encoded, numbers, wide
from model.event import EVENT_COLUMNS
from model.plain import plain
from model.segment import Reject
from model.together import together

_SAMPLE_LENGTH: Final = 300
_LOOKED_AT: Final = 2000
"""Characters of a reject that are redacted for its sample."""
_REJECT_SAMPLES: Final = 1000
_ASKED: Final = 100
"""So many of the lines that a plan cannot read are shown to whoever may know another."""
_MANY: Final = 4
"""When more than one line in so many is unusual, the quick way is none."""


Other = Callable[[Sequence[str], float], Plan | None]
"""(some lines that the plan cannot read, the share of the block's lines that they are): the plan of another format that
reads most of them, or None."""


def no_other(_lines: Sequence[str], _share: float) -> None:
    """Knows none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parsed:
    """What a block became. The events are `Parser.events` until the next block."""

    lines: int
    events: int
    skipped: int
    """Blank lines and lines of another kind."""
    reasons: Mapping[str, int]
    """Why lines were rejected, and how many for each reason."""
    rejects: tuple[Reject, ...]
    """Samples, at most a thousand."""
    other: Plan | None = None
    """What else some of the lines were read by."""

    @property
    def rejected(self) -> int:
        """How many lines no event could be made of."""
        return sum(self.reasons.values())


class Parser:
    """Parses blocks, one after another; holds one in-memory DuckDB connection. Close it."""

    def __init__(self, treatment: Treatment) -> None:
        # One thread: two parsers side by side keep two cores busier than one that divides each statement.
        self.duck = duckdb.connect(":memory:", config={"threads": 1, "temp_directory": ""})
        self.duck.execute("SET TimeZone = 'UTC'")
        self._statements = Statements(self.duck)
        self._treatment = treatment
        self.events = pa.table({})
        """EVENT_COLUMNS without `batch`; the connection knows it as `events`."""
        self._left_out = pa.table({})
        self._lines = lines.Lines(b"")
        try:
            self._file: BlockFile | None = BlockFile()
        except OSError:
            self._file = None

    def close(self) -> None:
        """Close the connection."""
        self.duck.close()
        if self._file is not None:
            self._file.close()

    def parse(self, records: Records, plan: Plan, *, now: datetime | None = None, other: Other = no_other) -> Parsed:
        """Make `events` of a block's records.

        `now` is the newest moment that they can be of: by it a year is found that a line leaves out. `other` is asked
        about the lines that the plan cannot read.
        """
        told = "NULL" if now is None else quoted(now.isoformat())
        self.duck.execute(f"SET VARIABLE now = CAST({told} AS TIMESTAMPTZ)")
        self.forget()  # room for the next ones
        self.keep(normalise.events(self.duck, self._block(*self._take_apart(records, plan), plan), self._treatment))
        second = self._again(records, plan, other)
        skipped = len(records.skipped) + len(self._left_out) - self._left_out["skipped"].null_count
        reasons = _counted(self._left_out["reason"])
        return Parsed(
            lines=self.events.num_rows + skipped + sum(reasons.values()),
            events=self.events.num_rows,
            skipped=skipped,
            reasons=reasons,
            rejects=self._rejects(records) if reasons else (),
            other=second,
        )

    def keep(self, events: pa.Table) -> None:
        """Take these for the block's events."""
        self.events = events
        self.duck.register("events", events)

    def forget(self) -> None:
        """Let go of the last block's events."""
        self.keep(pa.table({"line": integers(np.zeros(0, dtype=np.int32))}))

    @property
    def holds_keys(self) -> bool:
        """Whether any of the events has a key."""
        return bool(self.events["key_ref"].null_count < self.events.num_rows)

    def _again(self, records: Records, plan: Plan, other: Other) -> Plan | None:
        """Read by another plan what this one cannot; returns it, None where there is none."""
        unread = pc.is_in(self._left_out["reason"], value_set=strings([plan.unread_reason, plan.time_reason]))
        if not pc.any(unread).as_py():
            return None
        own = np.sort(wide(self._left_out.filter(unread)["n"])).astype(np.int32)
        some = own[:: -(-len(own) // _ASKED)].tolist()
        second = other(lines.texts(records, self._lines, some), len(own) / max(1, self._lines.count))
        if second is None:
            return None
        first, left_out = self.events, self._left_out.filter(pc.invert(unread))
        places = own - 1 if records.numbers is None else np.searchsorted(records.numbers, own)
        block = self._block(*self._slowly(lines.rows_of(records, places.astype(np.int64)), second), second)
        self.keep(together([first, normalise.events(self.duck, block, self._treatment)]))
        # Of a line that neither reads, the reason that counts is that of the format which most lines have.
        reason = self._left_out["reason"]
        reason = pc.if_else(pc.equal(reason, second.unread_reason), plan.unread_reason, reason)
        place = self._left_out.column_names.index("reason")
        both = [left_out, self._left_out.set_column(place, "reason", reason.cast(left_out["reason"].type))]
        self._left_out = pa.concat_tables(both)
        return second

    def _block(self, rows: pa.Table, line: Codes, plan: Plan) -> Block:
        """Rows and the numbers of their lines; those that become no event are put aside."""
        left_out = pc.or_(rows["reason"].is_valid(), rows["skipped"].is_valid())
        good = ~truths(left_out)
        block = Block(rows=rows, good=good, line=line, path_is_name=plan.path_is_name)
        self._left_out = _left_out(block)
        return block

    def _take_apart(self, records: Records, plan: Plan) -> tuple[pa.Table, Codes]:
        """The rows, and the number of each one's line. Rows whose reason is ODD stand for nothing."""
        quick = quick_way(plan) if records.numbers is None and records.envelopes is None else None
        if quick is not None and plan.quick is None and _has_odd_spaces(records):
            quick = None
        if quick is not None and self._file is not None:
            found = self._quickly(records, plan, quick, self._file)
            if found is not None:
                return found
        self._lines = lines.Lines(records.text)
        return self._slowly(lines.table(records), plan)

    def _slowly(self, numbered: pa.Table, plan: Plan) -> tuple[pa.Table, Codes]:
        columns = columns_of(plan.columns, plan.credentials)
        sql = lambda source: rows_sql(raw_sql(plan, source), columns, self._treatment)  # noqa: E731
        rows = self._over(numbered, sql)
        return rows, numbers(rows["n"].combine_chunks())

    def _over(self, numbered: pa.Table, sql: Callable[[str], str]) -> pa.Table:
        """The rows of the statement that `sql` makes for where its lines stand."""
        given = as_given(numbered)
        if given is not None:
            return self._statements.run(sql(GIVEN), given)
        self.duck.register("given", numbered)
        try:
            return self.duck.sql(sql("given")).to_arrow_table()
        finally:
            self.duck.unregister("given")

    def _quickly(self, records: Records, plan: Plan, quick: Quick, file: BlockFile) -> tuple[pa.Table, Codes] | None:
        """The same by DuckDB's own reader, with the odd lines line by line; None where that does not fit the block."""
        try:
            held = records.held or file.hold(records.data)
        except OSError:
            return None  # no room for a file in memory, or none of that size is allowed
        records.data, records.held = b"", held
        self._lines = where = lines.Lines(held)
        try:
            columns = columns_of(plan.columns, plan.credentials)
            rows = self._statements.run(rows_sql(quick_sql(quick, held.file.path), columns, self._treatment))
        except (duckdb.BinderException, duckdb.ParserException, duckdb.CatalogException):
            raise  # a mistake of ours, which would only make everything slow
        except duckdb.Error:
            # A line that the reader refuses, such as one of a hundred quotes.
            return None
        # The only reason that this way knows is ODD.
        odd = np.flatnonzero(truths(rows["reason"].is_valid()))
        if rows.num_rows != where.count or len(odd) * _MANY > where.count:
            return None
        line = np.arange(1, where.count + 1, dtype=np.int32)
        if not len(odd):
            return rows, line
        others, own = self._slowly(where.table(odd.tolist()), plan)
        return pa.concat_tables([rows, others]), np.concatenate([line, own])

    def _rejects(self, records: Records) -> tuple[Reject, ...]:
        rows = self.rejected()[:_REJECT_SAMPLES]
        texts = self._redacted(lines.texts(records, self._lines, [row[0] for row in rows]))
        return tuple(
            Reject(line=n, reason=why, sample=plain(text, _SAMPLE_LENGTH))
            for (n, why), text in zip(rows, texts, strict=True)
        )

    def _redacted(self, texts: Sequence[str]) -> list[str]:
        """Their beginnings, in RE2: a thousand long lines of hostile text would keep Python's engine busy for hours."""
        prefixes = self._treatment.prefixes
        cut = [beginning(text.strip(), _LOOKED_AT) for text in texts]
        begun = strings(cut)
        # Most are broken lines without anything to redact.
        if not any(pc.match_substring_regex(begun, look(prefixes)).to_pylist()):
            return cut
        own = integers(np.arange(len(texts), dtype=np.int32))
        numbered = pa.table([own, begun, pa.nulls(len(texts), pa.string())], names=["n", "text", "envelope"])
        looked = f"regexp_matches(text, {quoted(look(prefixes))})"
        shown = f"CASE WHEN {looked} THEN {redact_sql('text', prefixes)} ELSE text END"
        found = self._over(numbered, lambda source: f"SELECT n, {shown} AS shown FROM {source} ORDER BY n")
        return list(found["shown"].to_pylist())

    def rows(self) -> list[dict[str, object]]:
        """The events of the last block as records, in order of lines; for `formats test`."""
        names = [name for name in EVENT_COLUMNS if name != "batch"]
        found = self.duck.execute(f"SELECT {', '.join(names)} FROM events ORDER BY line").fetchall()
        return [dict(zip(names, row, strict=True)) for row in found]

    def rejected(self) -> list[tuple[int, str]]:
        """(line, reason) of the last block's rejects, all of them, in order."""
        return _told(self._left_out, "reason")

    def rejected_lines(self) -> npt.NDArray[np.int64]:
        """The numbers of the last block's rejects, all of them."""
        return wide(self._left_out.filter(self._left_out["reason"].is_valid())["n"])

    def skipped(self) -> list[tuple[int, str]]:
        """(line, class) of the last block's lines that are no requests, in order."""
        return _told(self._left_out, "skipped")


def _counted(reasons: pa.ChunkedArray) -> dict[str, int]:
    found = pc.value_counts(reasons.drop_null())
    return {str(one["values"]): int(one["counts"]) for one in found.to_pylist()}


def _told(left_out: pa.Table, column: str) -> list[tuple[int, str]]:
    found = left_out.filter(left_out[column].is_valid())
    return sorted(zip(found["n"].to_pylist(), found[column].to_pylist(), strict=True))


def _has_odd_spaces(records: Records) -> bool:
    """Whether there is white space to DuckDB's reader of JSON behind a value that is none to anybody else."""
    held = records.held
    return held.odd_spaces if held is not None else any(one in records.data for one in ODD_SPACES)


def _left_out(block: Block) -> pa.Table:
    """The lines that became no event: n, and reason or skipped."""
    rest = ~block.good
    found = (
        block.rows.select(["reason", "skipped"]).filter(booleans(rest)).append_column("n", integers(block.line[rest]))
    )
    return found.filter(booleans(~encoded(found["reason"]).has(ODD)))
