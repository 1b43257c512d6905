"""What several detectors ask for is worked out once, and held no longer than what it was made of."""

import weakref

import pandas as pd

from detectors.shared.remember import remembered


class Made:
    """Something that can be watched."""


def test_what_was_made_of_the_same_frame_is_made_once() -> None:
    frame = pd.DataFrame({"a": [1]})
    make = remembered(lambda _frame, _number: Made())

    first = make(frame, 1)

    assert first is make(frame, 1)
    assert first is not make(frame, 2)
    assert make(frame, 1) is not make(frame.copy(), 1)


def test_what_was_made_goes_when_its_frame_does() -> None:
    frame = pd.DataFrame({"a": [1]})
    make = remembered(lambda _frame: Made())
    watched = weakref.ref(make(frame))

    before = watched()
    assert before is not None
    del before, frame

    assert watched() is None
