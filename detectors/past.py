"""Which values of one kind (networks, clients, routes) each key had in the days before a day."""

from datetime import timedelta
from typing import Final

import pandas as pd

_REACH: Final = timedelta(days=30)


class Past:
    """Days of keys with one kind of value; only days with successes count."""

    def __init__(self, days: pd.DataFrame, value: str) -> None:
        """`days` is `keyed`: with the columns key, day and `value`."""
        self._value = value
        self._days = days
        self._keys: dict[str, pd.DataFrame] | None = None

    def unseen(self, used: pd.DataFrame, reach: timedelta = _REACH) -> pd.DataFrame:
        """The rows of `used` (key, day, `value`) whose value the key did not have within `reach` before the day."""
        by = ["key", self._value]
        mine = self._days[self._days["key"].isin(set(used["key"]))]
        seen = used[[*by, "day"]].merge(mine[[*by, "day"]].rename(columns={"day": "before"}), on=by)
        seen = seen[(seen["before"] < seen["day"]) & (seen["before"] >= seen["day"] - reach)]
        known = pd.MultiIndex.from_frame(seen[[*by, "day"]])
        return used[~pd.MultiIndex.from_frame(used[[*by, "day"]]).isin(known)]

    def days(self, key: str, day: pd.Timestamp) -> pd.DataFrame:
        """The rows of a key in the 30 days before a day."""
        if self._keys is None:
            self._keys = {str(name): rows for name, rows in self._days.groupby("key")}
        found = before(self._keys.get(key), day, _REACH)
        return self._days.iloc[:0] if found is None else found

    def of(self, key: str, day: pd.Timestamp) -> frozenset[str]:
        """The values that a key had in the 30 days before a day."""
        return frozenset(str(value) for value in self.days(key, day)[self._value])

    def most(self, key: str, day: pd.Timestamp) -> int:
        """The most different values of one day of those 30; 0 without any."""
        values = self.days(key, day).groupby("day")[self._value].nunique()
        return int(values.max()) if len(values) else 0


def keyed(days: pd.DataFrame, keys: dict[str, str]) -> pd.DataFrame:
    """Rows of a frame by days that have successes and all their texts, with the column `key`.

    That is the key_id, or the key_ref of a key that the inventory does not know.
    """
    rows = days[days["ok"] > 0].dropna(subset=[name for name in _VALUES if name in days.columns])
    return rows.assign(key=rows["key_ref"].map(keys).fillna(rows["key_ref"]))


_VALUES: Final = ("key_ref", "network", "client", "asn", "country", "route")


def before(days: pd.DataFrame | None, day: pd.Timestamp, reach: timedelta) -> pd.DataFrame | None:
    """Of rows by days those in [day - reach, day)."""
    return None if days is None else days[(days["day"] < day) & (days["day"] >= day - reach)]
