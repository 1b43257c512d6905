"""A detector that reads keys in question alone says of them what it says with everybody's rows."""

import pandas as pd
import pytest
from world import END, peaceful

from detectors.declare import DAY, narrow
from detectors.engine import load, names, score
from detectors.settings import DetectorsConfig
from model.window import Window

WINDOW = Window(since=END - DAY, until=END)
BY_KEY = [name for name in names() if load(name).by_key]


@pytest.fixture(scope="module")
def frames() -> dict[str, pd.DataFrame]:
    """Keys of all tempers, and three that go somewhere new on the last day: new places, clients and routes."""
    world = peaceful(count=18)
    for n in (2, 5, 9):
        for minute in range(12):
            at = END - DAY / 2 + pd.Timedelta(minutes=minute)
            for route in ("DELETE /v1/keys", "GET /v1/agents"):
                world.add([at], f"id:{n}", f"203.0.{n + minute % 6}.9", f"new{minute % 7}/1", "ok", 9, route=route)
    return world.frames()


@pytest.mark.parametrize("name", BY_KEY)
def test_restricted_to_keys_in_question_it_finds_what_it_finds_of_them_in_all(
    name: str, frames: dict[str, pd.DataFrame]
) -> None:
    refs, new = {"id:2", "id:5", "id:9"}, {"network": r"^203\.0\.", "route": "DELETE"}
    cut = {}
    for frame in load(name).by_key:
        rows = frames.get(frame)
        if rows is not None:
            there = rows["key_ref"].isin(refs)
            for column, pattern in new.items():
                if column in rows.columns:
                    there |= rows[column].str.contains(pattern, regex=True).fillna(value=False).astype(bool)
            cut[narrow(frame)] = rows[there]

    def found(given: dict[str, pd.DataFrame]) -> list[object]:
        scores = score(given, WINDOW, config=DetectorsConfig(), detectors=[name])
        assert not scores.errors
        return [row for row in scores.rows[name] if row.key_ref in refs]

    assert found(frames) == found(frames | cut)


def test_something_is_found_of_them(frames: dict[str, pd.DataFrame]) -> None:
    rows = score(frames, WINDOW, config=DetectorsConfig(), detectors=BY_KEY).rows

    assert {"fan-out", "client-switching", "new-origin"} <= {name for name, found in rows.items() if found}
