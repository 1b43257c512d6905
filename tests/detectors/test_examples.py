"""The examples beside each detector: at least one fires, at least one stays silent, and all do as they say."""

from datetime import UTC, datetime

import pytest

from detectors.engine import detect, names
from detectors.examples import Example, examples
from detectors.settings import DetectorsConfig

NOW = datetime(2026, 10, 6, tzinfo=UTC)
ALL = [pytest.param(name, one, id=f"{name}: {one.name}") for name in names() for one in examples(name)]


@pytest.mark.parametrize(("name", "example"), ALL)
def test_an_example_does_as_it_says(name: str, example: Example) -> None:
    config = DetectorsConfig(overrides={name: example.settings})

    found = detect(example.frames, example.window, known=[], config=config, now=NOW, detectors=[name])

    assert not found.errors
    assert ({name} if example.fires else set()) == {finding.detector for finding in found.findings}
    for field, value in example.expect.items():
        given = getattr(found.findings[0], field)
        assert value == (str(given) if isinstance(value, str) else given)


@pytest.mark.parametrize("name", names())
def test_a_detector_has_an_example_that_fires_and_one_that_stays_silent(name: str) -> None:
    assert {True, False} == {one.fires for one in examples(name)}
