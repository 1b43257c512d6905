"""What holds for every chart, wherever it stands."""

import json
import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest

from dashboard import palette
from tests.dashboard.looking import behind_charts, open_tables

if TYPE_CHECKING:
    from streamlit.testing.v1 import AppTest

    Visit = Callable[..., AppTest]

MOST = 3_000
"""Points of a series."""


def titles(spec: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Title and subtitle of a chart, which layers may hold."""
    if "title" in spec and "text" in spec["title"]:
        yield spec["title"]["text"], spec["title"].get("subtitle", "")
    for layer in spec.get("layer", ()):
        yield from titles(layer)


PAGES = pytest.mark.parametrize(
    ("path", "parameters", "number"),
    [
        ("", {}, 2),
        ("key", {"key": "key_1", "with": "key_2", "window": "90d"}, 5),
        ("explore", {"by": "client"}, 1),
        ("incidents", {"incident": "inc_1"}, 2),
    ],
)


def fields(part: object) -> Iterator[str]:
    """The fields of its data that a spec, or a part of one, names."""
    if isinstance(part, list):
        yield from (field for each in part for field in fields(each))
    elif isinstance(part, dict):
        for name, each in part.items():
            yield from [each] if name == "field" else fields(each)
            yield from re.findall(r"datum\.(\w+)", each) if name == "filter" else []


@PAGES
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
        assert f"{title}, as a table." == table.dataframe[0].proto.alt


@PAGES
def test_a_chart_names_only_what_its_data_has(
    visit: "Visit", path: str, parameters: dict[str, str], number: int
) -> None:
    charts = [each.proto for each in visit(path, **parameters).get("vega_lite_chart")]

    assert number == len(charts)
    for chart in charts:
        (rows,) = chart.datasets
        spec = json.loads(chart.spec)
        made = {each["as"] for layer in spec.get("layer", ()) for each in layer["transform"] if "as" in each}
        assert {"name": rows.name} == spec["data"]
        assert set(fields(spec)) <= made | set(pa.ipc.open_stream(rows.data.data).schema.names)


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
