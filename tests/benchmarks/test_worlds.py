import json
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from benchmarks.worlds import tables
from benchmarks.worlds.attacks.family import FAMILIES
from benchmarks.worlds.judging import Known
from benchmarks.worlds.labels import STRENGTHS, Nuisance, Plant, nuisance, plain, plant
from benchmarks.worlds.make import make
from benchmarks.worlds.minutes import Watch
from benchmarks.worlds.running import Arrivals
from benchmarks.worlds.scoring import TURN, Found, Verdict, read_finding, read_rules, score

ENDS = ("start", "end")
FILES = ("access.log", "keys.csv", "truth.json", "nuisance.json", "arrivals.json")
START = datetime(2026, 9, 7, tzinfo=UTC)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("world")
    make(folder, seed=3, days=5, size=20)
    return folder


def at(hours: float) -> datetime:
    return START + timedelta(hours=hours)


def planted(*, onset: float = 100, end: float = 101, family: str = "auth-burst-key", **more: object) -> Plant:
    told = {"strength": "medium", "expected": "must", "key_ids": ("key_1",), "ips": ("203.0.113.9",), "events": 50}
    told |= {"id": 0, "networks": ("203.0.113.0/24",), "note": "", **more}
    told.setdefault("since", at(onset))
    return Plant(family=family, onset=at(onset), end=at(end), **told)  # type: ignore[arg-type]


def found(hours: float, *, detector: str = "auth-burst-key", severity: str = "high", **more: object) -> Found:
    row = {"detector": detector, "severity": severity, "first_seen": at(hours), "last_seen": at(hours), "title": "t"}
    row |= {"detected_at": at(hours + 0.5), "evidence": [{"bucket": at(hours).isoformat()}], **more}
    return read_finding(row | {name: row[name].isoformat() for name in ("first_seen", "last_seen", "detected_at")})  # type: ignore[attr-defined]


def verdict(plants: list[Plant], findings: list[Found], nuisances: list[Nuisance] | None = None) -> Verdict:
    return score(plants, nuisances or [], findings, read_rules(), start=START, end=START + timedelta(days=10))


def test_a_seed_gives_the_same_bytes(small: Path, tmp_path: Path) -> None:
    make(tmp_path, seed=3, days=5, size=20)

    assert [(small / name).read_bytes() for name in FILES] == [(tmp_path / name).read_bytes() for name in FILES]


def test_another_seed_gives_another_world(small: Path, tmp_path: Path) -> None:
    make(tmp_path, seed=4, days=5, size=20)

    assert (small / "truth.json").read_bytes() != (tmp_path / "truth.json").read_bytes()


def test_every_plant_lies_within_the_world_and_has_a_subject(small: Path) -> None:
    truth = json.loads((small / "truth.json").read_text())
    start, end = (datetime.fromisoformat(truth["world"][name]) for name in ("start", "end"))
    plants = [plant(row) for row in truth["plants"]]
    rules = read_rules()

    assert len({p.family for p in plants}) > 25
    assert all(p.onset <= p.end <= end for p in plants)
    assert all(p.onset >= start for p in plants if not rules[p.family].standing)
    assert all(p.key_ids or p.ips for p in plants if not rules[p.family].nobody)


def test_lines_of_a_plant_are_in_the_log_at_its_time(tmp_path: Path) -> None:
    world = make(tmp_path, seed=7, days=6, size=20, only=["key-guessing"])
    (label,) = [p for p in world.plants if p.family == "key-guessing"]
    lines = [json.loads(line) for line in (tmp_path / "access.log").read_text().splitlines() if line.endswith("}")]
    mine = [line for line in lines if line["remote_addr"] in label.ips]
    second = timedelta(seconds=1)

    assert len(mine) == label.events
    assert {line["status"] for line in mine} == {"401"}
    assert all(label.onset - second <= datetime.fromisoformat(line["time_iso8601"]) <= label.end for line in mine)


def test_arrivals_say_where_each_minute_begins(small: Path) -> None:
    begins = json.loads((small / "arrivals.json").read_text())
    log = (small / "access.log").read_bytes()

    assert begins == sorted(begins)
    assert begins[-1] == len(log)
    assert len(begins) == 5 * 24 * 60 + 2
    assert all(log[begin - 1 : begin] in {b"", b"\n"} for begin in begins)


def test_a_log_grows_by_what_has_arrived(small: Path, tmp_path: Path) -> None:
    start, end = (datetime.fromisoformat(json.loads((small / "truth.json").read_text())["world"][n]) for n in ENDS)
    begins = json.loads((small / "arrivals.json").read_text())
    growing = Arrivals(small, tmp_path / "log", start)
    sizes = []
    for now in (start + timedelta(minutes=90), end - timedelta(minutes=1), end):
        growing.until(now)
        sizes.append((tmp_path / "log").stat().st_size)

    assert sizes == [begins[90], begins[5 * 24 * 60 - 1], begins[-1]]
    assert (tmp_path / "log").read_bytes() == (small / "access.log").read_bytes()


