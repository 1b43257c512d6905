"""What holds for every chart, wherever it stands."""

import json
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from dashboard import palette
from dashboard.charts.frame import Chart, Layers
from tests.dashboard.looking import behind_charts, open_tables

if TYPE_CHECKING:
    from streamlit.testing.v1 import AppTest

    Visit = Callable[..., AppTest]

MOST = 3_000
"""Points of a series."""


CHARTS: list[tuple[str, dict[str, str], int]] = [
    ("", {}, 2),
    ("key", {"key": "key_1", "with": "key_2", "window": "90d"}, 5),
    ("explore", {"by": "client"}, 1),
    ("incidents", {"incident": "inc_1"}, 2),
]
"""Pages, what they are asked for, and how many charts they have."""


def titles(spec: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Title and subtitle of a chart, which layers may hold."""
    if "title" in spec and "text" in spec["title"]:
        yield spec["title"]["text"], spec["title"].get("subtitle", "")
    for layer in spec.get("layer", ()):
        yield from titles(layer)


@pytest.mark.parametrize(("path", "parameters", "number"), CHARTS)
def test_a_chart_has_a_title_its_unit_a_text_and_the_table_behind_it(
    visit: "Visit", path: str, parameters: dict[str, str], number: int
) -> None:
    page = visit(path, **parameters)
    charts = [each.proto for each in page.get("vega_lite_chart")]
    closed = behind_charts(page)
    tables = behind_charts(open_tables(page))

    assert number == len(charts) == len(closed) == len(tables)
    assert not any(each.dataframe for each in closed)
    for chart, table in zip(charts, tables, strict=True):
        ((title, unit),) = set(titles(json.loads(chart.spec)))
        assert title
        assert unit
        assert len(chart.alt) > len(title)
        assert 0 < len(table.dataframe[0].value) <= MOST


@pytest.mark.parametrize(("path", "parameters", "number"), CHARTS)
def test_a_chart_is_what_vega_lite_allows(
    visit: "Visit", monkeypatch: pytest.MonkeyPatch, path: str, parameters: dict[str, str], number: int
) -> None:
    """Nobody's page takes the time to check that."""
    for each in (Chart, Layers):
        monkeypatch.delattr(each, "to_dict")

    assert number == len(visit(path, **parameters).get("vega_lite_chart"))


@pytest.mark.parametrize(
    "those",
    [
        palette.SEVERITIES, palette.STATUSES, palette.DELIVERIES, palette.ENTRIES, palette.HEALTH, palette.TARGETS,
        palette.SOURCES,
    ],
)  # fmt: skip
def test_no_colour_stands_without_a_symbol_and_a_word(those: dict[object, tuple[str, str]]) -> None:
    for said, _ in those.values():
        symbol, _, word = said.partition(" ")

        assert not symbol.isalnum()
        assert word
