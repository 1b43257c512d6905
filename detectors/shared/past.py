"""Which values of one kind (networks, clients, routes) each key had in the days before a day.

Arrays instead of frames: a month of history is asked for thousands of days of keys.
"""

from datetime import timedelta
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

REACH: Final = timedelta(days=30)
"""How far back is looked."""
_LEARNING: Final = 3
_TEXTS: Final = ("key_ref", "network", "client", "asn", "country", "route")


class Stretch(NamedTuple):
    """The 30 days of one key before a day; a row for each day and value, by day."""

    days: npt.NDArray[np.int64]
    """Since 1970."""
    codes: npt.NDArray[np.int64]
    """Which value, as a number."""
    requests: npt.NDArray[np.int64]


class Past:
    """Days of keys with one kind of value; only days with successes count."""

    def __init__(self, days: pd.DataFrame, value: str, by: str = "key") -> None:
        """`days` has the columns `by`, day, `value` and requests, as `keyed` gives them."""
        self._value, self._by = value, by
        rows: pd.DataFrame = days.groupby([by, "day", value], as_index=False)[["requests"]].sum()
        self._rows = rows[[by, "day", value]]
        self._days = (rows["day"].dt.tz_localize(None).astype("datetime64[us]").astype("int64") // _DAY_US).to_numpy()
        codes, names = pd.factorize(rows[value])
        self._codes, self._names = codes.astype(np.int64), [str(name) for name in names]
        self._requests = rows["requests"].to_numpy(dtype=np.int64)
        subjects, first = np.unique(rows[by].to_numpy(dtype=str), return_index=True)
        ends = np.append(first, len(rows))[1:]
        self._places = {str(s): (int(a), int(b)) for s, a, b in zip(subjects, first, ends, strict=True)}

    def unseen(self, used: pd.DataFrame) -> pd.DataFrame:
        """The rows of `used` (`by`, day, `value`) whose value its key did not have in the 30 days before the day."""
        by = [self._by, self._value]
        wanted = pd.MultiIndex.from_frame(used[by])
        mine: pd.DataFrame = self._rows[pd.MultiIndex.from_frame(self._rows[by]).isin(wanted)]
        seen = used[[*by, "day"]].merge(mine.rename(columns={"day": "before"}), on=by)
        seen = seen[(seen["before"] < seen["day"]) & (seen["before"] >= seen["day"] - REACH)]
        known = pd.MultiIndex.from_frame(seen[[*by, "day"]])
        return used[~pd.MultiIndex.from_frame(used[[*by, "day"]]).isin(known)]

    def stretch(self, key: str, day: pd.Timestamp) -> Stretch:
        """The days of a key in the 30 days before a day."""
        low, high = self._places.get(key, (0, 0))
        at = number(day)
        since, until = low + np.searchsorted(self._days[low:high], [at - REACH.days, at])
        span = slice(int(since), int(until))
        return Stretch(self._days[span], self._codes[span], self._requests[span])

    def of(self, key: str, day: pd.Timestamp) -> frozenset[str]:
        """The values that a key had in the 30 days before a day."""
        return frozenset(self._names[code] for code in set(self.stretch(key, day).codes.tolist()))

    def firsts(self, key: str, day: pd.Timestamp) -> list[str]:
        """The same, in the order of the days in which they came."""
        return [self._names[code] for code in dict.fromkeys(self.stretch(key, day).codes.tolist())]

    def most(self, key: str, day: pd.Timestamp) -> int:
        """The most different values of one day of those 30; 0 without any."""
        days = self.stretch(key, day).days
        return int(np.unique(days, return_counts=True)[1].max()) if len(days) else 0

    def new_a_day(self, key: str, day: pd.Timestamp, *, days: bool = False) -> float:
        """How often a value is new to a key: of its days after the first three, with half a value added.

        So that a short history is no proof of steadiness. With `days`, days with anything new are counted.
        """
        past = self.stretch(key, day)
        if not len(past.days):
            return 1.0
        first = past.days[np.unique(past.codes, return_index=True)[1]]
        first = first[first >= past.days[0] + _LEARNING]
        seen = number(day) - int(past.days[0]) - _LEARNING
        return ((len(set(first.tolist())) if days else len(first)) + 0.5) / (max(seen, 0) + 1)


_DAY_US: Final = 86_400_000_000


def number(day: pd.Timestamp) -> int:
    """A day as days since 1970."""
    return int(day.timestamp() // 86_400)


def keyed(days: pd.DataFrame, keys: dict[str, str]) -> pd.DataFrame:
    """Rows of a frame by days that have successes and all their texts, with the column `key`.

    That is the key_id, or the key_ref of a key that the inventory does not know.
    """
    rows = days[days["ok"] > 0].dropna(subset=[name for name in _TEXTS if name in days.columns])
    return rows.assign(key=rows["key_ref"].map(keys).fillna(rows["key_ref"]))
