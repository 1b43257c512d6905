"""A rotation: its state, and what is known about each of its four steps."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, Literal

GRACE: Final = timedelta(days=7)
"""How long after its successor was issued the old key may be used; as the detector rotation-not-completed has it."""
BUSY: Final = timedelta(days=7)
"""A network that used the old key so lately has not moved."""
BEFORE: Final = timedelta(days=30)
"""So long before the new key was issued callers are looked at."""
_NAMED: Final = 5
_ENDED: Final = frozenset({"revoked", "expired", "removed", "inactive"})

State = Literal["created", "both active", "old still used", "completed"]
StepState = Literal["done", "open", "unknown"]
Row = Mapping[str, Any]
"""A row of `key_frame`, with None for what is not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One of the four."""

    step: Literal["new key", "update clients", "test", "revoke"]
    state: StepState
    says: str
    at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rotation:
    """One rotation. In place, old and new are the same key."""

    old: str
    new: str
    linked_by: str
    state: State
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Calls:
    """What the logs say of one key around a rotation."""

    networks: Mapping[str, tuple[datetime, datetime]] = field(default_factory=dict)
    """Network to the first and last day or moment of a success from there."""
    requests: int = 0
    refused: int = 0
    """401 and 403."""
    first_success: datetime | None = None


def rotation(old: Row, new: Row, was: Calls, now_is: Calls, *, now: datetime, watched: bool) -> Rotation | None:
    """The rotation from one key to another, as of `now`; None when nobody knows when the new key was issued.

    `was` are the calls of the old key, `now_is` those of the new one; `watched`: logs are read that tell keys apart.
    """
    issued = new["created_at"] or old["rotated_at"]
    if issued is None:
        return None
    over = ended(old, now)
    last = _latest(old["last_success"], old["source_last_used_at"])
    worked = _latest(now_is.first_success, new["last_success"], new["source_last_used_at"]) is not None
    still = {place: span[1] for place, span in was.networks.items() if span[1] > max(issued, now - BUSY)}
    state: State = "both active"
    if over is not None:
        state = "completed"
    elif not worked:
        state = "created"
    elif last is not None and last > issued + GRACE:
        state = "old still used"
    steps = (
        Step(step="new key", state="done", at=issued, says=f"{new['key_id']} was issued."),
        _clients(was, now_is, still, issued, worked=worked, watched=watched, over=over is not None),
        _test(now_is, new, watched=watched, worked=worked),
        _revoke(old, over, now),
    )
    by = str(old["successor_by"] or "explicit")
    return Rotation(old=str(old["key_id"]), new=str(new["key_id"]), linked_by=by, state=state, steps=steps)


def in_place(key: Row, at: datetime, old_used: datetime | None, new_used: datetime | None, *, known: bool) -> Rotation:
    """The latest rotation of a key under its own id; `known`: the fingerprints of both secrets are.

    `old_used` and `new_used` are the last successes of the two secrets.
    """
    late = old_used is not None and old_used > at
    state: State = "old still used" if late else "completed" if new_used is not None or not known else "created"
    blind = "The logs know the key by its id, which both secrets share."
    steps = (
        Step(step="new key", state="done", at=at, says="Another secret was issued under the same id."),
        Step(
            step="update clients",
            state="unknown" if not known else "open" if late else "done" if new_used is not None else "open",
            says=blind
            if not known
            else f"The old secret worked last on {_day(old_used)}."
            if late
            else "The old secret has not worked since.",
            at=old_used if late else None,
        ),
        Step(
            step="test",
            state="unknown" if not known else "done" if new_used is not None else "open",
            says=blind
            if not known
            else f"The new secret worked last on {_day(new_used)}."
            if new_used
            else "Not used yet.",
            at=new_used,
        ),
        Step(
            step="revoke",
            state="unknown" if not known else "open" if late else "done",
            says="The old secret still works." if late else "The provider replaced the old secret.",
        ),
    )
    return Rotation(old=str(key["key_id"]), new=str(key["key_id"]), linked_by="in place", state=state, steps=steps)


def _clients(
    was: Calls,
    now_is: Calls,
    still: Mapping[str, datetime],
    issued: datetime,
    *,
    worked: bool,
    watched: bool,
    over: bool,
) -> Step:
    if not watched:
        return Step(step="update clients", state="unknown", says="No logs are read that tell keys apart.")
    before = {place for place, span in was.networks.items() if span[0] <= issued}
    moved = before & now_is.networks.keys()
    told = f"{len(before)} networks used the old key before, {len(moved)} of them use the new one"
    if still:
        worst = sorted(still, key=lambda place: (still[place], place), reverse=True)
        places = ", ".join(f"{place} ({_day(still[place])})" for place in worst[:_NAMED])
        return Step(
            step="update clients", state="open", says=f"{told}; still on the old: {places}.", at=still[worst[0]]
        )
    state: StepState = "done" if worked or over else "open"
    return Step(step="update clients", state=state, says=f"{told}; none used the old in the last {BUSY.days} days.")


def _test(now_is: Calls, new: Row, *, watched: bool, worked: bool) -> Step:
    if not worked:
        says = "The new key has not worked yet." if watched else "No logs are read, and the provider tells no use."
        tried = f" It was refused {now_is.refused} times." if now_is.refused else ""
        return Step(step="test", state="open" if watched else "unknown", says=says + tried)
    if now_is.first_success is None:
        told = new["last_success"] or new["source_last_used_at"]
        return Step(step="test", state="done", says=f"The new key was used, as {new['source']} says.", at=told)
    first, refused = _day(now_is.first_success), now_is.refused
    says = f"The new key worked first on {first}; of {now_is.requests} calls {refused} were refused."
    return Step(step="test", state="done", says=says, at=now_is.first_success)


def _revoke(old: Row, ended: datetime | None, now: datetime) -> Step:
    status = str(old["status"])
    if ended is None:
        return Step(step="revoke", state="open", says=f"The old key is {status}.")
    undated = ended == now
    tried = old["last_seen"] is not None and old["last_seen"] > ended and not undated
    says = f"The old key is {status if status in _ENDED else 'expired'}."
    if tried:
        says += f" It was tried again since, last on {_day(old['last_seen'])}."
    return Step(step="revoke", state="done", at=None if undated else ended, says=says)


def ended(key: Row, now: datetime) -> datetime | None:
    """When a key ended; `now` when it did at an unknown time; None: it lives."""
    dates = [key[name] for name in ("revoked_at", "expires_at", "removed_at") if key[name] is not None]
    past: list[datetime] = [date for date in dates if date <= now]
    if past:
        return min(past)
    if key["status"] in _ENDED and not dates:
        since: datetime | None = key["status_since"]
        return since or now
    return None


def _latest(*moments: datetime | None) -> datetime | None:
    return max((moment for moment in moments if moment is not None), default=None)


def _day(moment: datetime | None) -> str:
    return "" if moment is None else f"{moment:%Y-%m-%d}"


def joined(calls: Iterable[Calls]) -> Calls:
    """The calls of all references of a key."""
    found: Sequence[Calls] = list(calls)
    networks: dict[str, tuple[datetime, datetime]] = {}
    for place, (first, last) in (item for one in found for item in one.networks.items()):
        known = networks.get(place, (first, last))
        networks[place] = (min(known[0], first), max(known[1], last))
    return Calls(
        networks=networks,
        requests=sum(one.requests for one in found),
        refused=sum(one.refused for one in found),
        first_success=min((one.first_success for one in found if one.first_success), default=None),
    )
