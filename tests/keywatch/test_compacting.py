"""Days that are over become one segment each, by command and by `keywatch run`; answers stay as they were."""

from datetime import timedelta
from typing import Any

from commandline import ATTACKED, GOOD, GUESSER, GUESSES, NOON, UNTIL, Cli, line


def ingest_in_parts(cli: Cli) -> None:
    """An attack in a log that is read four times."""
    cli.configure(ATTACKED)
    good = [line(NOON + timedelta(minutes=n), token=GOOD) for n in range(30)]
    bad = [line(NOON + timedelta(minutes=20, seconds=n), 401, token=t, ip=GUESSER) for n, t in enumerate(GUESSES)]
    lines = good + bad
    for part in range(1, 5):
        cli.log(lines[: len(lines) * part // 4])
        assert 0 == cli("ingest").code


def asked(cli: Cli) -> list[Any]:
    commands = (("usage", "--by", "status"), ("usage", "--by", "ip"), ("usage", "--by", "route"), ("findings",))
    return [cli(*command, "--json").json() for command in commands]


def test_compact_merges_a_day_and_nothing_else_changes(cli: Cli) -> None:
    ingest_in_parts(cli)
    cli("detect", "--until", UNTIL)
    before = asked(cli)
    assert 4 == cli("store", "status", "--json").json()["segments"]

    done, again = cli("store", "compact"), cli("store", "compact")

    assert (0, "4 segments were merged. Open segments now: 1.") == (done.code, done.err.strip())
    assert (0, "Nothing to merge.") == (again.code, again.err.strip())
    assert 1 == cli("store", "status", "--json").json()["segments"]
    assert before == asked(cli)
    assert before[-1]
    cli("ingest")
    assert before[:-1] == asked(cli)[:-1]


def test_findings_are_the_same_whether_segments_were_merged_before_or_not(cli: Cli) -> None:
    ingest_in_parts(cli)
    dry = cli("detect", "--until", UNTIL, "--dry-run", "--json").json()

    cli("store", "compact")
    cli("detect", "--until", UNTIL)

    found = {one["id"] for one in cli("findings", "--json").json()}
    assert found
    assert found == {one["id"] for one in dry}


def test_a_round_of_run_merges_by_itself(cli: Cli) -> None:
    ingest_in_parts(cli)

    cli("run", "--once")

    assert 1 == cli("store", "status", "--json").json()["segments"]
    assert 70 == cli("store", "status", "--json").json()["events"]
