"""The pages of reports, sources and administration, on a small real workspace with logins."""

import json
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from dashboard.panels import audit_log, source_advice
from dashboard.panels.worksheet import changed
from dashboard.reads import data
from dashboard.services import given
from dashboard.views.admin import flat
from keywatch.reporting.taking import asked, make_report
from keywatch.workspace import Workspace
from model.clock import SystemClock
from model.errors import UsageError
from store.handle import Store
from store.state import audit
from store.state.reports import made
from tests.dashboard.test_access import Open, opened, own, user, words

if TYPE_CHECKING:
    from tests.dashboard.conftest import Pages, Small

__all__ = ["opened", "own"]

NOW = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)


def button(page: AppTest, label: str) -> Any:  # noqa: ANN401 (AppTest's own)
    return next(one for one in page.button if one.label == label)


@pytest.fixture
def review(own: Workspace) -> str:
    now = SystemClock().now()
    make_report(own, asked(own, "last-7d", now=now, review=True), now=now)
    with own.store.reading() as tx:
        return made(tx)[-1].id


def test_an_analyst_opens_a_review_on_the_page_and_stands_in_it(opened: Open, own: Workspace) -> None:
    page = opened("reports", user("otto"))
    next(one for one in page.selectbox if one.label == "Period").select("last-7d").run()
    button(page, "Make it").click().run()
    with own.store.reading() as tx:
        (one,) = made(tx)
        acts = audit.audit_frame(tx, 1)

    assert ("last-7d", "open", 2) == (one.period, one.stage, one.decisions)
    assert ["otto@co.example"] == list(acts["actor"])
    assert "0 of 2 keys are decided." in page.get("progress")[0].proto.text
    assert one.id in page.query_params["report"]


@pytest.mark.usefixtures("own")
def test_a_period_that_is_none_is_said() -> None:
    """The page offers periods that are some, and takes whatever is typed."""
    with pytest.raises(UsageError, match="next year"):
        given().reviews.make("next year", review=True, by="otto@co.example", now=NOW)


def test_a_viewer_reads_a_review_and_neither_decides_nor_closes(opened: Open, review: str) -> None:
    page = opened("reports", user("vera"), report=review)
    labels = {one.label for one in page.button}

    assert ["billing-prod", "crm-dev"] == list(page.data_editor[0].value["name"])
    assert "Deciding needs the role analyst." in words(page)
    assert not {"Make it", "Check and seal", "Nothing to save"} & labels
    assert "Decide one key" not in {one.label for one in page.expander}


def test_an_analyst_decides_and_only_an_administrator_closes(opened: Open, review: str, own: Workspace) -> None:
    assert "Check and seal" not in {one.label for one in opened("reports", user("otto"), report=review).button}

    page = opened("reports", user("ann"), report=review)
    button(page, "Check and seal").click().run()
    with own.store.reading() as tx:
        stages = [one.stage for one in made(tx)]

    assert "The worksheet has 2 problems; nothing was sealed." in words(page)
    assert ["open"] == stages


def test_a_filter_of_the_worksheet_stands_in_the_url(opened: Open, review: str) -> None:
    page = opened("reports", user("otto"), report=review, q="CRM@co")

    assert ["crm-dev"] == list(page.data_editor[0].value["name"])
    assert opened("reports", user("otto"), report=review, rows="Decided").info


def test_a_report_is_verified_on_the_page_and_a_changed_line_is_named(
    opened: Open, review: str, own: Workspace
) -> None:
    page = opened("reports", user("vera"), report=review)
    good = words(button(page, "Verify").click().run())
    with own.store.reading() as tx:
        keys = Path(made(tx)[-1].folder) / "keys.csv"
    keys.write_text(keys.read_text().replace("billing-prod", "billing-dev"))
    bad = words(button(opened("reports", user("vera"), report=review), "Verify").click().run())

    assert "The report is whole" in good
    assert "keys.csv was changed: line 2" in bad


def test_what_was_edited_becomes_changes() -> None:
    empty = {"decision": "", "rationale": "", "new_owner": "", "due": ""}
    before = pd.DataFrame([{"key_id": "k1", **empty}, {"key_id": "k2", **empty, "due": "2026-12-01"}], dtype=object)
    after = before.assign(decision=["keep", None], rationale=[" why ", ""], due=[pd.NaT, datetime(2026, 12, 1).date()])  # noqa: DTZ001
    (one,) = changed(before, after)

    assert ("k1", empty | {"decision": "keep", "rationale": "why"}) == (one.key_id, one.after)


