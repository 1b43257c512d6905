"""Which keys a text means: for controls that cannot list thousands of them."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from dashboard.known.portrait import Portrait

LISTED: Final = 50
"""Keys that a control lists at most. 5,000 of them are 145 KB a run, and half a second of the browser's time."""
_SEPARATOR: Final = " · "


def label_of(portrait: Portrait) -> str:
    """What a key is called in a control: its name and its identity, which is read back from there."""
    same = portrait.name == portrait.identity
    return portrait.identity if same else f"{portrait.name}{_SEPARATOR}{portrait.identity}"


def identity_of(label: str) -> str:
    """The identity in a label of `label_of`, or the identity itself."""
    return label.rpartition(_SEPARATOR)[2]


def named(known: Mapping[str, Portrait], text: str) -> Portrait | None:
    """The one key of an identity, a label of `label_of`, or a name that no other key has; None for any other text."""
    for exact in (text, identity_of(text)):
        if exact in known:
            return known[exact]
    same = [portrait for portrait in known.values() if portrait.name == text]
    return same[0] if len(same) == 1 else None


def found(known: Mapping[str, Portrait], text: str, most: int) -> tuple[list[Portrait], int]:
    """Keys whose name, id, owner or hint has the text in it, those that are called so first; and how many there are."""
    sought = text.strip().lower()
    those = [portrait for portrait in known.values() if sought in portrait.sought]
    those.sort(key=lambda portrait: _far(portrait, sought))
    return those[:most], len(those)


def kin(known: Mapping[str, Portrait], portrait: Portrait, most: int = LISTED) -> list[Portrait]:
    """The keys that one is most likely compared with: of its owner, then of its environment, by name."""
    others = [each for each in known.values() if each.identity != portrait.identity]
    owned = [each for each in others if each.owner is not None and each.owner == portrait.owner]
    near = [
        each
        for each in others
        if each.environment == portrait.environment and (each.owner is None or each.owner != portrait.owner)
    ]
    return [*owned, *near][:most]


def options(first: Iterable[str], chosen: Iterable[str]) -> Sequence[str]:
    """What a control lists: some values, and those that are chosen already."""
    return list(dict.fromkeys([*first, *chosen]))


def _far(portrait: Portrait, sought: str) -> int:
    called = (portrait.name.lower(), portrait.identity.lower())
    if sought in called:
        return 0
    return 1 if any(each.startswith(sought) for each in called) else 2
