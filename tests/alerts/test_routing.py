from collections.abc import Callable

import pytest

from alerts.config import Matcher, Route
from alerts.incidents import group
from alerts.routing import explain, targets
from model.clock import FixedClock
from model.finding import Finding, Severity
from model.incident import Incident

Make = Callable[..., Finding]


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
    ],
)
def test_a_route_takes_what_fits_all_of_its_parts(incident: Incident, when: Matcher, *, taken: bool) -> None:
    assert (("pager",) if taken else ()) == targets(incident, [Route(when=when, to=("pager",))], {"tier": "gold"})


def test_the_first_route_that_matches_takes_it_unless_it_continues(incident: Incident) -> None:
    first = Route(when=Matcher(severity=Severity.HIGH), to=("pager", "chat"))
    onwards = Route(when=Matcher(severity=Severity.HIGH), to=("pager", "chat"), continue_=True)
    last = Route(to=("mail", "chat"))

    assert ("pager", "chat") == targets(incident, [first, last])
    assert ("pager", "chat", "mail") == targets(incident, [onwards, last])
    assert () == targets(incident, [])


def test_explain_says_for_each_route_why(incident: Incident) -> None:
    routes = [
        Route(when=Matcher(severity=Severity.CRITICAL, owner=("web@example.com",)), to=("pager",)),
        Route(when=Matcher(environment=("production",)), to=("chat",)),
        Route(to=("mail",)),
    ]

    decisions = explain(incident, routes)

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
