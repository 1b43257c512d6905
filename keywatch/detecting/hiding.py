"""Addresses of exceptions as a workspace stores them: where those of events are pseudonyms, so are theirs."""

import dataclasses
from collections.abc import Iterator
from ipaddress import ip_network
from typing import Final

from detectors.folding.matching import Matcher, is_pseudonym
from detectors.folding.muting import Mute
from detectors.folding.overriding import Override
from ingest.addresses import network_of, shown
from ingest.fingerprint import Pepper
from model.errors import ConfigError

_MOST: Final = 1024
"""Addresses of one block; of a larger one the list of pseudonyms would be no list."""


def hidden(mute: Mute, pepper: Pepper) -> Mute:
    """The mute with pseudonyms in place of addresses. Raises ConfigError for a block that is too large."""
    return dataclasses.replace(mute, when=_hidden(mute.when, pepper)) if mute.when.address else mute


def hidden_override(override: Override, pepper: Pepper) -> Override:
    """The same of an override."""
    return dataclasses.replace(override, when=_hidden(override.when, pepper)) if override.when.address else override


def _hidden(when: Matcher, pepper: Pepper) -> Matcher:
    found = dict.fromkeys(name for block in when.address for name in _names(block, pepper))
    return dataclasses.replace(when, address=tuple(found))


def _names(block: str, pepper: Pepper) -> Iterator[str]:
    """The pseudonyms of all addresses in a block, and of the networks (/24 or /48) that it holds whole."""
    if is_pseudonym(block):
        yield block
        return
    network = ip_network(block, strict=False)
    kept = 24 if network.version == 4 else 48  # noqa: PLR2004 (as ingest.addresses.network_of)
    holds = 1 << max(0, network.max_prefixlen - network.prefixlen)
    if holds > _MOST and network.prefixlen != kept:
        msg = f"{block} holds more addresses than can be hidden: events have pseudonyms, which lie in no network."
        raise ConfigError(msg, hint="Name single addresses, IPv4 networks up to /22, or an IPv6 /48.")
    if holds <= _MOST:
        yield from (str(each.ip) for each in shown([str(ip) for ip in network], "pseudonymised", pepper) if each.ip)
    for part in network.subnets(new_prefix=kept) if network.prefixlen <= kept else ():
        at = str(part.network_address)
        yield from (str(each.network) for each in shown([at], "pseudonymised", pepper) if network_of(at) == str(part))
