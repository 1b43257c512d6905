"""The use of all keys by hour, as arrays of keys by hours: what baselines are made from."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from detectors.baseline import Array

_HOUR: Final = np.timedelta64(1, "h")
_DAY: Final = np.timedelta64(1, "D")


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


def grid(parts: Iterable[pd.DataFrame], since: np.datetime64, until: np.datetime64) -> Grid:
    """The frame key_hours, in parts as one likes, as arrays over the days [since, until)."""
    hours = max(int((until - since) / _HOUR), 0)
    rows: dict[str, int] = {}
    arrays = [np.zeros((0, hours), dtype=np.float32) for _ in range(3)]
    for part in parts:  # each is let go before the next one is read
        names, places, values = _taken(part, since, until)
        codes = np.array([rows.setdefault(name, len(rows)) for name in names], dtype=np.int64)
        flat = codes[places[0]] * hours + places[1] if len(names) else places[1]
        for number, value in enumerate(values):
            arrays[number] = _with_room(arrays[number], len(rows))
            np.add.at(arrays[number].reshape(-1), flat, value)
    keys = sorted(rows)
    order = np.array([rows[key] for key in keys], dtype=np.int64)
    for number in range(3):  # one after the other, so that only one of them is there twice
        arrays[number] = arrays[number][order]
    return Grid(keys=keys, first=since, calls=arrays[0], sent=arrays[1], failed=arrays[2])


def _with_room(array: Array, rows: int) -> Array:
    """The array with so many rows, new ones of zeros."""
    if rows == len(array):
        return array
    return np.vstack([array, np.zeros((rows - len(array), array.shape[1]), dtype=array.dtype)])


def _taken(
    part: pd.DataFrame, since: np.datetime64, until: np.datetime64
) -> tuple[list[str], tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]], Array]:
    """The keys of a part, the places of its rows (key, hour), and their calls, bytes and failures."""
    hour = part["hour"].dt.tz_convert("UTC").dt.tz_localize(None).to_numpy("datetime64[h]")
    keep = (hour >= since) & (hour < until) & part["key_ref"].notna().to_numpy()
    rows = part[keep]
    codes, names = pd.factorize(rows["key_ref"])
    values = [rows["requests"] - rows["unauthenticated"], rows["bytes_out"], rows["client_error"]]
    stacked = np.stack([value.to_numpy(dtype=np.float32) for value in values])
    places = ((hour[keep] - since.astype("datetime64[h]")) / _HOUR).astype(np.int64)
    return [str(name) for name in names], (codes.astype(np.int64), places), stacked
