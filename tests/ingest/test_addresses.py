import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.addresses import Address, Mode, address, clients, network_of, networks, resolve, shown
from ingest.fingerprint import Pepper
from model.errors import ConfigError

PEPPER = Pepper(b"pepper of the tests")
PROXIES = networks(["10.0.0.0/8", "2001:db8:ffff::/48", "192.0.2.1"])


def behind(peer: str | None, forwarded: str | None) -> str | None:
    return clients([(peer, forwarded)], PROXIES)[0]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("203.0.113.9:51234", "203.0.113.9"),
        (" 203.0.113.9 ", "203.0.113.9"),
        ('"203.0.113.9"', "203.0.113.9"),
        ("2001:DB8:0:0:0:0:0:1", "2001:db8::1"),
        ("2001:0db8:85a3:0000:0000:8a2e:0370:7334", "2001:db8:85a3::8a2e:370:7334"),
        ("[2001:db8::1]:443", "2001:db8::1"),
        ("[2001:db8::1]", "2001:db8::1"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("[::FFFF:203.0.113.9]:80", "203.0.113.9"),
        ("fe80::1%eth0", "fe80::1"),
        ("fe80::d9e3:e981:da2d:427b%3", "fe80::d9e3:e981:da2d:427b"),
        ("Client.Example.COM", "client.example.com"),
        ("ec2.amazonaws.com", "ec2.amazonaws.com"),
        ("_hidden", None),
        ("unknown", None),
        ("-", None),
        ("", None),
        ("AWS Internal", None),
        ("1.2.3", None),
        ("256.1.1.1", None),
        ("010.1.1.1", None),
        ("1::2::3", None),
        ("\x1b[31m", None),
        ("'; DROP TABLE x", None),
    ],
)
def test_an_address_has_one_spelling_and_other_texts_are_none(text: str, expected: str | None) -> None:
    assert expected == address(text)
    assert [expected] == clients([(text, None)], ())


@given(st.ip_addresses(v=6))
def test_every_ipv6_address_is_written_as_python_writes_it(ip: ipaddress.IPv6Address) -> None:
    expected = str(ip.ipv4_mapped or ip)

    assert expected == address(ip.exploded) == address(f"[{ip}]:1") == address(str(ip).upper())


@pytest.mark.parametrize(
    ("peer", "forwarded", "expected"),
    [
        ("10.0.0.5", "203.0.113.9", "203.0.113.9"),
        ("10.0.0.5:4711", "203.0.113.9:33", "203.0.113.9"),
        ("10.0.0.5", "198.51.100.7, 203.0.113.9, 10.1.1.1", "203.0.113.9"),
        ("10.0.0.5", "198.51.100.7,203.0.113.9,192.0.2.1", "203.0.113.9"),
        ("10.0.0.5", "1.1.1.1, junk, 203.0.113.9", "203.0.113.9"),
        ("10.0.0.5", "10.9.9.9, 10.1.1.1", "10.9.9.9"),
        ("10.0.0.5", None, "10.0.0.5"),
        ("10.0.0.5", "-", None),
        ("10.0.0.5", "unknown", None),
        ("10.0.0.5", "203.0.113.9, unknown", None),
        ("203.0.113.50", "198.51.100.7", "203.0.113.50"),
        ("2001:db8:ffff::1", "2001:DB8::9", "2001:db8::9"),
        ("::ffff:10.0.0.5", "203.0.113.9", "203.0.113.9"),
        ("unix:", "203.0.113.9", "203.0.113.9"),
        (None, "198.51.100.7, 203.0.113.9", "203.0.113.9"),
        ("10.0.0.5", "for=203.0.113.9", "203.0.113.9"),
        ("10.0.0.5", 'for="[2001:db8::9]:4711";proto=https', "2001:db8::9"),
        ("10.0.0.5", 'For=198.51.100.7, for=203.0.113.9;by=10.0.0.1;proto=http, for="10.0.0.7:80"', "203.0.113.9"),
        ("10.0.0.5", "for=198.51.100.7, for=_SEVKISEK", None),
        ("10.0.0.5", "for=unknown", None),
        ("bogus!", "203.0.113.9", None),
    ],
)
def test_behind_proxies_the_right_most_untrusted_address_is_the_client(
    peer: str | None, forwarded: str | None, expected: str | None
) -> None:
    assert expected == behind(peer, forwarded)


@given(st.lists(st.ip_addresses(v=4).map(str) | st.text(max_size=8).filter(lambda t: "=" not in t), max_size=4))
def test_what_a_client_claims_never_counts(claims: list[str]) -> None:
    assert "203.0.113.9" == behind("10.0.0.5", ", ".join([*claims, "203.0.113.9"]))


@pytest.mark.parametrize("forwarded", [None, "198.51.100.7", "for=198.51.100.7"])
def test_without_proxies_the_peer_counts(forwarded: str | None) -> None:
    assert ["203.0.113.9"] == clients([("203.0.113.9", forwarded)], ())


def test_a_log_without_peers_takes_the_last_of_the_chain() -> None:
    assert ["203.0.113.9", None] == clients([(None, "1.1.1.1, 203.0.113.9"), (None, None)], ())


def test_private_means_all_private_networks_and_bad_proxies_are_errors() -> None:
    private = networks(["private"])

    found = clients([(peer, "203.0.113.9") for peer in ("10.1.1.1", "192.168.9.9", "fd00::1", "127.0.0.1")], private)

    assert ["203.0.113.9"] * 4 == found
    with pytest.raises(ConfigError, match="no address"):
        networks(["10.0.0.0/33"])


@pytest.mark.parametrize(
    ("ip", "network"),
    [
        ("203.0.113.9", "203.0.113.0/24"),
        ("2001:db8:85a3:1:2:3:4:5", "2001:db8:85a3::/48"),
        ("client.example.com", "client.example.com"),
    ],
)
def test_full_keeps_the_address_and_its_network(ip: str, network: str) -> None:
    assert [Address(ip, network)] == resolve([(ip, None)], proxies=(), mode="full", pepper=PEPPER)


def test_truncated_keeps_the_network_in_place_of_the_address() -> None:
    found = shown(["203.0.113.9", "2001:db8:85a3::9", "p1.dsl.example", None], "truncated", PEPPER)

    assert ["203.0.113.0/24", "2001:db8:85a3::/48", "dsl.example", None] == [each.ip for each in found]
    assert all(each.ip == each.network for each in found)


def test_pseudonyms_are_stable_under_one_pepper_and_tell_networks_but_nothing_else() -> None:
    first, second, other, nobody = shown(["203.0.113.9", "203.0.113.10", "198.51.100.1", None], "pseudonymised", PEPPER)

    assert [first] == shown(["203.0.113.9"], "pseudonymised", PEPPER)
    assert first.network == second.network != other.network
    assert 5 == len({first.ip, second.ip, other.ip, first.network, other.network})
    assert Address(None, None) == nobody
    assert [first] != shown(["203.0.113.9"], "pseudonymised", Pepper(b"another"))
    assert str(PEPPER.key_ref("203.0.113.9"))[5:21] not in str(first)


@given(st.sampled_from(["full", "truncated", "pseudonymised"]), st.text(max_size=40), st.text(max_size=60))
def test_any_text_has_an_address_or_none(mode: Mode, peer: str, chain: str) -> None:
    (found,) = resolve([(peer or None, chain or None)], proxies=PROXIES, mode=mode, pepper=PEPPER)

    assert (found.ip is None) == (found.network is None)


@given(st.text())
def test_any_text_has_a_network(text: str) -> None:
    assert isinstance(network_of(text), str)
