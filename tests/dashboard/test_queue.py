"""The queue of incidents: its parts and filters, what is chosen, and what is done to several at once."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from streamlit.util import calc_hash

from alerts import acts
from alerts.bulk import Done
from alerts.deciding import decide
from dashboard.controls.filters import NONE
from dashboard.incident import requests_behind
from dashboard.incident.forms import told
from dashboard.incident.queue_filters import Wanted, sift
from keywatch.workspace import Workspace
from model.actor import actor
from model.errors import UsageError
from model.finding import Severity, Subject, SubjectKind
from model.incident import Incident, IncidentId, IncidentStatus
from store.handle import Store
from store.state import audit, chain, silences
from store.state.comments import list_comments
from store.state.findings import save_findings
from store.state.incidents import get_incident, save_incidents
from tests.dashboard.conftest import finding, incident

if TYPE_CHECKING:
    from streamlit.testing.v1 import AppTest

    from tests.dashboard.conftest import Pages, Small

SETUP = {"keys import", "dashboard began"}
NOW = datetime(2026, 11, 23, 5, 24, tzinfo=UTC)


def made(name: str, now: datetime = NOW, **changes: object) -> Incident:
    """An incident with a finding of its own."""
    subject = Subject(SubjectKind.KEY, name)
    one = replace(finding(now, "volume-spike", Severity.LOW, f"Spike of {name}"), subject=subject, id=f"f_{name}")
    return replace(incident(now, (one,)), id=IncidentId(f"inc_{name}"), headline=one.title, **changes)


@pytest.fixture
def own(small: "Small", copied: Workspace) -> Store:
    """The store of a workspace that may be written to, with two more incidents."""
    low = replace(
        made("crm", small.now, severity=Severity.LOW, key_id="key_2", key_name="crm-dev", ip=None), owner=None
    )
    over = made(
        "old", small.now, status=IncidentStatus.RESOLVED, resolved_at=small.now, assignee="ann", severity=Severity.LOW
    )
    with copied.store.transaction() as tx:
        save_findings(tx, [*low.findings, *over.findings])
        save_incidents(tx, [low, over])
    return copied.store


def stands(store: Store, name: str) -> Incident:
    with store.reading() as tx:
        found = get_incident(tx, name)
    assert found is not None
    return found


def logged(store: Store) -> list[tuple[str, str, str]]:
    with store.reading() as tx:
        assert () == chain.check(tx).faults
        rows = audit.audit_frame(tx).to_dict("records")
    return [(row["actor"], row["action"], row["subject"]) for row in reversed(rows) if row["action"] not in SETUP]


def press(page: "AppTest", label: str, key: str = "") -> "AppTest":
    found = [one for one in page.button if one.label == label and (one.key or "").startswith(key)]
    found[-1].click().run()
    assert [] == list(page.exception)
    return page


def control(page: "AppTest", kind: str, key: str) -> object:
    return next(one for one in page.get(kind) if (one.key or "").startswith(key))


@pytest.mark.parametrize(
    ("wanted", "names"),
    [
        (Wanted(), ["a", "b"]),
        (Wanted(show="In progress"), ["c"]),
        (Wanted(show="Closed"), ["d"]),
        (Wanted(show="All"), ["a", "b", "c", "d"]),
        (Wanted(least=Severity.HIGH), ["b"]),
        (Wanted(detectors=frozenset({"flatline"})), []),
        (Wanted(detectors=frozenset({"volume-spike", "flatline"})), ["a", "b"]),
        (Wanted(owners=frozenset({NONE})), ["b"]),
        (Wanted(environments=frozenset({"production"}), assignees=frozenset({"ann"})), ["a"]),
        (Wanted(text=" SPIKE OF A "), ["a"]),
        (Wanted(text="inc_b"), ["b"]),
        (Wanted(text="198.51.100.7"), ["a", "b"]),
    ],
)
def test_the_queue_has_what_all_filters_leave(wanted: Wanted, names: list[str]) -> None:
    incidents = [
        made("a", assignee="ann", severity=Severity.MEDIUM),
        made("b", owner=None),
        made("c", status=IncidentStatus.ACKNOWLEDGED),
        made("d", status=IncidentStatus.RESOLVED),
    ]

    assert [f"inc_{name}" for name in names] == [one.id for one in sift(incidents, wanted)[0]]


def test_each_part_of_the_queue_says_how_many_it_has(own: Store, pages: "Pages") -> None:
    del own
    page = pages.open("incidents")

    assert any(caption.value.startswith("2 open · 0 in progress · 1 closed.") for caption in page.caption)
    assert ["inc_1", "inc_crm"] == list(pages.table(page, "incidents")["id"])


@pytest.mark.parametrize(
    ("parameters", "ids"),
    [
        ({"show": "Closed"}, ["inc_old"]),
        ({"severity": "high and above"}, ["inc_1"]),
        ({"detector": "volume-spike", "show": "All"}, ["inc_crm", "inc_old"]),
        ({"owner": NONE}, ["inc_crm"]),
        ({"assignee": "ann", "show": "All"}, ["inc_old"]),
        ({"text": "CRM-dev"}, ["inc_crm"]),
        ({"environment": "production", "text": "failed"}, ["inc_1"]),
    ],
)
def test_every_filter_of_the_queue_stands_in_the_url(
    own: Store, pages: "Pages", parameters: dict[str, str], ids: list[str]
) -> None:
    del own
    page = pages.open("incidents", **parameters)

    assert set(ids) == set(pages.table(page, "incidents")["id"])
    assert parameters == pages.url(page)


def test_a_filter_that_leaves_nothing_says_so(own: Store, pages: "Pages") -> None:
    del own

    assert "No incident matches" in pages.open("incidents", text="nobody").info[0].value


def test_a_click_looks_at_an_incident_and_the_way_back_keeps_the_filters(own: Store, pages: "Pages") -> None:
    del own
    page = pages.click(pages.open("incidents", severity="low and above"), "incidents", "key", "billing-prod")
    looked_at = pages.url(page)
    press(page, "All incidents")

    assert {"incident": "inc_1", "severity": "low and above"} == looked_at
    assert {"severity": "low and above"} == pages.url(page)
    assert ["inc_1", "inc_crm"] == list(pages.table(page, "incidents")["id"])


def test_the_next_incident_is_that_of_the_queue(own: Store, pages: "Pages") -> None:
    del own
    page = press(pages.open("incidents", incident="inc_1"), "Next")

    assert {"incident": "inc_crm"} == pages.url(page)
    assert "Next" not in [button.label for button in page.button]


def test_several_are_acknowledged_in_one_act_and_each_is_in_the_audit_log(own: Store, pages: "Pages") -> None:
    page = pages.tick(pages.open("incidents"), "incidents", "id", ["inc_1", "inc_crm"])
    press(page, "Acknowledge")

    assert {"acknowledged"} == {stands(own, name).status for name in ("inc_1", "inc_crm")}
    assert [(actor(), "incident acknowledged", name) for name in ("inc_1", "inc_crm")] == logged(own)
    assert ["Acknowledged. 2 incidents."] == [toast.value for toast in page.toast]
    assert {"show": "In progress"} == pages.url(pages.open("incidents", show="In progress"))


def test_several_are_assigned_snoozed_and_resolved(own: Store, pages: "Pages") -> None:
    both = ["inc_1", "inc_crm"]
    page = pages.tick(pages.open("incidents"), "incidents", "id", both)
    control(page, "text_input", "bulk_person").set_value("ann@co.example").run()
    press(page, "Assign", "bulk_assign_go")
    page = pages.tick(page, "incidents", "id", both)
    press(page, "Snooze", "bulk_snooze_go")
    until = [stands(own, name).snoozed_until for name in both]
    page = pages.tick(page, "incidents", "id", both)
    control(page, "radio", "bulk_verdict").set_value("expected").run()
    press(page, "Resolve", "bulk_resolve_go")

    assert ["ann@co.example"] * 2 == [stands(own, name).assignee for name in both]
    assert all(each is not None and each < acts.FOREVER for each in until)
    assert ["resolved"] * 2 == [stands(own, name).status for name in both]
    assert [(what, name) for what in ("assigned", "snoozed", "resolved") for name in both] == [
        (action.removeprefix("incident "), name) for _, action, name in logged(own)
    ]


def test_several_are_silenced_each_as_narrowly_as_can_be(own: Store, pages: "Pages") -> None:
    page = pages.tick(pages.open("incidents"), "incidents", "id", ["inc_1", "inc_crm"])
    control(page, "text_input", "bulk_silence_why").set_value("a load test").run()
    press(page, "Silence", "bulk_silence_go")

    with own.reading() as tx:
        made_ = [dict(one.when) for one in silences.list_silences(tx)]
    assert [
        {"detector": ["volume-spike"], "key": ["key_2"]},
        {"detector": ["auth-burst-key", "new-origin"], "key": ["key_1"]},
    ] == made_
    assert ["inc_1", "inc_crm"] == [subject for _, action, subject in logged(own) if action == "incident silenced"]
    chips = pages.table(pages.open("incidents"), "incidents")["status"]
    assert [["● open", "◌ silenced"]] * 2 == [list(each) for each in chips]


def test_several_are_commented_on_at_once(own: Store, pages: "Pages") -> None:
    page = pages.tick(pages.open("incidents"), "incidents", "id", ["inc_1", "inc_crm"])
    control(page, "text_area", "bulk_comment_text").set_value("the same load test").run()
    press(page, "Comment", "bulk_comment_go")

    with own.reading() as tx:
        written = [(one.incident_id, one.text) for one in list_comments(tx, ["inc_1", "inc_crm"])]
    assert {("inc_1", "the same load test"), ("inc_crm", "the same load test")} == set(written)
    assert ["Noted. 2 incidents."] == [toast.value for toast in page.toast]
    assert [(actor(), "incident commented", name) for name in ("inc_1", "inc_crm")] == logged(own)


def test_several_that_were_resolved_are_reopened_and_what_closed_by_itself_is_not(own: Store, pages: "Pages") -> None:
    with own.transaction() as tx:
        decide(tx, "inc_crm", status="resolved", verdict="false", by="ann", at=datetime.now(UTC))
    page = pages.tick(pages.open("incidents", show="Closed"), "incidents", "id", ["inc_crm", "inc_old"])
    press(page, "Reopen", "bulk_reopen")

    assert ("open", "resolved") == (stands(own, "inc_crm").status, stands(own, "inc_old").status)
    assert "1 incident. 1 not: The incident … closed by itself: its findings are over." in page.toast[0].value


def come(store: Store, name: str, now: datetime, severity: Severity) -> None:
    one = made(name, now, severity=severity, key_id=f"key_{name}", ip=None)
    with store.transaction() as tx:
        save_findings(tx, one.findings)
        save_incidents(tx, [one])


def test_what_comes_while_the_queue_is_open_is_counted_and_moves_no_row(
    own: Store, pages: "Pages", small: "Small"
) -> None:
    page = pages.open("incidents")
    before = told_since(page)
    come(own, "new", small.now, Severity.CRITICAL)
    page = pages.tick(page, "incidents", "id", ["inc_crm"])
    held = list(pages.table(page, "incidents")["id"])
    chosen = [button.key for button in page.button if (button.key or "").startswith("bulk_ack")]
    during = told_since(page)
    press(page, "List them")

    assert ([], ["1 incident since this list was made"]) == (before, during)
    assert (["inc_1", "inc_crm"], 1) == (held, len(chosen))
    assert ["inc_new", "inc_1", "inc_crm"] == list(pages.table(page, "incidents")["id"])
    assert [] == told_since(page)


def test_what_the_filters_leave_out_is_not_counted(own: Store, pages: "Pages", small: "Small") -> None:
    page = pages.open("incidents", severity="high and above")
    come(own, "small", small.now, Severity.LOW)

    assert [] == told_since(page.run())


def test_a_row_that_somebody_else_took_stays_until_the_list_is_made_anew(own: Store, pages: "Pages") -> None:
    page = pages.open("incidents")
    with own.transaction() as tx:
        decide(tx, "inc_1", status="acknowledged", verdict=None, by="ann", at=datetime.now(UTC))
    rows = pages.table(page.run(), "incidents")

    assert ["inc_1", "inc_crm"] == list(rows["id"])
    assert ["◐ in progress"] == list(rows["status"].iloc[0])

    page._page_hash = calc_hash("alerts")
    page.run()
    page._page_hash = calc_hash("incidents")

    assert ["inc_crm"] == list(pages.table(page.run(), "incidents")["id"])


def told_since(page: "AppTest") -> list[str]:
    """What is said of incidents that came since."""
    found = (re.search(r"(\S+ incidents? since this list was made)", each.value) for each in page.markdown)
    return [match[1] for match in found if match]


def test_nothing_can_be_done_to_several_before_one_is_ticked(own: Store, pages: "Pages") -> None:
    del own
    page = pages.open("incidents")

    assert [] == [button.key for button in page.button if (button.key or "").startswith("bulk_")]
    assert any(caption.value.startswith("Tick rows") for caption in page.caption)


def test_the_requests_behind_an_incident_are_those_of_its_key_from_its_address(own: Store, pages: "Pages") -> None:
    del own
    page = pages.open("incidents", incident="inc_1")
    latest = next(frame.value for frame in page.dataframe if "path" in frame.value)

    assert {"198.51.100.7"} == set(latest["ip"])
    assert any(text.startswith("Key billing-prod from 198.51.100.7, ") for text in pages.texts(page))
    assert ["Key from the address", "Key", "Address"] == list(control(page, "button_group", "requests").options)


@pytest.mark.parametrize(
    ("kind", "value", "charts"),
    [
        (SubjectKind.IP, "198.51.100.7", 1),
        (SubjectKind.NETWORK, "198.51.100.0/24", 1),
        (SubjectKind.PLATFORM, "all", 1),
        (SubjectKind.SOURCE, "edge", 0),
    ],
)
def test_what_was_usual_is_drawn_of_whatever_calls(
    own: Store, small: "Small", pages: "Pages", kind: SubjectKind, value: str, charts: int
) -> None:
    about = replace(made("x", small.now).findings[0], subject=Subject(kind, value), key_id=None, ip=None)
    ip = value if kind is SubjectKind.IP else None
    with own.transaction() as tx:
        save_findings(tx, [about])
        save_incidents(tx, [replace(made("x", small.now, key_id=None, ip=ip), findings=(about,))])
    page = pages.open("incidents", incident="inc_x")

    usual = [each for each in page.get("vega_lite_chart") if each.proto.alt.startswith("Calls per hour over")]
    assert charts == len(usual)
    assert not charts or " 0 in all" not in usual[0].proto.alt


def test_what_came_from_an_attacking_address_is_looked_at_whatever_its_key() -> None:
    attack = replace(made("x").findings[0], subject=Subject(SubjectKind.NETWORK, "203.0.113.0/24"))
    labels = [lens.label for lens in requests_behind.lenses(replace(made("x"), findings=(attack,)), {})]

    assert [
        "All from 198.51.100.7", "All from 203.0.113.0/24", "Key billing-prod from 198.51.100.7", "Key billing-prod",
    ] == labels  # fmt: skip


@pytest.mark.parametrize(("hours", "minutes"), [(0.5, 1), (5, 5), (24, 15), (72, 60), (24 * 30, 360)])
def test_bars_are_as_short_as_can_still_be_told_apart(hours: float, minutes: int) -> None:
    window = requests_behind.Window(since=NOW, until=NOW + timedelta(hours=hours))

    assert timedelta(minutes=minutes) == requests_behind.bucket(window)


def test_what_refused_is_told_once_for_each_reason() -> None:
    refused = tuple((name, UsageError(f"The incident {name} is resolved.")) for name in ("inc_1", "inc_2"))
    done = Done(done=("inc_3",), refused=refused)

    assert "Snoozed. 1 incident. 2 not: The incident … is resolved." == told(done, "Snoozed.")
