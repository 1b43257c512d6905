"""Which environment each host belongs to: set, learnt from which keys use it, or told by its name."""

import re
from collections.abc import Mapping
from datetime import timedelta
from fnmatch import fnmatchcase
from typing import Final

import pandas as pd

from detectors.lifetimes import environment
from detectors.past import REACH
from model.errors import ConfigError

_SHARE: Final = 0.8
"""Of the keys on a host, so many must be of one environment for it to be learnt."""
_STRAY: Final = 0.2
"""Of the keys of the other environment, at most so many may use it: otherwise the host is for both."""
_LABEL: Final = re.compile(r"[.\-_:]")


class Hosts:
    """Answers whose a host was as of a day."""

    def __init__(self, days: pd.DataFrame, refs: pd.DataFrame, given: str, *, learn: timedelta, keys: int) -> None:
        """`days` is the frame host_days, `refs` has key_ref, key_id and env."""
        self._given = parse(given)
        used = days[days["ok"] > 0].merge(refs, on="key_ref")
        self._used = used[["day", "host", "key_id", "env"]].drop_duplicates()
        self._learn, self._keys = learn, keys
        self._learnt: dict[pd.Timestamp, dict[str, str]] = {}

    def of(self, host: str, day: pd.Timestamp) -> str | None:
        """The environment of a host by what was known before the day; None when nobody knows."""
        for pattern, meant in self._given:
            if fnmatchcase(host.lower(), pattern):
                return meant
        if day not in self._learnt:
            self._learnt[day] = self._learn_before(day)
        return self._learnt[day].get(host) or _told(host)

    def _learn_before(self, day: pd.Timestamp) -> dict[str, str]:
        seen = self._used[(self._used["day"] < day) & (self._used["day"] >= day - REACH)]
        if seen.empty or day - seen["day"].min() < self._learn:
            return {}
        everywhere = {str(env): int(n) for env, n in seen.groupby("env")["key_id"].nunique().items()}
        learnt = {}
        for host, keys in seen.groupby("host"):
            counts = {str(env): int(n) for env, n in keys.groupby("env")["key_id"].nunique().items()}
            most = max(counts, key=lambda env: (counts[env], env))
            if counts[most] >= self._keys and self._clear(counts, most, everywhere):
                learnt[str(host)] = most
        return learnt

    def _clear(self, counts: Mapping[str, int], most: str, everywhere: Mapping[str, int]) -> bool:
        """Whether the others on a host are strays: few there, and few of their kind."""
        others = {env: count for env, count in counts.items() if env != most}
        few = all(n <= max(1, _STRAY * everywhere[env]) and n < everywhere[env] for env, n in others.items())
        return few and counts[most] >= _SHARE * sum(counts.values())


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
