"""docs/sources.md: each of its sources is right, and there is one of each kind."""

import re
import tomllib
from pathlib import Path

import pytest

from keywatch.config.root import SourceConfig

BLOCKS = re.findall(
    r"^```toml\n(.*?)^```", (Path(__file__).parents[2] / "docs" / "sources.md").read_text(), re.DOTALL | re.MULTILINE
)


@pytest.mark.parametrize("block", BLOCKS)
def test_each_source_of_the_page_is_right(block: str) -> None:
    [source] = tomllib.loads(block)["sources"]

    assert SourceConfig(**source).name


def test_the_page_shows_every_kind() -> None:
    shown = [SourceConfig(**tomllib.loads(block)["sources"][0]) for block in BLOCKS]

    assert {type(one.asked).__name__ for one in shown} == {
        "HttpConfig", "SqlConfig", "LokiConfig", "ElasticsearchConfig", "CloudwatchConfig", "NoneType"
    }  # fmt: skip
    assert "-" in {one.path for one in shown}
