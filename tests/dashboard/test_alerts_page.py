"""The page of alerts: what was given up and is tried again, one by one, and how the targets fare."""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from alerts.deciding import decide
from dashboard.services import give
from keywatch.serving.handing import handed
from keywatch.workspace import Workspace
from model.actor import actor
from model.finding import Severity
from model.incident import Alert, DeliveryStatus, IncidentId
from store.handle import Store
from store.state import audit, deliveries, outbox
from store.state.exceptions import KeyException, add_exception
from tests.dashboard.test_access import Open, opened, user, words
from tests.dashboard.test_access import own as with_logins
from tests.dashboard.test_triage import FINDING, HOUR, logged, own, posted, press

if TYPE_CHECKING:
    from streamlit.testing.v1 import AppTest

    from tests.dashboard.conftest import Pages

__all__ = ["opened", "own", "posted", "with_logins"]


def write(store: Store, number: int, target: str) -> None:
    """So many messages more to a target."""
    with store.transaction() as tx:
        for n in range(number):
            alert = Alert(
                id=f"{target}_{n}", incident_id=IncidentId("inc_1"), kind="opened", created_at=datetime.now(UTC),
                severity=Severity.LOW, title=f"[low] more {n}", body="",
            )  # fmt: skip
            outbox.enqueue(tx, alert, [(target, f"{target}_{n}")])


def lose(store: Store, number: int, target: str) -> list[int]:
    """So many messages more that the target did not take; returns their numbers."""
    write(store, number, target)
    now = datetime.now(UTC)
    with store.transaction() as tx:
        taken = [
            one
            for _ in range(number)
            for one in deliveries.lease(tx, target=target, worker="w", now=now, until=now + HOUR, limit=1)
            if deliveries.mark_dead(tx, one, error_class="bad_request", error="no")
        ]
    return [one.id for one in taken]


def statuses(store: Store, target: str) -> dict[str, str]:
    with store.reading() as tx:
        return {one.alert.title: str(one.status) for one in deliveries.list_deliveries(tx, target=target)}


def test_what_is_ticked_is_tried_again_and_the_rest_stays_given_up(own: Store, pages: "Pages") -> None:
    numbers = lose(own, 3, "pager")
    page = pages.open("alerts", target="pager")
    page = press(pages.tick(page, "deliveries", "title", ["[low] more 0", "[low] more 2"]), "Try 2 again")
    with own.reading() as tx:
        row = audit.audit_frame(tx, 1).to_dict("records")[0]

    assert {"[low] more 0": "pending", "[low] more 1": "dead", "[low] more 2": "pending"} == statuses(own, "pager")
    assert ["2 messages will be tried again."] == [one.value for one in page.toast]
    assert (actor(), "alerts replayed", "deliveries") == (row["actor"], row["action"], row["subject"])
    assert [numbers[0], numbers[2]] == sorted(row["detail"]["numbers"])
    assert "Try 2 again" not in [one.label for one in page.button]


def test_ticking_is_explained_where_there_is_something_to_try_again(posted: Store, pages: "Pages") -> None:
    tick = "Tick messages that were given up to have them tried again."
    sent = [one.value for one in pages.open("alerts", status="Sent").caption]
    lose(posted, 1, "pager")
    lost = [one.value for one in pages.open("alerts", target="pager").caption]

    assert [False, True] == [tick in said for said in (sent, lost)]


def test_only_what_was_given_up_is_tried_again(posted: Store, pages: "Pages") -> None:
    page = pages.open("alerts", target="mail")
    page = pages.tick(page, "deliveries", "status", [["✓ sent"]])

    assert "Only what was given up can be tried again." in [one.value for one in page.caption]
    assert not [one.label for one in page.button if one.label.endswith("again") and one.label.startswith("Try ")][1:]
    assert "sent" in statuses(posted, "mail").values()


def test_a_viewer_ticks_in_vain(opened: Open, with_logins: Workspace, pages: "Pages") -> None:
    lose(with_logins.store, 1, "pager")
    page = pages.tick(opened("alerts", user("vera")), "deliveries", "title", ["[low] more 0"])

    assert "Trying again needs the role analyst." in words(page)
    assert not [one for one in page.button if one.label.startswith("Try ")]


def test_the_filter_of_what_waits_has_as_many_as_its_tile(own: Store, pages: "Pages") -> None:
    write(own, 4, "pager")
    now = datetime.now(UTC)
    with own.transaction() as tx:
        for _ in range(2):
            deliveries.lease(tx, target="pager", worker="w", now=now, until=now + HOUR, limit=1)
        (away,) = deliveries.list_deliveries(tx, status=DeliveryStatus.LEASED)
        deliveries.mark_unknown(tx, away, next_at=now, error_class="unknown", error="no answer")
        deliveries.lease(tx, target="pager", worker="w", now=now, until=now + HOUR, limit=1)
    page = pages.open("alerts", status="Waiting")

    assert "4" == pages.values(page)["Waiting"]
    assert 4 == len(pages.table(page, "deliveries"))
    assert {"◷ waiting", "◷ being sent", "△ may have arrived"} >= {
        status for (status,) in pages.table(page, "deliveries")["status"]
    }


