"""`keywatch run`: rounds that read and judge, and a loop of its own that delivers."""

import dataclasses
import json
import signal
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from commandline import GOOD, GUESSER, GUESSES, Cli, line

from alerts.channels.interface import SendError
from alerts.heartbeat import ping
from detectors import key_guessing
from keywatch.metrics.pulse import Pulse
from keywatch.running.cycle import Cycle, pause, run
from keywatch.workspace import Workspace
from model.clock import FixedClock, SystemClock
from tests.alerts.conftest import receiver, receivers
from tests.faults.conftest import start

if TYPE_CHECKING:
    import subprocess

    from tests.alerts.conftest import Receiver

__all__ = ["receiver", "receivers", "start"]

CONFIG = """
[[sources]]
name = "edge"
path = "access.log"

[[alerts.targets]]
name = "stuck"
url = "{stuck}"

[[alerts.targets]]
name = "file"
url = "jsonl:alerts.jsonl"

[[alerts.routes]]
to = ["stuck", "file"]

[alerts]
group_wait = "{wait}"
heartbeat = "{beat}"
"""


def attack_now(cli: Cli, *, minutes_ago: int = 2) -> None:
    """An attack in a minute that is over: what is going on is judged at the end of its minute."""
    now = SystemClock().now().replace(microsecond=0) - timedelta(minutes=minutes_ago)
    cli.log([line(now, token=GOOD), *(line(now, 401, token=token, ip=GUESSER) for token in GUESSES)])


def rounds(cli: Cli, until: Callable[[Cycle], bool], pulse: Pulse | None = None) -> list[Cycle]:
    """Run until a round satisfies `until`, at most four minutes."""
    workspace, stop, seen = Workspace.at(cli.config), threading.Event(), list[Cycle]()
    end = time.monotonic() + 240

    def tell(cycle: Cycle) -> None:
        seen.append(cycle)
        if until(cycle) or time.monotonic() > end:
            stop.set()

    try:
        run(workspace, SystemClock(), interval=0.2, stop=stop, tell=tell, pulse=pulse)
    finally:
        workspace.close()
    return seen


def told(cli: Cli) -> list[str]:
    path = cli.root / "alerts.jsonl"
    return [json.loads(one)["title"] for one in path.read_text().splitlines()] if path.exists() else []


def test_a_target_that_hangs_delays_neither_the_rounds_nor_the_others(
    cli: Cli, receivers: Callable[[], "Receiver"]
) -> None:
    stuck, beat = receivers(), receivers()
    stuck.behaviour = "hang"
    cli.configure(CONFIG.format(stuck=stuck.url, beat=beat.url, wait="0s"))
    attack_now(cli)
    passed, pulse = list[Cycle](), Pulse(SystemClock(), 0.2)

    def enough(cycle: Cycle) -> bool:
        passed.append(cycle)
        return len(passed) > 2 and bool(told(cli)) and bool(beat.requests)

    rounds(cli, enough, pulse)

    assert any(GUESSER in title for title in told(cli))
    assert stuck.requests
    assert len(passed) > 2
    assert beat.requests[0][0].startswith("/hooks/")
    assert len(told(cli)) == pulse.sends.told()["file"].number


def test_a_detector_that_raises_is_counted(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        msg = "no such column"
        raise KeyError(msg)

    monkeypatch.setattr(key_guessing, "score", dataclasses.replace(key_guessing.score, function=broken))
    cli.configure('[[sources]]\nname = "edge"\npath = "access.log"\n')
    attack_now(cli)
    pulse = Pulse(SystemClock(), 0.2)
    rounds(cli, lambda cycle: cycle.judgement is not None, pulse)
    (counted,) = (one for one in pulse.metrics() if one.name == "detector_errors_total")
    raised = {labels["detector"]: number for labels, number in counted.samples}

    assert raised["key-guessing"] >= 1
    assert {0} == {number for name, number in raised.items() if name != "key-guessing"}


def test_a_new_incident_waits_in_a_run(cli: Cli, receiver: "Receiver") -> None:
    cli.configure(CONFIG.format(stuck=receiver.url, beat=receiver.url, wait="1h"))
    attack_now(cli)
    done = rounds(cli, lambda cycle: bool(cycle.judgement and cycle.judgement.findings))

    assert done[-1].judgement.told.deliveries
    assert [] == told(cli)


def test_a_single_pass_tells_at_once(cli: Cli, receiver: "Receiver") -> None:
    cli.configure(CONFIG.format(stuck=receiver.url, beat=receiver.url, wait="1h"))
    attack_now(cli, minutes_ago=5)
    cli("run", "--once")

    assert any(GUESSER in title for title in told(cli))


def test_a_target_that_cannot_be_used_is_said_at_the_start(cli: Cli) -> None:
    cli.configure('[[alerts.targets]]\nname = "chat"\nurl = "nosuch://tok-3f9a77c1d2/x"\n')
    done = cli("run", "--interval", "1h")

    assert (4, True, False) == (done.code, "no URL that Apprise" in done.err, "tok-3f9a77c1d2" in done.err)


def test_the_heartbeat_says_what_is_wrong_and_hides_its_token(receiver: "Receiver") -> None:
    receiver.answers = [(200, {}), (500, {})]
    ping(receiver.url)

    with pytest.raises(SendError, match="answered 500") as caught:
        ping(receiver.url)
    assert "tok-3f9a77c1d2" not in str(caught.value)


def test_sigterm_ends_a_run_with_0_while_a_target_hangs(
    cli: Cli, receiver: "Receiver", start: Callable[..., "subprocess.Popen[str]"], tmp_path: Path
) -> None:
    del tmp_path
    receiver.behaviour = "hang"
    cli.configure(CONFIG.format(stuck=receiver.url, beat="http://127.0.0.1:9/x", wait="0s"))
    attack_now(cli)
    process = start("-c", cli.config, "run", "--interval", "1s")
    end = time.monotonic() + 240
    while not receiver.requests and time.monotonic() < end and process.poll() is None:
        time.sleep(0.1)
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=120)

    assert (0, True) == (process.returncode, bool(receiver.requests)), err


@pytest.mark.parametrize(
    ("second", "interval", "seconds"),
    [(1.0, 30, 30), (3.5, 30, 27.5), (30.5, 30, 0.5), (59.0, 30, 2), (44.0, 60, 17), (8.0, 10, 3)],
)
def test_turns_that_fill_a_minute_stand_a_second_behind_its_end(second: float, interval: float, seconds: float) -> None:
    clock = FixedClock(datetime(2026, 11, 30, 12, 7, tzinfo=UTC) + timedelta(seconds=second))

    assert seconds == pytest.approx(pause(clock, interval, clock.monotonic()))
    assert not pause(clock, interval, clock.monotonic() - interval)  # it took so long that the next is late


@pytest.mark.parametrize("interval", [0.5, 5, 25, 90])
def test_other_turns_come_an_interval_after_the_start_of_the_last(interval: float) -> None:
    clock = FixedClock(datetime(2026, 11, 30, 12, 7, 3, tzinfo=UTC), ticks=100.0)

    assert interval == pause(clock, interval, 100.0)
    assert interval - 0.4 == pytest.approx(pause(clock, interval, 99.6))
    assert not pause(clock, interval, 1.0)
