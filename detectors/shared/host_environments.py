"""Which environment each host belongs to: set, learnt from which keys use it, or told by its name."""

import re
from collections.abc import Mapping
from datetime import timedelta
from fnmatch import fnmatchcase
from typing import Final

import pandas as pd

from detectors.shared.lifetimes import environment
from detectors.shared.past import REACH
from model.errors import ConfigError

_SHARE: Final = 0.8
"""Of the keys on a host, so many must be of one environment for it to be learnt."""
_STRAY: Final = 0.2
"""Of the keys of the other environment, at most so many may use it: otherwise the host is for both."""
_TODAY: Final = 6
"""Of a first day, so many hours must be over before its own use teaches,"""
_MANY: Final = 6
"""so many keys of an environment must have a host,"""
_OTHERS: Final = 3
"""and so many of the other environment must be seen: two of them may both be strays."""
_LABEL: Final = re.compile(r"[.\-_:]")


class Hosts:
    """Answers whose a host was as of an hour."""

    def __init__(
        self,
        days: pd.DataFrame,
        hours: pd.DataFrame,
        refs: pd.DataFrame,
        given: str,
        *,
        learn: timedelta,
        keys: int,
    ) -> None:
        """`days` and `hours` are the frames host_days and host_hours, `refs` has key_ref, key_id and env."""
        self._given = parse(given)
        self._used = _used(days, refs, "day")
        self._hours = _used(hours, refs, "hour")
        self._learn, self._keys = learn, keys
        self._learnt: dict[pd.Timestamp, dict[str, str]] = {}
        self._young: dict[pd.Timestamp, bool] = {}

    def of(self, host: str, hour: pd.Timestamp) -> str | None:
        """The environment of a host by what was known before the day of an hour; None when nobody knows.

        While too little is known of days, the hours before it on its own day count as well, and more keys are asked
        for.
        """
        for pattern, meant in self._given:
            if fnmatchcase(host.lower(), pattern):
                return meant
        day = hour.floor("D")
        if day not in self._learnt:
            seen = self._before(day)
            self._young[day] = seen.empty or day - seen["day"].min() < self._learn
            self._learnt[day] = {} if self._young[day] else self._learn_from(seen, self._keys, 0)
        if self._young[day] and hour not in self._learnt:
            self._learnt[hour] = self._so_far(day, hour)
        return self._learnt[hour if self._young[day] else day].get(host) or _told(host)

    def _before(self, day: pd.Timestamp) -> pd.DataFrame:
        return self._used[(self._used["day"] < day) & (self._used["day"] >= day - REACH)]

    def _so_far(self, day: pd.Timestamp, hour: pd.Timestamp) -> dict[str, str]:
        """What the days before and the hours of the day before `hour` teach."""
        today = self._hours[(self._hours["hour"] >= day) & (self._hours["hour"] < hour)]
        before = self._before(day)
        if before.empty and (today.empty or hour - today["hour"].min() < pd.Timedelta(hours=_TODAY)):
            return {}
        both = [each[["host", "key_id", "env"]] for each in (before, today)]
        return self._learn_from(pd.concat(both), max(_MANY, self._keys), _OTHERS)

    def _learn_from(self, seen: pd.DataFrame, keys: int, others: int) -> dict[str, str]:
        everywhere = {str(env): int(n) for env, n in seen.groupby("env")["key_id"].nunique().items()}
        learnt = {}
        for host, used in seen.groupby("host"):
            counts = {str(env): int(n) for env, n in used.groupby("env")["key_id"].nunique().items()}
            most = max(counts, key=lambda env: (counts[env], env))
            rest = sum(everywhere.values()) - everywhere[most]
            if counts[most] >= keys and rest >= others and self._clear(counts, most, everywhere):
                learnt[str(host)] = most
        return learnt

    def _clear(self, counts: Mapping[str, int], most: str, everywhere: Mapping[str, int]) -> bool:
        """Whether the others on a host are strays: few there, and few of their kind."""
        others = {env: count for env, count in counts.items() if env != most}
        few = all(n <= max(1, _STRAY * everywhere[env]) and n < everywhere[env] for env, n in others.items())
        return few and counts[most] >= _SHARE * sum(counts.values())


def _used(rows: pd.DataFrame, refs: pd.DataFrame, clock: str) -> pd.DataFrame:
    used = rows.loc[rows["ok"] > 0, [clock, "host", "key_ref"]].merge(refs, on="key_ref")
    return used[[clock, "host", "key_id", "env"]].drop_duplicates()


def parse(text: str) -> list[tuple[str, str]]:
    """Read `api.example.com=production, *.dev.example.com=development`. Raises ConfigError for anything else."""
    pairs = []
    for part in (part.strip() for part in text.split(",")):
        pattern, equals, word = (piece.strip().lower() for piece in part.partition("="))
        meant = word if word == "shared" else environment(word)
        if part and (not equals or not pattern or meant not in {"production", "development", "shared"}):
            msg = f"[detectors.wrong-environment] hosts has {part!r}, which names no host and environment."
            raise ConfigError(msg, hint='Write hosts = "api.example.com=production, *.dev.example.com=development".')
        if part:
            pairs.append((pattern, str(meant)))
    return pairs


def _told(host: str) -> str | None:
    """Development, if a part of the name says so."""
    return next(("development" for part in _LABEL.split(host) if environment(part) == "development"), None)
