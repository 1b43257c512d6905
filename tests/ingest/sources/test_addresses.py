import pytest

from ingest.sources.addresses import why_not

PRIVATE = "127.0.0.1 10.1.2.3 172.16.0.1 192.168.1.1 100.64.0.1 ::1 fc00::1 fd12:3456::1"
CARRIED = "::ffff:10.0.0.1 ::ffff:127.0.0.1 64:ff9b::10.0.0.1"
FORBIDDEN = (
    "169.254.169.254 ::ffff:169.254.169.254 fd00:ec2::254 100.100.100.200 168.63.129.16 64:ff9b::a9fe:a9fe"
    " 0.0.0.0 0.1.2.3 :: 169.254.1.1 fe80::1%eth0 224.0.0.1 ff02::1 255.255.255.255 240.0.0.1 192.0.2.1 2001:db8::1"
)


@pytest.mark.parametrize("address", [*PRIVATE.split(), *CARRIED.split()])
def test_a_private_address_is_reached_only_when_the_config_allows_it(address: str) -> None:
    assert why_not(address, allow_private=False) == "is private"
    assert why_not(address, allow_private=True) is None


@pytest.mark.parametrize("address", ["2002:0a00:0001::1", "::7f00:1"])
def test_an_address_that_only_wraps_a_private_one_is_refused(address: str) -> None:
    assert why_not(address, allow_private=False) == "is private"


@pytest.mark.parametrize("address", FORBIDDEN.split())
def test_metadata_services_and_addresses_of_no_server_are_never_reached(address: str) -> None:
    assert why_not(address, allow_private=True) is not None
    assert why_not(address, allow_private=False) is not None


@pytest.mark.parametrize("address", ["1.1.1.1", "8.8.8.8", "2606:4700::1111", "64:ff9b::8.8.8.8"])
def test_public_addresses_are_reached(address: str) -> None:
    assert why_not(address, allow_private=False) is None
