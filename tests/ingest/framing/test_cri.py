from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.framing import wrapper
from ingest.framing.choose import framing_of

Frame = Callable[..., Any]
TIME = "2026-10-01T06:00:00.000000001Z"


def line(text: str, *, stream: str = "stdout", tag: str = "F", time: str = TIME) -> str:
    return f"{time} {stream} {tag} {text}\n"


def test_a_whole_line_is_its_text_with_the_runtime_s_time(frame: Frame) -> None:
    found = frame(line("one") + line("two  spaces ", stream="stderr"))

    assert ("cri", ["one", "two  spaces "], [1, 2], [TIME, TIME]) == (found.name, found.texts, found.lines, found.times)


def test_parts_are_joined_until_the_end_of_their_own_stream(frame: Frame) -> None:
    found = frame(
        line("GET ", tag="P")
        + line("warn", stream="stderr", tag="P")
        + line("/a", tag="P")
        + line("ing", stream="stderr")
        + line(" 200")
        + line("next")
    )

    assert ["GET /a 200", "warning", "next"] == found.texts
    assert [1, 2, 6] == found.lines


def test_a_part_without_an_end_is_a_record_of_its_own_at_the_end_of_the_file(frame: Frame) -> None:
    assert ["whole", "par"] == frame(line("whole") + line("par", tag="P", stream="stderr")).texts


def test_nothing_is_cut_between_the_parts_of_a_record() -> None:
    before, parts = line("whole"), line("par", tag="P") + line("between", stream="stderr") + line("on", tag="P")
    framing = framing_of((before + parts).encode())

    assert len(before) == framing.cut((before + parts).encode())
    assert len(before + parts) + len(line("end")) == framing.cut((before + parts + line("end")).encode())


def test_a_record_that_never_ends_holds_nothing_back_beyond_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wrapper, "LIMIT", 1000)
    data = (line("whole") + line("x" * 90, tag="P") * 20).encode()
    framing = framing_of(data)

    cut = framing.cut(data)

    assert len(data) == cut
    assert 2 == framing.records(data).data.count(b"\n")


def test_another_zone_s_time_is_told_in_utc(frame: Frame) -> None:
    found = frame(line("a", time="2025-12-31T17:37:40.493035218+01:00"))

    assert ["2025-12-31T16:37:40.493035+00:00"] == found.times


def test_tags_behind_the_mark_and_empty_texts_are_read(frame: Frame) -> None:
    found = frame(f"{TIME} stdout F:x a\n{TIME} stdout P:x b\n{TIME} stdout F \n{TIME} stdout F\n" + line("c"))

    assert ["a", "b", "", "c"] == found.texts


def test_foreign_and_blank_lines_pass_on_as_they_are(frame: Frame) -> None:
    found = frame(line("a") + "\n" + "hello world F x\n" + line("b", tag="P") + "\nwhat\n" + line("c") + line("d"))

    assert ["a", "", "hello world F x", "bc", "", "what", "d"] == found.texts
    assert [1, 2, 3, 4, 5, 6, 8] == found.lines
    assert [TIME, None, None, TIME, None, None, TIME] == found.times


LINES = st.lists(
    st.builds(
        line,
        st.text("ab \u00e9", max_size=4),
        stream=st.sampled_from(["stdout", "stderr"]),
        tag=st.sampled_from(["F", "F", "P"]),
    ),
    min_size=1,
    max_size=12,
)


@settings(deadline=None)
@given(parts=LINES, sizes=st.lists(st.integers(1, 120), max_size=12))
def test_however_a_file_grows_its_records_are_the_same(
    frame: Frame, grown: Callable[..., list[str]], parts: list[str], sizes: list[int]
) -> None:
    text = line("first") + "".join(parts)

    assert sorted(frame(text).texts) == sorted(grown(text, sizes))