def test_the_sources_page_says_what_each_figure_means(opened: Open) -> None:
    page = opened("sources", user("vera"))
    table = page.dataframe[0].value
    reasons, rejects = page.dataframe[1].value, page.dataframe[2].value

    assert ["edge"] == list(table["name"])
    assert [1] == list(table["rejects"])
    assert [("not valid JSON", "edge", 1, "100.0 %")] == list(reasons.itertuples(index=False, name=None))
    assert ["not a line"] == list(rejects["sample"])
    assert "1 of 334 lines (0.3 %) could not be read as requests." in words(page)


def test_the_sources_say_how_late_they_are_what_they_lost_and_when_their_last_event_was(
    opened: Open, own: Workspace
) -> None:
    last = SystemClock().now() - timedelta(days=5, hours=1)
    with sqlite3.connect(own.root / "keywatch.db") as database:
        database.execute(
            "UPDATE sources SET last_event_at = ?, bytes_lost = 4711, lost_at = ?",
            (f"{last:%F %T.%f}", f"{last:%F %T.%f}"),
        )
    database.close()
    data.forget()
    page = opened("sources", user("vera"))
    (row,) = page.dataframe[0].value.to_dict("records")

    assert ("5 d", f"{last:%Y-%m-%d %H:%M} UTC", 4711, ["◷ late"]) == (
        row["lag"], row["last"], row["bytes_lost"], row["state"],
    )  # fmt: skip
    assert f"4,711 bytes were gone before they were read, the last at {last:%Y-%m-%d %H:%M} UTC." in words(page)
    assert f"Its last event is of {last:%Y-%m-%d %H:%M} UTC, 5 d ago." in words(page)


