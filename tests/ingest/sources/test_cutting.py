"""Pieces of whole lines, whatever the lines are and wherever the blocks end."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.framing.interface import LINES
from ingest.sources import cutting
from ingest.sources.cutting import REST, Cutter, Piece
from ingest.sources.encoding import PLAIN, Encoding
from ingest.sources.left_out import LeftOut

LIMIT = 10


def cut(data: bytes, **given: object) -> tuple[list[Piece], Cutter]:
    options = {"size": 4, "overlong": False, "unfinished": False, "encoding": PLAIN, "is_final": lambda: False}
    cutter = Cutter(read=io.BytesIO(data).read, framing=LINES, max_line=LIMIT, tail=6, **(options | given))  # type: ignore[arg-type]  # one dict for all
    return list(cutter.pieces()), cutter


LINE = st.integers(0, 3 * LIMIT).map(lambda size: b"x" * size)


@given(st.lists(LINE), LINE, st.integers(1, 70))
def test_short_lines_are_whole_long_ones_counted_once_and_every_byte_has_its_place(
    lines: list[bytes], last: bytes, size: int
) -> None:
    data = b"".join(line + b"\n" for line in lines) + last
    pieces, cutter = cut(data, size=size)

    assert b"".join(line + b"\n" for line in lines if len(line) <= LIMIT) == b"".join(p.text for p in pieces)
    assert sum(len(line) > LIMIT for line in [*lines, last]) == sum(p.left_out is not None for p in pieces)
    assert len(data) == sum(p.size for p in pieces) + len(cutter.left)
    assert (len(last) > LIMIT) == cutter.overlong
    assert (b"" if cutter.overlong else last) == cutter.left


@given(st.lists(LINE, min_size=1), st.integers(1, 70), st.data())
def test_a_cutter_that_goes_on_where_another_stopped_leaves_out_the_same(
    lines: list[bytes], size: int, data: st.DataObject
) -> None:
    text = b"".join(line + b"\n" for line in lines)
    first, stopped = cut(text[: data.draw(st.integers(0, len(text)))], size=size)
    read = sum(piece.size for piece in first)
    rest, _ = cut(text[read:], size=size, overlong=stopped.overlong)

    assert b"".join(line + b"\n" for line in lines if len(line) <= LIMIT) == b"".join(p.text for p in first + rest)
    assert sum(len(line) > LIMIT for line in lines) == sum(p.left_out is not None for p in first + rest)


@given(st.lists(LINE), st.integers(1, 70))
def test_utf_16_is_cut_as_its_utf_8_is(lines: list[bytes], size: int) -> None:
    text = b"".join(line + b"\n" for line in lines)
    pieces, _ = cut(text.decode().encode("utf-16-le"), size=2 * size, encoding=Encoding("utf-16-le"))

    assert b"".join(line + b"\n" for line in lines if len(line) <= LIMIT) == b"".join(p.text for p in pieces)
    assert 2 * len(text) == sum(piece.size for piece in pieces)


@pytest.mark.parametrize(
    ("data", "reasons", "text"),
    [
        (b"\nnext\n", [], b"next\n"),
        (b"\r\nnext\n", [], b"next\n"),
        (b"and more\nnext\n", [LeftOut(REST, b"and more\n", again=True)], b"next\n"),
        (b"and more that is long\nnext\n", [LeftOut(REST, b"and more tha", again=True)], b"next\n"),
        (b"and", [], b""),
    ],
)
def test_the_rest_of_a_line_that_was_taken_unfinished_is_left_out(
    data: bytes, reasons: list[LeftOut], text: bytes
) -> None:
    pieces, _ = cut(data, unfinished=True)

    assert reasons == [piece.left_out for piece in pieces if piece.left_out]
    assert text == b"".join(piece.text for piece in pieces)


@given(st.integers(1, 9), st.integers(1, 40), st.booleans())
def test_nuls_of_a_hole_do_not_make_the_line_behind_them_long(size: int, nuls: int, ended: bool) -> None:  # noqa: FBT001 (drawn)
    data = b"one\n" + bytes(nuls) + b"two" + b"\n" * ended
    pieces, cutter = cut(data, size=size)

    text = b"".join(piece.text for piece in pieces) + cutter.left
    assert b"one\ntwo" + b"\n" * ended == text.replace(b"\0", b"")
    assert not any(piece.left_out for piece in pieces)


def test_a_last_line_is_taken_once_it_is_final() -> None:
    pieces, cutter = cut(b"one\ntwo", is_final=lambda: True)

    assert [b"one\n", b"two"] == [piece.text for piece in pieces]
    assert cutter.unfinished


def test_a_piece_holds_the_last_bytes_before_its_end() -> None:
    pieces, _ = cut(b"first\nsecond\n", size=100)

    assert [b"econd\n"] == [piece.tail for piece in pieces]


def test_many_short_lines_become_several_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cutting, "BLOCK_LINES", 10)
    pieces, _ = cut(b"a\n" * 100, size=1000)

    assert b"a\n" * 100 == b"".join(piece.text for piece in pieces)
    assert max(piece.text.count(b"\n") for piece in pieces) <= 20
