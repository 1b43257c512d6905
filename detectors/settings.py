"""What the config says about detectors: the budget, and each detector's own settings."""

import dataclasses
import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final, TypeVar

from detectors.folding.muting import Mute
from detectors.folding.overriding import Override
from model.errors import ConfigError, UsageError
from model.window import parse_duration

SettingsT = TypeVar("SettingsT")
Value = str | int | float

DEFAULT_BUDGET: Final = 0.5
"""Expected false alarms a day, of medium and above, of all statistical detectors together over all keys."""

_BUDGET: Final = re.compile(r"(\d+(?:\.\d+)?)\s*(?:/|per)\s*(day|week|month)", re.IGNORECASE)
_DAYS: Final = {"day": 1.0, "week": 7.0, "month": 30.0}


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectorsConfig:
    """The table `[detectors]` of the config."""

    budget: float = DEFAULT_BUDGET
    """Expected false alarms a day, of medium and above, of all statistical detectors; never a cap on findings."""
    overrides: Mapping[str, Mapping[str, Value]] = field(default_factory=dict)
    """Detector id to setting to value, as in `[detectors.unused-key]`."""
    exceptions: tuple[Override, ...] = ()
    """Other settings for some subjects, as in `[[detectors.overrides]]`; the last that matches wins."""
    mutes: tuple[Mute, ...] = ()
    """What is told to nobody: the calendar, overrides with `mute_until`, allow-lists, expected patterns."""

    @classmethod
    def parse(cls, table: Mapping[str, object], *, known: Iterable[str]) -> "DetectorsConfig":
        """Read `{"budget": "0.5/day", "unused-key": {"after": "45d"}}`; `known` are the detectors' ids.

        Raises ConfigError for an unknown detector or a budget that is none. Settings are read by `build`.
        """
        overrides: dict[str, Mapping[str, Value]] = {}
        for name, value in table.items():
            if name == "budget":
                continue
            require_known(name, ["budget", "overrides", "allow", *known], "detectors")
            if not isinstance(value, Mapping):
                msg = f"[detectors] {name} is {value!r} and not a table."
                raise ConfigError(msg, hint=f"Write [detectors.{name}] with its settings below.")
            overrides[name] = dict(value)
        return cls(budget=parse_budget(table.get("budget", DEFAULT_BUDGET)), overrides=overrides)

    def settings(self, detector: str, kind: type[SettingsT]) -> SettingsT:
        """The settings of one detector: its defaults with the overrides of its table."""
        return build(kind, self.overrides.get(detector, {}), where=f"detectors.{detector}")

    def overridden_settings(self, override: Override, kind: type[SettingsT]) -> SettingsT:
        """The settings of one detector where an override holds."""
        values = {**_plain(self.overrides.get(override.detector, {})), **_plain(override.settings)}
        return build(kind, values, where=f"detectors.overrides.set of {override.detector}")

    def with_settings(self, detector: str, values: Mapping[str, Value]) -> "DetectorsConfig":
        """The same config with other settings of one detector."""
        changed = {**_plain(self.overrides.get(detector, {})), **_plain(values)}
        return dataclasses.replace(self, overrides={**self.overrides, detector: changed})


def _plain(values: Mapping[str, Value]) -> dict[str, Value]:
    return {name.replace("-", "_"): value for name, value in values.items()}


def parse_budget(value: object) -> float:
    """Read `0.5/day`, `2/week`, or a bare number of alarms a day. Raises ConfigError for anything else."""
    if isinstance(value, (int, float)) and not isinstance(value, bool) and value > 0:
        return float(value)
    match = _BUDGET.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None or not float(match[1]):
        msg = f"[detectors] budget is {value!r}, which is no number of alarms a day."
        raise ConfigError(msg, hint='Write budget = "0.5/day" or "2/week"; it must be above zero.')
    return float(match[1]) / _DAYS[match[2].lower()]


def build(kind: type[SettingsT], values: Mapping[str, Value], *, where: str) -> SettingsT:
    """A settings dataclass with `values` over its defaults; dashes and underscores in names are the same.

    Raises ConfigError for an unknown setting (did you mean) and for a value of the wrong kind.
    """
    defaults = kind()
    names = [item.name for item in dataclasses.fields(defaults)]  # type: ignore[arg-type]
    given = {name.replace("-", "_"): value for name, value in values.items()}
    for name in given:
        require_known(name, names, where)
    parsed = {name: _parse(value, getattr(defaults, name), f"[{where}] {name}") for name, value in given.items()}
    return dataclasses.replace(defaults, **parsed)  # type: ignore[type-var]


def require_known(name: str, names: Iterable[str], where: str) -> None:
    """Raise ConfigError when `name` is none of `names`, with the nearest as a hint."""
    names = list(names)
    if name in names:
        return
    near = difflib.get_close_matches(name, names, n=1)
    hint = f"Did you mean {near[0]}?" if near else f"Known: {', '.join(names) or 'nothing'}."
    msg = f"[{where}] has no {name!r}."
    raise ConfigError(msg, hint=hint)


def _parse(value: Value, default: object, where: str) -> object:
    """`value` as the kind of its default: a duration, a whole number, a number or a text."""
    try:
        if isinstance(default, timedelta):
            return parse_duration(str(value))
        if isinstance(default, int):
            return int(str(value))
        return type(default)(value)  # type: ignore[call-arg]
    except (UsageError, ValueError, TypeError) as error:
        msg = f"{where} is {value!r}, and should be like {show(default)}."
        raise ConfigError(msg, hint=error.hint if isinstance(error, UsageError) else None) from error


def show(value: object) -> str:
    """A setting as the config writes it: `45d`, `10m`, `0.5`."""
    if not isinstance(value, timedelta):
        return str(value)
    seconds = int(value.total_seconds())
    sizes = (("d", 86400), ("h", 3600), ("m", 60), ("s", 1))
    return next((f"{seconds // size}{unit}" for unit, size in sizes if seconds and seconds % size == 0), "0s")
