"""The use of all keys by hour, as arrays of keys by hours: what baselines are made from."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from detectors.baseline import Array
from detectors.columns import packed, unpacked
from detectors.frames import HOURS

_HOUR: Final = np.timedelta64(1, "h")
_DAY: Final = np.timedelta64(1, "D")
_USE: Final = ("calls", "sent", "failed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """Keys by hours from the day `first` on, without gaps; float32."""

    keys: list[str]
    """In ascending order."""
    first: np.datetime64
    calls: Array
    """Requests without those answered 401: they say that somebody tried the key, not that it was used."""
    sent: Array
    """Bytes that were answered."""
    failed: Array
    """Requests that were the client's error (4xx other than 401, 403 and 429)."""

    def place(self, day: np.datetime64) -> int:
        """The column in which a day begins, within the array."""
        hours = int((day - self.first) / _HOUR)
        return int(min(max(hours, 0), self.calls.shape[1]))

    def span(self, day: np.datetime64, since: int, until: int) -> slice:
        """The columns of the days [day + since, day + until)."""
        return slice(self.place(day + since * _DAY), self.place(day + until * _DAY))

    def clock(self, columns: slice) -> npt.NDArray[np.datetime64]:
        """The hours of columns."""
        return np.asarray(self.first.astype("datetime64[s]") + np.arange(columns.start, columns.stop) * _HOUR)

    def rows(self) -> pd.DataFrame:
        """The use of one day, of which the grid is: [key_ref, calls, sent, failed], each a list of its 24 hours."""
        return pd.DataFrame({"key_ref": self.keys, **{name: packed(getattr(self, name)) for name in _USE}})


def grid(parts: Iterable[pd.DataFrame], since: np.datetime64, until: np.datetime64) -> Grid:
    """The frame key_hours, in parts as one likes, as arrays over the days [since, until)."""
    made = _Growing(since, until)
    for part in parts:  # each is let go before the next one is read
        names, places, values = _taken(part, since, until)
        codes = made.codes(names)
        flat = codes[places[0]] * made.hours + places[1] if len(names) else places[1]
        for array, value in zip(made.arrays, values, strict=True):
            np.add.at(array.reshape(-1), flat, value)
    return made.grid()


def grid_of_days(
    days: Iterable[tuple[np.datetime64, pd.DataFrame]], since: np.datetime64, until: np.datetime64
) -> Grid:
    """The same of days within [since, until), each with its `Grid.rows`."""
    made = _Growing(since, until)
    for day, rows in days:
        codes, begin = made.codes(rows["key_ref"]), int((day - since) / _HOUR)
        for array, name in zip(made.arrays, _USE, strict=True):
            array[codes, begin : begin + HOURS] = unpacked(rows[name])
    return made.grid()


class _Growing:
    """Arrays of keys by hours, in which keys are found one after the other."""

    def __init__(self, since: np.datetime64, until: np.datetime64) -> None:
        self._first, self._rows = since, dict[str, int]()
        self.hours = max(int((until - since) / _HOUR), 0)
        self.arrays = [np.zeros((0, self.hours), dtype=np.float32) for _ in _USE]

    def codes(self, names: Iterable[str]) -> npt.NDArray[np.int64]:
        """The rows of keys; there is one for each then."""
        rows = self._rows
        found = np.array([rows.setdefault(name, len(rows)) for name in names], dtype=np.int64)
        for number, array in enumerate(self.arrays):
            if len(array) < len(rows):
                more = np.zeros((len(rows) - len(array), self.hours), dtype=array.dtype)
                self.arrays[number] = np.vstack([array, more])
        return found

    def grid(self) -> Grid:
        """All of it; nothing is left here."""
        keys = sorted(self._rows)
        order = np.array([self._rows[key] for key in keys], dtype=np.int64)
        for number in range(len(self.arrays)):  # one after the other, so that only one of them is there twice
            self.arrays[number] = self.arrays[number][order]
        calls, sent, failed = self.arrays
        return Grid(keys=keys, first=self._first, calls=calls, sent=sent, failed=failed)


def _taken(
    part: pd.DataFrame, since: np.datetime64, until: np.datetime64
) -> tuple[list[str], tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]], Array]:
    """The keys of a part, the places of its rows (key, hour), and their calls, bytes and failures."""
    hour = part["hour"].dt.tz_convert("UTC").dt.tz_localize(None).to_numpy("datetime64[h]")
    keep = (hour >= since) & (hour < until) & part["key_ref"].notna().to_numpy()
    rows = part[keep]
    codes, names = pd.factorize(rows["key_ref"])
    failed = rows["client_error"] + rows["server_error"]
    values = [rows["requests"] - rows["unauthenticated"], rows["bytes_out"], failed]
    stacked = np.stack([value.to_numpy(dtype=np.float32) for value in values])
    places = ((hour[keep] - since.astype("datetime64[h]")) / _HOUR).astype(np.int64)
    return [str(name) for name in names], (codes.astype(np.int64), places), stacked
