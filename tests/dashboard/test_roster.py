import csv
from datetime import UTC, datetime, timedelta

import pandas as pd

from dashboard.elements import export
from dashboard.keys.roster import NO_KEY, OUTLINE, outline, roster, with_curves
from dashboard.views.keys import EXPORTED
from model.finding import Finding, Severity
from tests.dashboard.conftest import finding

NOW = datetime(2026, 11, 23, 5, 24, tzinfo=UTC)
MOMENTS = ("expires_at", "last_seen", "source_last_used_at")


def keys(**changes: object) -> pd.DataFrame:
    row = {
        "key_id": "key_1", "name": "one", "environment": None, "owner": None, "status": "active", "hint": None,
        "expires_at": None, "last_seen": None, "source_last_used_at": None, "key_refs": ["id:1", "id:2"],
    }  # fmt: skip
    frame = pd.DataFrame([row | changes])
    return frame.assign(**{name: pd.to_datetime(frame[name], utc=True) for name in MOMENTS})


def usage(*rows: tuple[str | None, int, int]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["key", "requests", "unauthorized"])
    frame = frame.assign(successes=frame["requests"] - frame["unauthorized"], forbidden=0, throttled=0, errors=0)
    named = pd.Series([key for key, _, _ in rows], dtype=object)
    return frame.assign(key=named, last_seen=pd.Timestamp(NOW))


FOUND = finding(NOW, "volume-spike", Severity.HIGH, "Many calls")
CURVES = {"id:1": [1, 2], "id:2": [10, 20]}
ACTIVITY = pd.DataFrame({"key_ref": ["fp:1:ab"], "hint": ["ac_…b"], "last_seen": [pd.Timestamp(NOW)]})


def made(
    known: pd.DataFrame, used: pd.DataFrame, findings: dict[str, list[Finding]] | None = None, **faults: set[str]
) -> pd.DataFrame:
    found = findings or {}
    rows = outline(known, used, activity=ACTIVITY, findings=found, now=NOW)
    return roster(rows, findings=found, faults=faults, now=NOW)


def test_a_key_adds_up_what_all_its_references_did() -> None:
    row = made(keys(), usage(("id:1", 3, 1), ("id:2", 30, 0))).iloc[0]

    assert (33, 1) == (row["requests"], row["unauthorized"])


def test_some_of_the_keys_have_their_own_counts() -> None:
    every = pd.concat([keys(key_id=f"key_{n}", key_refs=[f"id:{n}"]) for n in range(4)], ignore_index=True)
    some = every[every["key_id"].isin({"key_1", "key_3"})]
    rows = made(some, usage(("id:3", 30, 0), ("id:1", 3, 1)))

    assert [("key_3", 30), ("key_1", 3)] == list(rows[["id", "requests"]].itertuples(index=False, name=None))


def test_curves_are_read_of_the_first_keys_alone_and_add_up_their_references() -> None:
    asked: list[set[str]] = []

    def read(refs: set[str]) -> dict[str, list[int]]:
        asked.append(refs)
        return CURVES

    rows = made(keys(), usage(("id:1", 3, 1), ("id:2", 30, 0), ("fp:1:ab", 2, 0)))
    curved = with_curves(rows, 1, read)

    assert [{"id:1", "id:2"}] == asked
    assert [[11, 22], None] == list(curved["curve"])


def test_every_request_stands_in_exactly_one_row() -> None:
    frame = made(
        keys(), usage(("id:1", 3, 0), (None, 5, 5), ("unknown:a", 7, 7), ("unknown:b", 9, 9), ("fp:1:ab", 2, 0))
    )

    assert {"key_1": 3, NO_KEY: 5, "unknown:": 16, "fp:1:ab": 2} == dict(
        zip(frame["id"], frame["requests"], strict=True)
    )


def test_a_revoked_key_is_hidden_unless_it_is_still_tried_or_something_was_found() -> None:
    revoked = keys(status="revoked")

    assert [True] == list(made(revoked, usage())["hidden"])
    assert [False] == list(made(revoked, usage(("id:1", 1, 1)))["hidden"])
    assert [False] == list(made(revoked, usage(), {"key_1": [FOUND]})["hidden"])


def test_the_last_use_is_the_later_of_the_logs_and_of_the_provider() -> None:
    row = made(keys(last_seen=NOW - timedelta(days=9), source_last_used_at=NOW - timedelta(days=2)), usage()).iloc[0]

    assert "2 d ago" == row["ago"]


def test_traffic_of_no_key_was_last_seen_within_an_hour_and_a_key_at_its_moment() -> None:
    used = usage((None, 5, 5), ("unknown:a", 7, 7), ("fp:1:ab", 2, 0)).assign(last_seen=pd.Timestamp(NOW).floor("h"))
    rows = made(keys().head(0), used).set_index("id")

    assert {"unknown:": "< 1 h ago", NO_KEY: "< 1 h ago", "fp:1:ab": "just now"} == dict(rows["ago"])
    assert [True, True, False] == list(rows["by_hour"])


def test_an_empty_store_has_an_empty_roster() -> None:
    assert [*OUTLINE, "ago", "health", "why"] == list(made(keys().head(0), usage()).columns)


def test_a_row_says_its_health_why_and_its_risk() -> None:
    row = made(keys(), usage(("id:1", 30, 10)), {"key_1": [FOUND]}, never={"key_9"}).iloc[0]

    assert (["▲ accused", "+1"], "Many calls; 33.3 % refused", 50) == (row["health"], row["why"], row["risk"])


def test_the_csv_file_of_keys_holds_no_formula_and_nothing_that_identifies_a_secret() -> None:
    rows = made(keys(name="=cmd()", owner="+1", key_refs=["fp:1:00deadbeef"]), usage(("fp:1:00deadbeef", 3, 1)))
    text = export.csv(export.renamed(rows, EXPORTED)).decode()

    (row,) = csv.DictReader(text.splitlines())
    assert ("'=cmd()", "'+1", "3") == (row["name"], row["owner"], row["requests"])
    assert "deadbeef" not in text


def test_a_search_looks_through_name_id_owner_and_hint() -> None:
    row = made(keys(name="Billing", owner="Ann@co.example", hint="ac_…9"), usage()).iloc[0]

    assert "billing key_1 ann@co.example ac_…9" == row["sought"]


def test_traffic_of_no_key_has_no_health() -> None:
    frame = made(keys().head(0), usage((None, 50, 50)))

    assert [[]] == list(frame["health"])
