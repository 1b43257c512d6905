"""What was not told, or not judged by the usual threshold: keys that people excused, silences, mutes of the config."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from reports.trail import ExceptionEntry
from store.state.exceptions import KeyException
from store.state.verdicts import Verdict

if TYPE_CHECKING:
    from reports.reading import State


def exceptions(
    state: "State", labels: Mapping[str, Mapping[str, str]], configured: tuple[ExceptionEntry, ...], at: datetime
) -> tuple[ExceptionEntry, ...]:
    """Keys that were excused, silences, patterns called expected, and the config's; `labels` are the roster's."""
    excused = tuple(_of_key(one, labels, at) for one in sorted(state.exceptions, key=lambda one: one.id))
    silences = tuple(
        ExceptionEntry(
            id=f"silence {one.id}",
            kind="silence",
            about=", ".join(f"{name}: {_words(value)}" for name, value in sorted(one.when.items())),
            reason=one.reason,
            approver=one.author,
            author=one.author,
            granted=one.since,
            expires=one.until,
            ended_at=one.expired_at,
            state=_state(one.until, one.expired_at, at),
        )
        for one in state.silences
    )
    expected = tuple(_expected(number, one) for number, one in enumerate(state.expected, 1))
    return excused + silences + expected + configured


def _expected(number: int, one: Verdict) -> ExceptionEntry:
    about = [f"key {one.key_id}"] if one.key_id else []
    about += [", ".join(one.addresses)] if one.addresses else []
    about += [f"{name} {', '.join(some)}" for name, some in sorted(one.pattern.items())]
    return ExceptionEntry(
        id=f"expected {number}",
        kind="expected",
        about="; ".join(about),
        key_id=one.key_id,
        rules=(one.detector,),
        reason=f"Called expected when the incident {one.incident_id} was resolved.",
        approver=one.actor,
        author=one.actor,
        granted=one.since,
        expires=None,
    )


def holding(exceptions: Sequence[KeyException], at: datetime) -> "Excuses":
    """The exceptions that hold at a moment, to be asked of many keys."""
    return Excuses([one for one in exceptions if one.holds(at)])


class Excuses:
    """Exceptions by key, and those by label."""

    def __init__(self, exceptions: Iterable[KeyException]) -> None:
        self._of_key: dict[str, list[str]] = {}
        self._by_label: list[KeyException] = []
        for one in exceptions:
            if one.key_id is not None:
                self._of_key.setdefault(one.key_id, []).append(_id(one))
            else:
                self._by_label.append(one)

    def of(self, key_id: str, labels: dict[str, str]) -> tuple[str, ...]:
        """The ids of those that are about a key."""
        by_label = [_id(one) for one in self._by_label if one.about(key_id, labels)] if labels else []
        return (*self._of_key.get(key_id, ()), *by_label)


def _of_key(one: KeyException, labels: Mapping[str, Mapping[str, str]], at: datetime) -> ExceptionEntry:
    if one.key_id is not None:
        keys = int(one.key_id in labels)
    else:
        keys = sum(one.about(key_id, dict(mine)) for key_id, mine in labels.items() if mine)
    return ExceptionEntry(
        id=_id(one),
        kind="ignored",
        about=f"key {one.key_id}" if one.key_id else f"label {one.label}",
        key_id=one.key_id,
        label=one.label,
        rules=one.rules,
        reason=one.reason,
        control=one.control,
        approver=one.approver,
        author=one.author,
        granted=one.since,
        expires=one.until,
        ended_at=one.ended_at,
        ended_by=one.ended_by,
        state=_state(one.until, one.ended_at, at),
        keys=keys,
    )


def _state(until: datetime, ended_at: datetime | None, at: datetime) -> str:
    if ended_at is not None and ended_at <= at:
        return "ended"
    return "expired" if until <= at else "in force"


def _id(one: KeyException) -> str:
    return f"exception {one.id}"


def _words(value: object) -> str:
    if isinstance(value, Mapping):
        return " ".join(f"{name}={inner}" for name, inner in sorted(value.items()))
    return " ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
