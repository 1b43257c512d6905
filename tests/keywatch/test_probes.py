"""`keywatch run` answers machines: whether it lives, whether it is ready, and its metrics."""

import http.client
import os
import shutil
import stat
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import text

from keywatch.metrics.probes import Prober, answering
from keywatch.metrics.pulse import PATIENCE, Pulse
from keywatch.new_workspace import make
from keywatch.workspace import Workspace
from model.clock import FixedClock, SystemClock
from model.errors import ConfigError
from tests.keywatch.test_metrics import read

LISTEN = '[run]\nlisten = "127.0.0.1:0"\n'
Ask = Callable[..., tuple[int, str]]


@contextmanager
def asked(root: Path, pulse: Pulse, config: str = LISTEN) -> Iterator[Ask]:
    """`ask(path, **headers)`: the status and the text."""
    (root / "keywatch.toml").write_text(config)
    house = Workspace.at(root / "keywatch.toml")
    house.store  # noqa: B018 (it is opened at its first use)
    with answering(house, SystemClock(), pulse) as where:
        assert where is not None

        def ask(path: str, **headers: str) -> tuple[int, str]:
            connection = http.client.HTTPConnection(*where, timeout=10)
            try:
                connection.request("GET", path, headers=headers)
                answer = connection.getresponse()
                return answer.status, answer.read().decode()
            finally:
                connection.close()

        yield ask
    house.close()


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(SystemClock().now())


@pytest.fixture
def pulse(clock: FixedClock) -> Pulse:
    made = Pulse(clock, 30)
    made.turned(0.4, errors=1, detectors={"unused-key": 0.2}, failed=["off-hours"])
    made.sends.add("hook", 1.5, None)
    made.sends.add("hook", 0.25, "server")
    return made


@pytest.fixture
def root(tmp_path: Path) -> Path:
    make(tmp_path / "house")
    return tmp_path / "house"


def test_a_loop_that_gives_no_sign_of_life_is_not_alive(root: Path, pulse: Pulse, clock: FixedClock) -> None:
    with asked(root, pulse) as ask:
        clock.ticks = PATIENCE - 1
        before = ask("/livez")
        clock.ticks = PATIENCE + 1
        after = ask("/livez"), ask("/readyz")
        pulse.beat()

        assert (200, "ok\n") == before == ask("/livez")
        assert ((503, "not alive\n"), (503, "not ready: the loop gives no sign of life\n")) == after


def test_a_long_interval_is_given_three_of_itself(clock: FixedClock) -> None:
    pulse = Pulse(clock, 3600)
    clock.ticks = 3 * 3600 - 1

    assert pulse.alive
    clock.ticks += 2
    assert not pulse.alive


def test_it_is_ready_when_a_turn_has_ended(root: Path, clock: FixedClock) -> None:
    fresh = Pulse(clock, 30)
    with asked(root, fresh) as ask:
        before = ask("/readyz")
        fresh.turned(0.1, errors=0, detectors={})

        assert (503, "not ready: no turn has ended yet\n") == before
        assert (200, "ready\n") == ask("/readyz?verbose=1")


def test_it_is_not_ready_while_the_store_refuses_what_turns_find(root: Path, pulse: Pulse) -> None:
    with asked(root, pulse) as ask:
        pulse.turned(0.1, errors=1, detectors={}, stuck=True)
        stuck = ask("/readyz")
        pulse.turned(0.1, errors=0, detectors={})

        assert (503, "not ready: the last turn could not read or write the store\n") == stuck
        assert (200, "ready\n") == ask("/readyz")


def test_a_store_that_was_not_opened_yet_is_not_opened_by_a_question(root: Path, clock: FixedClock) -> None:
    (root / "keywatch.toml").write_text(LISTEN)
    house = Workspace.at(root / "keywatch.toml")
    prober = Prober(house, SystemClock(), Pulse(clock, 30))

    assert (503, "not ready: the state was not opened yet\n") == (prober.readyz().status, prober.readyz().text)
    assert "\nkeywatch_up 0\n" in prober.metrics().text
    assert not house.is_open


def test_a_state_that_cannot_be_written_is_not_ready_and_its_metrics_say_so(root: Path, pulse: Pulse) -> None:
    with asked(root, pulse) as ask:
        (root / "keywatch.db").write_bytes(b"this is no database, " * 100)
        ready, (status, said) = ask("/readyz"), ask("/metrics")

        assert ((503, "not ready: the state cannot be written, or its schema is another one\n"), 200) == (ready, status)
        assert "\nkeywatch_up 0\n" in said
        assert "keywatch_turn_errors_total 1\n" in said


def test_a_schema_that_is_not_the_program_s_is_not_ready(root: Path, pulse: Pulse) -> None:
    house = Workspace.at(root / "keywatch.toml")
    with asked(root, pulse) as ask, house.store.transaction() as tx:
        tx.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        tx.commit()
        assert ask("/readyz")[0] == 503
    house.close()


