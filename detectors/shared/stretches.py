"""Walks at a reader's pace: runs of numbers, by the hour (`walk_hours`), that make one over a stretch of hours."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

import pandas as pd

from detectors.declare import HOUR

SPAN: Final = timedelta(hours=6)
APART: Final = 10
"""Runs adjoin if no more numbers lie between them: twice what a run leaves out at once (ours)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """Up to six hours of one subject, of which the last one is judged."""

    subject: str
    hour: pd.Timestamp
    """The last hour."""
    rows: pd.DataFrame
    """The runs that adjoin, of all its hours."""

    @property
    def begins(self) -> pd.Timestamp:
        """The first hour with a run."""
        return pd.Timestamp(self.rows["hour"].min())

    @property
    def width(self) -> int:
        """From the lowest number to the highest."""
        return int(self.rows["highest"].max() - self.rows["lowest"].min()) + 1

    @property
    def slow(self) -> int:
        """Different numbers asked for at that pace: no more than there are, if the same ones come again."""
        return min(int(self.rows["slow"].sum()), self.width)

    def dense(self, share: float) -> bool:
        """Whether its numbers fill so much of their range."""
        return int(self.rows["numbers"].sum()) >= share * self.width

    def failed(self, share: float) -> bool:
        """Whether so many calls were forbidden or found nothing."""
        failed = self.rows["client_error"].sum() + self.rows["forbidden"].sum()
        return bool(failed >= share * self.rows["requests"].sum())


class Walked:
    """The runs of subjects, by hour."""

    def __init__(self, rows: pd.DataFrame) -> None:
        """Of rows with `subject`, which has the route in it."""
        self._rows = {str(subject): mine for subject, mine in rows.groupby("subject")}

    def hours(self, since: pd.Timestamp, until: pd.Timestamp) -> Iterator[tuple[str, pd.Timestamp]]:
        """The subjects and the hours with a run of which the end lies in (since, until]."""
        for subject, rows in self._rows.items():
            ends = rows["hour"] + HOUR
            for hour in rows.loc[(ends > since) & (ends <= until), "hour"].drop_duplicates():
                yield subject, hour

    def ending(self, subject: str, hour: pd.Timestamp, span: timedelta = SPAN) -> Stretch | None:
        """The stretch that ends with an hour: its runs and what adjoins them; None where it has none."""
        rows = self._rows[subject]
        near = rows[(rows["hour"] <= hour) & (rows["hour"] > hour - span)]
        if not (near["hour"] == hour).any():
            return None
        return Stretch(subject=subject, hour=hour, rows=_adjoining(near, hour))

    def before(self, subject: str, day: pd.Timestamp) -> bool:
        """Whether there was a run on a day before: it is what the subject does."""
        return bool((self._rows[subject]["hour"] < day).any())


def _adjoining(near: pd.DataFrame, hour: pd.Timestamp) -> pd.DataFrame:
    """Of runs that adjoin each other in numbers the largest lot that has one of the hour."""
    ordered = near.sort_values(["lowest", "hour"], kind="stable")
    reached = ordered["highest"].cummax().shift(1)
    lot = (ordered["lowest"] - reached > APART + 1).cumsum()
    ends_here = set(lot[ordered["hour"] == hour])
    sums: dict[Any, int] = ordered["slow"].groupby(lot).sum().to_dict()
    largest = max(sorted(ends_here), key=lambda each: sums[each])
    return ordered[lot == largest]
