"""platform-failures: see the docstring of `score`."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

import pandas as pd

from detectors.declare import HOUR, MINUTE, Frames, detector
from detectors.scores import Scored, moment, to_frame
from detectors.shared import outage
from detectors.shared.lifetimes import identity
from detectors.shared.tried import FRAMES, tried
from model.finding import Severity
from model.window import Window

_NAMED: Final = 5
"""So many keys are named, whatever their number is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How long it must last."""

    minutes: int = 2
    """So many minutes of an outage within `span`: a single one is a hiccup."""
    span: timedelta = timedelta(minutes=10)


@detector(
    id="platform-failures",
    severity=Severity.MEDIUM,
    kind="rule",
    frames=FRAMES,
    settings=Settings,
    quiet=4 * HOUR,
    bucket=MINUTE,
    attack=("T1499",),
    controls=("CC7.2", "A1.2"),
)
def score(frames: Frames, _window: Window, settings: Settings) -> pd.DataFrame:
    """The platform refuses its own customers.

    Within a minute, or five, 5 keys and a quarter of the active ones got 401 or 403 at networks where they had
    succeeded within 29 days, in two minutes out of ten. The bursts of these keys and their addresses in such a minute
    and the ten after it are folded into this finding; calls from elsewhere are judged as ever. Server errors of half
    of the active keys are low: they concern operations.

    Why it matters: when most keys fail at once, no key is under attack: a deploy, an expired certificate or the
    login service is at fault, and all customers are locked out.

    False alarms: a maintenance window that nobody told keywatch of.

    What to do: look at what was deployed, and at the health of the service that checks keys. Then look whether any
    finding from the same minutes names an address that is nobody's: an outage is good cover.
    """
    minutes = tried(frames)
    refused = _lasting(outage.refused(frames, minutes), settings)
    erring = _lasting(outage.erring(frames), settings)
    erring = erring[~erring["minute"].isin(set(refused["minute"]))]
    rows = [_refused(row, _busiest(frames, minutes, row.minute)) for row in refused.itertuples(index=False)]
    return to_frame(rows + [_erring(row) for row in erring.itertuples(index=False)])


def _lasting(found: pd.DataFrame, settings: Settings) -> pd.DataFrame:
    """The minutes that are at least the `minutes`-th within the span."""
    ordered = found.sort_values("minute", ignore_index=True)
    earlier = ordered["minute"].shift(settings.minutes - 1)
    return ordered[earlier > ordered["minute"] - settings.span]


def _busiest(frames: Frames, minutes: pd.DataFrame, minute: Any) -> list[str]:  # noqa: ANN401 (a moment of pandas)
    """The keys with most failed calls of a minute at places that are theirs, as the inventory calls them."""
    own = minutes["home"] | minutes["roaming"] | minutes["nowhere"]
    sums = minutes[(minutes["minute"] == minute) & own].groupby("key_ref", as_index=False)["failed"].sum()
    most = sums[sums["failed"] > 0].sort_values(["failed", "key_ref"], ascending=[False, True]).head(_NAMED)
    names = identity(frames)
    return [names.get(ref, ref) for ref in most["key_ref"]]


def _refused(row: Any, busiest: list[str]) -> Scored:  # noqa: ANN401 (a row of outage.refused)
    keys, active = int(row.keys), int(row.active)
    return Scored(
        bucket=moment(row.minute),
        subject="platform:all",
        score=max(1.0, keys / outage.KEYS),
        count=int(row.failed),
        first_seen=moment(row.minute),
        last_seen=moment(row.minute + MINUTE),
        title="The platform refuses its own customers: {count} failed calls from their usual places",
        summary=f"At its peak {keys} of {active} active keys got 401 or 403 within a minute from where they always "
        "worked. Bursts of single keys in these minutes are part of this.",
        detail={"keys": keys, "active": active, "kind": "authentication", "busiest": busiest},
    )


def _erring(row: Any) -> Scored:  # noqa: ANN401 (a row of outage.erring)
    keys, active = int(row.keys), int(row.active)
    return Scored(
        bucket=moment(row.minute),
        subject="platform:all",
        severity=Severity.LOW,
        score=1.0,
        count=int(row.failed),
        first_seen=moment(row.minute),
        last_seen=moment(row.minute + MINUTE),
        title="The platform answers most keys with server errors: {count} of them",
        summary=f"At its peak {keys} of {active} active keys got server errors for half of their calls or more.",
        detail={"keys": keys, "active": active, "kind": "server errors"},
    )