def test_metrics_are_those_of_the_whole_and_of_this_process(root: Path, pulse: Pulse) -> None:
    with asked(root, pulse) as ask:
        status, said = ask("/metrics")

    assert status == 200
    for told in (
        "keywatch_up 1",
        'keywatch_turn_duration_seconds_bucket{le="0.1"} 0',
        'keywatch_turn_duration_seconds_bucket{le="0.5"} 1',
        'keywatch_turn_duration_seconds_bucket{le="+Inf"} 1',
        "keywatch_turn_duration_seconds_sum 0.4",
        'keywatch_detector_runs_total{detector="unused-key"} 1',
        'keywatch_detector_duration_seconds_total{detector="unused-key"} 0.2',
        'keywatch_detector_errors_total{detector="off-hours"} 1',
        'keywatch_detector_errors_total{detector="unused-key"} 0',
        'keywatch_notifications_total{target="hook"} 2',
        'keywatch_notifications_failed_total{target="hook",reason="server"} 1',
        'keywatch_notification_duration_seconds_total{target="hook"} 1.75',
    ):
        assert f"{told}\n" in said
    for name in ("process_resident_memory_bytes", "process_start_time_seconds", "keywatch_store_free_bytes"):
        assert float(said.partition(f"\n{name} ")[2].split("\n")[0]) > 0
    histograms = ("keywatch_turn_duration", "keywatch_commit_duration")
    assert read("".join(f"{line}\n" for line in said.splitlines() if not any(name in line for name in histograms)))


def test_promtool_finds_nothing_wrong_with_them(root: Path, pulse: Pulse) -> None:
    tools = Path(__file__).parents[2] / ".venv-tools" / "bin"
    promtool = shutil.which("promtool", path=os.pathsep.join([os.environ["PATH"], str(tools)]))
    if promtool is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)("promtool is not installed")
    with asked(root, pulse) as ask:
        said = ask("/metrics")[1]

    done = subprocess.run([promtool, "check", "metrics"], input=said, text=True, capture_output=True, check=False)

    assert (0, "", "") == (done.returncode, done.stdout, done.stderr)


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "keywatch.example.com"},
        {"X-Forwarded-For": "203.0.113.9"},
        {"Forwarded": "for=203.0.113.9"},
        {"Via": "1.1 proxy"},
    ],
)
def test_without_a_token_metrics_are_for_this_machine_alone(root: Path, pulse: Pulse, headers: dict[str, str]) -> None:
    with asked(root, pulse) as ask:
        assert (403, "forbidden\n") == ask("/metrics", **headers)
        assert 200 == ask("/metrics", Host="localhost:9464")[0]


def test_with_a_token_metrics_are_for_whoever_has_it(root: Path, pulse: Pulse) -> None:
    (root / "metrics.token").write_text("tok_7d0f3a\n")
    (root / "metrics.token").chmod(0o600)
    with asked(root, pulse, LISTEN + 'metrics_token = "file:metrics.token"\n') as ask:
        given = {"Host": "keywatch.example.com", "Authorization": "Bearer tok_7d0f3a"}

        assert 403 == ask("/metrics")[0] == ask("/metrics", Authorization="Bearer tok_7d0f3b")[0]
        assert 200 == ask("/metrics", **given)[0]
        assert "tok_7d0f3a" not in ask("/metrics", **given)[1]


def test_an_address_that_others_reach_needs_a_token(root: Path, pulse: Pulse) -> None:
    with pytest.raises(ConfigError, match="has no metrics_token"), asked(root, pulse, '[run]\nlisten = "0.0.0.0:0"\n'):
        pass


@pytest.mark.parametrize(
    ("listen", "said"),
    [("127.0.0.1:99999", "'127.0.0.1:99999' is no address and port"), ("192.0.2.1:9464", "cannot listen on")],
)
def test_an_address_that_cannot_be_listened_on_is_told(root: Path, pulse: Pulse, listen: str, said: str) -> None:
    (root / "t").write_text("x")
    (root / "t").chmod(stat.S_IRUSR)
    config = f'[run]\nlisten = "{listen}"\nmetrics_token = "file:t"\n'
    with pytest.raises(ConfigError, match=said), asked(root, pulse, config):
        pass


def test_other_paths_are_not_there_and_other_methods_are_not_known(root: Path, pulse: Pulse) -> None:
    with asked(root, pulse) as ask:
        assert (404, "not found\n") == ask("/")


def test_nothing_listens_where_nothing_is_configured(root: Path, pulse: Pulse) -> None:
    house = Workspace.at(root / "keywatch.toml")
    with answering(house, SystemClock(), pulse) as where:
        assert where is None
    house.close()
