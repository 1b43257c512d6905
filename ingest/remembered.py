"""What earlier blocks found out about a text, so that it is not worked out again for each."""

from collections.abc import Callable, Sequence
from typing import Final, Generic, TypeVar

Found = TypeVar("Found")

MANY: Final = 20_000
"""Texts that are remembered, and that are worked out at once: a million guesses take no more memory than so many."""
_LONGEST: Final = 500
"""Characters of a text that is worth its memory."""


class Remembered(Generic[Found]):
    """A memory of bounded size; several threads may share one."""

    def __init__(self) -> None:
        self._known: dict[str, Found] = {}

    def of(self, texts: Sequence[str], work: Callable[[Sequence[str]], Sequence[Found]]) -> list[Found]:
        """What `work` finds for each of the distinct texts, asked about those that are new."""
        known = self._known
        new = [text for text in texts if text not in known]
        fresh: dict[str, Found] = {}
        for at in range(0, len(new), MANY):
            some = new[at : at + MANY]
            fresh.update(zip(some, work(some), strict=True))
        found = [fresh[text] if text in fresh else known[text] for text in texts]
        if len(known) < MANY:
            known.update((text, each) for text, each in fresh.items() if len(text) <= _LONGEST)
        return found