def test_a_target_of_the_config_is_listed_though_nothing_was_sent_to_it(copied: Workspace, pages: "Pages") -> None:
    path = copied.root / "keywatch.toml"
    path.write_text(path.read_text() + '\n[[alerts.targets]]\nname = "night"\nurl = "jsonl:night.jsonl"\n')
    again = Workspace.at(path)
    give(handed(again, path))
    page = pages.open("alerts")
    write(copied.store, 1, "pager")
    both = pages.open("alerts")
    again.close()

    assert [("night", ["◌ nothing sent yet"])] == states(page)
    assert [("night", ["◌ nothing sent yet"]), ("pager", ["◌ nothing sent yet"])] == states(both)


def states(page: "AppTest") -> list[tuple[str, list[str]]]:
    targets = next(frame.value for frame in page.dataframe if "oldest" in frame.value)
    return list(zip(targets["name"], targets["state"], strict=True))


def test_messages_of_long_ago_are_reached_by_page_and_by_search(own: Store, pages: "Pages") -> None:
    write(own, 250, "pager")
    second = pages.open("alerts", page="2")
    found = pages.open("alerts", q="MORE 7 ")
    by_text = pages.open("alerts", q="more 249")

    assert any(one.value.startswith("250 messages, of which 201 to 250 are shown") for one in second.caption)
    assert [f"[low] more {n}" for n in range(49, -1, -1)] == list(pages.table(second, "deliveries")["title"])
    assert ["[low] more 249"] == list(pages.table(by_text, "deliveries")["title"])
    assert {"[low] more 7", *(f"[low] more {n}" for n in range(70, 80))} == set(
        pages.table(found, "deliveries")["title"]
    )


def excuse(store: Store, key: str, *, days: int) -> None:
    """Excuse a key for so many days from now; of late for negative ones."""
    now = datetime.now(UTC)
    with store.transaction() as tx:
        add_exception(
            tx,
            KeyException(
                key_id=key, rules=("no-expiry",), reason=f"{FINDING} ends soon", approver="ann@co.example",
                author="otto@co.example", since=now - timedelta(days=9), until=now + timedelta(days=days),
            ),
        )  # fmt: skip


@pytest.fixture
def muted(own: Store) -> Store:
    """An incident that was called expected, and two keys that are excused, the one of them until yesterday."""
    with own.transaction() as tx:
        decide(tx, "inc_1", status="resolved", verdict="expected", by="otto@co.example", at=datetime.now(UTC))
    excuse(own, "key_2", days=9)
    excuse(own, "key_3", days=-1)
    return own


def mutes(page: "AppTest") -> dict[str, dict[str, object]]:
    frame = next(one.value for one in page.dataframe if (one.key or "").startswith("mutes"))
    return {str(row["what"]): row for row in frame.to_dict("records")}


def test_what_is_muted_is_listed_with_who_when_why_and_until(muted: Store, pages: "Pages") -> None:
    del muted
    rows = mutes(pages.open("alerts"))

    assert {"auth-burst-key of billing-prod", "new-origin of billing-prod from 198.51.100.7"} == set(list(rows)[:2])
    assert ["no-expiry of old-export", "no-expiry of crm-dev"] == list(rows)[2:]
    first, last = rows["auth-burst-key of billing-prod"], rows["no-expiry of old-export"]
    assert ("Expected", "otto@co.example", "Incident inc_1", "It is lifted") == tuple(
        first[name] for name in ("kind", "who", "why", "until")
    )
    assert ("Exception", "otto@co.example, approved by ann@co.example", f"{FINDING} ends soon") == tuple(
        last[name] for name in ("kind", "who", "why")
    )
    assert str(last["until"]).endswith(", over")


def test_a_mute_is_lifted_and_an_exception_ended(muted: Store, pages: "Pages") -> None:
    page = pages.open("alerts")
    what = "new-origin of billing-prod from 198.51.100.7"
    press(pages.click(page, "mutes", "what", what), "Lift")
    page = pages.open("alerts")
    press(pages.click(page, "mutes", "what", "no-expiry of crm-dev"), "Lift")

    assert ["auth-burst-key of billing-prod", "no-expiry of old-export"] == list(mutes(pages.open("alerts")))
    assert [(actor(), "mute lifted", "inc_1"), (actor(), "exception ended", "key_2")] == logged(muted)[-2:]


def test_a_viewer_sees_what_is_muted_and_lifts_nothing(opened: Open, with_logins: Workspace, pages: "Pages") -> None:
    with with_logins.store.transaction() as tx:
        decide(tx, "inc_1", status="resolved", verdict="false", by="otto@co.example", at=datetime.now(UTC))
    page = opened("alerts", user("vera"))
    what = next(iter(mutes(page)))
    chosen = pages.click(page, "mutes", "what", what)

    assert {"False alarm"} == {row["kind"] for row in mutes(page).values()}
    assert "Lifting needs the role analyst." in words(chosen)
    assert "Lift" not in [one.label for one in chosen.button]
