import json
from collections.abc import Callable
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.framing.choose import framing_of

Frame = Callable[..., Any]
TIME = "2026-10-01T06:00:00.5Z"


def line(text: str, *, stream: str = "stdout", time: str = TIME) -> str:
    """As Docker writes it: no blanks, and &, < and > escaped."""
    written = json.dumps({"log": text, "stream": stream, "time": time}, separators=(",", ":"), ensure_ascii=False)
    return written.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e") + "\n"


def test_a_whole_text_is_a_record_with_the_daemon_s_time(frame: Frame) -> None:
    text = r'203.0.113.9 "GET /?a=1&b=<2> HTTP/1.1" \x22 é C:\new'

    found = frame(line(text + "\n") + line("next\n", stream="stderr"))

    assert ("docker", [text, "next"], [1, 2], [TIME, TIME]) == (found.name, found.texts, found.lines, found.times)


def test_a_text_without_its_line_end_goes_on_in_the_next_of_its_stream(frame: Frame) -> None:
    found = frame(
        line("whole\n")
        + line('GET "')
        + line("warn", stream="stderr")
        + line('/a"')
        + line("ing\n", stream="stderr")
        + line(" 200\n")
        + line("next\n")
    )

    assert ["whole", 'GET "/a" 200', "warning", "next"] == found.texts
    assert [1, 2, 3, 7] == found.lines


def test_a_text_that_ends_in_a_backslash_and_an_n_goes_on(frame: Frame) -> None:
    found = frame(line("whole\n") + line("C:\\n") + line("ew\n"))

    begun = (line("whole\n") + line("C:\\n")).encode()
    assert ["whole", "C:\\new"] == found.texts
    assert len(line("whole\n")) == framing_of(begun).cut(begun)


def test_nothing_is_cut_between_the_parts_of_a_record() -> None:
    before = line("whole\n")
    parts = line("par") + line("between\n", stream="stderr") + line("on")
    framing = framing_of((before + parts).encode())

    assert len(before) == framing.cut((before + parts).encode())
    assert len(before + parts + line("end\n")) == framing.cut((before + parts + line("end\n")).encode())


def test_foreign_blank_and_broken_lines_pass_on_as_they_are(frame: Frame) -> None:
    found = frame(line("a\n") + "\n" + "hello\n" + line("b") + '{"log":"br\n' + line("c\n") + line("d\n"))

    assert ["a", "", "hello", "bc", '{"log":"br', "d"] == found.texts
    assert [1, 2, 3, 4, 5, 7] == found.lines


def test_labels_other_orders_and_missing_fields_do_no_harm(frame: Frame) -> None:
    found = frame(
        '{"log":"a\\n","stream":"stdout","attrs":{"tag":"x"},"time":"2026-10-01T08:00:00+02:00"}\n'
        '{"time":"2026-10-01T06:00:01Z","log":"b\\r\\n"}\n'
        '{"log":"c\\n"}\n'
    )

    assert ["a", "b", "c"] == [text.rstrip("\r") for text in found.texts]


def test_json_whose_log_is_one_field_of_many_is_no_docker_file(frame: Frame) -> None:
    assert (
        "lines" == frame('{"log":"a\\n","method":"GET","path":"/","status":200,"time":"2026-10-01T06:00:00Z"}\n').name
    )


LINES = st.lists(
    st.builds(
        line,
        st.text('ab"\\&\u00e9', max_size=3).flatmap(lambda text: st.sampled_from([text, text + "\n", text + "\n"])),
        stream=st.sampled_from(["stdout", "stderr"]),
    ),
    min_size=1,
    max_size=12,
)


@settings(deadline=None)
@given(parts=LINES, sizes=st.lists(st.integers(1, 200), max_size=12))
def test_however_a_file_grows_its_records_are_the_same(
    frame: Frame, grown: Callable[..., list[str]], parts: list[str], sizes: list[int]
) -> None:
    text = line("first\n") + "".join(parts)

    assert sorted(frame(text).texts) == sorted(grown(text, sizes, head=line("first\n")))
