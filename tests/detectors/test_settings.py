"""What the config says about detectors."""

from datetime import timedelta

import pytest

from detectors.engine import load, names
from detectors.settings import DetectorsConfig, parse_budget, show
from model.errors import ConfigError


def test_a_table_becomes_settings() -> None:
    table = {"budget": "0.5/day", "unused-key": {"after": "60d"}, "volume-spike": {"times": 4}}
    config = DetectorsConfig.parse(table, known=names())

    assert timedelta(days=60) == config.settings("unused-key", load("unused-key").settings).after
    assert timedelta(0) == config.settings("unused-key", load("unused-key").settings).medium_after
    assert 4.0 == config.settings("volume-spike", load("volume-spike").settings).times


def test_dashes_and_underscores_are_the_same() -> None:
    config = DetectorsConfig(overrides={"unused-key": {"medium-after": "100d"}})

    assert timedelta(days=100) == config.settings("unused-key", load("unused-key").settings).medium_after


@pytest.mark.parametrize(("text", "alarms"), [("0.5/day", 0.5), ("7 / week", 1.0), (2, 2.0), ("3 per month", 0.1)])
def test_budgets(text: object, alarms: float) -> None:
    assert pytest.approx(alarms) == parse_budget(text)


@pytest.mark.parametrize("text", ["a lot", "0/day", 0, True, None, "0.5"])
def test_what_is_no_budget_is_refused(text: object) -> None:
    with pytest.raises(ConfigError, match="budget"):
        parse_budget(text)


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"unsued-key": {}}, "Did you mean unused-key"),
        ({"unused-key": {"aftr": "45d"}}, "Did you mean after"),
        ({"unused-key": {"after": "soon"}}, "should be like 45d"),
        ({"unused-key": {"after": 45}}, "should be like 45d"),
        ({"auth-burst-key": {"failures": "many"}}, "should be like 10"),
        ({"auth-burst-key": {"failures": 2.5}}, "should be like 10"),
        ({"auth-burst-key": 3}, "not a table"),
    ],
)
def test_a_wrong_table_says_what_is_meant(table: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        [DetectorsConfig.parse(table, known=names()).settings(name, load(name).settings) for name in table]


def test_durations_are_shown_as_they_are_written() -> None:
    assert ["45d", "90m", "2h"] == [
        show(each) for each in (timedelta(days=45), timedelta(minutes=90), timedelta(hours=2))
    ]
