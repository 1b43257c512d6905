"""`keywatch formats detect` and `test`: wrappers, options, packed files, standard input, long files, errors."""

import bz2
import gzip
import io
import json
import lzma
from collections.abc import Callable
from types import SimpleNamespace

import pytest
import zstandard
from commandline import GOOD, NOON, Cli, combined

from ingest.formats.interface import KeyPlace
from keywatch.collecting import trying
from keywatch.collecting.trying import key_place
from model.errors import UsageError

TIME = "2026-10-01T06:00:00.000000001Z"
PARTS = ("format", "confidence", "events", "rejects", "skipped")


def in_cri(lines: list[str]) -> list[str]:
    return [f"{TIME} stdout F {line}" for line in lines]


def test_detect_names_the_wrappers_and_the_format_and_shows_three_events(cli: Cli) -> None:
    path = cli.log(in_cri(combined(NOON, 5)))

    table = cli.bare("formats", "detect", path)
    data = cli.bare("formats", "detect", path, "--json").json()

    assert "cri > combined, confidence 0." in table.err
    assert 4 == len(table.out.splitlines())
    assert ("cri > combined", "combined", 3) == (data["detected"], data["format"], len(data["events"]))


def test_test_prints_exactly_the_documented_parts_with_the_file_s_own_lines(cli: Cli) -> None:
    good = combined(NOON, 2)
    parts = [f"{TIME} stdout P {good[1][:20]}", f"{TIME} stderr F odd", f"{TIME} stdout F {good[1][20:]}"]

    done = cli.bare("formats", "test", cli.log([*in_cri(good[:1]), *parts, "", *in_cri(good)]), "--json").json()

    assert PARTS == tuple(done)
    assert ("combined", [1, 2, 6, 7]) == (done["format"], [event["line"] for event in done["events"]])
    assert [(3, "does not match combined")] == [(row["line"], row["reason"]) for row in done["rejects"]]
    assert [{"line": 5, "class": "blank"}] == done["skipped"]
    assert done["events"][0]["ts"] == "2026-10-01T12:00:00Z"


def test_a_wrapper_s_own_remarks_are_among_what_is_skipped(cli: Cli) -> None:
    lines = [f"Oct  1 12:00:00 web nginx: {line}" for line in combined(NOON, 2)]
    path = cli.log([lines[0], "Oct  1 12:00:01 web last message repeated 2 times", "", lines[1]])

    done = cli.bare("formats", "test", path, "--json").json()

    assert [{"line": 2, "class": "remark"}, {"line": 3, "class": "blank"}] == done["skipped"]
    assert [1, 4] == [event["line"] for event in done["events"]]


@pytest.mark.parametrize(
    "pack",
    [gzip.compress, bz2.compress, lzma.compress, zstandard.ZstdCompressor().compress],
    ids=["gz", "bz2", "xz", "zst"],
)
def test_packed_files_are_tried(cli: Cli, pack: Callable[[bytes], bytes]) -> None:
    path = cli.root / "packed"
    path.write_bytes(pack("".join(f"{line}\n" for line in combined(NOON, 2)).encode()))

    assert 2 == len(cli.bare("formats", "test", path, "--json").json()["events"])


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gz"])
def test_a_dash_is_standard_input(cli: Cli, monkeypatch: pytest.MonkeyPatch, pack: Callable[[bytes], bytes]) -> None:
    data = pack("".join(f"{line}\n" for line in combined(NOON, 2)).encode())
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(data)))

    assert 2 == len(cli.bare("formats", "test", "-", "--json").json()["events"])


def test_utf_16_is_read(cli: Cli) -> None:
    path = cli.root / "wide.log"
    lines = [line.replace("/pets", "/Дом") for line in combined(NOON, 2)]
    path.write_bytes("".join(f"{line}\r\n" for line in lines).encode("utf-16"))

    done = cli.bare("formats", "test", path, "--json").json()

    assert ["/Дом/0", "/Дом/1"] == [event["path"] for event in done["events"]]


