import codecs
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.sources.encoding import PLAIN, Encoding, encoding_of
from keywatch.collecting.ingesting import Ingested

Ingest = Callable[..., Ingested]
Line = Callable[..., str]
Stored = Callable[[str], list[tuple[Any, ...]]]
NAMES = ("utf-16-le", "utf-16-be")
BOM = {"utf-16-le": codecs.BOM_UTF16_LE, "utf-16-be": codecs.BOM_UTF16_BE}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("marked", [True, False])
def test_utf_16_is_known_by_its_mark_and_by_its_nuls(name: str, marked: bool) -> None:  # noqa: FBT001 (a case)
    text = '192.0.2.1 - - "GET /é"\n'.encode(name)

    assert Encoding(name) == encoding_of((BOM[name] if marked else b"") + text)


@pytest.mark.parametrize(
    "head", [b"", b"a\0b\0", bytes(4096), b"plain text, long enough\n", bytes(99) + b"text\n" * 99]
)
def test_what_is_no_utf_16_is_taken_as_it_is(head: bytes) -> None:
    assert PLAIN == encoding_of(head)


@given(st.text(st.characters(codec=None)), st.text(), st.sampled_from(NAMES))
def test_the_size_of_a_beginning_is_its_bytes_in_the_file(first: str, rest: str, name: str) -> None:
    raw = (first + "\n").encode(name, "surrogatepass")
    encoding = Encoding(name)
    text = encoding.text(raw + rest.encode(name) + b"\0")

    assert len(raw) == encoding.size(text[: len(encoding.text(raw))])
    assert encoding.at_line(raw)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("marked", [True, False])
def test_a_utf_16_log_grows_and_each_of_its_lines_is_stored_once(
    tmp_path: Path,
    ingest: Ingest,
    line: Line,
    stored: Stored,
    name: str,
    marked: bool,  # noqa: FBT001 (a case)
) -> None:
    log = tmp_path / "a.log"
    whole = (BOM[name] if marked else b"") + "".join(line(n, agent="Grüße 𝄞") for n in range(300)).encode(name)
    cuts = [0, 1, 2, 5001, 5002, 30_000, len(whole) - 3, len(whole)]
    done = []
    for start, stop in pairwise(cuts):
        with log.open("ab") as file:
            file.write(whole[start:stop])
        done.append(ingest(log))

    assert (300, 0) == (sum(one.events for one in done), sum(one.rejects for one in done))
    assert [(300, 300)] == stored("SELECT count(*), count(DISTINCT path) FROM events")
    assert [("Grüße 𝄞",)] == stored("SELECT DISTINCT user_agent FROM events")


def test_nuls_and_bytes_that_are_no_utf_8_harm_no_other_line(
    tmp_path: Path, ingest: Ingest, line: Line, stored: Stored
) -> None:
    log = tmp_path / "a.log"
    hole, wild = bytes(3 << 20), line(1, path="/caf\udce9").encode("utf-8", "surrogateescape")
    log.write_bytes(line(0).encode() + hole + line(2).encode() + wild + b"\xff\xfe\x00\n" + line(3).encode())

    done = ingest(log)

    paths = {path for (path,) in stored("SELECT path FROM events")}
    assert {"/line/x0x", "/line/x2x", "/line/x3x"} <= paths
    assert 5 == done.lines == done.events + done.rejects + done.skipped
