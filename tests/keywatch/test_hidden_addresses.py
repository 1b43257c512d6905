"""Allow-lists of a workspace that keeps pseudonyms in place of addresses."""

from pathlib import Path

import pytest

from detectors.folding.matching import About
from ingest.addresses import shown
from keywatch.detecting.configured import detectors_config
from keywatch.new_workspace import make
from keywatch.workspace import Workspace
from model.errors import ConfigError


def allowing(tmp_path: Path, addresses: str) -> Workspace:
    make(tmp_path / "house")
    config = tmp_path / "house" / "keywatch.toml"
    privacy = '[privacy]\naddresses = "pseudonymised"\n'
    config.write_text(f'{privacy}[[detectors.allow]]\naddresses = ["{addresses}"]\nreason = "ours"\n')
    return Workspace.at(config)


@pytest.mark.parametrize("block", ["203.0.113.9", "203.0.113.0/24", "203.0.112.0/23", "2001:db8:1::/48"])
def test_an_address_or_network_in_clear_is_found_by_its_pseudonym(tmp_path: Path, block: str) -> None:
    house = allowing(tmp_path, block)
    ip = "2001:db8:1::7" if ":" in block else "203.0.113.9"
    try:
        when = detectors_config(house).mutes[0].when
        mine, other = shown([ip, "198.51.100.1"], "pseudonymised", house.pepper)
    finally:
        house.close()

    assert when.matches(About(addresses=(str(mine.network if ":" in block else mine.ip),)))
    assert not when.matches(About(addresses=(str(other.ip),)))


def test_a_pseudonym_may_be_named_as_it_is_shown(tmp_path: Path) -> None:
    house = allowing(tmp_path, "ip-1-0123456789abcdef")
    try:
        when = detectors_config(house).mutes[0].when
    finally:
        house.close()

    assert when.matches(About(addresses=("ip-1-0123456789abcdef",)))


def test_a_block_too_large_to_hide_is_refused(tmp_path: Path) -> None:
    house = allowing(tmp_path, "10.0.0.0/8")
    try:
        with pytest.raises(ConfigError, match="more addresses than can be hidden"):
            detectors_config(house)
    finally:
        house.close()
