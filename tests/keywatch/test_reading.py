"""The commands that read: JSON alone on stdout, the documented fields, usage by each group, formats, targets.

Long for a file: one attacked workspace serves most of these."""

import json
import socket

import pytest
from commandline import GOOD, GUESSER, GUESSES, NOON, Cli, attack, combined

COUNTS = {"requests", "successes", "unauthorized", "forbidden", "throttled", "errors", "bytes_out"}


@pytest.mark.parametrize(
    "words",
    [
        ["usage"],
        ["findings"],
        ["incidents"],
        ["keys", "list"],
        ["alerts", "list"],
        ["store", "status"],
        ["report", "list"],
        ["formats", "list"],
        ["detect", "--dry-run"],
        ["ingest"],
    ],
)
def test_json_stands_alone_on_stdout(found: Cli, words: list[str]) -> None:
    done = found(*words, "--json")

    assert done.code == 0
    assert isinstance(done.json(), (list, dict))


@pytest.mark.parametrize("words", [["usage"], ["findings"], ["incidents"], ["keys", "list"], ["store", "status"]])
def test_without_json_there_is_a_table_with_no_control_characters(found: Cli, words: list[str]) -> None:
    done = found(*words)

    assert done.code == 0
    assert len(done.out.splitlines()) > 1
    assert "\x1b" not in done.out


@pytest.mark.parametrize("group", ["key", "hour", "day", "route", "ip", "network", "status", "client", "host"])
def test_usage_by_each_group_counts_every_request(found: Cli, group: str) -> None:
    rows = found("usage", "--by", group, "--json").json()

    assert rows
    assert all(COUNTS | {group} <= row.keys() for row in rows)
    assert (340, 300, 40) == tuple(sum(row[n] for row in rows) for n in ("requests", "successes", "unauthorized"))


def test_usage_by_key_names_the_key(found: Cli) -> None:
    rows = found("usage", "--json").json()

    billing = next(row for row in rows if row["key_name"] == "billing")
    assert ("k1", 300, 300, 30_000) == tuple(billing[n] for n in ("key_id", "requests", "successes", "bytes_out"))


def test_usage_of_one_key_is_by_hour_and_by_any_of_its_names(found: Cli) -> None:
    by_name = found("usage", "--key", "billing", "--json").json()
    by_id = found("usage", "--key", "k1", "--json").json()

    assert by_name == by_id
    assert [("2026-10-01T12:00:00Z", 300)] == [(row["hour"], row["requests"]) for row in by_name]


def test_usage_is_cut_to_the_window_and_the_limit(found: Cli) -> None:
    nothing = found("usage", "--since", "2026-09-01", "--until", "2026-09-30", "--json").json()
    one = found("usage", "--by", "ip", "--limit", "1", "--json").json()

    assert nothing == []
    assert len(one) == 1


def test_no_output_shows_a_secret(found: Cli) -> None:
    said = [found(*words) for words in (["usage", "--json"], ["keys", "list", "--json"], ["findings", "--json"])]
    said.append(found("keys", "show", "billing"))
    said.append(found("keys", "show", "billing", "--json"))

    for done in said:
        assert GOOD not in done.out + done.err
        assert not any(guess in done.out + done.err for guess in GUESSES)
    assert said[-1].json()["last_used_at"] == "2026-10-01T12:29:54Z"


def test_ingesting_again_adds_nothing(cli: Cli) -> None:
    path = cli.log(attack())
    cli("ingest", path)

    done = cli("ingest", path, "--json")

    assert [("files", 0, 1)] == [(one["source"], one["lines"], one["unchanged"]) for one in done.json()]
    assert cli("store", "status", "--json").json()["events"] == 340


def test_a_log_is_known_by_its_content_wherever_it_lies(found: Cli) -> None:
    done = found("ingest", "--json")  # the fixture copied the log together with the store that knows it

    assert [0] == [one["lines"] for one in done.json()]
    assert found("store", "status", "--json").json()["events"] == 340


