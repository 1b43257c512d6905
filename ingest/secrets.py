"""The credentials of a block: whose they are, and which rows hold their own in another text."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final, NamedTuple

import numpy as np

from ingest.identity import NOBODY, Identity, identify, identify_ids
from ingest.treatment import Treatment
from model.coded import Coded, Mask, first, looked_up, of_texts
from model.event import Flag

SHORT: Final = 6
"""Own secrets of fewer characters stay in texts: replacing them would tear words apart."""


class Several(NamedTuple):
    """What the other secrets of a row say."""

    key_ref: str | None
    """Of the first secret that is one (a `REDACTED` is none)."""
    key_hint: str | None
    many: bool
    """Whether they belong to more than one key."""
    bare: tuple[str, ...]
    """What must be taken out of texts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """The raw credentials of the rows, with what each value stands for."""

    secret: Coded | None
    key_id: Coded | None
    also: Coded | None
    of_secret: Sequence[Identity]
    of_id: Sequence[Identity]
    of_also: Sequence[Several]

    def key(self, name: str) -> Coded | None:
        """`key_ref` or `key_hint` of the rows. Where an id stands before the secrets, it counts."""
        held = ((self.secret, self.of_secret), (self.key_id, self.of_id), (self.also, self.of_also))
        return first(*(c.mapped([getattr(each, name) for each in found]) for c, found in held if c is not None))

    def unverified(self) -> Mask | None:
        """The rows whose key is what a JWT says of itself; None: none of them."""
        held = ((self.secret, self.of_secret), (self.key_id, self.of_id))
        return _any([_rows(column, [each.unverified for each in found]) for column, found in held])

    def several(self) -> Mask | None:
        """The rows with secrets of more than one key."""
        return _rows(self.also, [each.many for each in self.of_also])

    def known(self) -> Mask | None:
        """The rows whose secret stands for a key."""
        return _rows(self.secret, [each.key_ref is not None for each in self.of_secret])

    def bares(self, place: int) -> list[str]:
        """What must be taken out of the texts of a row."""
        found = list[str]()
        if self.secret is not None and self.secret.codes[place] >= 0:
            found += self.of_secret[self.secret.codes[place]].bare
        if self.also is not None and self.also.codes[place] >= 0:
            found += self.of_also[self.also.codes[place]].bare
        return [bare for bare in found if len(bare) >= SHORT]


def credentials(secret: Coded | None, key_id: Coded | None, also: Coded | None, treatment: Treatment) -> Credentials:
    """What the rows' credentials stand for; `also` are JSON lists of the secrets of rows that hold several."""
    memory, pepper = treatment.memory, treatment.pepper
    by_id = partial(identify_ids, pepper=pepper, prefixes=treatment.prefixes)
    by_secret = partial(identify, pepper=pepper)
    lists = [json.loads(text) for text in also.texts()] if also is not None else []
    others = list(dict.fromkeys(text for texts in lists for text in texts if text is not None))
    of = dict(zip(others, memory.identities.of(others, by_secret), strict=True))
    return Credentials(
        secret=secret,
        key_id=key_id,
        also=also,
        of_secret=memory.identities.of(secret.texts(), by_secret) if secret is not None else [],
        of_id=memory.ids.of(key_id.texts(), by_id) if key_id is not None else [],
        of_also=[_several([of.get(text, NOBODY) for text in texts]) for texts in lists],
    )


def flags(marks: Sequence[tuple[Flag, Mask | None]], rows: int) -> Coded | None:
    """The remarks of the rows, comma-separated; None where no row has one."""
    there = [(flag, mask) for flag, mask in marks if mask is not None and mask.any()]
    if not there:
        return None
    bits = np.zeros(rows, dtype=np.int32)
    for place, (_, mask) in enumerate(there):
        bits |= mask.astype(np.int32) << place
    sets = [[flag for place, (flag, _) in enumerate(there) if held >> place & 1] for held in range(1 << len(there))]
    return of_texts(bits, [",".join(some) or None for some in sets])


def _several(found: Sequence[Identity]) -> Several:
    keys = [each for each in found if each.key_ref is not None]
    return Several(
        key_ref=keys[0].key_ref if keys else None,
        key_hint=next((each.key_hint for each in keys if each.key_hint is not None), None),
        many=len({each.key_ref for each in keys}) > 1,
        bare=tuple(bare for each in found for bare in each.bare),
    )


def _rows(column: Coded | None, told: Sequence[bool]) -> Mask | None:
    """The rows whose value is told of."""
    if column is None or not any(told):
        return None
    return looked_up(np.array(told, dtype=np.int32), column.codes) > 0


def _any(masks: Sequence[Mask | None]) -> Mask | None:
    there = [mask for mask in masks if mask is not None]
    return np.logical_or.reduce(there) if there else None
