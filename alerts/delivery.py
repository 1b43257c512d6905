"""Delivery: what waits in the outbox goes to its targets, each served by its own thread.

One delivery is leased at a time; its result and the next lease are one transaction. A thread that hangs in a target is
left behind: its lease runs out, and the delivery is tried again with the same idempotency key.
"""

import random
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields

from alerts.backoff import Uniform
from alerts.channels.open import open_target
from alerts.config import Target
from alerts.line import Counts, Line, Opener, Outbox
from model.clock import Clock
from store.state import deliveries

WITHIN = 60.0
"""Seconds that one call waits for slow targets; promise 6 of DESIGN.md gives 90 s from line to target."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryReport:
    """What one call of `deliver` did."""

    targets: Mapping[str, Counts] = field(default_factory=dict)
    """Target to what became of its deliveries; only those that had something due."""
    hung: tuple[str, ...] = ()
    """Targets that did not answer while we waited."""
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


def deliver(
    store: Outbox,
    targets: Sequence[Target],
    clock: Clock,
    worker: str,
    limit: int | None = None,
    *,
    uniform: Uniform = random.uniform,
    within: float = WITHIN,
    opener: Opener = open_target,
) -> DeliveryReport:
    """Send what is due, at most `limit` to a target; returns when all is done or `within` seconds have passed.

    `worker` names this deliverer and no other (host and process id, say). A delivery to a target that the config no
    longer has is dead: it can be replayed when the target is back.
    """
    with store.transaction() as tx:
        expired = deliveries.expire_leases(tx, clock.now())
        due = deliveries.due_targets(tx, clock.now())
    named = {target.name: target for target in targets}
    lines = [
        Line(name, store, clock, target=named.get(name), worker=worker, limit=limit, uniform=uniform, opener=opener)
        for name in due
    ]
    hung = _run(lines, within)
    for line in lines:
        if line.failure is not None:
            raise line.failure  # the store's, or a mistake of ours: never a target's
    return DeliveryReport(targets={line.name: line.counts for line in lines}, hung=hung, expired=expired)


def _run(lines: Sequence[Line], within: float) -> tuple[str, ...]:
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
        threading.Thread(target=serve, args=(line,), name=f"deliver-{line.name}", daemon=True).start()
    if lines:
        all_over.wait(within)
    for line in lines:
        line.stop.set()
    with lock:
        return tuple(sorted(line.name for line in left))