def test_of_a_long_file_the_beginning_is_tried_and_that_is_said(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = combined(NOON, 40)
    monkeypatch.setattr(trying, "LARGEST", 10 * len(lines[0]))

    done = cli.bare("formats", "test", cli.log(lines), "--json")

    assert 9 == len(done.json()["events"])
    assert [] == done.json()["rejects"]
    assert "only its beginning was tried" in done.err


def test_a_pattern_is_taken(cli: Cli) -> None:
    path = cli.log(["198.51.100.7 2026-10-01T12:00:00Z 403"])
    pattern = r"^(?P<ip>\S+) (?P<ts>\S+) (?P<status>\d+)$"

    done = cli.bare("formats", "test", path, "--json", "--pattern", pattern).json()
    refused = cli.bare("formats", "test", path, "--pattern", "(?=x)(?P<ts>x)")

    assert [("198.51.100.7", 403)] == [(event["ip"], event["status"]) for event in done["events"]]
    assert "RE2 refuses the pattern" in refused.err
    assert refused.code == 1


def test_a_key_s_place_is_taken_and_the_key_is_not_shown(cli: Cli) -> None:
    lines = [line.replace('"GET ', f'"GET /bot{GOOD}') for line in combined(NOON, 2)]
    record = {"time": "2026-10-01T12:00:00Z", "method": "GET", "path": "/", "status": 200, "who": "k7"}

    path = cli.bare("formats", "test", cli.log(lines), "--json", "--key", "path:/bot{key}/")
    field = cli.bare("formats", "test", cli.log([json.dumps(record)]), "--json", "--key", "id:field:who")

    assert all(event["key_ref"].startswith("fp:") for event in path.json()["events"])
    assert GOOD not in path.out + path.err
    assert ["id:k7"] == [event["key_ref"] for event in field.json()["events"]]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("header:X-Api-Token", KeyPlace(carrier="header", name="X-Api-Token")),
        ("query:token", KeyPlace(carrier="query", name="token")),
        ("cookie:sid", KeyPlace(carrier="cookie", name="sid")),
        ("path:/bot{key}/", KeyPlace(carrier="path", name="/bot{key}/")),
        ("field:a.b", KeyPlace(name="a.b")),
        ("field::authority", KeyPlace(name=":authority")),
        ("api_key", KeyPlace(name="api_key")),
        ("id:api_key", KeyPlace(name="api_key", kind="id")),
        ("id:query:token", KeyPlace(carrier="query", name="token", kind="id")),
    ],
)
def test_a_key_s_place_is_spelled_so(text: str, place: KeyPlace) -> None:
    assert place == key_place(text)


@pytest.mark.parametrize("text", ["", "id:", "heder:x", "header:", "path:/bot/"])
def test_what_names_no_place_is_a_usage_error(text: str) -> None:
    with pytest.raises(UsageError, match="names no place of a key"):
        key_place(text)


def test_what_no_format_fits_names_what_was_tried_and_the_wrappers(cli: Cli) -> None:
    done = cli.bare("formats", "detect", cli.log(in_cri(["the quick brown fox"])))

    assert done.code == 1
    assert "inside its wrappers (cri)" in done.err
    assert "Tried: " in done.err


def test_a_file_without_a_line_has_no_format(cli: Cli) -> None:
    path = cli.log([])

    assert {"format": None, "confidence": 0.0, "events": [], "rejects": [], "skipped": []} == cli.bare(
        "formats", "test", path, "--json"
    ).json()
    assert "it holds no line" in cli.bare("formats", "detect", path).err


def test_packed_data_that_ends_early_is_tried_as_far_as_it_goes_and_that_is_said(cli: Cli) -> None:
    packed = gzip.compress("".join(f"{line}\n" for line in combined(NOON, 4000)).encode())
    path = cli.root / "broken.gz"
    path.write_bytes(packed[: len(packed) // 2])

    done = cli.bare("formats", "test", path, "--json")

    assert 0 < len(done.json()["events"]) < 4000
    assert "ends in the middle of its compressed data" in done.err
