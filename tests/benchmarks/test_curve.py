"""The curve's log in parts is one log, and its rows stand side by side in RESULTS.md."""

import json
from pathlib import Path

from benchmarks import curve
from benchmarks.curve import Row
from benchmarks.generate import generate
from benchmarks.results import section_of, write_section


def test_the_parts_of_a_log_have_its_keys_and_time_goes_on_from_one_to_the_next(tmp_path: Path) -> None:
    made = [tmp_path / str(part) for part in range(3)]
    broken = [generate(path, 20_000, "json", 1, first=n * 20_000, total=60_000) for n, path in enumerate(made)]
    parts = [[json.loads(line) for line in path.read_text().splitlines() if line.endswith("}")] for path in made]
    times = [line["time_iso8601"] for part in parts for line in part]
    first, *_, last = [{line["http_x_api_token"] for line in part} for part in parts]

    assert [2, 2, 2] == broken
    assert ("2025-06-01", "2025-06-14") == (times[0][:10], times[-1][:10])
    assert sorted(times) == times
    assert len(first & last) > len(first) / 2
    assert 60_000 == sum(len(path.read_text().splitlines()) for path in made)
    assert made[0].read_text().splitlines()[:99] != made[1].read_text().splitlines()[:99]


def test_a_row_takes_the_place_of_the_one_for_as_many_lines_and_leaves_the_others(tmp_path: Path) -> None:
    results = tmp_path / "RESULTS.md"
    rows = [Row(kind="json", lines=1_000_000, cells=tuple("abcdefgh")), Row(kind="combined", lines=9, cells=("x",) * 8)]
    write_section(results, "curve", "\n".join(("| log | of another shape |", "| json | 5 | 7 |", *map(str, rows))))

    assert rows == curve._rows(section_of(results, "curve"))
