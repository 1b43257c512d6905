"""One target's line: its due deliveries are leased, sent and marked, one after the other, in a thread of its own."""

import random
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import KW_ONLY, dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Protocol

from alerts.backoff import Uniform, next_try
from alerts.channels.interface import Channel, SendError
from alerts.channels.open import open_target
from alerts.channels.redact import short
from alerts.config import Target
from model.clock import Clock
from model.incident import Delivery
from store.state import deliveries

if TYPE_CHECKING:
    from store.handle import Transaction

LEASE = timedelta(minutes=5)
"""Longer than any send that is not hung."""
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
    counts: Counts = field(default_factory=Counts)
    stop: threading.Event = field(default_factory=threading.Event)
    """Set from outside: send nothing more."""
    failure: Exception | None = None
    """What ended the line before its time; the store's, since a target's failures are counted."""

    def run(self) -> None:
        """Send until nothing is due, `limit` is reached, the target fails repeatedly, or `stop` is set."""
        try:
            self._run()
        except Exception as error:  # noqa: BLE001 (of a thread: whoever waits for it raises it)
            self.failure = error

    def _run(self) -> None:
        channel: Channel | None = None
        taken = failures = 0
        delivery = self._next(None, None)
        while delivery is not None:
            error: SendError | None = None
            try:
                channel = channel or self._open()
                channel.send(delivery.alert, delivery.idempotency_key)
            except SendError as refused:
                error = refused
            except Exception as broken:  # noqa: BLE001 (a plugin's mistake must not stop the others)
                error = _broken(broken)
            taken += 1
            if error is not None and not error.permanent:
                failures = FAILURES if error.error_class == "rate_limited" else failures + 1
            more = failures < FAILURES and (self.limit is None or taken < self.limit) and not self.stop.is_set()
            delivery = self._next(delivery, error, more=more)

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
            kept = deliveries.mark_sent(tx, done, now)
            counts.sent += kept
            counts.lost += not kept
            return
        said = short(error.what)
        at = self._next_try(done, error)
        if at is None:
            kept = deliveries.mark_dead(tx, done, error_class=error.error_class, error=said)
            counts.dead += kept
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
            written=done.alert.created_at,
            retry_after=error.retry_after,
            uniform=self.uniform,
        )


def _broken(error: Exception) -> SendError:
    what = f"The channel broke: {type(error).__name__}: {error}"
    return SendError(what, error_class="unknown", ambiguous=True)