def test_formats_test_prints_the_documented_shape_in_the_order_of_the_file(cli: Cli) -> None:
    good = combined(NOON, 3)
    path = cli.log([good[0], "", good[1], "no line of a log", good[2]])

    done = cli.bare("formats", "test", path, "--json").json()

    assert done.keys() == {"format", "confidence", "events", "rejects", "skipped"}
    assert done["format"] == "combined"
    assert 0 < done["confidence"] <= 1
    assert [1, 3, 5] == [event["line"] for event in done["events"]]
    assert {"ts", "status", "outcome", "ip", "route", "key_ref"} <= done["events"][0].keys()
    assert done["events"][0]["ts"] == "2026-10-01T12:00:00Z"
    assert [4] == [reject["line"] for reject in done["rejects"]]
    assert done["rejects"][0]["reason"]
    assert [{"line": 2, "class": "blank"}] == done["skipped"]


def test_formats_test_tells_of_every_reject(cli: Cli) -> None:
    path = cli.log([*combined(NOON, 2000), *["no line of a log"] * 1200])

    done = cli.bare("formats", "test", path, "--json").json()

    assert (2000, 1200) == (len(done["events"]), len(done["rejects"]))


def test_formats_test_takes_a_pasted_log_format(cli: Cli) -> None:
    path = cli.log(['198.51.100.7|2026-10-01T12:00:00+00:00|"GET /v1/pets HTTP/1.1"|403'])

    done = cli.bare(
        "formats", "test", path, "--json", "--log-format", '$remote_addr|$time_iso8601|"$request"|$status'
    ).json()

    assert [("198.51.100.7", 403, "forbidden")] == [(e["ip"], e["status"], e["outcome"]) for e in done["events"]]


def test_formats_test_of_an_unknown_or_missing_file_is_a_sentence(cli: Cli) -> None:
    odd = cli.bare("formats", "test", cli.log(["the quick brown fox"]))
    missing = cli.bare("formats", "test", cli.root / "nothing.log")
    unknown = cli.bare("formats", "test", cli.log(attack()), "--format", "combind")

    assert (1, 1, 1) == (odd.code, missing.code, unknown.code)
    assert "Tried:" in odd.err
    assert "There is no file" in missing.err
    assert "Did you mean 'combined'?" in unknown.err


def test_formats_detect_shows_three_events(cli: Cli) -> None:
    done = cli.bare("formats", "detect", cli.log(attack()), "--json").json()

    assert ("nginx-json", 3) == (done["format"], len(done["events"]))


def test_a_target_that_is_down_is_named_with_the_reason_and_ends_with_1(cli: Cli) -> None:
    with socket.socket() as taken:  # bound and never listening: nothing answers there
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/hooks/T0PSECRET"
        cli.configure(
            f'[[alerts.targets]]\nname = "dead"\nurl = "{url}"\n'
            '[[alerts.targets]]\nname = "file"\nurl = "jsonl:told.jsonl"\n'
        )
        done = cli("alerts", "test")

    assert done.code == 1
    assert "dead: http://127.0.0.1" in done.err
    assert "refused" in done.err
    assert "file: it took the message." in done.err
    assert "1 of 2 targets did not take the test." in done.err
    assert "T0PSECRET" not in done.err
    assert "keywatch test" in json.loads((cli.root / "told.jsonl").read_text())["title"]


def test_one_target_is_tested_alone(cli: Cli) -> None:
    cli.configure('[[alerts.targets]]\nname = "file"\nurl = "jsonl:told.jsonl"\n')

    done = cli("alerts", "test", "--target", "file")

    assert done.code == 0
    assert len((cli.root / "told.jsonl").read_text().splitlines()) == 1


def test_an_unknown_text_of_an_attacker_does_not_reach_the_terminal(cli: Cli) -> None:
    lines = [one.replace("curl/8.4.0", "\\u001b[31mPWNED") for one in attack()]
    cli("ingest", cli.log(lines))

    done = cli("usage", "--by", "client")

    assert "\x1b" not in done.out
    assert GUESSER not in done.out
