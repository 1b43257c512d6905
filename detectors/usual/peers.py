"""Whether something happens to many like keys at once: then it is about them all, and of no single one."""

from typing import Final

import numpy as np
import numpy.typing as npt

from detectors.declare import Frames
from detectors.usual.baselines import RESTLESS
from detectors.usual.day import Day

_SEVERAL: Final = 3
_THIRD: Final = 1 / 3


def many_at_once(
    day: Day, *, hit: npt.NDArray[np.bool_], regular: npt.NDArray[np.bool_], frames: Frames
) -> npt.NDArray[np.bool_]:
    """Keys by hours at which at least three of the like keys that are `regular`, and a third of them, are `hit`.

    Keys are alike when their owners work in the same time zone, and either all or none of them rest at nights or
    weekends: a public holiday stops the offices of a country and leaves the services going.
    """
    groups = _groups(day, frames)
    found = _many(hit & regular, regular)
    for group in np.unique(groups):
        on = groups == group
        found[on] |= _many(hit[on] & regular[on], regular[on])
    return found


def _many(hit: npt.NDArray[np.bool_], regular: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    struck, held = hit.sum(axis=0), regular.sum(axis=0)
    return np.broadcast_to((struck >= _SEVERAL) & (struck >= _THIRD * held), hit.shape).copy()


def _groups(day: Day, frames: Frames) -> npt.NDArray[np.int64]:
    refs = frames["key_refs"].dropna(subset=["key_ref"])
    zones = dict(zip(refs["key_ref"], refs["timezone"].fillna("UTC"), strict=True))
    names = sorted({zones.get(key, "UTC") for key in day.keys})
    zone = np.array([names.index(zones.get(key, "UTC")) for key in day.keys], dtype=np.int64)
    return np.asarray(2 * zone + (day.of("open_hours") < RESTLESS), dtype=np.int64)
