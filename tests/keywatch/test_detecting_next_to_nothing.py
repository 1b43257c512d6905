"""`keywatch detect` where there is nothing, one event, or events that are later than the moment judged."""

from datetime import UTC, datetime, timedelta

from commandline import GOOD, NOON, SOURCE, UNTIL, Cli, attack, line


def test_an_empty_workspace_has_nothing_to_tell(cli: Cli) -> None:
    done = cli("detect", "--until", UNTIL)

    assert (0, "") == (done.code, done.out)
    assert "Nothing new was found." in done.err
    assert "0 new or changed findings, 0 incidents, 0 alerts." in done.err
    assert "failed" not in done.err
    assert [] == cli("detect", "--json").json()


def test_one_event_is_judged_and_accuses_nobody(cli: Cli) -> None:
    cli.configure(SOURCE)
    cli.log([line(NOON, token=GOOD)])
    assert cli("ingest").code == 0

    done = cli("detect", "--until", UNTIL, "--json")

    assert done.code == 0
    assert "failed" not in done.err
    assert [] == [row for row in done.json() if row["severity"] not in {"info", "low"}]
    assert [] == [row for row in done.json() if row["detector"].startswith("detector-")]


def test_one_failed_call_without_a_key_is_judged_and_accuses_nobody(cli: Cli) -> None:
    cli.configure(SOURCE)
    cli.log([line(NOON, 401)])
    assert cli("ingest").code == 0

    done = cli("detect", "--until", UNTIL, "--json")

    assert (0, []) == (done.code, [row for row in done.json() if row["severity"] not in {"info", "low"}])
    assert "failed" not in done.err


def test_stored_events_of_the_future_are_judged_when_their_time_has_come(cli: Cli) -> None:
    cli.configure(SOURCE)
    cli.log(attack())
    assert cli("ingest").code == 0

    before = cli("detect", "--until", "2026-10-01T12:20:00Z", "--json")
    early = {row["detector"] for row in cli("findings", "--json").json()}
    after = cli("detect", "--until", UNTIL, "--json")

    assert (0, 0) == (before.code, after.code)
    assert "failed" not in before.err + after.err
    assert "key-guessing" not in early
    guessing = next(row for row in after.json() if row["detector"] == "key-guessing")
    assert ("2026-10-01T12:30:00Z", 40) == (guessing["first_seen"], guessing["count"])


def test_an_event_that_is_a_day_ahead_of_the_clock_stops_no_detector(cli: Cli) -> None:
    cli.configure(SOURCE)
    now = datetime.now(UTC).replace(microsecond=0)
    moments = [now - timedelta(hours=1), now + timedelta(days=1)]
    cli.log([line(at, token=GOOD) for at in moments])
    cli("ingest")

    done = cli("detect", "--json")

    assert done.code == 0
    assert "failed" not in done.err
    assert [] == [row for row in done.json() if row["first_seen"] > now.isoformat() and row["severity"] != "info"]
