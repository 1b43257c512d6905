"""What a reader does on the dashboard, click by click: the everyday, the way from an incident on, and Explore."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from benchmarks.browsing import Reader

MENU: Final = "a page of the menu"
EVERYDAY: Final = (MENU, "a search among the keys", "what Explore counts", "another time window")
WAY: Final = (
    "from the overview to an incident",
    "another lens: its requests",
    "acknowledge",
    "silence",
    "from the incident to its key",
    "from the incident to all its requests",
)
EXPLORE: Final = (
    "a custom window, drawn over a chart",
    "Explore: a filter by a key",
    "Explore, one key: by address",
    "Explore, one key: by route",
    "Explore, one key: by client",
)
_STANDING: Final = "Standing incidents, the gravest first"
_WEEK: Final = "7d"


@dataclass(frozen=True, slots=True)
class Step:
    """One click."""

    what: str
    do: Callable[[Reader], object]
    """Returns how long it took, where that is told."""
    told: bool = True
    """Whether it is measured, or only leads to the next."""


def everyday(turn: int) -> Sequence[Step]:
    """Seven clicks here and there."""
    menu, search, counted, window = EVERYDAY
    return (
        Step(menu, lambda reader: reader.go("Explore")),
        Step(counted, Reader.measure),
        Step(window, Reader.preset),
        Step(menu, lambda reader: reader.go("Keys")),
        Step(search, lambda reader: reader.narrow(f"customer-0{turn % 10}")),
        Step(menu, lambda reader: reader.go("Overview")),
        Step(window, Reader.preset),
    )


def way(turn: int, incidents: int) -> Sequence[Step]:
    """From the overview to an incident that nobody has taken yet, while there is one, and to all that is behind it."""
    incident, lens, acknowledge, silence, key, requests = WAY
    taken = turn >= incidents
    decide = (
        Step(acknowledge, lambda reader: reader.press("Acknowledge")),
        Step(silence, lambda reader: reader.silence("a benchmark")),
    )
    return (
        *_overview(),
        Step(incident, lambda reader: reader.choose(_STANDING, turn % incidents)),
        Step(lens, Reader.lens),
        *(() if taken else decide),
        Step(key, lambda reader: reader.follow("Open the key")),
        Step("back to the incident", lambda reader: reader.back("incident="), told=False),
        Step(requests, lambda reader: reader.follow("Explore them")),
    )


def explore(label: str) -> Sequence[Step]:
    """A window of one's own on the overview; then a week of one key, as Explore calls it, by what its calls have.

    Explore is left as it was found: it remembers.
    """
    window, key, *groups = EXPLORE
    return (
        *_overview(),
        Step(window, Reader.brush),
        Step(_WEEK, lambda reader: reader.window(_WEEK), told=False),
        Step(MENU, lambda reader: reader.go("Explore")),
        Step("no filter", Reader.clear, told=False),
        Step(key, lambda reader: reader.filter_by_key(label)),
        *(
            Step(what, lambda reader, by=by: reader.group(by))  # type: ignore[misc]  # mypy cannot infer its type
            for what, by in zip(groups, ("Address", "Route", "Client"), strict=True)
        ),
        Step("no filter", Reader.clear, told=False),
        Step("as it was", lambda reader: reader.group("Outcome"), told=False),
    )


def _overview() -> Sequence[Step]:
    """There, over a week, wherever the reader has been."""
    return (
        Step(MENU, lambda reader: reader.go("Overview")),
        Step(_WEEK, lambda reader: reader.window(_WEEK), told=False),
    )
