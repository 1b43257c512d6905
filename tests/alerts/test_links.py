"""Where an alert leads: its incident, and its key in the time that the incident was."""

from collections.abc import Callable
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from alerts.incidents import group
from alerts.links import NOWHERE, links
from model.clock import FixedClock
from model.finding import Finding
from model.incident import Incident

Make = Callable[..., Finding]
DAY = timedelta(days=1)


@pytest.fixture
def incident(finding: Make, clock: FixedClock) -> Incident:
    return group([], [finding("volume-spike", "key:k 1&x", at=clock.now(), key_id="k 1&x")], clock.now())[0]


def test_a_link_to_a_key_names_no_window_while_the_usual_one_shows_the_incident(
    incident: Incident, clock: FixedClock
) -> None:
    found = links("https://kw.example.com/", incident, clock.now() + 6 * DAY)

    assert f"https://kw.example.com/incidents?incident={incident.id}" == found.incident
    assert "https://kw.example.com/key?key=k+1%26x" == found.key


def test_a_link_to_a_key_has_the_time_of_an_incident_that_is_long_over(incident: Incident, clock: FixedClock) -> None:
    address = links("https://kw.example.com", incident, clock.now() + 8 * DAY).key

    assert address is not None
    assert {
        "key": ["k 1&x"], "window": ["custom"], "from": ["2026-10-01T09:20Z"], "to": ["2026-10-01T09:44Z"],
    } == parse_qs(urlsplit(address).query)  # fmt: skip


def test_who_does_not_know_where_the_dashboard_is_links_nowhere(incident: Incident, clock: FixedClock) -> None:
    assert NOWHERE == links(None, incident, clock.now())
