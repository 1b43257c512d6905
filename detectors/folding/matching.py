"""Which subjects an exception is about: a matcher, and what it is held against."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from ipaddress import ip_network
from typing import Final

from detectors.folding.patterns import Pattern, covers, told
from model.errors import ConfigError
from model.finding import Finding, Subject, SubjectKind

PARTS: Final = ("key", "owner", "environment", "label", "address")
"""What `when` takes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What is known of the subject of a row or of a finding."""

    keys: tuple[str, ...] = ()
    """Id, reference and name of the key; of a source or the platform, its name."""
    owner: str | None = None
    environment: str | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    addresses: tuple[str, ...] = ()
    """Addresses or networks."""
    pattern: Pattern = field(default_factory=dict)
    """What a piece of evidence names beside them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Matcher:
    """Each part that is set must hold; one without parts holds for everything. Texts may have * and ? in them."""

    key: tuple[str, ...] = ()
    """An id, a reference or a name is one of these."""
    owner: tuple[str, ...] = ()
    environment: tuple[str, ...] = ()
    label: Mapping[str, str] = field(default_factory=dict)
    """The key has each of these labels with this value."""
    address: tuple[str, ...] = ()
    """Addresses and networks; each of the subject's is in one of them."""
    pattern: Pattern = field(default_factory=dict)
    """The only clients, tools or countries that it may name."""

    def matches(self, about: About) -> bool:
        """Whether it is about this subject."""
        return self.misses(about) is None

    def misses(self, about: About) -> str | None:
        """The first part that does not hold, in words; None when all do."""
        for name, wanted, has in (
            ("key", self.key, about.keys),
            ("owner", self.owner, (about.owner,)),
            ("environment", self.environment, (about.environment,)),
        ):
            if wanted and not any(fnmatchcase(text, like) for text in has if text is not None for like in wanted):
                return f"{name} is not {' or '.join(wanted)}"
        for name, value in self.label.items():
            if name not in about.labels or not fnmatchcase(str(about.labels[name]), value):
                return f"label {name} is not {value}"
        if self.address and not within(about.addresses, self.address):
            return f"address is not in {' or '.join(self.address)}"
        if not covers(self.pattern, about.pattern):
            return f"it is not only about {told(self.pattern)}"
        return None

    def words(self) -> str:
        """What it asks for, in words."""
        parts = [
            f"{name} {' or '.join(values)}"
            for name, values in (("key", self.key), ("owner", self.owner), ("environment", self.environment))
            if values
        ]
        parts += [f"label {name}={value}" for name, value in self.label.items()]
        parts += [f"address in {' or '.join(self.address)}"] if self.address else []
        parts += [told(self.pattern)] if self.pattern else []
        return " and ".join(parts) or "everything"


def within(addresses: Iterable[str], blocks: Iterable[str]) -> bool:
    """Whether there is an address, and each of them lies in one of the blocks; pseudonyms match by being the same."""
    blocks, found = tuple(blocks), tuple(addresses)
    return bool(found) and all(any(_inside(one, block) for block in blocks) for one in found)


def _inside(address: str, block: str) -> bool:
    if address == block:
        return True
    try:
        inner, outer = ip_network(address, strict=False), ip_network(block, strict=False)
    except ValueError:
        return False
    return inner.version == outer.version and inner.subnet_of(outer)  # type: ignore[arg-type]  # of one version


def is_pseudonym(text: str) -> bool:
    """Whether a text is what a workspace that hides addresses shows in their place: `ip-1-…` or `net-1-…`."""
    return _PSEUDONYM.fullmatch(text) is not None


_PSEUDONYM: Final = re.compile(r"(?:ip|net)-\d+-[0-9a-f]{8,}")


def checked_block(text: str, where: str) -> str:
    """An address, a network or a pseudonym as it stands. Raises ConfigError."""
    if is_pseudonym(text):
        return text
    try:
        ip_network(text, strict=False)
    except ValueError:
        msg = f"{where} has {text!r}, which is no address and no network."
        raise ConfigError(msg, hint="Write 203.0.113.9, 203.0.113.0/24 or 2001:db8::/32.") from None
    return text


def about_finding(finding: Finding, labels: Mapping[str, str]) -> About:
    """What is known of a finding's subject."""
    nameless = finding.subject.kind in {SubjectKind.SOURCE, SubjectKind.PLATFORM}
    keys = (finding.key_id, finding.key_ref, finding.key_name, finding.subject.value if nameless else None)
    return About(
        keys=tuple(dict.fromkeys(text for text in keys if text)),
        owner=finding.owner,
        environment=finding.environment,
        labels=labels,
        addresses=addresses_of(finding.subject, finding.ip),
    )


def addresses_of(subject: Subject, ip: str | None) -> tuple[str, ...]:
    """The address or network that a subject is, else the one that stands out."""
    if subject.kind in {SubjectKind.IP, SubjectKind.NETWORK}:
        return (subject.value,)
    return (ip,) if ip else ()
