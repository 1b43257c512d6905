"""What needs a person now."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from dashboard.panels import attention
from model.finding import Severity
from model.incident import Incident, IncidentId, IncidentStatus
from tests.dashboard.conftest import finding, incident

if TYPE_CHECKING:
    from collections.abc import Callable

    from streamlit.testing.v1 import AppTest

    from tests.dashboard.conftest import Pages

NOW = datetime(2026, 11, 23, 5, 24, tzinfo=UTC)
QUIET = pd.DataFrame({"name": ["edge"], "last_error": [None]})


def made(**changes: object) -> Incident:
    found = finding(NOW, "volume-spike", Severity.HIGH, "Many calls")
    return replace(incident(NOW, (found,)), **changes)


@pytest.mark.parametrize(
    ("changes", "needed"),
    [
        ({}, True),
        ({"severity": Severity.MEDIUM}, False),
        ({"status": IncidentStatus.ACKNOWLEDGED}, False),
        ({"status": IncidentStatus.RESOLVED}, False),
        ({"snoozed_until": NOW + timedelta(hours=1)}, False),
        ({"snoozed_until": NOW - timedelta(hours=1)}, True),
    ],
)
def test_a_grave_incident_that_nobody_took_needs_a_person(changes: dict[str, object], needed: bool) -> None:  # noqa: FBT001
    found = attention.needs([made(**changes)], {}, QUIET, NOW)

    assert needed == bool(found)
    assert [{"incident": "inc_1"}] * needed == [dict(need.parameters) for need in found]


def test_several_are_told_together_with_how_many_are_critical() -> None:
    those = [made(), made(id=IncidentId("inc_2"), severity=Severity.CRITICAL)]
    (need,) = attention.needs(those, {}, QUIET, NOW)

    assert need.text.startswith("2 incidents of high severity or above, 1 of them critical, taken by nobody;")
    assert ("⬢ critical", {"severity": "high and above"}) == (need.word, dict(need.parameters))


def test_messages_that_were_given_up_and_sources_that_fail_need_a_person() -> None:
    broken = pd.DataFrame({"name": ["edge", "lb"], "last_error": ["No such file.\nx", None]})
    found = attention.needs([], {"chat": {"dead": 2}, "mail": {"sent": 9}}, broken, NOW)

    assert [
        ("2 messages that chat did not take.", "alerts"),
        ("Source edge cannot be read: No such file.\\x0ax", "sources"),
    ] == [(need.text, need.page) for need in found]


def test_the_overview_says_first_what_needs_a_person_and_leads_there(
    pages: "Pages", visit: "Callable[..., AppTest]"
) -> None:
    page = visit()
    next(button for button in page.button if button.label == "See to it").click().run()

    assert ("Incidents", {"incident": "inc_1"}) == (page.title[0].value, pages.url(page))
