"""The cycle: ingest, detect, deliver; once or again and again."""

import os
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Final

from alerts.delivery import DeliveryReport
from keywatch.alerting.addressing import targets
from keywatch.inventory.puller import Puller
from keywatch.inventory.syncing import due, pull_source
from keywatch.metrics.pulse import Pulse
from keywatch.noting import note
from keywatch.process.refusals import REFUSALS
from keywatch.process.spare_files import check_spare_files
from keywatch.running.posting import DRAIN, Post, deliverer
from keywatch.running.roles import EVERY_ROLE, Role
from keywatch.running.turn import Cycle, Turn
from keywatch.workspace import Workspace
from model.clock import Clock
from model.errors import ConfigError, Stopped, StoreError

_RESTS: Final = 0.5
"""Of an interval: a source that another worker began to read so lately is not due."""
_MINUTE: Final = 60.0
_IN_STEP: Final = 10.0
"""Seconds of the shortest interval whose turns keep step with the minutes of the clock."""
_BEHIND: Final = 1.0
"""Seconds after the end of a minute: its last lines are written then."""
_LONGEST_WAIT: Final = timedelta(seconds=10)
"""For another process on this machine, where one works at a time."""


def run_once(workspace: Workspace, clock: Clock, roles: frozenset[Role] = EVERY_ROLE) -> Cycle:
    """One turn. A source that cannot be read is an error of the turn, and the rest goes on."""
    pulling = Role.INGEST in roles
    pulled = [pull_source(workspace, source, clock) for source in due(workspace, clock.now())] if pulling else []
    cycle = Turn(workspace=workspace, clock=clock, roles=roles).take(pulled)
    if Role.DELIVER in roles:
        cycle.delivered = deliver_due(workspace, clock)
    return cycle


def deliver_due(workspace: Workspace, clock: Clock) -> DeliveryReport:
    """Send what is due."""
    return deliverer(workspace, clock).deliver(targets(workspace))


def run(
    workspace: Workspace,
    clock: Clock,
    *,
    interval: float,
    stop: threading.Event,
    tell: Callable[[Cycle], None],
    roles: frozenset[Role] = EVERY_ROLE,
    pulse: Pulse | None = None,
) -> None:
    """Turns, `interval` seconds from start to start (`pause`), until `stop` is set.

    Delivery has a loop of its own: a target that hangs delays neither the logs nor the other targets. A wrong config
    ends the run; what else stopped a turn is told, and the next turn tries again. What has begun when `stop` is set is
    left at the next place where nothing is lost: between two blocks of lines, or two parts of a detection.
    """
    told = pulse or Pulse(clock, interval)
    post = Post(workspace, clock, stop, told.sends) if Role.DELIVER in roles else None
    puller = Puller(workspace, clock, stop) if Role.INGEST in roles else None
    loops = [loop for loop in (post, puller) if loop is not None]
    turn = Turn(
        workspace=workspace,
        clock=clock,
        roles=roles,
        rest=timedelta(seconds=interval * _RESTS),
        patience=min(timedelta(seconds=interval), _LONGEST_WAIT),
        waiting=True,
        stopped=lambda: _asked(stop, told),
    )
    _note(workspace, "run began", clock, tell, interval=interval, roles=sorted(roles))
    for loop in loops:
        loop.start()
    try:
        while not stop.is_set():
            told.beat()
            began = clock.monotonic()
            cycle = _one(turn, puller)
            if post is not None:
                cycle.delivered, said = post.take()
                cycle.errors.extend(said)
            detectors, failed = (cycle.judgement.seconds, cycle.judgement.errors) if cycle.judgement else ({}, {})
            took, errors = clock.monotonic() - began, len(cycle.errors)
            told.turned(took, errors=errors, detectors=detectors, failed=failed, stuck=cycle.stuck)
            tell(cycle)
            stop.wait(pause(clock, interval, began))
    finally:
        stop.set()
        for loop in loops:
            loop.join(DRAIN)
        _note(workspace, "run ended", clock, tell)
    for loop in loops:
        if loop.failure is not None:
            raise loop.failure


def pause(clock: Clock, interval: float, began: float) -> float:
    """Seconds until the next turn, for one that began at `began` on monotonic time.

    Minutes are judged when they are over, so turns that fill a minute stand right behind its end: what happened in it
    waits for no other part of an interval (docs/why.md). Others come `interval` after the start of the last. After a
    turn that took longer than that, the next comes at once.
    """
    left = max(0.0, interval - (clock.monotonic() - began))
    if left and interval >= _IN_STEP and not _MINUTE % interval:
        return interval - (clock.now().timestamp() - _BEHIND) % interval
    return left


def _asked(stop: threading.Event, pulse: Pulse) -> bool:
    """Between two blocks of lines or two parts of a detection: a sign of life, and whether to stop."""
    pulse.beat()
    return stop.is_set()


def _one(turn: Turn, puller: Puller | None) -> Cycle:
    pulled, said = puller.take() if puller is not None else ([], [])
    try:
        check_spare_files()
        cycle = turn.take(pulled)
    except ConfigError:
        raise
    except Stopped:
        cycle = Cycle(turn.roles)
    except REFUSALS as error:  # what was pulled is pulled again
        cycle = Cycle(turn.roles)
        cycle.failed(error)
    if puller is not None:
        for one in pulled:
            puller.saved(one)
    cycle.errors.extend(said)
    return cycle


def _note(workspace: Workspace, action: str, clock: Clock, tell: Callable[[Cycle], None], **detail: object) -> None:
    """A run begins and ends although the database is away, as its turns do."""
    try:
        note(workspace, action, f"process {os.getpid()}", at=clock.now(), **detail)
    except StoreError as error:
        tell(Cycle(errors=[str(error)]))
