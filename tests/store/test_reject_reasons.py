"""Why lines of a source were rejected, counted."""

import json
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy.orm import Session

from ingest.sources.cutting import MAX_LINE
from keywatch.collecting.ingesting import ingest_source
from keywatch.metrics.state import metrics
from keywatch.new_workspace import make
from keywatch.workspace import Workspace
from model.clock import FixedClock
from store.state.reject_reasons import BEFORE, MOST, OTHER, count, reasons
from store.state.segments import count_left_out
from store.state.sources import new_source

T0 = datetime(2026, 10, 1, 12, tzinfo=UTC)


def told(tx: Session) -> list[tuple[str, str, int]]:
    tx.flush()
    return [(one.source, one.reason, one.rejects) for one in reasons(tx)]


def test_reasons_add_up_by_source_the_most_frequent_first(state: Session) -> None:
    for source, found in (("edge", {"no JSON": 2, "no time": 1}), ("edge", {"no time": 4}), ("api", {"no JSON": 7})):
        count_left_out(state, source, found, T0)

    assert [("api", "no JSON", 7), ("edge", "no time", 5), ("edge", "no JSON", 2)] == told(state)


def test_what_an_older_keywatch_counted_is_told_without_a_reason(state: Session) -> None:
    state.add(new_source("edge"))
    state.flush()
    count_left_out(state, "edge", {"no JSON": 3}, T0)
    state.flush()
    from store.state.schema import SourceRow

    row = state.get(SourceRow, "edge")
    assert row is not None
    row.rejects += 40

    assert [("edge", BEFORE, 40), ("edge", "no JSON", 3)] == told(state)


def test_a_source_has_so_many_reasons_and_no_more(state: Session) -> None:
    for n in range(MOST + 20):
        count(state, "edge", {f"no time in {n:03}": 1})
        state.flush()

    found = told(state)

    assert MOST + 1 == len(found)
    assert ("edge", OTHER, 20) == found[0]


def test_a_reason_that_is_too_long_is_cut(state: Session) -> None:
    count(state, "edge", {"no time in " + "x" * 400: 2})

    ((_, reason, number),) = told(state)

    assert (255, 2) == (len(reason), number)


def test_lines_of_a_file_are_counted_by_what_is_wrong_with_them(tmp_path: Path) -> None:
    make(tmp_path)
    config = tmp_path / "keywatch.toml"
    config.write_text('[[sources]]\nname = "edge"\npath = "access.log"\nformat = "nginx-json"\n')
    good = {"remote_addr": "198.51.100.7", "request_method": "GET", "request_uri": "/pets", "status": 200}
    lines = [json.dumps(good | {"time_iso8601": T0.isoformat()})] * 5 + ["no line of this format"] * 2
    lines += [json.dumps(good)] * 3 + ["x" * (MAX_LINE + 1)]
    (tmp_path / "access.log").write_text("\n".join(lines) + "\n")
    house = Workspace.at(config)
    try:
        ingest_source(house, house.config.sources[0], clock=FixedClock(T0))
        with house.store.reading() as tx:
            found = {reason: number for _, reason, number in told(tx)}
            text = metrics(tx, T0)
    finally:
        house.close()

    assert {"no time in time_iso8601": 3, "not valid JSON": 2} == {name: found[name] for name in list(found)[:2]}
    assert (3, 6) == (len(found), sum(found.values()))
    assert 'keywatch_source_rejected_total{source="edge",reason="not valid JSON"} 2\n' in text
