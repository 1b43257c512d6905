"""`silences`, `incidents snooze|assign|comment`, `alerts route|replay|list`: by people, and in the audit log."""

import pytest
from commandline import GUESSER, Cli

from keywatch.workspace import Workspace
from store.state import audit, chain
from store.state.comments import list_comments
from store.state.deliveries import list_deliveries
from store.state.incidents import list_incidents


def actions(cli: Cli) -> list[tuple[str, str]]:
    workspace = Workspace.at(cli.config)
    try:
        with workspace.store.reading() as tx:
            assert () == chain.check(tx).faults
            rows = audit.audit_frame(tx).to_dict("records")
    finally:
        workspace.close()
    return [(row["action"], row["subject"]) for row in reversed(rows)]


def incident(cli: Cli) -> str:
    rows = cli("incidents", "--json").json()
    return next(row["id"] for row in rows if row["ip"] == GUESSER)


def test_a_silence_is_added_listed_ended_and_stands_in_the_audit_log(cli: Cli) -> None:
    added = cli("silences", "add", "--key", "billing-*", "--until", "2h", "--reason", "a load test")
    (listed,) = cli("silences", "list", "--json").json()
    ended = cli("silences", "expire", "1")

    assert ("Silence 1 mutes until" in added.err, ended.code) == (True, 0)
    assert ({"key": ["billing-*"]}, True, "a load test") == (listed["when"], listed["active"], listed["reason"])
    assert "  no  " in cli("silences", "list").out
    assert [False] == [row["active"] for row in cli("silences", "list", "--json").json()]
    assert [("silence added", "1"), ("silence expired", "1")] == actions(cli)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--until", "2h", "--reason", "r"], "would hide everything"),
        (["--key", "a", "--until", "2h", "--reason", " "], "needs a reason"),
        (["--key", "a", "--until", "31d", "--reason", "r"], "too long"),
        (["--key", "a", "--until", "2020-01-01", "--reason", "r"], "is over already"),
        (["--key", "a", "--until", "soon", "--reason", "r"], "is neither a length of time nor a moment"),
        (["--severity", "grave", "--until", "2h", "--reason", "r"], "severity 'grave' is none"),
        (["--ip", "203.0.113", "--until", "2h", "--reason", "r"], "no address and no block"),
        (["--label", "tier", "--until", "2h", "--reason", "r"], "has no value"),
    ],
)
def test_a_silence_that_makes_no_sense_is_refused(cli: Cli, words: list[str], said: str) -> None:
    done = cli("silences", "add", *words)

    assert (0, True) != (done.code, said in done.err)
    assert said in done.err
    assert cli("silences", "list", "--json").json() == []


def test_there_is_no_silence_of_that_number(cli: Cli) -> None:
    assert "There is no silence 7" in cli("silences", "expire", "7").err


def test_people_snooze_assign_and_comment_and_the_log_knows(found: Cli) -> None:
    which = incident(found)
    done = [
        found("incidents", "snooze", which, "--until", "resolved"),
        found("incidents", "assign", which, "ann@example.com"),
        found("incidents", "comment", which, "It is the pen test."),
    ]

    assert [0, 0, 0] == [one.code for one in done]
    workspace = Workspace.at(found.config)
    try:
        with workspace.store.reading() as tx:
            (one,) = (one for one in list_incidents(tx) if one.id == which)
            texts = [comment.text for comment in list_comments(tx, [which])]
    finally:
        workspace.close()
    assert (9999, "ann@example.com") == (one.snoozed_until.year, one.assignee)
    assert ["It is the pen test."] == texts
    assert [("incident snoozed", which), ("incident assigned", which), ("incident commented", which)] == actions(found)


@pytest.mark.parametrize("words", [["snooze", "x", "--until", "2h"], ["assign", "x", "ann"], ["comment", "x", "words"]])
def test_an_incident_that_there_is_not(found: Cli, words: list[str]) -> None:
    done = found("incidents", *words)

    assert (2, True) == (done.code, "There is no incident 'x'" in done.err)