def test_pages_without_a_window_work_in_an_empty_store(
    tmp_path: Path, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    Store.open(f"sqlite:///{tmp_path}/state.db", tmp_path / "events").close()
    monkeypatch.setenv("KEYWATCH_STATE_URL", f"sqlite:///{tmp_path}/state.db")

    assert "No source was read yet" == opened("sources", user("vera")).header[0].value
    assert "No report yet" in words(opened("reports", user("vera")))
    assert "Who gets which role" == opened("admin", user("ann")).header[0].value


def source(**given: object) -> dict[str, Any]:
    known = {"last_error": None, "late": False, "last_event_at": NOW, "lines": 1000, "rejects": 0, "bytes_lost": 0,
             "lost_at": None}  # fmt: skip
    return known | given


@pytest.mark.parametrize(
    ("given", "state", "said"),
    [
        ({}, "fine", []),
        ({"rejects": 3}, "fine", ["odd"]),
        ({"rejects": 10}, "rejecting", ["rejecting"]),
        ({"bytes_lost": 7, "lost_at": NOW}, "losing", ["losing"]),
        ({"late": True, "last_event_at": NOW - timedelta(hours=3)}, "late", ["late"]),
        ({"late": True, "last_event_at": pd.NaT, "lines": 0}, "empty", ["empty"]),
        ({"last_error": "no such \x1bfile", "late": True, "rejects": 500}, "failing", ["failing", "late", "rejecting"]),
    ],
)
def test_each_trouble_of_a_source_has_a_meaning_and_a_remedy(
    given: dict[str, object], state: str, said: list[str]
) -> None:
    found = list(source_advice.advice(source(**given), NOW))

    assert state == source_advice.state(source(**given))
    assert said == [one.state for one in found]
    assert all(one.what and one.means and one.do and "\x1b" not in one.what for one in found)


def test_the_administration_lists_who_was_here_and_why_not(pages: "Pages", opened: Open) -> None:
    opened("keys", user("vera"))
    opened("keys", user("eve"))
    page = opened("admin", user("ann"))
    rows = {row["name"]: row for row in pages.table(page, "users").to_dict("records")}

    assert {"ann@co.example": "admin", "vera@co.example": "viewer", "eve@co.example": ""} == {
        name: row["role"] for name, row in rows.items()
    }
    assert "no role here" in rows["eve@co.example"]["why"]
    assert [["✕ refused"], ["✓ let in"]] == [rows[f"{name}@co.example"]["state"] for name in ("eve", "vera")]


@pytest.mark.usefixtures("review")
def test_the_audit_log_is_filtered_and_verified(opened: Open, own: Workspace) -> None:
    page = opened("admin", user("ann"), part="Audit log", action="report opened")
    rows = page.dataframe[0].value
    whole = words(button(page, "Verify the chain").click().run())
    with sqlite3.connect(own.root / "keywatch.db") as database:
        database.execute("DROP TRIGGER audit_log_UPDATE")
        database.execute("UPDATE audit_log SET actor = 'mallory' WHERE action = 'report opened'")
    database.close()
    broken = words(button(opened("admin", user("ann"), part="Audit log"), "Verify the chain").click().run())

    assert ["report opened"] == list(rows["action"])
    assert "The audit log is whole" in whole
    assert "was changed" in broken


def test_the_config_is_shown_with_secrets_masked(opened: Open, own: Workspace) -> None:
    path = own.root / "keywatch.toml"
    path.write_text(path.read_text() + '\n[[alerts.targets]]\nname = "chat"\nurl = "slack://TokenA/TokenB/TokenC/"\n')
    shown = opened("admin", user("ann"), part="Config").dataframe[0].value
    text = json.dumps(shown.to_dict("records"))

    assert {"setting": "alerts.targets[0].name", "value": "chat"} in shown.to_dict("records")
    assert "TokenA" not in text
    assert "null" not in set(shown["value"])


def test_settings_are_flat_and_safe() -> None:
    given = {"a": {"b": [{"c": 1}, {"c": "x\n"}]}, "d": [], "e": None}

    assert [("a.b[0].c", "1"), ("a.b[1].c", "x\\x0a"), ("d", "[]"), ("e", "null")] == list(flat(given))


def test_the_audit_log_as_csv_holds_no_formula() -> None:
    row = {"seq": 1, "at": NOW, "actor": "=cmd()", "action": "login", "subject": "-1", "detail": {"why": "plain"}}
    made = audit_log.as_csv(pd.DataFrame([row])).decode()

    assert """1,2026-11-28T12:00:00Z,'=cmd(),login,'-1,"{""why"": ""plain""}"\n""" in made


@pytest.fixture
def long_log(own: Workspace) -> int:
    """1,002 rows, of which the first is somebody else's; returns how many there are with those of before."""
    with own.store.transaction() as tx:
        for n in range(1002):
            actor = "mallory@co.example" if n == 0 else "otto@co.example"
            audit.record(tx, at=SystemClock().now(), actor=actor, action="incident commented", subject=f"inc_{n}")
    with own.store.reading() as tx:
        return len(audit.audit_frame(tx, 5000))


@pytest.mark.usefixtures("long_log")
def test_a_row_of_long_ago_is_found(opened: Open) -> None:
    page = opened("admin", user("ann"), part="Audit log", q="MALLORY")

    assert [("mallory@co.example", "inc_0")] == [
        (row["actor"], row["subject"]) for row in page.dataframe[0].value.to_dict("records")
    ]
    assert "1 row matches." in words(page)


def test_the_log_is_read_in_pages_and_another_search_begins_at_its_first(opened: Open, long_log: int) -> None:
    page = opened("admin", user("ann"), part="Audit log", since="Always", page="2")
    told, second = words(page), list(page.dataframe[0].value["seq"])
    newest = second[0] + 200
    next(one for one in page.text_input if one.key == "q").input("inc_").run()

    assert f"{newest:,} rows match. Shown are 201 to 400, the newest first." in told
    assert newest == long_log + 1  # somebody logged in to look
    assert list(range(newest - 200, newest - 400, -1)) == second
    assert "1,002 rows match. Shown are 1 to 200, the newest first." in words(page)
    assert page.query_params.get("page") in (None, "1", ["1"])


@pytest.mark.usefixtures("long_log")
def test_the_file_of_the_log_has_all_that_match() -> None:
    asked = AppTest.from_function(_take_along, default_timeout=90)
    asked.user = user("ann")
    asked.run()

    assert "1002 rows, the last inc_0" == asked.text[0].value


def _take_along() -> None:
    import io
    import threading

    import pandas as pd
    import streamlit as st

    from dashboard.panels import audit_log
    from dashboard.reads import logged
    from store.state.audit_search import Sought

    read, made = logged.all_found(Sought(actions=["incident commented"])), []
    thread = threading.Thread(target=lambda: made.append(audit_log.as_csv(read())))
    thread.start()
    thread.join()
    frame = pd.read_csv(io.BytesIO(made[0]))
    st.text(f"{len(frame)} rows, the last {frame['subject'].iloc[-1]}")


def test_what_came_from_a_log_is_text_on_these_pages_too(opened: Open, small: "Small", own: Workspace) -> None:
    markup = "**bold** <img src=x onerror=alert(1)> [a](http://x)"
    with own.store.transaction() as tx:
        audit.record(tx, at=small.now, actor=markup, action="login", subject=markup, detail={"why": markup})
    for path, parameters in (("admin", {"part": "Audit log"}), ("sources", {}), ("reports", {})):
        page = opened(path, user("ann"), **parameters)
        read = [*page.markdown, *page.caption, *page.title, *page.header, *page.info, *page.warning]

        assert not [each.value for each in read if "<img" in each.value or "[a](" in each.value]
