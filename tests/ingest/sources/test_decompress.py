"""Compressed files: whole, of several members, broken, and bombs."""

import bz2
import dataclasses
import gzip
import io
import lzma
import os
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard

from ingest.sources import decompress
from ingest.sources.content import HEAD, Content
from ingest.sources.decompress import CODECS, UNFINISHED, Broken, codec_of, unpack

TEXT = b"".join(b"line %d of some text\n" % n for n in range(20_000))
Pack = Callable[[bytes], bytes]


def zst(data: bytes) -> bytes:
    return zstandard.ZstdCompressor(write_checksum=True).compress(data)


PACKS: dict[str, Pack] = {"gz": gzip.compress, "bz2": bz2.compress, "xz": lzma.compress, "zst": zst}


@pytest.fixture(params=sorted(PACKS))
def pack(request: pytest.FixtureRequest) -> Pack:
    return PACKS[request.param]


def unpacked(packed: bytes) -> tuple[bytes, str | None]:
    """All that is good, and why there is no more."""
    codec, found = codec_of(packed), b""
    assert codec is not None
    try:
        for piece in unpack(io.BytesIO(packed), codec):
            found += piece
    except Broken as error:
        return found, str(error)
    return found, None


def test_each_codec_unpacks_what_its_tool_packed(pack: Pack) -> None:
    assert (TEXT, None) == unpacked(pack(TEXT))


def test_members_one_after_another_are_one_content(pack: Pack) -> None:
    assert (b"one\ntwo\n", None) == unpacked(pack(b"one\n") + pack(b"two\n"))


def test_zeros_behind_the_data_are_padding(pack: Pack) -> None:
    assert (TEXT, None) == unpacked(pack(TEXT) + bytes(2048))


def test_something_else_behind_the_data_is_told(pack: Pack) -> None:
    found, why = unpacked(pack(TEXT) + b"no more of it")

    assert TEXT == found
    assert why is not None
    assert "has something behind its" in why


@pytest.mark.parametrize("share", [0.1, 0.5, 0.99])
def test_all_that_a_truncated_file_holds_is_read(pack: Pack, share: float) -> None:
    noise = "\n".join(os.urandom(40).hex() for _ in range(30_000)).encode()
    packed = pack(noise)

    found, why = unpacked(packed[: int(len(packed) * share)])

    assert UNFINISHED == why
    assert noise.startswith(found)
    assert len(found) > len(noise) * share * 0.5 - 900_000  # bz2's blocks are of 900 kB


@pytest.mark.parametrize("name", ["gz", "xz", "zst"])
def test_a_wrong_checksum_at_the_end_keeps_every_line(name: str) -> None:
    packed = bytearray(PACKS[name](TEXT))
    place = {"gz": -6, "xz": -40, "zst": -2}[name]
    packed[place] ^= 0xFF

    found, why = unpacked(bytes(packed))

    assert why is not None
    assert f"holds broken {name} data" in why
    assert TEXT[: len(TEXT) - 2048] == found[: len(TEXT) - 2048]


def test_a_member_that_is_broken_keeps_the_ones_before_it(pack: Pack) -> None:
    second = bytearray(pack(TEXT[::-1]))
    second[len(second) // 2 : len(second) // 2 + 40] = bytes(40)

    found, why = unpacked(pack(TEXT) + bytes(second))

    assert found.startswith(TEXT)
    assert why is not None


def test_a_bomb_is_stopped_at_its_ratio_and_what_was_before_is_kept() -> None:
    packed = gzip.compress(TEXT) + gzip.compress(bytes(300 << 20), 9)

    found, why = unpacked(packed)

    assert found.startswith(TEXT)
    assert len(found) < 280 << 20
    assert why is not None
    assert "as a bomb would" in why


def test_an_honest_repetitive_log_is_no_bomb() -> None:
    line = b'10.0.0.9 - - [01/Oct/2026:09:00:%02d +0000] "GET /health HTTP/1.1" 200 2 "-" "kube-probe/1.30"\n'
    text = b"".join(line % (n // 1000 % 60) for n in range(60_000)) * 16

    found, why = unpacked(gzip.compress(text, 9))

    assert (len(text), None) == (len(found), why)


def test_other_codecs_have_their_limit_too(pack: Pack, monkeypatch: pytest.MonkeyPatch) -> None:
    small = tuple(dataclasses.replace(codec, free=1 << 20, ratio=2) for codec in CODECS)
    monkeypatch.setattr(decompress, "CODECS", small)

    found, why = unpacked(pack(bytes(4 << 20)))

    assert len(found) <= 4 << 20
    assert why is not None
    assert "as a bomb would" in why


@pytest.mark.parametrize("first", [b"", b"192.0.2.1 - -", b"BZh is a word", b"{}", b"\x1f\x00", b"(\xb5/x"])
def test_a_text_is_not_taken_for_compressed(first: bytes) -> None:
    assert codec_of(first) is None


def test_a_gz_that_has_only_begun_is_no_text(tmp_path: Path) -> None:
    path = tmp_path / "a.gz"
    path.write_bytes(gzip.compress(TEXT)[:2])

    with Content(path) as content:
        assert b"" == content.head()
        assert content.compressed


def test_skipping_and_reading_agree_whatever_the_codec(pack: Pack, tmp_path: Path) -> None:
    path = tmp_path / "a.packed"
    path.write_bytes(pack(TEXT))

    with Content(path) as content:
        assert TEXT[:HEAD] == content.head()
        content.skip_to(100_000)

        assert TEXT[98_976:100_000] == content.before
        assert TEXT[100_000:] == content.read(1 << 30)
        assert content.broken is None


def test_a_skippable_frame_of_zst_is_skipped() -> None:
    frame = b"\x50\x2a\x4d\x18" + (5).to_bytes(4, "little") + b"12345"

    assert (TEXT, None) == unpacked(frame + zst(TEXT))


def test_an_xz_that_wants_too_much_memory_is_refused() -> None:
    filters = [{"id": lzma.FILTER_LZMA2, "dict_size": 1 << 29}]
    packed = bytearray(lzma.compress(b"x\n", filters=filters))

    found, why = unpacked(bytes(packed))

    assert b"" == found
    assert why is not None
    assert "Memory usage limit" in why
