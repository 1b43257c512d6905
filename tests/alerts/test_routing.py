from collections.abc import Callable
from datetime import timedelta

import pytest

from alerts.config import Matcher, Route, Telling
from alerts.incidents import group
from alerts.routing import addressed, explain
from model.clock import FixedClock
from model.finding import Finding, Severity
from model.incident import Incident
from store.state.incidents import KeyFacts

Make = Callable[..., Finding]

GOLD = KeyFacts(labels={"tier": "gold"}, team="payments")


def targets(incident: Incident, *routes: Route, **more: object) -> tuple[str, ...]:
    return addressed(incident, Telling(routes=routes, **more), GOLD, incident.opened_at).to


@pytest.fixture
def incident(finding: Make, clock: FixedClock) -> Incident:
    found = finding(at=clock.now(), owner="pay@example.com", environment="production", key_id="k1")
    return group([], [found], clock.now())[0]


@pytest.mark.parametrize(
    ("when", "taken"),
    [
        (Matcher(), True),
        (Matcher(severity=Severity.HIGH), True),
        (Matcher(severity=Severity.LOW), True),
        (Matcher(severity=Severity.CRITICAL), False),
        (Matcher(detector=("volume-spike", "auth-burst-address")), True),
        (Matcher(detector=("volume-spike",)), False),
        (Matcher(owner=("pay@example.com",), environment=("production",)), True),
        (Matcher(owner=("web@example.com",)), False),
        (Matcher(environment=("development",)), False),
        (Matcher(labels={"tier": "gold"}), True),
        (Matcher(labels={"tier": "gold", "zone": "eu"}), False),
        (Matcher(team=("payments",)), True),
        (Matcher(team=("web",)), False),
        (Matcher(key=("k*",)), True),
        (Matcher(key=("K1", "other")), False),
        (Matcher(ip=("203.0.113.0/24",)), True),
        (Matcher(ip=("198.51.100.7",)), False),
        (Matcher(source=("edge",)), False),
        (Matcher(older=timedelta(minutes=5)), False),
    ],
)
def test_a_route_takes_what_fits_all_of_its_parts(incident: Incident, when: Matcher, *, taken: bool) -> None:
    assert (("pager",) if taken else ()) == targets(incident, Route(when=when, to=("pager",)))


def test_the_first_route_that_matches_takes_it_unless_it_continues(incident: Incident) -> None:
    first = Route(when=Matcher(severity=Severity.HIGH), to=("pager", "chat"))
    onwards = Route(when=Matcher(severity=Severity.HIGH), to=("pager", "chat"), continue_=True)
    last = Route(to=("mail", "chat"))

    assert ("pager", "chat") == targets(incident, first, last)
    assert ("pager", "chat", "mail") == targets(incident, onwards, last)
    assert () == targets(incident)
    assert () == targets(incident, Route(when=Matcher(severity=Severity.HIGH), to=()), last)


def test_explain_says_for_each_route_why(incident: Incident) -> None:
    routes = (
        Route(when=Matcher(severity=Severity.CRITICAL, owner=("web@example.com",)), to=("pager",)),
        Route(when=Matcher(environment=("production",)), to=("chat",)),
        Route(to=("mail",)),
    )

    decisions = explain(incident, Telling(routes=routes), GOLD, incident.opened_at)

    assert [
        (
            1,
            False,
            (
                "It wants severity critical or above, and this is high and owner web@example.com, "
                "and this is pay@example.com."
            ),
            (),
        ),
        (2, True, "It takes environment production.", ("chat",)),
    ] == [(d.number, d.matched, d.reason, d.to) for d in decisions]
