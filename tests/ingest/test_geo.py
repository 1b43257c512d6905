import ipaddress
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import pytest

from ingest.geo import NOWHERE, Geo, Place
from model.errors import ConfigError

pytest.importorskip("maxminddb")


UINT16, UINT32, UINT64 = 5, 6, 9


class Number(NamedTuple):
    """A number of one of the three kinds; plain ones are of 32 bits."""

    kind: int
    value: int


def packed(value: object) -> bytes:
    """A value in MaxMind's binary form (MaxMind DB file format 2.0): texts, numbers, maps and lists."""
    if isinstance(value, str):
        raw = value.encode()
        return control(2, len(raw)) + raw
    if isinstance(value, int | Number):
        kind, number = value if isinstance(value, Number) else (UINT32, value)
        raw = number.to_bytes((number.bit_length() + 7) // 8)
        return control(kind, len(raw)) + raw
    if isinstance(value, Mapping):
        return control(7, len(value)) + b"".join(packed(key) + packed(held) for key, held in value.items())
    assert isinstance(value, list)
    return control(11, len(value)) + b"".join(map(packed, value))


def control(kind: int, size: int) -> bytes:
    length, more = (size, b"") if size < 29 else (29, bytes([size - 29]))
    return bytes([kind << 5 | length]) + more if kind < 8 else bytes([length, kind - 7]) + more


def write(path: Path, records: Mapping[str, object]) -> Path:
    """An MMDB of IPv6 (IPv4 at ::/96) with a record for each network."""
    nodes: list[list[int | None]] = [[None, None]]
    data = b""
    places: list[tuple[int, int, int]] = []
    for text, record in records.items():
        network = ipaddress.ip_network(text)
        four = network.version == 4
        bits = f"{int(network.network_address):0{32 if four else 128}b}"[: network.prefixlen]
        bits = "0" * 96 + bits if four else bits
        at = 0
        for bit in bits[:-1]:
            following = nodes[at][int(bit)]
            if following is None:
                nodes.append([None, None])
                following = nodes[at][int(bit)] = len(nodes) - 1
            at = following
        places.append((at, int(bits[-1]), len(data)))
        data += packed(record)
    tree = [[len(nodes) if child is None else child for child in node] for node in nodes]
    for at, side, offset in places:
        tree[at][side] = len(nodes) + 16 + offset
    body = b"".join(struct.pack(">I", child)[1:] for node in tree for child in node)
    about = {
        "binary_format_major_version": Number(UINT16, 2),
        "binary_format_minor_version": Number(UINT16, 0),
        "build_epoch": Number(UINT64, 1_790_000_000),
        "database_type": "keywatch-tests",
        "description": {"en": "made up"},
        "ip_version": Number(UINT16, 6),
        "languages": ["en"],
        "node_count": len(nodes),
        "record_size": Number(UINT16, 24),
    }
    path.write_bytes(body + bytes(16) + data + b"\xab\xcd\xefMaxMind.com" + packed(about))
    return path


COUNTRIES = {
    "203.0.113.0/24": {"country": {"iso_code": "DE"}},
    "198.51.100.0/24": {"registered_country": {"iso_code": "FR"}},
    "2001:db8::/32": {"country_code": "nl", "asn": "AS64501", "as_name": "Six"},
}
OPERATORS = {
    "203.0.113.0/24": {"autonomous_system_number": 64500, "autonomous_system_organization": "Example Net"},
    "192.0.2.0/24": {"autonomous_system_number": 64502},
}


def test_country_and_operator_come_from_several_files(tmp_path: Path) -> None:
    geo = Geo([write(tmp_path / "c.mmdb", COUNTRIES), write(tmp_path / "a.mmdb", OPERATORS)])

    found = geo.places(["203.0.113.9", "198.51.100.7", "192.0.2.1", "2001:db8::1", "10.0.0.1"])
    geo.close()

    assert [
        Place("DE", "AS64500 Example Net"),
        Place("FR", None),
        Place(None, "AS64502"),
        Place("NL", "AS64501 Six"),
        NOWHERE,
    ] == found


def test_hosts_and_nothing_are_nowhere(tmp_path: Path) -> None:
    geo = Geo([write(tmp_path / "c.mmdb", COUNTRIES)])

    assert [NOWHERE] * 3 == geo.places(["client.example.com", None, "203.0.113.0/24"])
    geo.close()


def test_a_file_that_was_replaced_is_read_again_and_a_broken_one_is_not(tmp_path: Path) -> None:
    path = write(tmp_path / "c.mmdb", COUNTRIES)
    geo = Geo([path])
    fresh = write(tmp_path / "fresh.mmdb", {"203.0.113.0/24": {"country": {"iso_code": "AT"}}})

    assert ["DE"] == [place.country for place in geo.places(["203.0.113.9"])]
    fresh.replace(path)
    assert ["AT"] == [place.country for place in geo.places(["203.0.113.9"])]
    (tmp_path / "broken").write_bytes(b"no database")
    (tmp_path / "broken").replace(path)
    assert ["AT"] == [place.country for place in geo.places(["203.0.113.9"])]
    path.unlink()
    assert ["AT"] == [place.country for place in geo.places(["203.0.113.9"])]
    geo.close()


@pytest.mark.parametrize("content", [None, b"", b"no database"])
def test_a_file_that_is_no_database_is_an_error_with_its_name(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "c.mmdb"
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(ConfigError, match=r"c\.mmdb cannot be read"):
        Geo([path])


def test_without_the_extra_the_error_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "maxminddb", None)

    with pytest.raises(ConfigError, match=r"keywatch\[geo\]"):
        Geo([tmp_path / "c.mmdb"])
