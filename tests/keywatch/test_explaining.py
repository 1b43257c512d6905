"""`--explain`: the rank, the baseline and whatever could have silenced a finding, with their numbers."""

from datetime import timedelta

from commandline import GUESSER, NOON, SOURCE, UNTIL, Cli, line


def explained(cli: Cli, detector: str) -> list[str]:
    """What `findings --explain` says of the gravest finding of a detector."""
    row = max(cli("findings", "--detector", detector, "--json").json(), key=lambda row: row["score"])
    return cli("findings", "--explain", row["id"]).out.splitlines()


def test_a_statistical_finding_says_its_rank_its_line_and_what_was_usual(spiked: Cli) -> None:
    said = explained(spiked, "volume-spike")

    assert "Rank: 1st lowest p of 72 tests on 2026-10-01; 3 of them had the minimum effect, 3 crossed the line." in said
    assert "Line: 0.5 a day / (4 statistical detectors x 72 tests) = 0.0017." in said
    assert (
        "Baseline: 20.0 calls expected in that hour, 8.8 at least and 35.7 at most, from the last 28 days; 200 came."
        in said
    )
    tail = "p(z) = 0.0019 x exp(-(z - 2) / 1), fitted to the scores of 3 keys over 14 days."
    assert f"Tail of an hour: {tail}" in said
    assert f"Tail of two hours of three: {tail}" in said


def test_a_statistical_finding_says_what_did_not_silence_it(spiked: Cli) -> None:
    said = explained(spiked, "volume-spike")

    assert "First days: did not apply; 28 days of history make a baseline, three are enough." in said
    assert (
        "Minimum effect: reached (times 3.0, more 50, alone 4.0, unknown 20.0, many 200, medium 200,"
        " lasting 2.5, each 1.5, sigmas 3.0)."
    ) in said
    assert (
        "Quiet time: 2 buckets in one finding; 3h: what comes before 2026-10-01 15:00Z joins it instead of being told"
        " anew." in said
    )


def test_a_silence_says_how_regular_the_key_was_and_how_far_the_log_has_got(spiked: Cli) -> None:
    said = explained(spiked, "flatline")

    assert (
        "Silences: 0 of 664 hours that expected calls were silent before, the longest silence was of 0 hours." in said
    )
    assert "Late source: did not apply; all of the log has reached 2026-10-01 13:00Z." in said
    assert any(one.startswith("Quiet time: 20 buckets in one finding; 19h, grown from 2h with") for one in said)


def test_a_condition_that_holds_says_how_many_others_do(spiked: Cli) -> None:
    row = spiked("findings", "--detector", "no-expiry", "--json").json()[0]
    said = spiked("findings", "--explain", row["id"]).out.splitlines()

    assert "Rank: one of 3 conditions of this kind that hold as of 2026-10-01 14:00Z." in said
    assert "Quiet time: it stays one finding, told once, while the condition holds." in said


def test_a_backtest_explains_with_the_same_numbers_as_what_is_stored(spiked: Cli) -> None:
    row = spiked("findings", "--detector", "volume-spike", "--json").json()[0]
    window = ("--since", "2026-09-30T10:00:00Z", "--until", "2026-10-01T14:00:00Z")

    replayed = spiked("backtest", *window, "--explain", row["id"]).out

    assert replayed == spiked("findings", "--explain", row["id"]).out


def test_another_budget_draws_another_line(spiked: Cli) -> None:
    spiked.configure(SOURCE + '[detectors]\nbudget = "2/day"\n')

    said = explained(spiked, "volume-spike")

    assert "Line: 2 a day / (4 statistical detectors x 72 tests) = 0.0069." in said


def test_overrides_that_did_not_apply_are_named_with_the_reason(spiked: Cli) -> None:
    spiked.configure(
        SOURCE
        + '[[detectors.overrides]]\nwhen = { owner = "Growth" }\n'
        + 'detector = "volume-spike"\nset = { times = 9 }\n'
    )

    said = explained(spiked, "volume-spike")

    assert "Not overridden by times 9 for owner Growth: owner is not Growth." in said


def test_a_rule_says_how_far_over_its_line_it_is_and_what_others_told(found: Cli) -> None:
    said = explained(found, "key-guessing")

    assert "Rank: 8.00 times its line, the 1st highest of 1 bucket over the line on 2026-10-01, of 1 subject." in said
    assert (
        "Quiet time: 1 bucket in one finding; 1d: what comes before 2026-10-02 12:31Z joins it instead of being told"
        " anew." in said
    )
    assert "Beside it credential-stuffing: did not apply; it told nothing of the same at that time." in said
    assert (
        "Outage (platform-failures): did not apply; the platform refused nobody else in these minutes. Of 40 failed"
        " calls 40 came from where the key had not worked, 0 from its usual places; the outage has 0." in said
    )


def test_an_attack_within_an_outage_says_what_is_the_outages_and_what_is_its_own(cli: Cli) -> None:
    cli.configure(SOURCE)
    tokens = [f"kw_live_{number}{number}aa7b8c9d0e1f" for number in range(6)]
    minutes = [NOON + timedelta(minutes=n) for n in range(40)]
    good = [
        line(at + timedelta(seconds=place), 200 if at < minutes[30] else 401, token=token, ip=f"198.51.{place}.7")
        for at in minutes[:35]
        for place, token in enumerate(tokens)
    ]
    stolen = [line(minutes[32] + timedelta(seconds=n), 401, token=tokens[0], ip=GUESSER) for n in range(12)]
    cli.log(sorted(good + stolen))
    assert cli("ingest").code == 0
    assert cli("detect", "--until", UNTIL).code == 0

    said = explained(cli, "auth-burst-key")

    assert (
        "Outage (platform-failures): applied in 1 minute. Of 13 failed calls 12 came from where the key had not worked,"
        " 0 from its usual places; the outage has 1." in said
    )
    assert any(one.startswith("Beside it platform-failures: told of all at the same time (2 buckets") for one in said)
