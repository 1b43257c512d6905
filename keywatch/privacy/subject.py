"""Whom or what a request for data is about, and under which names the store knows it."""

import re
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from typing import Final, Literal

from detectors.folding.matching import is_pseudonym
from detectors.generic_name import says_nothing
from ingest.addresses import address, shown
from keywatch.workspace import Workspace
from model.errors import UsageError
from store.handle import Transaction
from store.state import inventory

_REFERENCE: Final = re.compile(r"fp:\d+:[0-9a-f]{20}|id:\S+")
"""What events have of a key that the inventory may not know."""
_TELLING: Final = 8
"""A hint of so many characters may be looked for in sentences; a shorter one may stand there for something else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DataSubject:
    """A person, an address or a key."""

    kind: Literal["person", "address", "key"]
    names: tuple[str, ...]
    """What the state calls it, the longest first."""
    key_id: str | None = None
    """Of a key that the inventory knows."""
    refs: tuple[str, ...] = ()
    """A key's references in events."""
    addresses: tuple[str, ...] = ()
    """An address as events hold it."""

    @property
    def name(self) -> str:
        """The one that pseudonyms are given to."""
        return self.key_id or (self.addresses or self.refs or self.names)[0]


def data_subject(workspace: Workspace, text: str) -> DataSubject:
    """Tell what a text names: an address, a key by id, name or reference, or else a person.

    Raises UsageError for an empty text and for a network.
    """
    text = text.strip()
    if _is_address(text) or is_pseudonym(text):
        return _address(workspace, text)
    if not text or _is_network(text):
        msg = f"{text!r} is a network." if text else "Nobody is named."
        raise UsageError(msg, hint="Name an address, a key, or a person as the inventory has it.")
    with workspace.store.reading() as tx:
        return _key(tx, text) or DataSubject(kind="person", names=(text,))


def _address(workspace: Workspace, text: str) -> DataSubject:
    plain = address(text) or text
    stored = {plain, text}
    if workspace.config.privacy.addresses == "pseudonymised" and not is_pseudonym(text):
        stored |= {str(one.ip) for one in shown([plain], "pseudonymised", workspace.pepper)}
    known = tuple(sorted(stored, key=lambda one: (one != plain, one)))
    return DataSubject(kind="address", names=known, addresses=known)


def _key(tx: Transaction, text: str) -> DataSubject | None:
    found = inventory.find_key(tx, text)
    if found is None or found.key_id is None:
        is_ref = _REFERENCE.fullmatch(text) is not None
        return DataSubject(kind="key", names=(text,), refs=(text,)) if is_ref else None
    refs = tuple(sorted(ref for ref, key_id in inventory.key_ids(tx).items() if key_id == found.key_id))
    digests = (ref.rpartition(":")[2] for ref in refs if ref.startswith("fp:"))
    names = {*refs, *digests, found.key_id, *_own(tx, found.key_id)}
    return DataSubject(
        kind="key", names=tuple(sorted(names, key=lambda one: (-len(one), one))), key_id=found.key_id, refs=refs
    )


def _own(tx: Transaction, key_id: str) -> list[str]:
    """The key's name and hint, where they say something and no other key has them."""
    keys = inventory.key_frame(tx)
    mine = keys["key_id"] == key_id
    found = []
    for column, least in (("name", 1), ("hint", _TELLING)):
        value = keys.loc[mine, column].iloc[0]
        if not isinstance(value, str) or len(value) < least or (column == "name" and says_nothing(value)):
            continue
        if not (keys.loc[~mine, column] == value).any():
            found.append(value)
    return found


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _is_network(text: str) -> bool:
    try:
        ip_network(text, strict=False)
    except ValueError:
        return False
    return True
