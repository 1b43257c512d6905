"""When people are told, and when they are spared; a cycle is a call of `Desk.cycle` at the clock's moment."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from alerts.config import AT_ONCE, Escalation, Matcher, Quiet, Route, Target, Telling, Timing
from alerts.outbox import Told, tell_findings
from model.clock import FixedClock
from model.finding import Finding, FindingStatus, Severity
from model.incident import Delivery
from store.handle import Store
from store.state import deliveries, outbox, silences
from store.state.findings import list_findings, save_findings
from store.state.incidents import list_incidents, save_incidents
from store.state.outbox import enqueue
from tests.alerts.conftest import T0, make_finding

CHAT = Route(to=("chat",))
NO_WAIT = replace(Timing(), group_wait=timedelta(0))


@dataclass
class Desk:
    store: Store
    clock: FixedClock
    telling: Telling = field(default_factory=lambda: Telling(routes=(CHAT,), timing=NO_WAIT))

    def cycle(self, *findings: Finding, after: timedelta | None = None) -> Told:
        """What a round tells, `after` the one before."""
        self.clock.at += after or timedelta(0)
        with self.store.transaction() as tx:
            save_findings(tx, findings)
            saved = list_findings(tx, ids=[finding.id for finding in findings]) if findings else []
            return tell_findings(tx, saved, self.telling, now=self.clock.now())

    def kinds(self, *findings: Finding, after: timedelta | None = None) -> list[str]:
        return [alert.kind for alert in self.cycle(*findings, after=after).alerts]

    def deliveries(self) -> list[Delivery]:
        with self.store.reading() as tx:
            return list(reversed(deliveries.list_deliveries(tx)))

    def statuses(self) -> list[tuple[str, str]]:
        return [(delivery.alert.kind, str(delivery.status)) for delivery in self.deliveries()]

    def change(self, **changes: object) -> None:
        with self.store.transaction() as tx:
            save_incidents(tx, [replace(list_incidents(tx)[0], **changes)])


@pytest.fixture
def desk(store: Store, clock: FixedClock) -> Desk:
    return Desk(store, clock)


def minutes(number: float) -> timedelta:
    return timedelta(minutes=number)


def over(finding: Finding, at: datetime) -> Finding:
    return replace(finding, status=FindingStatus.RESOLVED, resolved_at=at)


def burst(**more: object) -> Finding:
    return make_finding(at=T0, **more)


def joined(at: datetime, number: int = 1) -> Finding:
    return make_finding(f"other-{number}", at=at, severity=Severity.LOW)


def test_a_new_incident_waits_for_what_belongs_to_it_and_is_told_with_it(desk: Desk) -> None:
    desk.telling = replace(desk.telling, timing=Timing())
    desk.cycle(burst())
    told = desk.cycle(make_finding("key-stuffing", at=T0, title="40 keys tried"), after=timedelta(seconds=10))

    (delivery,) = desk.deliveries()
    assert () == told.alerts
    assert T0 + timedelta(seconds=15) == delivery.next_at
    assert "40 keys tried" in delivery.alert.title
    assert "opened" == delivery.alert.kind


def test_what_is_over_before_it_was_told_is_not_told_and_the_list_says_so(desk: Desk) -> None:
    desk.telling = replace(desk.telling, timing=Timing())
    desk.cycle(burst())
    told = desk.cycle(over(burst(), T0), after=timedelta(seconds=10))

    assert (1, ()) == (told.suppressed, told.alerts)
    assert [("opened", "suppressed")] == desk.statuses()
    assert "before it was told" in desk.deliveries()[0].last_error


def test_changes_wait_for_the_interval_and_come_together(desk: Desk) -> None:
    assert ["opened"] == desk.kinds(burst())
    assert [] == desk.kinds(joined(T0, 1), after=minutes(1))
    assert [] == desk.kinds(joined(T0, 2), after=minutes(1))
    assert [] == desk.kinds(after=minutes(2.9))

    (update,) = desk.cycle(after=minutes(0.1)).alerts
    assert ["other-1 joined.", "other-2 joined."] == update.payload["changes"]


def test_a_higher_severity_does_not_wait(desk: Desk) -> None:
    desk.cycle(burst())

    assert ["updated"] == desk.kinds(make_finding("worse", at=T0, severity=Severity.CRITICAL), after=minutes(1))


def test_nobody_acknowledged_so_it_is_told_again_every_four_hours(desk: Desk) -> None:
    desk.cycle(burst())

    assert [[], ["reminder"], [], ["reminder"]] == [desk.kinds(after=minutes(m)) for m in (239, 1, 239, 1)]


def test_an_acknowledged_incident_is_not_told_again(desk: Desk) -> None:
    desk.cycle(burst())
    from model.incident import IncidentStatus

    desk.change(status=IncidentStatus.ACKNOWLEDGED)

    assert [] == desk.kinds(after=minutes(600))


def test_the_end_is_told_at_once(desk: Desk) -> None:
    desk.cycle(burst())

    assert ["resolved"] == desk.kinds(over(burst(), T0), after=timedelta(seconds=5))


def test_what_comes_and_goes_is_held_back_twice_as_long_each_time(desk: Desk) -> None:
    def returns(times: int) -> float:
        """Minutes from the end of an incident until its return is told."""
        desk.clock.at += timedelta(seconds=1)
        back = make_finding(at=desk.clock.now())
        desk.cycle(back)
        for waited in range(1, 200):
            if desk.kinds(after=minutes(1)) == ["opened"]:
                desk.cycle(over(back, desk.clock.now()))
                return waited
        raise AssertionError(times)

    desk.cycle(burst())
    desk.cycle(over(burst(), T0))

    assert [5, 10, 20, 40] == [returns(times) for times in range(4)]


def test_somebody_else_hears_of_it_when_nobody_acknowledged_and_only_once(desk: Desk) -> None:
    step = Escalation(after=minutes(15), to=("lead",))
    desk.telling = replace(desk.telling, routes=(replace(CHAT, escalate=step),))
    desk.cycle(burst())

    assert [[], ["escalated"], []] == [desk.kinds(after=minutes(m)) for m in (14, 1, 15)]
    assert ["chat", "lead"] == [delivery.target for delivery in desk.deliveries()]
    assert "within 15 minutes" in desk.deliveries()[1].alert.body


def test_a_silence_keeps_it_back_once_and_says_why(desk: Desk) -> None:
    with desk.store.transaction() as tx:
        silences.add(tx, when={"ip": "203.0.113.0/24"}, since=T0, until=T0 + minutes(60), reason="a test", author="ann")

    told = desk.cycle(burst())
    again = [desk.cycle(after=minutes(10)) for _ in range(3)]

    assert (0, 1) == (told.deliveries, told.suppressed)
    assert [0, 0, 0] == [one.suppressed for one in again]
    (kept,) = desk.deliveries()
    assert ("suppressed", "silenced") == (str(kept.status), kept.error_class)
    assert "by ann until 2026-10-01 10:30 UTC: a test" in kept.last_error


@pytest.mark.parametrize("ended", [True, False])
def test_what_stands_when_its_silence_ends_is_told(desk: Desk, *, ended: bool) -> None:
    with desk.store.transaction() as tx:
        made = silences.add(tx, when={"severity": "low"}, since=T0, until=T0 + minutes(60), reason="r", author="ann")
    desk.cycle(burst())
    if ended:
        with desk.store.transaction() as tx:
            silences.expire(tx, made.id, T0 + minutes(5))

    assert ["opened"] == desk.kinds(after=minutes(6 if ended else 60))
    assert [("opened", "suppressed"), ("opened", "pending")] == desk.statuses()


def test_a_silence_of_others_mutes_nothing(desk: Desk) -> None:
    with desk.store.transaction() as tx:
        silences.add(tx, when={"owner": "web"}, since=T0, until=T0 + minutes(60), reason="r", author="ann")

    assert 1 == desk.cycle(burst()).deliveries


def test_who_snoozed_an_incident_hears_of_its_end_and_of_a_return(desk: Desk) -> None:
    desk.cycle(burst())
    desk.change(snoozed_until=datetime(9999, 1, 1, tzinfo=T0.tzinfo))

    assert [] == desk.kinds(after=minutes(500))
    assert ["resolved"] == desk.kinds(over(burst(), T0))
    assert ["opened"] == desk.kinds(make_finding(at=desk.clock.now()), after=minutes(10))
    assert ["pending"] * 3 == [status for _, status in desk.statuses()]


def test_quiet_hours_hold_back_all_but_critical(desk: Desk) -> None:
    night = Quiet(begin=time(22), end=time(7), zone=ZoneInfo("Europe/Berlin"))
    targets: Mapping[str, Target] = {"chat": Target(name="chat", url="", quiet=night)}
    desk.telling = replace(desk.telling, targets=targets)
    desk.clock.at = datetime(2026, 10, 1, 21, 30, tzinfo=T0.tzinfo)  # 23:30 in Berlin
    desk.cycle(make_finding(at=desk.clock.now()))
    desk.cycle(make_finding("worse", "key:k9", at=desk.clock.now(), severity=Severity.CRITICAL))

    held, loud = desk.deliveries()
    assert datetime(2026, 10, 2, 5, 0, tzinfo=T0.tzinfo) == held.next_at
    assert desk.clock.now() == loud.next_at


def many(number: int, at: datetime = T0) -> list[Finding]:
    grave = (Severity.MEDIUM, Severity.HIGH)
    return [make_finding("volume-spike", f"key:k{n}", at=at, severity=grave[n % 2]) for n in range(number)]


def test_a_storm_is_one_message_with_exact_counts_behind_the_first_twenty(desk: Desk) -> None:
    told = desk.cycle(*many(500))

    counted = Counter(desk.statuses())
    assert {("opened", "pending"): 20, ("opened", "folded"): 480, ("digest", "pending"): 1} == counted
    summed = told.alerts[-1].payload
    assert (480, 480) == (summed["incidents"], summed["messages"])
    assert 500 == sum(summed["by_severity"].values()) + 20
    assert "480 messages about 480 incidents" in told.alerts[-1].body
    assert "+470 more" in told.alerts[-1].body
    assert all(told.alerts[-1].id in d.last_error for d in desk.deliveries() if d.status == "folded")


def test_critical_alerts_are_told_one_by_one_in_a_storm_too(desk: Desk) -> None:
    desk.cycle(*many(40), make_finding("worse", "key:z", at=T0, severity=Severity.CRITICAL))

    grave = [str(d.status) for d in desk.deliveries() if d.alert.severity is Severity.CRITICAL]
    assert ["pending"] == grave


def test_low_ones_leave_once_a_day_at_the_digests_hour(desk: Desk) -> None:
    low = Route(when=Matcher(severity=Severity.INFO), to=("chat",), digest="daily")
    desk.telling = Telling(routes=(low,), timing=replace(NO_WAIT, zone=ZoneInfo("Europe/Berlin")))  # 09:00 is 07:00 UTC
    desk.cycle(make_finding("unused-key", "key:a", at=T0, severity=Severity.LOW))
    desk.cycle(make_finding("unused-key", "key:b", at=T0, severity=Severity.INFO), after=timedelta(hours=1))

    assert [] == desk.kinds(after=timedelta(hours=20, minutes=29))  # 06:59
    assert ["digest"] == desk.kinds(after=minutes(1))
    assert [] == desk.kinds(after=minutes(1))
    assert ["folded", "folded", "pending"] == [status for _, status in desk.statuses()]


def test_a_weekly_digest_leaves_on_monday(desk: Desk) -> None:
    low = Route(to=("chat",), digest="weekly")
    desk.telling = Telling(routes=(low,), timing=NO_WAIT)
    desk.cycle(make_finding("unused-key", "key:a", at=T0, severity=Severity.LOW))  # a Thursday, 09:30

    days = [desk.kinds(after=timedelta(days=1)) for _ in range(5)]
    assert [[], [], [], ["digest"], []] == days


def test_a_digest_of_the_owner_and_a_target_of_the_owner(desk: Desk) -> None:
    to_owner = Route(to=("@owner", "chat"))
    desk.telling = Telling(routes=(to_owner,), owners={"ann@example.com": "mail-ann"}, timing=AT_ONCE)
    desk.cycle(make_finding("volume-spike", "key:a", at=T0, owner="ann@example.com"))
    desk.cycle(make_finding("volume-spike", "key:b", at=T0, owner="bob@example.com"))

    assert ["mail-ann", "chat", "chat"] == [delivery.target for delivery in desk.deliveries()]


def test_telling_the_same_twice_writes_one(desk: Desk) -> None:
    told = desk.cycle(burst())
    with desk.store.transaction() as tx:
        assert 0 == enqueue(tx, told.alerts[0], [("chat", "other")])
        outbox.write(tx, told.alerts)

    assert [("opened", "pending")] == desk.statuses()
