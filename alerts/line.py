"""One target's line: its due deliveries are leased, sent and marked, one after the other, in a thread of its own."""

import random
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import KW_ONLY, dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Protocol

from alerts.backoff import Uniform, next_try
from alerts.breaker import opened_until
from alerts.channels.interface import Channel, SendError
from alerts.channels.open import open_target
from alerts.channels.redact import short
from alerts.config import Target
from alerts.fallback import on_death
from alerts.pace import Pace
from alerts.sends import Sends
from model.clock import Clock
from model.incident import Delivery
from store.state import deliveries, health

if TYPE_CHECKING:
    from store.handle import Transaction

LEASE = timedelta(minutes=1)
"""Of a delivery that is being sent. Its deliverer renews it; when that one was killed, another sends it after a minute,
so that people hear of it within the 90 s of promise 6 of DESIGN.md."""
HUNG = 300.0
"""Seconds after which a send is hung, and its lease is renewed no more: longer than any send that is not."""
FAILURES = 3
"""After so many failures in one call a target gets a rest until the next."""

Opener = Callable[[Target, Clock], Channel]


class Outbox(Protocol):
    """What delivery needs of the store."""

    def transaction(self) -> AbstractContextManager["Transaction"]:
        """A transaction that writes."""
        ...


@dataclass(slots=True, kw_only=True)
class Counts:
    """What became of the deliveries of one target, or of all."""

    sent: int = 0
    retried: int = 0
    """Not taken; waits for its next try."""
    unknown: int = 0
    """May have arrived; waits for its next try, with the same idempotency key."""
    dead: int = 0
    lost: int = 0
    """Another deliverer had leased it meanwhile; what it says counts."""


@dataclass(slots=True, eq=False)
class Line:
    """The deliveries of one target that are due."""

    name: str
    store: Outbox
    clock: Clock
    _: KW_ONLY
    target: Target | None
    """None when the config has no target of that name."""
    worker: str
    limit: int | None = None
    uniform: Uniform = random.uniform
    opener: Opener = open_target
    watchers: tuple[str, ...] = ()
    """Targets that hear of it when this one refuses for good."""
    pace: Pace | None = None
    sends: Sends = field(default_factory=Sends)
    counts: Counts = field(default_factory=Counts)
    stop: threading.Event = field(default_factory=threading.Event)
    """Set from outside: send nothing more."""
    sending_since: float | None = None
    """On the clock's monotonic time, while something is being sent."""
    failure: Exception | None = None
    """What ended the line before its time; the store's, since a target's failures are counted."""

    def run(self) -> None:
        """Send until nothing is due, `limit` is reached, the target fails repeatedly, or `stop` is set."""
        try:
            self._run()
        except Exception as error:  # noqa: BLE001 (of a thread: whoever waits for it raises it)
            self.failure = error

    @property
    def is_sending(self) -> bool:
        """Whether something is being sent, and not for so long that it hangs."""
        since = self.sending_since
        return since is not None and self.clock.monotonic() - since < HUNG

    def _run(self) -> None:
        channel: Channel | None = None
        taken = failures = 0
        self._wait()
        delivery = self._next(None, None)
        while delivery is not None:
            error: SendError | None = None
            began = self.sending_since = self.clock.monotonic()
            try:
                channel = channel or self._open()
                channel.send(delivery.alert, delivery.idempotency_key)
            except SendError as refused:
                error = refused
            except Exception as broken:  # noqa: BLE001 (a plugin's mistake must not stop the others)
                error = _broken(broken)
            self.sending_since = None
            self.sends.add(self.name, self.clock.monotonic() - began, error.error_class if error else None)
            taken += 1
            if error is not None and not error.permanent:
                failures = FAILURES if error.error_class == "rate_limited" else failures + 1
            more = failures < FAILURES and (self.limit is None or taken < self.limit)
            delivery = self._after(delivery, error, more=more and not self.stop.is_set())

    def _after(self, done: Delivery, error: SendError | None, *, more: bool) -> Delivery | None:
        """Write what became of a delivery, and take the next one when the target's pace lets us."""
        if self.pace is None or not more:
            return self._next(done, error, more=more)
        self._next(done, error, more=False)  # not held while we wait
        self._wait()
        return self._next(None, None, more=not self.stop.is_set())

    def _wait(self) -> None:
        """Wait for the target's pace, in this target's own thread."""
        if self.pace is not None:
            self.stop.wait(self.pace.take())

    def _open(self) -> Channel:
        if self.target is None:
            what = f"The config has no target {self.name!r} any more."
            raise SendError(what, error_class="bad_request", permanent=True)
        return self.opener(self.target, self.clock)

    def _next(self, done: Delivery | None, error: SendError | None, *, more: bool = True) -> Delivery | None:
        """Write what became of a delivery, and lease the next one, in one transaction."""
        now = self.clock.now()
        with self.store.transaction() as tx:
            if done is not None:
                self._mark(tx, done, error)
            if not more:
                return None
            leased = deliveries.lease(tx, target=self.name, worker=self.worker, now=now, until=now + LEASE)
        return leased[0] if leased else None

    def _mark(self, tx: "Transaction", done: Delivery, error: SendError | None) -> None:
        now, counts = self.clock.now(), self.counts
        if error is None:
            health.succeeded(tx, self.name, now)
            kept = deliveries.mark_sent(tx, done, now)
            counts.sent += kept
            counts.lost += not kept
            return
        said = short(error.what)
        at = self._next_try(done, error)
        if error.error_class != "bad_request":  # the message's fault, not the target's
            before = health.healths(tx, [self.name]).get(self.name)
            failures = (before.failures if before else 0) + 1
            until = opened_until(now, failures=failures, retry_after=error.retry_after)
            health.failed(tx, self.name, now, error=said, open_until=until)
        elif error.permanent:
            health.refused(tx, self.name, now, error=said)
        if at is None:
            kept = deliveries.mark_dead(tx, done, error_class=error.error_class, error=said)
            counts.dead += kept
            if kept:
                fallback = self.target.fallback if self.target else None
                on_death(tx, done, error.error_class, said, fallback=fallback, watchers=self.watchers, now=now)
        elif error.ambiguous:
            kept = deliveries.mark_unknown(tx, done, next_at=at, error_class=error.error_class, error=said)
            counts.unknown += kept
        else:
            kept = deliveries.mark_retry(tx, done, next_at=at, error_class=error.error_class, error=said)
            counts.retried += kept
        counts.lost += not kept

    def _next_try(self, done: Delivery, error: SendError) -> datetime | None:
        if error.permanent:
            return None
        return next_try(
            self.clock.now(),
            attempts=done.attempts,
            written=done.replayed_at or done.alert.created_at,
            retry_after=error.retry_after,
            uniform=self.uniform,
        )


def _broken(error: Exception) -> SendError:
    what = f"The channel broke: {type(error).__name__}: {error}"
    return SendError(what, error_class="unknown", ambiguous=True)
