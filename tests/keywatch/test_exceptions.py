"""Calendar, overrides and allow-lists: what is noticed and told to nobody, until when, and what the config refuses."""

from datetime import timedelta

import pytest
from commandline import ATTACKED, GOOD, GUESSER, NOON, UNTIL, Cli, line

LONG_AGO = "2026-10-01T12:00:00Z"


def judged(cli: Cli, extra: str) -> tuple[str, str]:
    """Status and reason of the guessing after judging again with more config."""
    cli.configure(ATTACKED + extra)
    assert cli("detect", "--since", LONG_AGO, "--until", UNTIL).code == 0
    rows = cli("findings", "--json").json()
    found = next(row for row in rows if row["detector"] == "key-guessing")
    return found["status"], found["muted_by"] or ""


@pytest.mark.parametrize(
    ("extra", "says"),
    [
        ('[[detectors.allow]]\naddresses = "203.0.113.0/24"\nreason = "our scanner"\n', "our scanner"),
        (
            '[[calendar]]\nname = "load test"\nsince = 2026-10-01T12:00:00Z\nuntil = 2026-10-01T13:00:00Z\n',
            "load test",
        ),
        ('[[calendar]]\nname = "nightly"\nrecurring = "daily 12:00-13:00"\n', "nightly"),
        (
            '[[detectors.overrides]]\ndetector = "key-guessing"\nmute_until = 2026-12-01\nreason = "seen"\n',
            "seen",
        ),
    ],
)
def test_what_is_known_mutes_a_finding_and_says_so(found: Cli, extra: str, says: str) -> None:
    status, reason = judged(found, extra)

    assert status == "muted"
    assert says in reason


@pytest.mark.parametrize(
    ("when", "status"),
    [
        ('key = "billing"', "muted"),
        ('owner = "Payments"', "muted"),
        ('environment = "production"', "muted"),
        ('key = "crm"', "open"),
        ('owner = "Sales"', "open"),
    ],
)
def test_addresses_are_allowed_for_a_key_or_an_owner_alone(found: Cli, when: str, status: str) -> None:
    burst = [line(NOON + timedelta(minutes=40, seconds=n), 401, token=GOOD, ip="192.0.2.77") for n in range(60)]
    (found.root / "burst.log").write_text("".join(f"{one}\n" for one in burst))
    found("ingest", found.root / "burst.log")
    found.configure(
        f'{ATTACKED}[[detectors.allow]]\naddresses = "192.0.2.0/24"\nwhen = {{ {when} }}\nreason = "their new office"\n'
    )
    found("detect", "--since", LONG_AGO, "--until", UNTIL)
    of_key = {row["status"] for row in found("findings", "--json").json() if row["detector"] == "auth-burst-key"}

    assert {status} == of_key


def test_what_a_mute_kept_back_is_told_once_the_mute_is_gone(found: Cli) -> None:
    judged(found, f'[[detectors.allow]]\naddresses = "{GUESSER}"\n')

    assert judged(found, "") == ("open", "")


@pytest.mark.parametrize(
    "extra",
    [
        '[[detectors.allow]]\naddresses = "198.51.100.0/24"\n',
        '[[detectors.overrides]]\nmute_until = 2026-10-01T12:10:00Z\nreason = "over by then"\n',
        '[[calendar]]\nname = "too early"\nsince = 2026-10-01T10:00:00Z\nuntil = 2026-10-01T12:30:00Z\n',
        '[[calendar]]\nname = "elsewhere"\nrecurring = "daily"\nwhen = { owner = "Payments" }\n',
    ],
)
def test_a_mute_that_is_about_something_else_mutes_nothing(found: Cli, extra: str) -> None:
    assert judged(found, extra)[0] == "open"


@pytest.mark.parametrize(("address", "there"), [(GUESSER, False), ("192.0.2.1", True)])
def test_an_override_of_a_threshold_holds_for_its_subjects_alone(found: Cli, address: str, *, there: bool) -> None:
    found.configure(
        f'{ATTACKED}[[detectors.overrides]]\ndetector = "key-guessing"\nwhen = {{ address = "{address}" }}\n'
        "set = { keys = 1000, slow_keys = 1000 }\n"
    )
    rows = found("backtest", "--since", LONG_AGO, "--until", UNTIL, "--json").json()["trials"][0]["detectors"]

    assert ("key-guessing" in {row["detector"] for row in rows}) is there


@pytest.mark.parametrize(
    ("extra", "says"),
    [
        ('[[detectors.allow]]\naddresses = "203.0.113"\n', "203.0.113"),
        ("[[detectors.overrides]]\nmute_until = 2026-12-01\n", "reason"),
        ('[[detectors.overrides]]\ndetector = "key-guesing"\nset = { keys = 3 }\n', "key-guessing"),
        ('[[calendar]]\nname = "x"\n', "recurring"),
        ('[[calendar]]\nname = "x"\nrecurring = "sometimes"\n', "sometimes"),
        ('[[calendar]]\nname = "x"\nrecurring = "daily"\ntimezone = "Mars/Base"\n', "Mars/Base"),
        ('[[calendar]]\nname = "x"\nsince = 2026-10-02\nuntil = 2026-10-01\n', "ends before"),
    ],
)
def test_an_exception_that_cannot_be_read_is_a_config_error_that_says_why(cli: Cli, extra: str, says: str) -> None:
    cli.configure(ATTACKED + extra)
    done = cli("detect", "--until", UNTIL)

    assert done.code == 4
    assert says in done.err
