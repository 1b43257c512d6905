"""One act on several incidents: all that can be done is done, in one transaction, and the rest is said."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from model.errors import UsageError

if TYPE_CHECKING:
    from store.handle import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What became of it."""

    done: tuple[str, ...]
    """Ids of the incidents that it was done to."""
    refused: tuple[tuple[str, UsageError], ...]
    """Id of each other one, and why not: it is over, it is not there."""


def each(tx: "Transaction", incidents: Sequence[str], act: Callable[[str], object]) -> Done:
    """Do `act` to each incident, once; it stands in the audit log for each of them.

    An act refuses before it writes, so one that refuses leaves nothing behind. When every one refuses, the first
    refusal is raised.
    """
    done: list[str] = []
    refused: list[tuple[str, UsageError]] = []
    for incident in dict.fromkeys(incidents):
        try:
            act(incident)
        except UsageError as error:
            refused.append((incident, error))
        else:
            done.append(incident)
    tx.flush()
    if refused and not done:
        raise refused[0][1]
    return Done(done=tuple(done), refused=tuple(refused))