def test_route_explains_a_real_and_a_made_up_incident(found: Cli) -> None:
    found("silences", "add", "--ip", f"{GUESSER}/32", "--until", "2h", "--reason", "ours")
    real = found("alerts", "route", "--incident", incident(found)).out
    low = found("alerts", "route", "--severity", "low").out
    of_key = " ".join(found("alerts", "route", "--key", "billing", "--severity", "critical", "--json").json())

    assert "Route 1 takes it. It takes severity high or above. It goes to file." in real
    assert "It is kept back (silenced). Silence 1 by" in real
    assert "Route 1 passes. It wants severity high or above, and this is low." in low
    assert "No target gets it." in low
    assert "It goes to file." in of_key
    assert "There is no key 'nobody'" in found("alerts", "route", "--key", "nobody").err


def test_what_was_given_up_is_listed_and_replayed(found: Cli) -> None:
    blocked = found.root / "alerts.jsonl"
    blocked.mkdir()
    found("alerts", "deliver")
    dead = found("alerts", "list", "--status", "dead", "--json").json()
    assert f"{dead[0]['id']}  " in found("alerts", "list", "--status", "dead").out  # what replay asks for
    blocked.rmdir()
    again = found("alerts", "replay", "--target", "file")
    found("alerts", "deliver")

    assert 1 <= len(dead)
    assert "will be tried again." in again.err
    assert {"sent"} == {row["status"] for row in found("alerts", "list", "--json").json()}
    assert len(dead) == len(blocked.read_text().splitlines())
    assert ("alerts replayed", "file") in actions(found)
    assert "Nothing is named" in found("alerts", "replay").err
    assert "is no status" in found("alerts", "list", "--status", "gone").err


WRONG = """
[[alerts.targets]]
name = "chat"
url = "jsonl:a.jsonl"
{more}
"""


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ('fallback = "nobody"', "falls back to 'nobody', which is no target"),
        ('quiet = { from = "22:00", to = "07:00", zone = "Mars" }', "which is no time zone"),
        ('quiet = { from = "25:00", to = "07:00" }', "alerts.targets.0.quiet.from"),
        ('[alerts.owners]\npayments = "nobody"', "[alerts.owners] sends to 'nobody'"),
        ('[[alerts.routes]]\nto = ["chat"]\nescalate = { after = "soon", to = ["chat"] }', "escalate after is 'soon'"),
        ('[[alerts.routes]]\nto = ["chat"]\nescalate = { after = "5m", to = ["x"] }', "sends to 'x'"),
        ('[[alerts.routes]]\nto = ["chat"]\nwhen = { colour = "red" }', "when has no 'colour'"),
        ('[[alerts.routes]]\nto = ["chat"]\nwhen = { older = "old" }', "older is 'old'"),
    ],
)
def test_a_wrong_config_is_said(cli: Cli, more: str, said: str) -> None:
    cli.configure(WRONG.format(more=more))
    done = cli("config", "check")

    assert (4, True) == (done.code, said in done.err), done.err


def test_nothing_secret_is_shown(cli: Cli) -> None:
    cli.configure(
        '[alerts]\nheartbeat = "https://hc.example.com/ping/tok-3f9a77c1d2"\n'
        + WRONG.format(more='secret = "hush-hush"')
    )

    shown = cli("config", "show", "--json").out + cli("config", "show").out
    assert "tok-3f9a77c1d2" not in shown
    assert "hush-hush" not in shown


def test_deliveries_of_one_incident(found: Cli) -> None:
    which = incident(found)
    rows = found("alerts", "list", "--incident", which, "--target", "file", "--json").json()

    assert {which} == {row["incident_id"] for row in rows}
    workspace = Workspace.at(found.config)
    try:
        with workspace.store.reading() as tx:
            assert len(rows) == len(list_deliveries(tx, incident_id=which))
    finally:
        workspace.close()
