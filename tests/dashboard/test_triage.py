"""What people do on the pages: each act is done, told, and in the audit log; what cannot be done is said."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from alerts import acts
from dashboard.environment import LONGEST_SILENCE
from keywatch.workspace import Workspace
from model.actor import actor
from model.finding import Severity
from model.incident import Alert, Incident, IncidentId, IncidentStatus
from store.handle import Store
from store.state import audit, chain, deliveries, health, outbox, silences
from store.state.comments import list_comments
from store.state.incidents import get_incident, save_incidents

if TYPE_CHECKING:
    from streamlit.testing.v1 import AppTest

    from tests.dashboard.conftest import Pages

Visit = Callable[..., "AppTest"]
HOUR = timedelta(hours=1)
FINDING = "<!channel> **bold** of the log"


@pytest.fixture
def own(copied: Workspace) -> Store:
    """The store of a workspace that may be written to."""
    return copied.store


@pytest.fixture
def page(pages: "Pages", own: Store) -> "AppTest":
    del own
    return pages.open("incidents", incident="inc_1")


def press(page: "AppTest", label: str, key: str = "") -> "AppTest":
    """Press the button of that label, and, where several have it, of that key."""
    found = [one for one in page.button if one.label == label and (one.key or "").startswith(key)]
    found[-1].click().run()
    assert [] == list(page.exception)
    return page


def control(page: "AppTest", kind: str, key: str) -> object:
    return next(one for one in page.get(kind) if (one.key or "").startswith(key))


def incident(store: Store) -> Incident:
    with store.reading() as tx:
        found = get_incident(tx, "inc_1")
    assert found is not None
    return found


def logged(store: Store) -> list[tuple[str, str, str]]:
    with store.reading() as tx:
        assert () == chain.check(tx).faults
        rows = audit.audit_frame(tx).to_dict("records")
    return [(row["actor"], row["action"], row["subject"]) for row in reversed(rows) if row["action"] != "keys import"]


def told(page: "AppTest") -> list[str]:
    return [one.value for one in page.toast]


def test_an_incident_is_acknowledged_and_says_so(page: "AppTest", own: Store) -> None:
    press(page, "Acknowledge")

    assert "acknowledged" == incident(own).status
    assert ["Acknowledged."] == told(page)
    assert [(actor(), "incident acknowledged", "inc_1")] == logged(own)
    assert "Acknowledge" not in [one.label for one in page.button]


@pytest.mark.parametrize(("verdict", "finding"), [("true", "resolved"), ("false", "muted"), ("expected", "muted")])
def test_an_incident_is_resolved_with_a_verdict(page: "AppTest", own: Store, verdict: str, finding: str) -> None:
    control(page, "radio", "verdict").set_value(verdict).run()
    press(page, "Resolve", "resolve_go")

    assert ("resolved", {finding}) == (incident(own).status, {str(one.status) for one in incident(own).findings})
    assert [(actor(), "incident resolved", "inc_1")] == logged(own)


def test_why_it_was_resolved_is_a_comment(page: "AppTest", own: Store) -> None:
    control(page, "text_input", "resolve_why").set_value("the load test").run()
    press(page, "Resolve", "resolve_go")

    with own.reading() as tx:
        assert ["the load test"] == [one.text for one in list_comments(tx, ["inc_1"])]


def test_what_was_resolved_by_mistake_is_reopened(page: "AppTest", own: Store) -> None:
    control(page, "radio", "verdict").set_value("expected").run()
    press(page, "Resolve", "resolve_go")
    during = [one.label for one in page.button]
    press(page, "Reopen")

    assert ("Reopen" in during, "Acknowledge" in during) == (True, False)
    assert ("open", {"open"}) == (incident(own).status, {str(one.status) for one in incident(own).findings})
    assert [(actor(), f"incident {what}", "inc_1") for what in ("resolved", "reopened")] == logged(own)
    assert ["reopened it: its verdict counts no more", "resolved it: expected"] == list(
        next(f.value for f in page.dataframe if "who" in f.value)["what"]
    )[:2]
    assert "Reopen" not in [one.label for one in page.button]


def test_what_closed_by_itself_is_not_reopened_by_hand(own: Store, pages: "Pages") -> None:
    with own.transaction() as tx:
        save_incidents(tx, [replace(incident(own), status=IncidentStatus.RESOLVED, resolved_at=datetime.now(UTC))])
    page = pages.open("incidents", incident="inc_1")

    assert "Reopen" not in [one.label for one in page.button]


def test_an_incident_is_muted_until_resolved_and_woken(page: "AppTest", own: Store, pages: "Pages") -> None:
    control(page, "radio", "snooze_for").set_value("Until it is resolved").run()
    press(page, "Snooze", "snooze_go")
    during = incident(own).snoozed_until

    assert acts.FOREVER == during
    assert "Nothing is told of it until it is resolved." in pages.texts(page)
    press(page, "End snooze")
    assert incident(own).snoozed_until is None
    assert ["incident snoozed", "incident woken"] == [action for _, action, _ in logged(own)]


def test_an_incident_is_snoozed_for_an_hour(page: "AppTest", own: Store) -> None:
    press(page, "Snooze", "snooze_go")

    until = incident(own).snoozed_until
    assert until is not None
    assert abs(until - datetime.now(UTC) - HOUR) < timedelta(minutes=1)


def test_an_incident_is_assigned_to_somebody_and_to_me(page: "AppTest", own: Store, pages: "Pages") -> None:
    control(page, "text_input", "person").set_value("ann@co.example").run()
    press(page, "Assign", "assign_go")
    first = incident(own).assignee
    press(page, "To me")

    assert ("ann@co.example", actor()) == (first, incident(own).assignee)
    assert actor() in pages.texts(page)


def test_a_comment_is_shown_as_text(page: "AppTest", own: Store, pages: "Pages") -> None:
    control(page, "text_area", "comment").set_value(f"{FINDING}\nsecond line").run()
    press(page, "Comment", "comment_go")

    with own.reading() as tx:
        (comment,) = list_comments(tx, ["inc_1"])
    assert (actor(), f"{FINDING}\nsecond line") == (comment.author, comment.text)
    assert f"{FINDING}\nsecond line" in pages.texts(page)
    assert "" == control(page, "text_area", "comment").value


def test_an_empty_comment_is_refused_in_a_sentence(page: "AppTest", own: Store, pages: "Pages") -> None:
    press(page, "Comment", "comment_go")

    assert "The comment is empty. Write what you found out." in pages.texts(page)
    assert [] == logged(own)


def test_what_is_like_the_incident_is_silenced(page: "AppTest", own: Store, pages: "Pages") -> None:
    control(page, "text_input", "silence_why").set_value("a load test").run()
    press(page, "Silence", "silence_go")

    with own.reading() as tx:
        (made,) = silences.list_silences(tx)
    assert {"detector": ["auth-burst-key", "new-origin"], "key": ["key_1"]} == made.when
    assert ("a load test", actor(), HOUR) == (made.reason, made.author, made.until - made.since)
    assert any(text.startswith("Silence 1 by") for text in pages.texts(page))
    assert [(actor(), "silence added", "1"), (actor(), "incident silenced", "inc_1")] == logged(own)


def test_a_silence_needs_a_reason_here_too(page: "AppTest", own: Store, pages: "Pages") -> None:
    press(page, "Silence", "silence_go")

    assert any(text.startswith("A silence needs a reason.") for text in pages.texts(page))
    assert [] == logged(own)


def test_no_silence_is_offered_that_is_longer_than_the_config_lets(
    pages: "Pages", own: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    del own
    monkeypatch.setenv(LONGEST_SILENCE, "90000")
    page = pages.open("incidents", incident="inc_1")

    assert ["1 hour", "4 hours", "1 day"] == list(control(page, "button_group", "silence_for").options)


def test_what_was_found_done_and_told_stands_in_one_order(page: "AppTest", own: Store, pages: "Pages") -> None:
    with own.transaction() as tx:
        alert = Alert(
            id="a1", incident_id=IncidentId("inc_1"), kind="opened", created_at=datetime.now(UTC),
            severity=Severity.HIGH, title="t", body="",
        )  # fmt: skip
        outbox.enqueue(tx, alert, [("chat", "c1")])
    press(page, "Acknowledge")
    control(page, "text_area", "comment").set_value("looks real").run()
    press(page, "Comment", "comment_go")
    done = next(frame.value for frame in page.dataframe if "who" in frame.value)

    assert [
        ("✎ comment", "wrote"), ("✓ done", "acknowledged it"), ("✉ told", "chat: the opening, waiting"),
    ] == [(kind[0], what) for kind, what in zip(done["kind"], done["what"], strict=True)][:3]  # fmt: skip
    assert {"▲ found", "◆ evidence"} == {kind[0] for kind in done["kind"][3:]}
    assert [actor(), actor(), "keywatch"] == list(done["who"])[:3]

    people = pages.open("incidents", incident="inc_1", timeline="Done by people")
    assert ["wrote", "acknowledged it"] == list(next(f.value for f in people.dataframe if "who" in f.value)["what"])


@pytest.fixture
def posted(own: Store) -> Store:
    """Messages to two targets: one sent, one given up, one kept back."""
    now = datetime.now(UTC)
    with own.transaction() as tx:
        for number, title in enumerate((f"[high] {FINDING}", "[high] second")):
            alert = Alert(
                id=f"a{number}", incident_id=IncidentId("inc_1"), kind="opened", created_at=now,
                severity=Severity.HIGH, title=title, body="",
            )  # fmt: skip
            outbox.enqueue(tx, alert, [("chat", f"c{number}"), ("mail", f"m{number}")])
        (gone, _) = deliveries.lease(tx, target="chat", worker="w", now=now, until=now + HOUR, limit=2), None
        deliveries.mark_dead(tx, gone[0], error_class="bad_request", error="https://chat.example/**** answered 404.")
        health.refused(tx, "chat", now, error="https://chat.example/**** answered 404.")
        (sent,) = deliveries.lease(tx, target="mail", worker="w", now=now, until=now + HOUR)
        deliveries.mark_sent(tx, sent, now)
        health.succeeded(tx, "mail", now)
        outbox.withdraw(tx, "a1", reason="Silence 1 by ann until later: a load test")
    return own


def test_the_alerts_page_says_how_targets_fare_and_what_became_of_messages(posted: Store, pages: "Pages") -> None:
    del posted
    page = pages.open("alerts")
    targets = next(frame.value for frame in page.dataframe if "oldest" in frame.value)
    messages = pages.table(page, "deliveries")

    assert {"Sent": "1", "Waiting": "0", "Given up": "1", "Kept back": "2"}.items() <= pages.values(page).items()
    assert [("chat", "✕ refuses"), ("mail", "● takes messages")] == [
        (name, state[0]) for name, state in zip(targets["name"], targets["state"], strict=True)
    ]
    assert {f"[high] {FINDING}", "[high] second"} == set(messages["title"])
    assert "bad request: https://chat.example/**** answered 404." in set(messages["why"])
    assert "over: Silence 1 by ann until later: a load test" in set(messages["why"])


@pytest.mark.parametrize(
    ("parameters", "number"),
    [({"status": "Given up"}, 1), ({"status": "Kept back"}, 2), ({"status": "Kept back", "target": "mail"}, 1)],
)
def test_the_filters_of_the_messages_stand_in_the_url(
    posted: Store, pages: "Pages", parameters: dict[str, str], number: int
) -> None:
    del posted

    assert number == len(pages.table(pages.open("alerts", **parameters), "deliveries"))


def test_a_message_leads_to_its_incident(posted: Store, pages: "Pages") -> None:
    del posted
    page = pages.click(pages.open("alerts"), "deliveries", "title", "[high] second")

    assert ("Incidents", "inc_1") == (page.title[0].value, pages.url(page)["incident"])


def test_what_was_given_up_is_tried_again(posted: Store, pages: "Pages") -> None:
    page = pages.open("alerts")
    assert "1 message was given up at chat." in pages.texts(page)
    press(page, "Try again")

    with posted.reading() as tx:
        assert "pending" in {str(one.status) for one in deliveries.list_deliveries(tx, target="chat")}
    assert [(actor(), "alerts replayed", "chat")] == logged(posted)
    assert "Try again" not in [one.label for one in page.button]


def test_a_silence_of_anything_is_added_listed_and_ended(own: Store, pages: "Pages") -> None:
    page = pages.open("alerts")
    control(page, "text_input", "silence_key").set_value("billing-*, crm-dev").run()
    control(page, "text_input", "new_silence_why").set_value("moving house").run()
    press(page, "Silence", "new_silence_go")

    assert any(text.startswith("Mutes key billing-* or crm-dev, until") for text in pages.texts(page))
    assert f"moving house ({actor()})" in pages.texts(page)
    press(page, "End now")
    assert "Nothing is silenced now." in [one.value for one in page.caption]
    assert [(actor(), "silence added", "1"), (actor(), "silence expired", "1")] == logged(own)


def test_a_silence_of_everything_is_refused(own: Store, pages: "Pages") -> None:
    page = pages.open("alerts")
    control(page, "text_input", "new_silence_why").set_value("peace").run()
    press(page, "Silence", "new_silence_go")

    assert any(text.startswith("A silence of everything would hide everything.") for text in pages.texts(page))
    assert [] == logged(own)
