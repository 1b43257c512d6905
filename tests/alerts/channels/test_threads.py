import apprise
import pytest

from alerts.channels.threads import bind
from model.incident import Alert


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_an_update_folds_into_the_open_incident_and_a_resolution_closes_it(alert: Alert) -> None:
    pager = apprise.Apprise.instantiate("pagerduty://integration@apikey")
    bind(pager, alert, {})

    assert ("i1", "map") == (pager.dedup, pager.action)
