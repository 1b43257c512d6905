from pathlib import Path

import numpy as np
import pytest

from benchmarks.worlds.series import Scored, counts, f1, judge, read, simple


def series(*over: int, events: list[tuple[int, int]], near: int = 3, quiet: int = 3) -> Scored:
    score = np.zeros(100)
    score[list(over)] = 10.0
    return Scored(group="s", score=score, events=events, near=near, quiet=quiet)


@pytest.mark.parametrize(
    ("over", "strict", "expected"),
    [
        ((20, 21, 22), False, (1, 0, 0)),
        ((19,), False, (1, 0, 0)),
        ((28,), False, (1, 0, 0)),
        ((28,), True, (0, 1, 0)),
        ((18,), False, (0, 1, 1)),
        ((20, 26), False, (1, 0, 0)),
        ((50, 52, 60), False, (0, 1, 2)),
    ],
)
def test_an_alert_is_right_when_it_begins_within_an_event(
    over: tuple[int, ...], *, strict: bool, expected: tuple[int, int, int]
) -> None:
    assert counts(series(*over, events=[(20, 30)]), 5.0, strict=strict) == expected


def test_f1_is_over_all_series_together() -> None:
    some = [series(20, events=[(20, 30)]), series(50, events=[(20, 30)])]

    assert f1(some, 5.0) == (0.5, 0.5, 0.5)


def test_missing_steps_are_what_was_last_known(tmp_path: Path) -> None:
    file = tmp_path / "s.csv"
    file.write_text(
        "TimeStamp,Value,Label\n2026-01-01T00:00:00Z,1,0\n2026-01-01T01:00:00Z,2,0\n2026-01-01T03:00:00Z,,1\n"
        "2026-01-01T04:00:00Z,5,0\n",
    )
    values, label = read(file)

    assert values.tolist() == [1, 2, 2, 2, 5]
    assert label.tolist() == [0, 0, 0, 1, 0]


def test_half_of_the_series_are_tuned_on_and_half_reported(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    (tmp_path / "kind").mkdir()
    for n in range(4):
        level = rng.poisson(100, 400)
        level[300:305] += 400
        rows = "\n".join(
            f"2026-01-{1 + h // 24:02d}T{h % 24:02d}:00:00Z,{level[h]},{int(300 <= h < 305)}" for h in range(400)
        )
        (tmp_path / "kind" / f"{n}.csv").write_text(
            f"TimeStamp,Value,Label\n{rows.replace('2026-01-32', '2026-02-01')}\n"
        )
    told = judge(tmp_path, simple)

    assert (told["series"], told["events"]) == (4, 4)
    assert told["report_f1"] == 1.0
