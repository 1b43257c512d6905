"""Rotations: states, steps with what the logs say, last use, and exceptions of keys, on the command line."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from commandline import Cli, copied, line

from keywatch.collecting.ingesting import ingest_source
from keywatch.detecting.judging import judge
from keywatch.inventory.last_use import last_use
from keywatch.inventory.portrait import portrait
from keywatch.inventory.syncing import pull_source, save_pull
from keywatch.workspace import Workspace
from model.clock import FixedClock
from model.finding import FindingStatus
from model.rotation import Calls, in_place, rotation

NOW = datetime(2026, 10, 20, 12, tzinfo=UTC)
ISSUED = NOW - timedelta(days=10)
DAY = timedelta(days=1)
OLD, NEW = "kw_live_3f9a77c1d2e4b5a69788", "kw_live_9b1c2d3e4f5a6b7c8d9e"


def row(key_id: str, **facts: Any) -> dict[str, Any]:  # noqa: ANN401 (a row of key_frame)
    dates = "created_at rotated_at revoked_at expires_at removed_at last_success last_seen source_last_used_at"
    empty = dict.fromkeys(
        [*dates.split(), "status_since", "successor_by", "source_last_used_detail", "telemetry_since"]
    )
    return empty | {"key_id": key_id, "status": "active", "source": "kong"} | facts


def calls(**networks: float) -> Calls:
    """Network to how many days before now it succeeded last; all began 20 days ago."""
    spans = {name: (NOW - 20 * DAY, NOW - age * DAY) for name, age in networks.items()}
    return Calls(networks=spans, requests=9, first_success=min((a for a, _ in spans.values()), default=None))


@pytest.mark.parametrize(
    ("old", "new", "state"),
    [
        ({"last_success": NOW - 11 * DAY}, {}, "created"),
        ({"last_success": NOW}, {}, "created"),
        ({"last_success": NOW - 8 * DAY}, {"last_success": NOW}, "both active"),
        ({"last_success": NOW - 11 * DAY}, {"source_last_used_at": NOW}, "both active"),
        ({"last_success": NOW - 2 * DAY}, {"last_success": NOW}, "old still used"),
        ({"source_last_used_at": NOW - 2 * DAY}, {"last_success": NOW}, "old still used"),
        ({"status": "revoked"}, {"last_success": NOW}, "completed"),
        ({"status": "removed", "removed_at": NOW - DAY}, {}, "completed"),
        ({"status": "inactive"}, {}, "completed"),
        ({"expires_at": NOW - DAY}, {}, "completed"),
        ({"expires_at": NOW + DAY}, {}, "created"),
    ],
)
def test_the_state_of_a_rotation(old: dict[str, Any], new: dict[str, Any], state: str) -> None:
    found = rotation(row("a", **old), row("b", created_at=ISSUED, **new), Calls(), Calls(), now=NOW, watched=True)

    assert found is not None
    assert state == found.state


def steps(old: dict[str, Any], new: dict[str, Any], was: Calls, now_is: Calls, *, watched: bool = True) -> list[Any]:
    found = rotation(row("a", **old), row("b", created_at=ISSUED, **new), was, now_is, now=NOW, watched=watched)
    assert found is not None
    return [(step.step, step.state, step.says) for step in found.steps]


def test_the_steps_name_the_networks_that_still_use_the_old_key() -> None:
    was, now_is = calls(**{"192.0.2.0/24": 9, "198.51.100.0/24": 1}), calls(**{"192.0.2.0/24": 0})

    found = steps({"last_success": NOW - DAY}, {"last_success": NOW}, was, now_is)

    assert ["done", "open", "done", "open"] == [state for _, state, _ in found]
    assert (
        "2 networks used the old key before, 1 of them use the new one; still on the old: 198.51.100.0/24 (2026-10-19)."
        == found[1][2]
    )
    assert "The old key is active." == found[3][2]


def test_a_finished_rotation_has_all_its_steps_done_and_tells_of_late_tries() -> None:
    old = {"status": "revoked", "revoked_at": NOW - 3 * DAY, "last_seen": NOW - DAY, "last_success": NOW - 8 * DAY}

    found = steps(old, {"last_success": NOW}, calls(**{"192.0.2.0/24": 8}), calls(**{"192.0.2.0/24": 0}))

    assert ["done"] * 4 == [state for _, state, _ in found]
    assert "It was tried again since, last on 2026-10-19." in found[3][2]


def test_without_logs_the_steps_say_so() -> None:
    found = steps({}, {}, Calls(), Calls(), watched=False)

    assert ["done", "unknown", "unknown", "open"] == [state for _, state, _ in found]


@pytest.mark.parametrize(
    ("old_used", "new_used", "known", "state"),
    [
        (NOW - 20 * DAY, NOW, True, "completed"),
        (NOW - DAY, NOW, True, "old still used"),
        (NOW - 20 * DAY, None, True, "created"),
        (None, None, False, "completed"),
    ],
)
def test_the_state_of_a_rotation_in_place(
    old_used: datetime | None,
    new_used: datetime | None,
    known: bool,  # noqa: FBT001 (a parameter)
    state: str,
) -> None:
    assert state == in_place(row("a"), ISSUED, old_used, new_used, known=known).state


@pytest.mark.parametrize(
    ("facts", "at", "told_by"),
    [
        ({"last_success": NOW, "source_last_used_at": NOW - DAY}, NOW, "logs"),
        ({"last_success": NOW - DAY, "source_last_used_at": NOW}, NOW, "kong"),
        ({"last_seen": NOW}, NOW, "logs"),
        ({"last_seen": NOW, "last_success": NOW - DAY}, NOW - DAY, "logs"),
        ({}, None, None),
    ],
)
def test_the_later_of_logs_and_provider_is_the_last_use(
    facts: dict[str, Any], at: datetime | None, told_by: str | None
) -> None:
    found = last_use(row("a", **facts), NOW - 30 * DAY)

    assert (at, told_by, NOW - 30 * DAY) == (found.at, found.told_by, found.logs_since)


@pytest.fixture(scope="session")
def _rotated(_empty: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = copied(_empty, tmp_path_factory.mktemp("template") / "rotated")
    (folder / "keys.csv").write_text(
        "key_id,name,owner,environment,status,created_at,secret\n"
        f"old,billing,ada,production,active,2026-01-01,{OLD}\n"
        f"new,billing-new,ada,production,active,2026-10-10,{NEW}\n"
    )
    (folder / "keywatch.toml").write_text(
        '[[sources]]\nname = "edge"\npath = "access.log"\n'
        '[[inventory.sources]]\ntype = "csv"\npath = "keys.csv"\nhash_keys = true\n'
    )
    first = NOW - 20 * DAY
    lines = [line(first + n * DAY, token=OLD, ip="198.51.100.7") for n in range(20)]
    lines += [line(first + n * DAY, token=OLD, ip="192.0.2.7") for n in range(11)]
    lines += [line(first + n * DAY, token=NEW, ip="192.0.2.7") for n in range(11, 20)]
    (folder / "access.log").write_text("".join(f"{one}\n" for one in sorted(lines)))
    workspace = Workspace.at(folder / "keywatch.toml")
    clock = FixedClock(NOW)
    save_pull(workspace, pull_source(workspace, workspace.config.inventory.sources[0], clock), NOW)
    ingest_source(workspace, workspace.config.sources[0], clock=clock)
    workspace.close()
    return folder


@pytest.fixture
def rotating(
    _rotated: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Cli:
    """A key that was rotated ten days ago: one network moved, another did not."""
    return Cli(copied(_rotated, tmp_path / "rotated"), capsys, monkeypatch)


def opened(cli: Cli) -> Workspace:
    return Workspace.at(cli.config)


def test_a_rotation_shows_on_both_keys_with_what_the_logs_say_of_each_step(rotating: Cli) -> None:
    workspace = opened(rotating)
    found = [portrait(workspace, key_id, NOW)["rotations"] for key_id in ("old", "new")]
    workspace.close()

    assert found[0] == found[1]
    (shown,) = found[0]
    assert ("old", "new", "name", "old still used") == (shown["old"], shown["new"], shown["linked_by"], shown["state"])
    assert ["done", "open", "done", "open"] == [step["state"] for step in shown["steps"]]
    assert "still on the old: 198.51.100.0/24" in shown["steps"][1]["says"]


def test_a_rotation_of_a_past_moment_knows_nothing_of_what_came_later(rotating: Cli) -> None:
    workspace = opened(rotating)
    (then,) = portrait(workspace, "old", NOW - 9.5 * DAY)["rotations"]
    workspace.close()

    assert "created" == then["state"]
    assert ["done", "open", "open", "open"] == [step["state"] for step in then["steps"]]


def test_the_page_of_a_key_is_text_and_its_json_has_the_same(rotating: Cli) -> None:
    text, data = rotating("keys", "show", "billing").out, rotating("keys", "show", "old", "--json").json()

    assert "Rotation old -> new (name): " in text
    assert "successor     new (found by name)" in text
    assert "2. update clients" in text
    assert "told by logs (logs since 2026-09-30 12:00Z)" in text
    assert "successor: - -> new" in text
    assert ["new", "name"] == [data["successor"], data["successor_by"]]
    assert ["key", "successor"] == sorted({one["field"] for one in data["history"]})


def test_a_person_s_word_goes_above_a_name_and_can_be_taken_back(rotating: Cli) -> None:
    keys = rotating.root / "keys.csv"
    keys.write_text(keys.read_text() + "third,other,bob,production,active,2026-10-12,\n")
    rotating("keys", "sync")

    assert 0 == rotating("keys", "link", "old", "third").code
    rotating("keys", "sync")
    assert ["third", "explicit"] == [
        rotating("keys", "show", "old", "--json").json()[n] for n in ("successor", "successor_by")
    ]
    rotating("keys", "link", "old", "--forget")
    assert ["new", "name"] == [
        rotating("keys", "show", "old", "--json").json()[n] for n in ("successor", "successor_by")
    ]
    assert "same key" in rotating("keys", "link", "old", "old").err
    assert "no key 'x'" in rotating("keys", "link", "old", "x").err
    assert 2 == rotating("keys", "link", "old").code


def test_another_secret_under_the_same_id_is_a_rotation_in_place(rotating: Cli) -> None:
    keys = rotating.root / "keys.csv"
    keys.write_text(keys.read_text().replace(OLD, "kw_live_ffff77c1d2e4b5a69788"))
    rotating("keys", "sync")

    data = rotating("keys", "show", "old", "--json").json()

    (shown,) = [one for one in data["rotations"] if one["linked_by"] == "in place"]
    assert "created" == shown["state"]
    assert {"secret", "rotated_at"} <= {one["field"] for one in data["history"]}
    assert OLD not in str(data)


def excuse(cli: Cli, *words: str, until: str = "90d") -> Any:  # noqa: ANN401 (what the command did)
    return cli("keys", "ignore", *words, "--reason", "moved in November", "--approver", "eve", "--until", until)


def judged(cli: Cli, now: datetime) -> dict[str, Any]:
    workspace = opened(cli)
    found = {one.detector: one for one in judge(workspace, now=now, since=now - timedelta(hours=1)).findings}
    workspace.close()
    return found


def test_an_ignored_key_is_muted_and_stays_counted_and_visible(rotating: Cli) -> None:
    assert "Exception 1 holds until" in excuse(rotating, "billing", "--rule", "no-expiry").err

    listed = rotating("keys", "list")
    assert "1 of 2 keys are ignored" in listed.err
    assert "exception 1" in listed.out
    assert [[], [1]] == [row["ignored"] for row in rotating("keys", "list", "--json").json()]
    assert "1. holds until" in rotating("keys", "show", "old").out


def test_what_an_exception_is_about_is_noticed_and_told_to_nobody(rotating: Cli) -> None:
    excuse(rotating, "old", "--rule", "rotation-*")

    found = judged(rotating, datetime.now(UTC))["rotation-not-completed"]

    assert FindingStatus.MUTED == found.status
    assert "exception 1 of key old: moved in November (approved by eve)" == found.muted_by


def test_an_exception_that_ran_out_becomes_a_finding_until_somebody_ends_it(rotating: Cli) -> None:
    excuse(rotating, "old", "--rule", "rotation-*", until="2d")
    later = datetime.now(UTC) + 3 * DAY

    found = judged(rotating, later)
    assert FindingStatus.OPEN == found["rotation-not-completed"].status
    assert "The exception of billing" in found["exception-expired"].title
    rotating("keys", "unignore", "1")
    assert FindingStatus.RESOLVED == judged(rotating, later + timedelta(hours=2))["exception-expired"].status
    assert [("ended", "key old")] == [
        (one["state"], one["about"]) for one in rotating("keys", "exceptions", "--json").json()
    ]


@pytest.mark.parametrize(
    ("words", "until", "meant"),
    [
        (["nobody"], "9d", "no key 'nobody'"),
        (["old", "--rule", "no-expirry"], "9d", "no-expiry"),
        (["old", "--label", "tier=gold"], "9d", "about one key, or about one label"),
        ([], "9d", "about one key, or about one label"),
        (["old"], "400d", "ends within 366 days"),
        (["old"], "2020-01-01", "ends within 366 days"),
    ],
)
def test_a_wrong_exception_is_refused(rotating: Cli, words: list[str], until: str, meant: str) -> None:
    done = excuse(rotating, *words, until=until)

    assert 2 == done.code
    assert meant in done.err
    assert [] == rotating("keys", "exceptions", "--json").json()
    assert "no exception 7" in rotating("keys", "unignore", "7").err


def test_an_exception_by_label_holds_for_the_keys_that_have_it(rotating: Cli) -> None:
    path: Path = rotating.root / "keys.csv"
    head, old, new = path.read_text().splitlines()
    path.write_text(f"{head},labels\n{old},tier=gold\n{new},tier=silver\n")
    rotating("keys", "sync")
    excuse(rotating, "--label", "tier=gold")

    assert [[], [1]] == [row["ignored"] for row in rotating("keys", "list", "--json").json()]