def test_some_lines_arrive_out_of_order(small: Path) -> None:
    times = [line[17:36] for line in (small / "access.log").read_text().splitlines()]

    assert sum(earlier > later for earlier, later in pairwise(times)) > 10


def test_every_family_has_a_rule_that_says_how_grave_it_is() -> None:
    rules = read_rules()
    limits = [limits for rule in rules.values() if not rule.nuisance_only for limits in rule.severity.values()]

    assert set(FAMILIES) <= set(rules)
    assert all(set(rules[name].severity) == set(STRENGTHS) for name in FAMILIES)
    assert all(0 <= least <= most <= 4 for least, most in limits)


def test_labels_survive_json() -> None:
    odd = Nuisance(kind="deploy", start=at(1), end=at(2), key_ids=(), ips=(), excuses=("x",), note="n")

    assert plant(json.loads(json.dumps(plain(planted())))) == planted()
    assert nuisance(json.loads(json.dumps(plain(odd)))) == odd


@pytest.mark.parametrize(
    ("finding", "expected"),
    [
        (found(100, key_id="key_1"), (True, True)),
        (found(100, ip="203.0.113.9"), (True, True)),
        (found(100, ip="203.0.113.0/24"), (True, True)),
        (found(100, title="Burst from 203.0.113.0/24"), (True, True)),
        (found(100, key_id="key_1", detector="volume-spike"), (True, False)),
        (found(124, key_id="key_1"), (True, True)),
        (found(100, key_id="key_2"), (False, False)),
        (found(97, key_id="key_1"), (False, False)),
        (found(126, key_id="key_1"), (False, False)),
        (found(100, key_id="key_1", severity="info"), (False, False)),
        (found(100, key_id="key_1", detector="never-used-key"), (False, False)),
    ],
)
def test_a_plant_is_found_by_subject_and_time_and_named_by_the_detector(
    finding: Found, expected: tuple[bool, bool]
) -> None:
    (outcome,) = verdict([planted()], [finding]).outcomes

    assert (outcome.found, outcome.named) == expected


@pytest.mark.parametrize(
    ("finding", "known", "hidden"),
    [
        (found(100, title="failed calls with keys that do not exist"), False, True),
        (found(100, key_id="fp:1:4544"), False, True),
        (found(100, detector="volume-spike"), False, False),
        (found(100, key_id="key_7"), False, False),
    ],
)
def test_where_a_log_has_no_addresses_an_apt_finding_about_nobody_names_an_attack(
    finding: Found,
    known: bool,  # noqa: FBT001
    hidden: bool,  # noqa: FBT001
) -> None:
    by_address = planted(family="auth-burst-address", key_ids=())
    nowhere = planted(family="auth-burst-address", key_ids=(), ips=(), networks=())

    assert (known, hidden) == tuple(verdict([one], [finding]).outcomes[0].named for one in (by_address, nowhere))


def test_one_of_many_tried_keys_is_found_only_by_an_apt_detector() -> None:
    tried = planted(family="stuffing", key_ids=tuple(f"key_{n}" for n in range(9)))
    apt, other = (
        verdict([tried], [found(100, key_id="key_1", detector=name)]) for name in ("auth-burst-key", "volume-spike")
    )

    assert (apt.outcomes[0].found, apt.false) == (True, [])
    assert (other.outcomes[0].found, len(other.false)) == (False, 1)


def test_what_comes_before_the_onset_belongs_to_the_plant() -> None:
    prelude = planted(family="burst-then-success", since=at(95))
    judged = verdict([prelude], [found(95, key_id="key_1")])

    assert judged.false == []
    assert (judged.outcomes[0].found, judged.outcomes[0].named) == (True, False)


def test_stale_keys_are_found_only_by_name() -> None:
    stale = planted(family="never-used", onset=-100, end=240)
    outcomes = [
        verdict([stale], [f]).outcomes[0]
        for f in (found(90, key_id="key_1"), found(90, key_id="key_1", detector="never-used-key"))
    ]

    assert [o.found for o in outcomes] == [False, True]


def test_delay_is_from_the_onset_to_the_first_detection() -> None:
    (outcome,) = verdict([planted()], [found(101, key_id="key_1"), found(100.5, key_id="key_1")]).outcomes

    assert outcome.delay == 60


@pytest.mark.parametrize(
    ("detector", "bucket", "minutes"),
    [("auth-burst-key", 100, 1), ("volume-spike", 100, 60), ("auth-burst-key", 98, None), ("auth-burst-key", 99.5, 0)],
)
def test_one_pass_knows_when_a_bucket_would_have_been_judged_live(
    detector: str, bucket: float, minutes: float | None
) -> None:
    piece = found(100, key_id="key_1", detector=detector, evidence=[{"bucket": at(bucket).isoformat()}])
    (outcome,) = verdict([planted()], [piece]).outcomes

    assert outcome.heard == (None if minutes is None else minutes + (TURN.total_seconds() / 60 if minutes else 0))


