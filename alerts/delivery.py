"""Delivery: what waits in the outbox goes to its targets, each served by its own thread.

One delivery is leased at a time; its result and the next lease are one transaction. Each call renews the lease of what
is being sent. A thread that hangs in a target is left behind: its lease runs out, and the delivery is tried again with
the same idempotency key. No second thread is started for a target while one hangs in it.
"""

import random
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import timedelta

from alerts.backoff import Uniform
from alerts.breaker import FAILURES
from alerts.channels.open import open_target
from alerts.config import Target
from alerts.line import LEASE, Counts, Line, Opener, Outbox
from alerts.pace import Pace
from alerts.sends import Sends
from model.clock import Clock
from store.state import deliveries, health

WITHIN = 60.0
"""Seconds that one call waits for slow targets; promise 6 of DESIGN.md gives 90 s from line to target."""

_JUMP = 60.0
"""Seconds; a clock that moves against monotonic time by less is only being corrected."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryReport:
    """What one call of `deliver` did."""

    targets: Mapping[str, Counts] = field(default_factory=dict)
    """Target to what became of its deliveries; only those that had something due."""
    hung: tuple[str, ...] = ()
    """Targets that did not answer while we waited."""
    resting: tuple[str, ...] = ()
    """Targets that keep failing and are left alone for now."""
    expired: int = 0
    """Leases of deliverers that had died; their deliveries are tried again."""

    @property
    def total(self) -> Counts:
        """The sum over the targets."""
        names = [column.name for column in fields(Counts)]
        return Counts(**{name: sum(getattr(counts, name) for counts in self.targets.values()) for name in names})

    @property
    def sent(self) -> int:
        """Deliveries that a target took."""
        return self.total.sent

    @property
    def retried(self) -> int:
        """Deliveries that are tried again, those that may have arrived among them."""
        return self.total.retried + self.total.unknown

    @property
    def dead(self) -> int:
        """Deliveries that were given up."""
        return self.total.dead


class Deliverer:
    """Delivers again and again; remembers which targets hang, and each target's pace."""

    def __init__(
        self,
        store: Outbox,
        clock: Clock,
        worker: str,
        *,
        watchers: Sequence[str] = (),
        uniform: Uniform = random.uniform,
        opener: Opener = open_target,
        sends: Sends | None = None,
    ) -> None:
        """`worker` names this deliverer and no other (host and process id, say).

        `watchers` are the targets that hear of one that refuses for good. What is sent is counted in `sends`.
        """
        self._sends = sends or Sends()
        self._store, self._clock, self._worker = store, clock, worker
        self._watchers, self._uniform, self._opener = tuple(watchers), uniform, opener
        self._lines: dict[str, tuple[Line, threading.Thread]] = {}
        self._paces: dict[str, tuple[int, Pace]] = {}
        self._seen = (clock.now(), clock.monotonic())

    def deliver(self, targets: Sequence[Target], *, limit: int | None = None, within: float = WITHIN) -> DeliveryReport:
        """Send what is due, at most `limit` to a target; returns when all is done or `within` seconds have passed.

        A delivery to a target that the config no longer has is dead: it can be replayed when the target is back.
        """
        now = self._clock.now()
        back = self._set_back()
        with self._store.transaction() as tx:
            if back:
                deliveries.hasten(tx, back, now)
                health.hasten(tx, back, now)
            sending = [name for name, (line, _) in self._lines.items() if line.is_sending]
            deliveries.renew(tx, targets=sending, worker=self._worker, until=now + LEASE)
            expired = deliveries.expire_leases(tx, now)
            due = deliveries.due_targets(tx, now)
            fares = health.healths(tx, due)
        resting = [name for name in due if (one := fares.get(name)) and one.open_until and one.open_until > now]
        self._lines = {name: pair for name, pair in self._lines.items() if pair[1].is_alive()}
        named = {target.name: target for target in targets}
        lines = [
            self._line(name, named.get(name), 1 if (one := fares.get(name)) and one.failures >= FAILURES else limit)
            for name in due
            if name not in resting and name not in self._lines
        ]
        hung = self._run(lines, within)
        for line in lines:
            if line.failure is not None:
                raise line.failure  # the store's, or a mistake of ours: never a target's
        counts = {line.name: line.counts for line in lines}
        return DeliveryReport(targets=counts, hung=hung, resting=tuple(resting), expired=expired)

    def _set_back(self) -> timedelta | None:
        """By how much the clock was set back since the last look, if it was."""
        (wall, monotonic), self._seen = self._seen, (self._clock.now(), self._clock.monotonic())
        drift = (self._seen[0] - wall).total_seconds() - (self._seen[1] - monotonic)
        return timedelta(seconds=-drift) if drift < -_JUMP else None

    def _line(self, name: str, target: Target | None, limit: int | None) -> Line:
        return Line(
            name,
            self._store,
            self._clock,
            target=target,
            worker=self._worker,
            limit=limit,
            uniform=self._uniform,
            opener=self._opener,
            watchers=self._watchers,
            pace=self._pace(target),
            sends=self._sends,
        )

    def _pace(self, target: Target | None) -> Pace | None:
        if target is None or target.per_minute is None:
            return None
        known = self._paces.get(target.name)
        if known is None or known[0] != target.per_minute:
            known = self._paces[target.name] = (target.per_minute, Pace(target.per_minute, self._clock))
        return known[1]

    def _run(self, lines: Sequence[Line], within: float) -> tuple[str, ...]:
        """Serve all targets at once; returns the names of those that were not done in time."""
        left, all_over = set(lines), threading.Event()
        lock = threading.Lock()

        def serve(line: Line) -> None:
            line.run()
            with lock:
                left.discard(line)
                if not left:
                    all_over.set()

        for line in lines:
            # A daemon, so that a hung target cannot keep the program from ending.
            thread = threading.Thread(target=serve, args=(line,), name=f"deliver-{line.name}", daemon=True)
            self._lines[line.name] = (line, thread)
            thread.start()
        if lines:
            all_over.wait(within)
        for line in lines:
            line.stop.set()
        with lock:
            return tuple(sorted(line.name for line in left))


def deliver(
    store: Outbox,
    targets: Sequence[Target],
    clock: Clock,
    worker: str,
    limit: int | None = None,
    *,
    watchers: Sequence[str] = (),
    uniform: Uniform = random.uniform,
    within: float = WITHIN,
    opener: Opener = open_target,
) -> DeliveryReport:
    """Send once what is due; see `Deliverer`."""
    deliverer = Deliverer(store, clock, worker, watchers=watchers, uniform=uniform, opener=opener)
    return deliverer.deliver(targets, limit=limit, within=within)
