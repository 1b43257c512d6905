"""journald's export format."""

import struct
from collections.abc import Callable
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.framing.choose import framing_of

Frame = Callable[..., Any]
START = b"__CURSOR=s=1;i=2\n__REALTIME_TIMESTAMP=1790834400500000\n"


def entry(message: bytes | None, *, binary: bool = False) -> bytes:
    if message is None:
        return START + b"PRIORITY=6\n\n"
    if binary:
        return START + b"MESSAGE\n" + struct.pack("<Q", len(message)) + message + b"\n_PID=7\n\n"
    return START + b"MESSAGE=" + message + b"\n_PID=7\n\n"


def test_an_entry_s_message_is_the_record(frame: Frame) -> None:
    found = frame(entry(b"one = 1") + entry(None) + entry(b"two\n\n__CURSOR=x \xc8", binary=True))

    assert ("journal-export", ["one = 1", "two  __CURSOR=x \ufffd"]) == (found.name, found.texts)
    assert [1, 10] == found.lines
    assert ["2026-10-01T06:00:00.500000+00:00"] * 2 == found.times
    assert [(6, "remark")] == found.skipped


def test_an_entry_waits_for_its_blank_line() -> None:
    data = entry(b"one") + entry(b"two", binary=True)
    framing = framing_of(data)

    assert {len(entry(b"one"))} == {framing.cut(data[:size]) for size in range(len(entry(b"one")), len(data))}
    assert len(data) == framing.cut(data)


def test_a_length_that_is_none_harms_nothing(frame: Frame) -> None:
    found = frame(entry(b"one") + START + b"no field at all, and long enough\nMESSAGE=two\n\n" + entry(b"three"))

    assert ["one", "two", "three"] == found.texts


def test_its_bytes_are_to_be_left_as_they_are() -> None:
    assert framing_of(entry(b"one")).raw


MESSAGES = st.lists(st.binary(max_size=8), min_size=1, max_size=6)


@settings(deadline=None)
@given(messages=MESSAGES, sizes=st.lists(st.integers(1, 150), max_size=12))
def test_however_a_file_grows_its_records_are_the_same(
    frame: Frame, grown: Callable[..., list[str]], messages: list[bytes], sizes: list[int]
) -> None:
    data = b"".join(entry(message, binary=True) for message in messages)

    assert frame(data).texts == grown(data, sizes)
    assert len(messages) == len(frame(data).texts)