def test_false_alarms_count_from_medium_after_three_days() -> None:
    judged = verdict(
        [planted()],
        [
            found(100, key_id="key_1"),
            found(100, key_id="key_2", severity="medium"),
            found(100, key_id="key_3", severity="low"),
            found(71, key_id="key_4"),
            found(150, key_id="key_1"),
        ],
    )

    assert [f.key_id for f in judged.false] == ["key_2", "key_1"]
    assert judged.false_a_day() == pytest.approx(2 / 7)
    assert judged.false_a_day(rank=3) == pytest.approx(1 / 7)
    assert judged.precision() == pytest.approx(1 / 3)


def test_a_nuisance_excuses_only_what_it_says_of_whom_it_concerns() -> None:
    backfill = Nuisance(
        kind="backfill", start=at(99), end=at(103), key_ids=("key_2",), ips=(), excuses=("volume-spike",), note=""
    )
    spike = {"severity": "medium", "detector": "volume-spike"}
    judged = verdict(
        [],
        [found(100, key_id="key_2", **spike), found(100, key_id="key_3", **spike), found(100, key_id="key_2")],
        [backfill],
    )

    assert [f.key_id for f in judged.excused] == ["key_2"]
    assert [(f.key_id, f.detector) for f in judged.false] == [("key_3", "volume-spike"), ("key_2", "auth-burst-key")]
    assert "[backfill]" in tables.false(judged, [backfill])


def test_a_platform_finding_has_no_subject_and_must_be_apt() -> None:
    down = planted(family="platform-401", key_ids=(), ips=(), networks=())
    apt, other = (
        verdict([down], [found(100, detector=name)]).outcomes[0] for name in ("platform-shift", "volume-spike")
    )

    assert apt.found
    assert not other.found


def test_the_summary_counts_what_must_be_found_apart() -> None:
    weak = planted(id=1, key_ids=("key_9",), ips=(), networks=(), expected="may", strength="weak")
    told = tables.summary([verdict([planted(), weak], [found(100, key_id="key_1")])])["attacks"]

    assert (told["planted"], told["found"], told["found_may"]) == (2, 1.0, 0.0)
    assert (told["false_a_day_medium"], told["precision_medium"]) == (0.0, 1.0)


def test_attacks_and_stale_keys_are_counted_apart() -> None:
    stale = planted(family="over-age", key_ids=("key_7",), onset=-100, end=240)
    told = tables.summary(
        [
            verdict(
                [planted(), stale],
                [
                    found(100, key_id="key_7", detector="over-age-key", severity="low"),
                    found(100, key_id="key_8", detector="over-age-key", severity="medium"),
                ],
            )
        ]
    )
    figures = ("planted", "found", "found_at_medium_and_above", "findings_medium")

    assert [told["attacks"][name] for name in figures] == [1, 0.0, 0.0, 0]
    assert [told["stale_keys"][name] for name in figures] == [1, 1.0, 0.0, 1]


@pytest.mark.parametrize(
    ("family", "detector", "severity", "expected"),
    [
        ("stuffing", "credential-stuffing", "high", (1.0, 0.0, 0)),
        ("stuffing", "credential-stuffing", "medium", (0.0, 0.0, 0)),
        ("key-in-url", "key-in-url", "medium", (1.0, 0.0, 0)),
        ("key-in-url", "key-in-url", "high", (1.0, 1.0, 1)),
        ("volume-spike", "volume-spike", "critical", (1.0, 1.0, 1)),
    ],
)
def test_a_severity_is_judged(family: str, detector: str, severity: str, expected: tuple[float, float, int]) -> None:
    judged = verdict([planted(family=family)], [found(100, key_id="key_1", detector=detector, severity=severity)])
    told = tables.summary([judged])["severity"]
    names = ("tonight_told_at_high_and_above", "can_wait_told_at_high_and_above", "findings_graver_than_they_should_be")

    assert tuple(told[name] for name in names) == expected
    assert bool(tables.misjudged(judged)) == (expected != (1.0, 0.0, 0))


def test_a_finding_is_as_grave_as_the_gravest_thing_behind_it() -> None:
    both = [planted(family="key-in-url"), planted(id=1, family="stuffing")]
    (url, stuffing) = verdict(both, [found(100, key_id="key_1", detector="credential-stuffing")]).outcomes

    assert (url.graver, stuffing.graver) == ([], [])


def test_a_plant_is_watched_ever_less_closely_until_it_is_told() -> None:
    known = Known(seed=1, start=START, end=at(240), plants=[], nuisances=[])
    watch = Watch([planted(onset=100.01, end=101)])
    moments = [at(90)]
    while moments[-1] < at(105):
        moments.append(watch.next(moments[-1], at(240)))
    (told,) = watch.told([found(100, key_id="key_1")], known, read_rules())

    hours = [(moment - START) / timedelta(hours=1) for moment in moments]

    assert hours[1:9] == pytest.approx([100 + minute / 60 for minute in range(8)])
    assert hours[9:] == [100.25, 100.5, 100.75, 101, 101.25, 101.5, 101.75, 102, 102.25, 103, 104, 105]
    assert told.plant.onset == at(100.01)
    assert watch.next(at(105), at(240)) == at(129)
